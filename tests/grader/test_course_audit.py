"""The course's own checks are proved: every answer of every bank, as `grader audit` runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import audit
from grader.layout import CourseFiles, LabFiles
from labkit.checks import of_lab

LABS = CourseFiles(Path(__file__).resolve().parents[2]).labs()
EXERCISES = [exercise.id for lab in LABS for exercise in of_lab(lab.number)]


@pytest.fixture(scope="module")
def verdicts() -> list[audit.Verdict]:
    """Those of all answers. Nearly all the time of an answer passes in waiting, so many run at once."""
    return audit.audit(LABS, jobs=12)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("exercise", EXERCISES)
def test_right_answers_pass_and_wrong_ones_earn_their_hints(exercise: str, verdicts: list[audit.Verdict]) -> None:
    mine = [found for found in verdicts if found.exercise == exercise]
    assert len(mine) >= 10
    assert [f"{found.kind} {found.id}: {found.defect}" for found in mine if found.defect] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_lab_has_a_defect_that_belongs_to_no_exercise(verdicts: list[audit.Verdict]) -> None:
    assert [found for found in verdicts if found.defect and found.exercise not in EXERCISES] == []


@pytest.mark.parametrize("lab", LABS, ids=[lab.number for lab in LABS])
def test_every_lab_has_exercises_worth_twenty_points(lab: LabFiles) -> None:
    assert sum(exercise.points for exercise in of_lab(lab.number)) == 20
