"""What is generated is what a fresh build makes, and nothing that students must not see is in it."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from grader import answers, sources
from grader.layout import CourseFiles, LabFiles
from grader.lint import lint
from grader.release import release
from labkit.checks import of_lab
from labkit.course import LABS as COURSE

ROOT = Path(__file__).resolve().parents[2]
LABS = CourseFiles(ROOT).labs()
EACH_LAB = pytest.mark.parametrize("lab", LABS, ids=[lab.number for lab in LABS])


def text_of(lab: LabFiles) -> str:
    """Everything that students can read in a lab's folder: sources of cells, and other files that are text."""
    texts = [cell.source for cell in nbformat.read(lab.released, as_version=4).cells]
    texts += [path.read_text(encoding="utf-8") for path in lab.release.rglob("*.svg")]
    return "\n".join(texts)


def solution_lines(lab: LabFiles) -> set[str]:
    """Lines long enough to tell something that stand in the solution's regions and nowhere else in its notebook."""
    inside: set[str] = set()
    outside: set[str] = set()
    for cell in sources.read(lab.source).cells:
        in_region = False
        for line in cell.source.splitlines():
            if line.strip().removeprefix("// ") in {"### BEGIN SOLUTION", "### END SOLUTION"}:
                in_region = not in_region
            else:
                (inside if in_region else outside).add(line.strip())
    return {line for line in inside - outside if len(line) > 20}


def test_every_lab_that_is_ready_has_a_source_and_the_other_way_round() -> None:
    assert [lab.folder for lab in LABS] == [lab.folder for lab in COURSE if lab.ready]


@EACH_LAB
def test_the_notebook_is_what_its_source_makes(lab: LabFiles) -> None:
    assert sources.in_step(lab), "Try: grader sources"


def test_labs_and_parts_are_what_a_fresh_release_makes() -> None:
    assert release(CourseFiles(ROOT), LABS, check=True) == [], "Try: grader release"


def test_no_folder_of_labs_is_left_over() -> None:
    folders = {path.name for path in (ROOT / "labs").iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert folders == {lab.folder for lab in LABS}


@EACH_LAB
def test_the_source_has_no_authoring_trap(lab: LabFiles) -> None:
    assert [str(trap) for trap in lint(lab)] == []


@EACH_LAB
def test_no_line_of_a_solution_is_in_the_lab(lab: LabFiles) -> None:
    secret = solution_lines(lab)
    assert len(secret) > 20
    shown = {line.strip() for line in text_of(lab).splitlines()}
    assert secret & shown == set()


@EACH_LAB
def test_no_answer_of_a_bank_is_in_the_lab(lab: LabFiles) -> None:
    shown = text_of(lab)
    found = [answer for exercise in of_lab(lab.number) for kind in ("wrong", "right")
             for answer in answers.read(lab.answers(kind, exercise.id))]
    assert len(found) > 30
    assert [answer.id for answer in found if answer.source.strip() in shown] == []


@EACH_LAB
def test_nothing_of_the_hidden_cases_is_in_the_lab(lab: LabFiles) -> None:
    hidden = lab.hidden.read_text(encoding="utf-8")
    lines = {line.strip() for line in hidden.splitlines() if len(line.strip()) > 20}
    lines -= {line for line in lines if line.startswith(("from ", "import ", "#", '"""', "with criterion("))}
    assert len(lines) > 10
    shown = text_of(lab)
    assert [line for line in lines if line in shown] == []
    assert "grader" not in shown.replace("nbgrader", "")
