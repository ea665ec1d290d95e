"""A hint answers one misconception, in three levels: a nudge, an explanation, nearly the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Hint:
    """What to tell a student who holds one particular misconception.

    Args:
        id: short name in lower case with hyphens, unique in the lab; wrong answers and reports refer to it.
        nudge: level 1, shown at once: where to look.
        explanation: level 2, shown on request: why it is so.
        almost: level 3, shown on request: how it is done, short of the code.

    Raises:
        ValueError: the id is not of that form, or a level is empty.
    """

    id: str
    nudge: str
    explanation: str
    almost: str

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"hint id {self.id!r}: lower case letters, digits and single hyphens only")
        if not all(level.strip() for level in self.levels):
            raise ValueError(f"hint {self.id!r}: each of the three levels needs a text")

    @property
    def levels(self) -> tuple[str, str, str]:
        """The three levels in order."""
        return (self.nudge, self.explanation, self.almost)


HintFor = Hint | Callable[[Any], Hint | None] | None
"""A hint; or a function from what was found to the hint for the misconception that it recognises, or None."""


def choose(hint: HintFor, found: object) -> Hint | None:
    """Return the hint for what was found.

    A recogniser that stumbles over an odd value recognises nothing: what a student returned must not break a check.

    Args:
        hint: a hint, a recogniser, or None.
        found: the value that the student's code returned, or the `CallError` that it raised.
    """
    if hint is None or isinstance(hint, Hint):
        return hint
    try:
        return hint(found)
    except Exception:
        return None
