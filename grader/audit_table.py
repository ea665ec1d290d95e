"""What an audit found, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from grader.audit import Verdict

KINDS = ("reference", "untouched", "noisy", "right", "wrong")


def table(verdicts: Sequence[Verdict]) -> str:
    """Draw the result: a line for each exercise, then the defects.

    Args:
        verdicts: of one audit.
    """
    lines = [f"{'exercise':9}{'reference':>10}{'untouched':>10}{'noisy':>7}{'right':>9}{'wrong':>9}{'seconds':>9}"]
    run = [verdict for verdict in verdicts if verdict.report]
    for exercise in dict.fromkeys(verdict.exercise for verdict in run):
        own = [verdict for verdict in run if verdict.exercise == exercise]
        cells = []
        for kind in KINDS:
            of_kind = [verdict for verdict in own if verdict.kind == kind]
            cells.append(f"{sum(not verdict.defect for verdict in of_kind)}/{len(of_kind)}")
        seconds = sum(verdict.report.seconds for verdict in own if verdict.report)
        lines.append(f"{exercise:9}{cells[0]:>10}{cells[1]:>10}{cells[2]:>7}{cells[3]:>9}{cells[4]:>9}{seconds:>9.1f}")
    defects = [verdict for verdict in verdicts if verdict.defect]
    # What cannot run at all, no answer can: said once.
    same: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in defects:
        same.setdefault((verdict.exercise, verdict.defect), []).append(verdict)
    for (exercise, defect), found in same.items():
        lines.append(f"{exercise} {', '.join(f'{verdict.kind} {verdict.id}' for verdict in found)}: {defect}")
    lines.append(f"{len(run)} answers, {len(defects)} defects")
    return "\n".join(lines)
