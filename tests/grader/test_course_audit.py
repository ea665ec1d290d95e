"""The course's own checks are proved: every answer of every bank, as `grader audit` runs them.

A lab is a room of its own (tests/rooms.py): the labs are shared among the workers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader import audit, audit_hidden
from grader.layout import CourseFiles, LabFiles
from labkit.checks import of_lab

COURSE = CourseFiles(Path(__file__).resolve().parents[2])
LABS = COURSE.labs()
EXERCISES = [(lab, exercise.id) for lab in LABS for exercise in of_lab(lab.number)]


@pytest.fixture(scope="module")
def audited(request: pytest.FixtureRequest) -> Callable[[LabFiles], list[audit.Verdict]]:
    """Give the verdicts of a lab, of all its exercises that were chosen to run."""
    chosen = {item.callspec.params["exercise"] for item in request.session.items
              if item.path == request.path and "exercise" in getattr(getattr(item, "callspec", None), "params", ())}
    known: dict[str, list[audit.Verdict]] = {}

    def give(lab: LabFiles) -> list[audit.Verdict]:
        if lab.number not in known:
            mine = [exercise for _, exercise in EXERCISES if exercise in chosen and exercise.startswith(lab.number)]
            # Nearly all the time of an answer passes in waiting, so many run at once.
            known[lab.number] = audit.audit([lab], exercises=mine, jobs=8)
        return known[lab.number]

    return give


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("lab", "exercise"), EXERCISES, ids=[exercise for _, exercise in EXERCISES])
def test_right_answers_pass_and_wrong_ones_earn_their_hints(
    lab: LabFiles, exercise: str, audited: Callable[[LabFiles], list[audit.Verdict]]
) -> None:
    mine = [found for found in audited(lab) if found.exercise == exercise]
    assert len(mine) >= 10
    assert [f"{found.kind} {found.id}: {found.defect}" for found in mine if found.defect] == []


def test_no_hidden_case_is_in_what_students_get() -> None:
    assert audit_hidden.leaks(COURSE, LABS) == []


@pytest.mark.parametrize("lab", LABS, ids=[lab.number for lab in LABS])
def test_every_lab_has_exercises_worth_twenty_points(lab: LabFiles) -> None:
    assert sum(exercise.points for exercise in of_lab(lab.number)) == 20
