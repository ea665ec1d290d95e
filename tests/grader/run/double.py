"""A room that judges at once and without a process.

For tests of what surrounds a room: which submissions are judged, in which order, what is recorded when a run is stopped
or a room fails. How a room judges is tested with real ones.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import nbformat
from nbformat.v4 import new_output

from grader.submission import Graded, Submission

POINTS = {"90.1": ("2 * number", 4.0), "90.2": ("raise ValueError", 6.0)}
"""What a right answer to each exercise of the toy lab has in its text, and its points."""


class Double:
    """Judges the toy lab by the text of its answers.

    Args:
        faults: for which students the grader fails, once for each time that they are named.
        hold: is waited for before each answer; all at once by default.
        judged: the students are noted here, in order.
    """

    def __init__(self, faults: Iterable[str] = (), hold: threading.Event | None = None,
                 judged: list[str] | None = None) -> None:
        self.faults, self.hold = list(faults), hold
        self.judged = judged if judged is not None else []
        self.closed = 0
        self._closing = threading.Event()

    def grade(self, submission: Submission, progress: Callable[[str], None] = print) -> Graded:  # noqa: ARG002
        self.judged.append(submission.student)
        while self.hold is not None and not self.hold.wait(0.01):
            if self._closing.is_set():
                return Graded(submission.student, submission.lab, submission.notebook, fault="the room was closed")
        if submission.student in self.faults:
            self.faults.remove(submission.student)
            return Graded(submission.student, submission.lab, submission.notebook, fault="the broker did not start")
        return judge(submission)

    def close(self) -> None:
        self.closed += 1
        self._closing.set()


def judge(submission: Submission) -> Graded:
    notebook: Any = nbformat.reads(submission.notebook, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells)
    results: dict[str, dict[str, Any]] = {}
    for cell in notebook.cells:
        exercise = ".".join(cell.metadata.get("nbgrader", {}).get("grade_id", "").split("-")[1:])
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            wanted, points = POINTS[exercise]
            score = points if wanted in text else 0.0
            results[exercise] = {"exercise": exercise, "score": score, "points": points}
            cell.outputs = [new_output("execute_result", {"text/plain": str(score)}, execution_count=1)]
    graded = Graded(submission.student, submission.lab, "", results, seconds=0.1)
    return replace(graded, notebook=nbformat.writes(notebook))
