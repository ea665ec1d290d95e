"""The hidden cases of the target in C++."""

from __future__ import annotations

import sys

from labkit.checks import Student, World, criterion, hidden

# The checks of a course that is not installed have no package; the grader knows them by the file's name.
lab93 = sys.modules["lab93"]


@hidden("93.1")
def reverse(student: Student, world: World) -> None:
    """Another text."""
    with criterion("a text is reversed"):
        student.call("reverse", "quartzzebra").gives("arbezztrauq")


@hidden("93.2")
def brackets(student: Student, world: World) -> None:
    """Another name."""
    driver = student.kit("firmware", "status.cpp", limit=60.0)
    with criterion("any name is"):
        lab93.check_name(student, driver, "quartzzebra")
