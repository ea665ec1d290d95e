"""What befell a driver instead of an answer, as exceptions: one class for each kind, so that a check can tell them."""

from __future__ import annotations

from labkit.cpp.findings import LEFT, Finding
from labkit.errors import StudentError


class Fault(StudentError):  # noqa: N818 - what befell the program, not an error of this one
    """A program made of the student's code did not answer.

    Args:
        finding: what stopped it.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding) + (f" (`{finding.source}`)" if finding.source else ""), finding.advice)
        self.finding = finding


class OutOfBounds(Fault):
    """It used memory beyond an object."""


class Dangling(Fault):
    """It used memory whose owner is gone."""


class Overflow(Fault):
    """A number left the range of its type."""


class DivisionByZero(Fault):
    """It divided by zero."""


class NoReturn(Fault):
    """A function promises a result and returned none."""


class NullPointer(Fault):
    """It followed a pointer that points at nothing."""


class EndlessLoop(Fault):
    """It did not answer in time."""


class ProgramEnded(Fault):
    """It ended itself."""


class Crashed(Fault):
    """Anything else that stopped it."""


class NoAnswer(Fault):
    """It wrote something that is no answer."""

    def __init__(self) -> None:
        super().__init__(Finding("output", "Something else was written where only answers belong.",
                                 advice="write to no file descriptor that your code did not open."))


_CLASSES: dict[str, type[Fault]] = {
    "out-of-bounds": OutOfBounds, "null": NullPointer, "overflow": Overflow, "arithmetic": Overflow,
    "use-after-scope": Dangling, "use-after-free": Dangling, "no-return": NoReturn, "endless": EndlessLoop,
    "exception": ProgramEnded, "exit": ProgramEnded, "assertion": ProgramEnded,
}


def fault(finding: Finding | None) -> Fault:
    """Return the error for a finding.

    Args:
        finding: what stopped the program; None if it ended as if all were well.
    """
    finding = finding or LEFT
    if finding.kind == "arithmetic" and "shift" not in finding.text:
        return DivisionByZero(finding)
    return _CLASSES.get(finding.kind, Crashed)(finding)
