"""The student behind a kernel in a capsule, as a check sees one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from grader.judge.session import Session
from labkit.checks.cell_text import newest
from labkit.checks.outcome import ENDED
from labkit.checks.result import Finding
from labkit.checks.student import Student

GRACE = 1.5
"""Seconds after a call's limit until the kernel is interrupted: an honest host ends the call by itself."""
TIDYING = 15.0
"""Seconds in which the host of a kernel ends what a check left running."""


class KernelStudent(Student):
    """Calls functions in the student's kernel.

    Times are the judge's, source texts are those of the submitted cells: what the kernel tells of either is a claim.

    Args:
        session: the submission's kernel.
        source: gives the text of a function or class that the submitted cells define, None if none does.
        told: called with a sentence when the kernel answers what no host answers.
    """

    def __init__(self, session: Session, source: Callable[[str], str | None], told: Callable[[str], None]) -> None:
        super().__init__()
        self._session = session
        self._source = source
        self._told = told
        self._died = ""

    def send(self, request: str) -> str:
        """Let the kernel's host answer, in the time that the request allows."""
        asked = json.loads(request)
        if self._died or not self._session.alive:
            return _fault("died", self._died or self._session.end)
        if asked["do"] == "source" and asked["ref"] is None:
            text = self._source(asked["name"])
            return _fault("missing", "no cell defines it") if text is None else _returned(text)
        limit = float(asked["limit"])
        answer = self._session.ask({"do": "answer", "request": request}, seconds=limit + GRACE)
        if answer.state in {"hangs", "dead"}:
            self._died = self._session.end
            if answer.state == "hangs":
                return _fault("timeout", f"took longer than {limit:g} s, and could not be ended", answer.seconds)
            return _fault("died", self._died, answer.seconds)
        if answer.state == "late":
            return _fault("timeout", f"took longer than {limit:g} s", answer.seconds)
        return _timed(answer.text, answer.seconds)

    def lost(self) -> Finding | None:
        """Why nothing can be called any more."""
        if self._session.alive:
            return None
        return Finding(expected="an end of every call and cell", found=self._session.end, advice=ENDED, kind="died")

    def garbled(self, reason: str) -> None:
        """Take note that an answer was none."""
        self._told(reason)

    def release(self) -> list[str]:
        """End what the student's code left running; return names of threads that go on."""
        if not self._session.alive:
            return []
        answer = self._session.ask({"do": "release"}, seconds=TIDYING)
        try:
            names = json.loads(answer.text)
            return [str(name)[:100] for name in names[:10]]
        except (ValueError, TypeError, KeyError, RecursionError):
            return []


def _fault(state: str, message: str, seconds: float = 0.0) -> str:
    error = {"type": "", "types": [], "message": message, "line": "", "signature": ""}
    return json.dumps({"state": state, "error": error, "printed": "", "seconds": seconds})


def _returned(value: Any) -> str:
    return json.dumps({"state": "returned", "value": value, "printed": "", "seconds": 0.0})


def _timed(text: str, seconds: float) -> str:
    """Return an answer with our time in place of the one that it claims."""
    try:
        return json.dumps({**json.loads(text), "seconds": seconds})
    except (ValueError, TypeError, RecursionError):
        return text  # whoever reads it will say what is wrong with it


def definition(cells: list[str], name: str) -> str | None:
    """Return the text of the function or class of that name which the cells define last; None if none is known.

    Args:
        cells: texts of cells in the order in which they were executed.
        name: the name.
    """
    for text, defined in newest(cells):
        if defined is None:
            if name in text:
                return None  # it may define it, and an older one would be the wrong one
        elif name in defined:
            return defined[name].source(text)
    return None
