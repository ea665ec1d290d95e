"""The course's own checks are proved: every answer of every bank, as `grader audit` runs them.

An exercise is a test of its own, so that the exercises are shared among the workers.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import audit, audit_hidden
from grader.layout import CourseFiles, LabFiles
from labkit.checks import of_lab

COURSE = CourseFiles(Path(__file__).resolve().parents[2])
LABS = COURSE.labs()
EXERCISES = [(lab, exercise.id) for lab in LABS for exercise in of_lab(lab.number)]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("lab", "exercise"), EXERCISES, ids=[exercise for _, exercise in EXERCISES])
def test_right_answers_pass_and_wrong_ones_earn_their_hints(lab: LabFiles, exercise: str) -> None:
    # Nearly all the time of an answer passes in waiting, so several run at once.
    found = audit.audit([lab], exercises=[exercise], jobs=5)
    assert {verdict.exercise for verdict in found} == {exercise}
    assert len(found) >= 10
    assert [f"{verdict.kind} {verdict.id}: {verdict.defect}" for verdict in found if verdict.defect] == []


def test_no_hidden_case_is_in_what_students_get() -> None:
    assert audit_hidden.leaks(COURSE, LABS) == []


@pytest.mark.parametrize("lab", LABS, ids=[lab.number for lab in LABS])
def test_every_lab_has_exercises_worth_twenty_points(lab: LabFiles) -> None:
    assert sum(exercise.points for exercise in of_lab(lab.number)) == 20
