"""The public cases of the toy lab."""

from __future__ import annotations

from labkit.checks import Hint, Student, World, criterion, exercise

ADDS = Hint("adds-two", "look at 3: twice 3 is 6.", "adding two is doubling only for 2.", "multiply by two.")
WORDS = Hint("letters-not-words", "count words, not letters.", "len of a text counts letters.", "split it first.")
EMPTY = Hint("empty-text", "what of an empty text?", "it has no words.", "raise ValueError.")


@exercise("90.1", points=4, title="Double a number")
def double(student: Student, world: World) -> None:
    """Small numbers, and random ones."""
    with criterion("small numbers", points=2):
        student.call("double", 3).gives(6, hint=ADDS)
    with criterion("any number", points=2):
        number = world.random.randrange(10, 1000)
        student.call("double", number).gives(2 * number, hint=ADDS)


@exercise("90.2", points=6, title="Shout")
def shout(student: Student, world: World) -> None:
    """Words and no words."""
    with criterion("words become loud", points=4):
        student.call("shout", "hello big world").gives("HELLO BIG WORLD!!!!!!", hint=WORDS)
    with criterion("no text is refused", points=2):
        student.call("shout", "").raises(ValueError, hint=EMPTY)
