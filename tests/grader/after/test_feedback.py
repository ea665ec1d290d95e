"""`grader feedback`: what a student gets back, and what not."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import notebook_hash

from grader.layout import CourseFiles, LabFiles

Run = Callable[..., tuple[int, str, str]]
# nbgrader itself leaves a file open when it releases feedback.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*timestamp.txt:ResourceWarning")
HIDDEN = ("1000000", "2000000", "1_000_000", "THE HIDDEN CASE", "the hidden case")


@pytest.fixture
def course(class_of_four: LabFiles, tmp_path: Path) -> LabFiles:
    """A copy of the graded course, with an exchange of its own."""
    root = tmp_path / "course"
    shutil.copytree(class_of_four.root, root)
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "exchange").chmod(0o777)
    with root.joinpath("nbgrader_config.py").open("a") as settings:
        settings.write(f'c.Exchange.root = "{tmp_path / "exchange"}"\n')
    return LabFiles(root, class_of_four.folder)


def page(lab: LabFiles, student: str) -> str:
    return (lab.root / "feedback" / student / lab.folder / f"{lab.folder}.html").read_text("utf-8")


def test_pages_have_scores_penalties_comments_and_cards_and_reach_the_exchange(course: LabFiles, run: Run) -> None:
    status, printed, told = run(course.root, "feedback")
    assert status == 0, told
    assert "4 pages" in printed
    assert "4 released into the exchange" in printed
    carl, ben = page(course, "carl"), page(course, "ben")
    assert "<strong>9.5</strong> of 10 points" in carl
    assert "Nearly: what of <strong>no</strong> text?" in carl
    assert "Handed in late</th><td>−1.5" in ben
    assert "look at 3: twice 3 is 6." in ben, "the hint of the card"
    released = course.root.parent / "exchange" / "iot-house" / "feedback"
    name = notebook_hash(secret="secret of ben", notebook_id=course.folder)
    assert (released / f"{name}.html").read_text("utf-8") == ben


def test_hidden_cases_are_not_in_a_page_unless_asked_for(course: LabFiles, run: Run) -> None:
    assert run(course.root, "feedback", "--no-release")[0] == 0
    carl = page(course, "carl")
    assert "further cases, which are not shown" in carl
    for student in ("anna", "ben", "carl", "dora"):
        for data in HIDDEN:
            assert data not in page(course, student), f"{student} sees {data!r}"
    assert run(course.root, "feedback", "--no-release", "--show-hidden", "--students", "carl")[0] == 0
    assert "1000000" in page(course, "carl")
    assert "(a hidden case)" in page(course, "carl")


def test_a_page_asks_no_server_for_anything_and_runs_no_script(course: LabFiles, run: Run) -> None:
    assert run(course.root, "feedback", "--no-release", "--students", "anna")[0] == 0
    anna = page(course, "anna")
    assert "<script" not in anna
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", anna)
    assert "default-src 'none'" in anna


def test_pictures_of_the_lab_are_in_the_page_and_nothing_else_is(course: LabFiles, run: Run) -> None:
    (course.release / "images").mkdir()
    (course.release / "images" / "house.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    path = course.root / "autograded" / "anna" / course.folder / f"{course.folder}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "\n\n![a house](images/house.svg) ![other](../../gradebook.svg)"
    (course.root / "gradebook.svg").write_text("secret")
    nbformat.write(notebook, path)
    assert run(course.root, "feedback", "--no-release", "--students", "anna")[0] == 0
    assert 'src="data:image/svg+xml;base64,PHN2Zy' in page(course, "anna")
    assert page(course, "anna").count("base64") == 1


def test_without_an_exchange_pages_are_made_and_the_way_out_is_named(course: LabFiles, run: Run) -> None:
    (course.root.parent / "exchange").rmdir()
    status, printed, _ = run(course.root, "feedback", "--students", "anna,ben")
    assert status == 0
    assert "2 pages" in printed
    assert "there is no exchange" in printed
    assert "c.Exchange.root" in printed


def test_who_handed_in_by_other_ways_is_told(course: LabFiles, run: Run) -> None:
    (course.root / "autograded" / "anna" / course.folder / "submission_secret.txt").unlink()
    status, printed, told = run(course.root, "feedback")
    assert status == 0
    assert "3 released" in printed
    assert "anna: was not handed in through the exchange" in told


def test_one_broken_notebook_does_not_stop_the_others(course: LabFiles, run: Run) -> None:
    (course.root / "autograded" / "ben" / course.folder / f"{course.folder}.ipynb").write_text("{")
    status, printed, told = run(course.root, "feedback", "--no-release")
    assert status == 1
    assert "3 pages" in printed
    assert "ben: no page" in told


def test_a_student_whom_nobody_knows(course: LabFiles, run: Run) -> None:
    status, _, told = run(course.root, "feedback", "--students", "anna,nobody", "--no-release")
    assert status == 1
    assert "nobody: nothing is graded" in told


def test_no_grades_yet(toy: CourseFiles, run: Run) -> None:
    status, _, told = run(toy.root, "feedback")
    assert status == 1
    assert "grader run" in told


def test_a_lab_that_is_not_there(course: LabFiles, run: Run) -> None:
    status, _, told = run(course.root, "feedback", "99")
    assert status == 1
    assert "There is no lab '99'" in told


def test_a_folder_that_cannot_be_written(course: LabFiles, run: Run) -> None:
    (course.root / "feedback").write_text("a file where the folder should be")
    status, _, told = run(course.root, "feedback", "--no-release", "--students", "anna")
    assert status == 1
    assert "anna: no page" in told
