"""Stock nbgrader, as an instructor types it, works on this layout, with a class that did what students do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader.layout import LabFiles

Run = Callable[..., CompletedProcess[str]]
Change = Callable[[list[Any]], object]

WRONG_SHOUT = """%%part fleet
def shout(text):
    return text.upper() + "!" * double(len(text.split()))
"""
NOISY_DOUBLE = """%%part fleet
import logging, sys, warnings
def double(number):
    warnings.warn("noise")
    logging.warning("noise")
    print("noise")
    print("noise", file=sys.stderr)
    return 2 * number
"""


def cell_of(cells: list[Any], grade_id: str) -> Any:
    return next(cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def nothing(cells: list[Any]) -> None:
    """Hand the notebook in as it is."""


def wrong_shout(cells: list[Any]) -> None:
    cell_of(cells, "ex-90-2").source = WRONG_SHOUT


def noisy(cells: list[Any]) -> None:
    cell_of(cells, "ex-90-1").source = NOISY_DOUBLE


def copied(cells: list[Any]) -> None:
    for grade_id in ("check-90-1", "ex-90-1"):
        twin = nbformat.from_dict(cell_of(cells, grade_id))
        twin["id"] = f"twin-of-{grade_id}"
        cells.insert(cells.index(cell_of(cells, grade_id)) + 1, twin)


def check_deleted(cells: list[Any]) -> None:
    cells.remove(cell_of(cells, "check-90-2"))


def answer_deleted(cells: list[Any]) -> None:
    for grade_id in ("ex-90-2", "check-90-2"):
        cells.remove(cell_of(cells, grade_id))


def answer_moved(cells: list[Any]) -> None:
    old = cell_of(cells, "ex-90-1")
    cells[cells.index(old)] = nbformat.v4.new_code_cell(old.source)


def metadata_lost(cells: list[Any]) -> None:
    for cell in cells:
        cell.metadata.pop("nbgrader", None)


def metadata_odd(cells: list[Any]) -> None:
    cell_of(cells, "ex-90-1").metadata["nbgrader"] = {"odd": 1}


def check_edited(cells: list[Any]) -> None:
    cell_of(cells, "ex-90-1").source = "def double(number):\n    return 0"
    cell_of(cells, "check-90-1").source = "4"
    cell_of(cells, "check-90-2").metadata.nbgrader["points"] = 500


SUBMISSIONS: dict[str, tuple[Change, float]] = {
    "reference": (nothing, 10),
    "partly": (wrong_shout, 8),
    "noisy": (noisy, 10),
    "copied": (copied, 10),
    "check-deleted": (check_deleted, 10),
    "answer-deleted": (answer_deleted, 4),
    "answer-moved": (answer_moved, 10),
    "metadata-lost": (metadata_lost, 10),
    "metadata-odd": (metadata_odd, 10),
    "check-edited": (check_edited, 2),
}
"""What each student did to the solution before handing it in, and the points that are due."""


@dataclass
class Graded:
    """What came of grading the class."""

    lab: LabFiles
    said: CompletedProcess[str]
    feedback: CompletedProcess[str]
    scores: dict[str, float | None]


@pytest.fixture(scope="module")
def graded(graded_lab: LabFiles, nbgrader: Run) -> Graded:
    """Release with a gradebook, hand in, autograde, generate feedback: each by stock nbgrader."""
    lab = graded_lab
    made = nbgrader(lab, "generate_assignment", lab.folder)
    assert made.returncode == 0, made.stderr
    for student, (change, _) in SUBMISSIONS.items():
        hand_in(lab, student, lab.solution, change)
    hand_in(lab, "untouched", lab.released)
    hand_in(lab, "aaa-not-json", lab.released)
    (lab.root / "submitted" / "aaa-not-json" / lab.folder / lab.released.name).write_text("not JSON", encoding="utf-8")
    said = nbgrader(lab, "autograde", lab.folder)
    feedback = nbgrader(lab, "generate_feedback", lab.folder)
    with Gradebook(f"sqlite:///{lab.root}/gradebook.db") as gradebook:
        scores = {found.student.id: found.score for found in gradebook.assignment_submissions(lab.folder)}
    return Graded(lab, said, feedback, scores)


def hand_in(lab: LabFiles, student: str, notebook: Path, change: Change = nothing) -> None:
    target = lab.root / "submitted" / student / lab.folder
    target.mkdir(parents=True)
    handed_in = nbformat.read(notebook, as_version=4)
    change(handed_in.cells)
    (target / notebook.name).write_text(nbformat.writes(handed_in), encoding="utf-8")


def test_generate_assignment_makes_what_grader_release_makes(lab: LabFiles, nbgrader: Run) -> None:
    ours = lab.released.read_bytes()
    shutil.rmtree(lab.release)
    done = nbgrader(lab, "generate_assignment", lab.folder)
    assert done.returncode == 0, done.stderr
    assert lab.released.read_bytes() == ours


def test_validate_passes_the_solution_and_fails_the_release(graded_lab: LabFiles, nbgrader: Run) -> None:
    good = nbgrader(graded_lab, "validate", str(graded_lab.solution))
    assert "Success! Your notebook passes all the tests." in good.stdout, good.stdout + good.stderr
    bad = nbgrader(graded_lab, "validate", str(graded_lab.released))
    # nbgrader exits with 0 whatever it finds; what it says is the result.
    assert "VALIDATION FAILED ON 2 CELL(S)!" in bad.stdout, bad.stdout + bad.stderr


@pytest.mark.parametrize("student", SUBMISSIONS)
def test_a_submission_gets_the_points_that_are_due(graded: Graded, student: str) -> None:
    assert graded.scores[student] == SUBMISSIONS[student][1], graded.said.stderr


def test_an_untouched_notebook_gets_nothing(graded: Graded) -> None:
    assert graded.scores["untouched"] == 0


def test_what_is_not_a_notebook_stops_nobody_else(graded: Graded) -> None:
    assert graded.said.returncode != 0
    failed = [line for line in graded.said.stderr.splitlines() if "There was an error processing assignment '" in line]
    assert len(failed) == 1
    assert "for student 'aaa-not-json'" in failed[0]


@pytest.mark.parametrize(("student", "says"), [
    ("copied", "the cell 'check-90-1' was copied."),
    ("check-deleted", "the cell 'check-90-2' is missing. It is put back"),
    ("answer-moved", "If the student moved the answer to a cell of their own, it counts."),
    ("metadata-lost", "the cell 'ex-90-1' had lost its metadata."),
    ("metadata-odd", "a cell has metadata of nbgrader that cannot be read."),
])
def test_the_log_says_what_was_mended_and_what_to_do(graded: Graded, student: str, says: str) -> None:
    (line,) = [line for line in graded.said.stderr.splitlines() if f"Student {student}:" in line and says in line][:1]
    assert "There is nothing" in line


def test_a_good_submission_is_not_mentioned(graded: Graded) -> None:
    assert "Student reference:" not in graded.said.stderr


def test_feedback_shows_hints_and_no_hidden_case(graded: Graded) -> None:
    assert graded.feedback.returncode == 0, graded.feedback.stderr
    folder = graded.lab.root / "feedback"
    page = (folder / "partly" / graded.lab.folder / f"{graded.lab.folder}.html").read_text(encoding="utf-8")
    assert "what of an empty text?" in page
    for page_of_any in folder.rglob("*.html"):
        text = page_of_any.read_text(encoding="utf-8").lower()
        assert "the hidden case" not in text
        assert "big-numbers" not in text
