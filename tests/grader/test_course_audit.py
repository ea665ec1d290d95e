"""The course's own checks are proved: every answer of every bank, as `grader audit` runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import audit, audit_hidden
from grader.layout import CourseFiles, LabFiles
from labkit.checks import of_lab

COURSE = CourseFiles(Path(__file__).resolve().parents[2])
LABS = COURSE.labs()
EXERCISES = [pytest.param(lab, exercise.id, id=exercise.id) for lab in LABS for exercise in of_lab(lab.number)]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("lab", "exercise"), EXERCISES)
def test_right_answers_pass_and_wrong_ones_earn_their_hints(lab: LabFiles, exercise: str) -> None:
    verdicts = audit.audit([lab], exercises=[exercise], jobs=6)
    assert len(verdicts) >= 12
    assert [f"{found.kind} {found.id}: {found.defect}" for found in verdicts if found.defect] == []


def test_no_hidden_case_is_in_what_students_get() -> None:
    assert [f"{found.id}: {found.defect}" for found in audit_hidden.leaks(COURSE, LABS)] == []


@pytest.mark.parametrize("lab", LABS, ids=[lab.number for lab in LABS])
def test_every_lab_has_exercises_worth_twenty_points(lab: LabFiles) -> None:
    assert sum(exercise.points for exercise in of_lab(lab.number)) == 20
