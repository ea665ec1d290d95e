"""The two families of errors: what the student can mend, and what the kit could not do."""

from __future__ import annotations

from collections.abc import Sequence


class LabkitError(Exception):
    """Anything that the kit reports on purpose."""

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to show the message alone: where in the kit it was raised helps nobody in a notebook."""
        return [f"{type(self).__name__}: {self}"]


class StudentError(LabkitError):
    """Something that the student can mend. It is shown without a traceback.

    Args:
        message: what is wrong, and where.
        fix: the next step to take, one sentence.
    """

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(f"{message}\nTry: {fix}" if fix else message)
        self.message = message
        self.fix = fix


class KitError(LabkitError):
    """Something that the kit could not do.

    Args:
        message: what could not be done.
        tried: what was tried, a line for each try with its reason.
        log: the last lines of the log of what failed.
        fix: the next step to take, one sentence.
    """

    def __init__(self, message: str, *, tried: Sequence[str] = (), log: Sequence[str] = (), fix: str = "") -> None:
        parts = [message, *(f"  - {line}" for line in tried)]
        if log:
            parts += ["Last lines of its log:", *(f"  | {line}" for line in log)]
        if fix:
            parts.append(f"Try: {fix}")
        super().__init__("\n".join(parts))
        self.message = message
        self.tried = tuple(tried)
        self.log = tuple(log)
        self.fix = fix
