"""The hidden cases of the toy lab."""

from __future__ import annotations

from labkit.checks import Hint, Student, World, criterion, hidden

BIG = Hint("big-numbers", "try a big number.", "numbers have no end.", "do not cut it.")


@hidden("90.1")
def double(student: Student, world: World) -> None:
    """A number that no public case has."""
    with criterion("any number", points=2):
        student.call("double", 10**6).gives(2 * 10**6, hint=BIG)


@hidden("90.2")
def shout(student: Student, world: World) -> None:
    """A text that no public case has."""
    with criterion("words become loud", points=4):
        student.call("shout", "the hidden case").gives("THE HIDDEN CASE!!!!!!")
        word = f"word{world.random.randrange(10**6)}"
        student.call("shout", f"{word} {word}").gives(f"{word.upper()} {word.upper()}!!!!")
