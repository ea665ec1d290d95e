"""A rule for late submissions: `c.AssignLatePenalties.plugin_class = "grader.late.PerDay"` in `nbgrader_config.py`."""

from __future__ import annotations

import math

from nbgrader.plugins import BasePlugin
from traitlets import Float

_DAY = 24 * 60 * 60.0


class PerDay(BasePlugin):
    """Takes a part of the score for each day that has begun since the due date."""

    part = Float(0.1, help="of the score, for each day that has begun: 0 to 1").tag(config=True)
    grace = Float(0.0, help="seconds after the due date that cost nothing").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:  # noqa: ARG002
        """Return the points to take; nbgrader asks for late submissions only.

        Args:
            student_id: the student's id.
            score: points of the notebook.
            total_seconds_late: seconds since the due date.

        Returns:
            the points, or None if the submission costs nothing.
        """
        late = total_seconds_late - self.grace
        return min(1.0, self.part * math.ceil(late / _DAY)) * score if late > 0 else None
