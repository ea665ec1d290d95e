"""A class in which every second submission is broken on purpose, graded by `grader run` in one go."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import sync_playwright

from grader.layout import CourseFiles, LabFiles
from grader.run import results
from grader.submission import Graded
from tests.browser import chromium
from tests.hostile import harness
from tests.hostile.harness import SECRET
from tests.hostile.notebooks import BROKEN, HONEST, NAME, Broken

pytestmark = [pytest.mark.bubblewrap, pytest.mark.timeout(600)]
SETTINGS = """
c.GraderRun.limits = {"cell": 5, "submission": 30, "disk": 48 << 20, "memory": 640 << 20, "output": 128 << 10}
"""
EVERY = 6
"""After so many broken submissions comes an honest one."""


@dataclass
class Class:
    """What came of grading the class."""

    lab: LabFiles
    said: subprocess.CompletedProcess[str]
    feedback: subprocess.CompletedProcess[str]
    graded: dict[str, Graded]
    points: dict[str, float | None]
    before: set[Path] = field(default_factory=set)

    def pages(self, student: str) -> list[Path]:
        """The feedback that a student gets."""
        return sorted((self.lab.root / "feedback" / student).rglob("*.html"))


@pytest.fixture(scope="module")
def class_of(course: CourseFiles) -> Iterator[Class]:
    """Hand in everything, run the grader, make the feedback."""
    place = Path(tempfile.mkdtemp(prefix="hostile-class-"))
    place.chmod(0o755)
    root = place / "course"
    shutil.copytree(course.root, root)
    with (root / "grader" / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    (root / "outside").mkdir()
    (root / "outside" / "canary.ipynb").write_text(SECRET, encoding="utf-8")
    lab = harness.lab_of(CourseFiles(root), "91")
    honest = harness.answered(lab)
    for number, attempt in enumerate(BROKEN):
        attempt.change(_folder(lab, attempt.name), json.loads(nbformat.writes(honest)))
        if number % EVERY == 0:
            # Their ids stand between those of the others: nbgrader goes through the class by id.
            nbformat.write(honest, _folder(lab, f"{attempt.name}-honest") / NAME)
    before = set(place.rglob("*"))
    try:
        said = _grader(lab, "run", lab.folder, "--jobs", "3")
        feedback = _grader(lab, "feedback", lab.folder)
        graded = {each.student: each for each in results.read(CourseFiles(root), lab)}
        with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
            points = {each.student.id: each.score for each in gradebook.assignment_submissions(lab.folder)}
        yield Class(lab, said, feedback, graded, points, before)
    finally:
        shutil.rmtree(place)


def _folder(lab: LabFiles, student: str) -> Path:
    folder = lab.root / "submitted" / student / lab.folder
    folder.mkdir(parents=True)
    return folder


def _grader(lab: LabFiles, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    repository = harness.HERE.parents[1]
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(repository), "INSTRUCTOR_TOKEN": SECRET,
                   "HOME": str(lab.root.parent), "JUPYTER_PLATFORM_DIRS": "1"}
    return subprocess.run([sys.executable, "-m", "grader", *arguments], cwd=lab.root, env=environment,
                          capture_output=True, text=True, timeout=500, check=False)


def test_the_run_ends_well_and_names_what_it_could_not_read(class_of: Class) -> None:
    assert class_of.said.returncode == 0, class_of.said.stdout + class_of.said.stderr
    assert not [each.fault for each in class_of.graded.values() if each.fault]
    assert "not-json" in class_of.said.stdout + class_of.said.stderr


@pytest.mark.parametrize("broken", BROKEN, ids=[broken.name for broken in BROKEN])
def test_a_broken_submission_has_the_points_that_are_due(class_of: Class, broken: Broken) -> None:
    graded = class_of.graded[broken.name]
    kinds = {incident.kind for incident in graded.incidents} or {""}
    refused = "unreadable" in kinds & set(broken.incidents)
    most, least = (0.0, 0.0) if refused else (broken.points, broken.least)
    told = [incident.text for incident in graded.incidents]
    assert least <= graded.score <= most, f"{harness.scores(graded)} {told} {harness.findings(graded, '91.2')}"
    assert class_of.points[broken.name] == graded.score
    if broken.incidents:
        assert kinds & set(broken.incidents), f"{kinds} {told}"


def test_honest_students_between_them_are_graded_as_if_nothing_had_happened(class_of: Class) -> None:
    honest = {name: each for name, each in class_of.graded.items() if name.endswith("-honest")}
    assert len(honest) >= len(BROKEN) // EVERY
    assert {name: (each.score, each.incidents) for name, each in honest.items()} == {
        name: (HONEST, []) for name in honest
    }


def test_feedback_of_the_class_is_made_and_tells_nothing_hidden(class_of: Class) -> None:
    assert class_of.feedback.returncode == 0, class_of.feedback.stdout + class_of.feedback.stderr
    for broken in BROKEN:
        assert class_of.pages(broken.name), f"{broken.name} has no feedback"
        for page in class_of.pages(broken.name):
            assert not harness.leaked(page.read_text(encoding="utf-8", errors="replace")), page


def test_no_file_lies_where_it_should_not(class_of: Class) -> None:
    place = class_of.lab.root.parent
    allowed = {"autograded", "feedback", ".grader", "gradebook.db", "gradebook.db-journal"}
    new = {path for path in place.rglob("*") if path not in class_of.before and path.suffix != ".pyc"}
    strange = [path for path in new if path.is_relative_to(class_of.lab.root)
               and path.relative_to(class_of.lab.root).parts[0] not in allowed and path.name != "__pycache__"]
    assert not strange
    assert not [path for path in new if "hostile-was-here" in path.name]
    assert not Path("/tmp/hostile-was-here").exists()
    assert (class_of.lab.root / "outside" / "canary.ipynb").read_text(encoding="utf-8") == SECRET


def test_what_is_kept_of_a_submission_is_not_huge(class_of: Class) -> None:
    for folder in ("autograded", "feedback", ".grader"):
        for path in (class_of.lab.root / folder).rglob("*"):
            assert path.is_symlink() or not path.is_file() or path.stat().st_size < 20 << 20, path
            assert not path.is_symlink(), f"{path} is a link"


@pytest.mark.browser
def test_no_script_of_a_student_runs_in_a_page_of_feedback(class_of: Class) -> None:
    with sync_playwright() as playwright, chromium(playwright) as browser:
        for student in ("markup", "magics", "cell-ids", "attachments", "widget-state", "outputs-brought-along"):
            for path in class_of.pages(student):
                page = browser.new_page()
                page.goto(path.as_uri(), wait_until="domcontentloaded")
                assert page.evaluate("window.hostile") is None, path
                page.close()
