"""The hidden cases of the target with services."""

from __future__ import annotations

import sys

from labkit.checks import Student, World, criterion, hidden

# The checks of a course that is not installed have no package; the grader knows them by the file's name.
lab92 = sys.modules["lab92"]


@hidden("92.1")
def announce(student: Student, world: World) -> None:
    """Another text."""
    with criterion("the broker keeps the text"):
        lab92.check_kept(student, world, "quartzzebra")


@hidden("92.2")
def store(student: Student, world: World) -> None:
    """Another value."""
    with criterion("the database has the value"):
        lab92.check_stored(student, world, 7351917.25)


@hidden("92.3")
def initials(student: Student, world: World) -> None:
    """Another name."""
    with criterion("a name becomes initials"):
        student.call("initials", "quartzzebra Moth").gives("qM")
