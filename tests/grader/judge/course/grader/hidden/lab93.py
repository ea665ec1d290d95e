"""Hidden cases of the judge's own lab."""

from __future__ import annotations

from labkit.checks import Student, World, criterion, hidden


@hidden("93.1")
def double(student: Student, world: World) -> None:
    """A number that no public case has."""
    with criterion("any number"):
        student.call("double", 7777777).gives(15555554)


@hidden("93.2")
def shout(student: Student, world: World) -> None:
    """A text that no public case has."""
    with criterion("words become loud"):
        student.call("shout", "swordfish").gives("SWORDFISH!")


@hidden("93.3")
def add(student: Student, world: World) -> None:
    """Numbers that no public case has."""
    with criterion("Add"):
        student.call("add", 424242, 1).gives(424243)
