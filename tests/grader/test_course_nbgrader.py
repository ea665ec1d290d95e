"""Stock nbgrader grades the course's own labs: the scores are what `check` prints, services and all.

Two labs are asked, one in Python and the one in C++, and with LABKIT_TEST_ALL=1 all: to nbgrader a lab is a
notebook with cells that print a number, and that the others print theirs, tests/labs/test_notebooks.py shows.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader import answers, parts
from grader.layout import CourseFiles, LabFiles
from labkit.checks import of_lab
from tests.conftest import EVERY_LAB

ROOT = Path(__file__).resolve().parents[2]
LABS = [lab for lab in CourseFiles(ROOT).labs() if EVERY_LAB or lab.number in ("01", "03")]
FIRST = LABS[0].folder
"""An untouched notebook is graded in this lab; what is particular to a lab is in its solution."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(params=LABS, ids=[lab.number for lab in LABS])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> LabFiles:
    """A lab of the course, in a copy of what nbgrader needs of the course."""
    for name in ("solutions", "labs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    (tmp_path / "grader").mkdir()
    shutil.copy(ROOT / "grader" / "nbgrader_config.py", tmp_path / "grader")
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return LabFiles(tmp_path, request.param.folder)


def wrong_answer(lab: LabFiles) -> tuple[str, answers.Answer]:
    """The first wrong answer of the lab's last exercise: no other exercise uses what it defines."""
    exercise = of_lab(lab.number)[-1].id
    return exercise, answers.read(LabFiles(ROOT, lab.folder).answers("wrong", exercise))[0]


def hand_in(lab: LabFiles, student: str, notebook: Path, change: Callable[[list[Any]], None] | None = None) -> None:
    target = lab.root / "submitted" / student / lab.folder
    target.mkdir(parents=True)
    handed_in = nbformat.read(notebook, as_version=4)
    if change is not None:
        change(handed_in.cells)
    (target / notebook.name).write_text(nbformat.writes(handed_in), encoding="utf-8")


def test_all_but_a_mistake_and_nothing(lab: LabFiles, nbgrader: Callable[..., CompletedProcess[str]]) -> None:
    exercise, answer = wrong_answer(lab)

    def mistake(cells: list[Any]) -> None:
        cell = next(cell for cell in cells if cell.id == f"ex-{exercise.replace('.', '-')}")
        cell.source = parts.with_head(cell.source, answer.source)

    made = nbgrader(lab, "generate_assignment", lab.folder)
    assert made.returncode == 0, made.stderr
    hand_in(lab, "mistaken", lab.solution, mistake)  # all other exercises have full marks here (and all: `validate`)
    if lab.folder == FIRST:
        hand_in(lab, "untouched", lab.released)
    done = nbgrader(lab, "autograde", lab.folder)
    assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{lab.root}/gradebook.db") as gradebook:
        found = {submission.student.id: submission.score for submission in gradebook.assignment_submissions(lab.folder)}
        name = f"check-{exercise.replace('.', '-')}"
        grade = gradebook.find_grade(name, lab.folder, lab.folder, "mistaken")
        lost = grade.max_score - grade.auto_score
    assert lost > 0
    assert found == {"mistaken": 20 - lost} | ({"untouched": 0} if lab.folder == FIRST else {})

    feedback = nbgrader(lab, "generate_feedback", lab.folder)
    assert feedback.returncode == 0, feedback.stderr
    assert not (lab.root / "house").exists()


@pytest.mark.parametrize("lab", LABS[:1], ids=[LABS[0].number], indirect=True)  # of others it would say the same
def test_validate_passes_the_solution(lab: LabFiles, nbgrader: Callable[..., CompletedProcess[str]]) -> None:
    """That it fails what has an answer missing, tests/grader/test_nbgrader.py shows."""
    good = nbgrader(lab, "validate", str(lab.solution))
    assert "Success! Your notebook passes all the tests." in good.stdout, good.stdout + good.stderr
