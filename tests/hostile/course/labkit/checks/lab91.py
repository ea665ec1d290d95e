"""The public cases of the target."""

from __future__ import annotations

from labkit.checks import Student, World, criterion, exercise


@exercise("91.1", points=2, title="Reverse a text", limit=3.0)
def reverse(student: Student, world: World) -> None:
    """One text."""
    with criterion("a text is reversed", points=2):
        student.call("reverse", "sensor").gives("rosnes")


@exercise("91.2", points=6, title="Count words", functions=("tally(text) -> dict[str, int]",), limit=3.0)
def tally(student: Student, world: World) -> None:
    """A sentence that stands in the exercise, and one that does not; both in time."""
    with criterion("words are counted", points=3):
        source = student.source("tally").quietly()
        world.expect("Counter" not in str(source), expected="a loop of your own", found="`Counter`")
        student.call("tally", "on off on").gives({"on": 2, "off": 1}).within(2.5)
    with criterion("many words are counted", points=3):
        words = world.random.choices(("warm", "cold", "open", "closed"), k=50)
        student.call("tally", " ".join(words)).gives({word: words.count(word) for word in words})


@exercise("91.3", points=2, title="Initials", limit=3.0)
def initials(student: Student, world: World) -> None:
    """One name."""
    with criterion("a name becomes initials", points=2):
        student.call("initials", "Ada Lovelace").gives("AL")
