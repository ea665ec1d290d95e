"""The hidden cases of the target. The word `quartzzebra` stands only here: where it turns up, a hidden case leaked."""

from __future__ import annotations

from labkit.checks import Student, World, criterion, hidden


@hidden("91.1")
def reverse(student: Student, world: World) -> None:
    """Another text."""
    with criterion("a text is reversed"):
        student.call("reverse", "quartzzebra").gives("arbezztrauq")


@hidden("91.2")
def tally(student: Student, world: World) -> None:
    """Other sentences."""
    with criterion("words are counted"):
        student.call("tally", "quartzzebra and quartzzebra").gives({"quartzzebra": 2, "and": 1}).within(2.5)
    with criterion("many words are counted"):
        words = world.random.choices(("quartzzebra", "one", "two"), k=60)
        student.call("tally", "\n".join(words)).gives({word: words.count(word) for word in words})


@hidden("91.3")
def initials(student: Student, world: World) -> None:
    """Another name."""
    with criterion("a name becomes initials"):
        student.call("initials", "quartzzebra Moth").gives("qM")
