"""What instructors have around the grading goes on working: exchange, class list, due dates, PostgreSQL, layouts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import get_username

from grader.layout import CourseFiles, LabFiles
from grader.run.settings import Settings
from labkit.services import start
from tests.grader.conftest import environment
from tests.grader.run.conftest import gradebook, hand_in, outcome, run, scores
from tests.grader.test_nbgrader import wrong_shout

Run = Callable[..., CompletedProcess[str]]


def settings(course: CourseFiles, *lines: str) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text("\n".join([config.read_text(encoding="utf-8"), *lines, ""]), encoding="utf-8")


def due(course: CourseFiles, lab: LabFiles, when: str) -> None:
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        book.update_or_create_assignment(lab.folder, duedate=when)


SEVERAL = """
import contextlib, json, shutil, sys
sys.modules["rfc3987_syntax"] = None  # a second of the processor (see grader/__init__.py)
from jupyter_core.application import NoStart
from nbgrader.apps import NbGraderApp
for command in json.loads(sys.argv[1]):
    if command[0] == "copy":
        shutil.copyfile(*command[1:])
        continue
    app = NbGraderApp.instance()
    app.initialize(command)
    with contextlib.suppress(NoStart):  # what jupyter_core's own launcher takes for a good end
        app.start()
    app.reset()
    NbGraderApp.clear_instance()
"""
"""Commands of nbgrader, one after the other: starting one takes seconds."""


def several(folder: Path, course: CourseFiles, *commands: Sequence[object]) -> None:
    """Run commands of nbgrader in a folder: `("release_assignment", lab)`, or `("copy", file, file)`."""
    told = json.dumps([[str(word) for word in command] for command in commands])
    done = subprocess.run([sys.executable, "-c", SEVERAL, told], cwd=folder, env=environment(course.root),
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_from_class_list_and_exchange_to_released_feedback(lab: LabFiles, tmp_path: Path) -> None:
    """Released, fetched, handed in and collected by nbgrader's exchange, as with JupyterHub."""
    course = CourseFiles(lab.root)
    exchange, home = tmp_path / "exchange", tmp_path / "home"
    for folder in (exchange, home):
        folder.mkdir()
    exchange.chmod(0o777)
    both = [f"c.Exchange.root = {str(exchange)!r}", f"c.Exchange.cache = {str(tmp_path / 'cache')!r}"]
    settings(course, *both)
    (home / "nbgrader_config.py").write_text(
        "\n".join(["c = get_config()", "c.CourseDirectory.course_id = 'iot-house'", *both, ""]), encoding="utf-8")
    classes = course.root / "class.csv"
    student = get_username()
    classes.write_text(f"id,first_name,last_name,email\n{student},Anna,Lang,anna@example.org\n", encoding="utf-8")

    several(course.root, course, ("db", "student", "import", classes), ("release_assignment", lab.folder))
    several(home, course, ("fetch_assignment", lab.folder),
            ("copy", lab.solution, home / lab.folder / lab.released.name), ("submit", lab.folder))
    several(course.root, course, ("collect", lab.folder))
    summary = run(course)
    assert outcome(summary, student) == ("graded", 10)
    assert "class list" not in summary.text()
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        submission = book.find_submission(lab.folder, student)
        assert submission.timestamp is not None
        assert submission.score == 10
        assert submission.student.last_name == "Lang"
    several(course.root, course, ("generate_feedback", lab.folder), ("release_feedback", lab.folder))
    several(home, course, ("fetch_feedback", lab.folder))
    assert list((home / lab.folder / "feedback").rglob("*.html"))


def test_late_submissions_cost_what_the_course_s_rule_says(lab: LabFiles) -> None:
    course = CourseFiles(lab.root)
    due(course, lab, "2026-01-10 12:00:00 UTC")
    hand_in(lab, "in-time", timestamp="2026-01-10 13:00:00 +0100")
    hand_in(lab, "a-minute", timestamp="2026-01-10 12:01:00 UTC")
    hand_in(lab, "two-days", timestamp="2026-01-12 11:00:00.123456 UTC")
    hand_in(lab, "a-month", timestamp="2026-02-10 12:00:00 UTC")
    hand_in(lab, "no-time")

    def penalties() -> dict[str, float | None]:
        return {row[0]: row[3] for row in gradebook(course.root)["submissions"]}

    run(course)
    assert set(penalties().values()) == {None}
    settings(course, "c.AssignLatePenalties.plugin_class = 'grader.late.PerDay'", "c.PerDay.grace = 900")
    run(course)
    assert penalties() == {"in-time": None, "a-minute": None, "two-days": 2, "a-month": 10, "no-time": None}
    settings(course, "c.AssignLatePenalties.plugin_class = 'nbgrader.plugins.LateSubmissionPlugin'",
             "c.LateSubmissionPlugin.penalty_method = 'zero'")
    run(course)
    assert penalties() == {"in-time": None, "a-minute": 10, "two-days": 10, "a-month": 10, "no-time": None}
    due(course, lab, "2026-01-20 12:00:00 UTC")
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        book.grant_extension(lab.folder, "a-month", days=60)
    summary = run(course)
    changed = {entry.student for entry in summary.entries if entry.outcome == "graded"}
    assert changed == {"a-minute", "two-days", "a-month"}, "who was late, or is; nobody else is judged again"
    assert set(penalties().values()) == {None}


def test_a_course_with_folders_and_structure_of_its_own(lab: LabFiles) -> None:
    course = CourseFiles(lab.root)
    settings(course, "c.CourseDirectory.submitted_directory = 'eingang'",
             "c.CourseDirectory.autograded_directory = 'benotet'",
             "c.CourseDirectory.student_id_exclude = 'tester'",
             "c.CourseDirectory.db_url = 'sqlite:///' + c.CourseDirectory.root + '/gradebook.db'")
    hand_in(lab, "anna")
    hand_in(lab, "tester")
    hand_in(lab, "[odd] name")
    (course.root / "submitted").rename(course.root / "eingang")
    summary = run(course)
    assert [entry.student for entry in summary.entries] == ["[odd] name", "anna"]
    assert scores(course.root) == {"anna": 10, "[odd] name": 10}
    assert {path.name for path in (course.root / "benotet").iterdir()} == {"anna", "[odd] name"}
    assert run(course).count("unchanged") == 2


def test_the_settings_can_be_imported_into_a_course_of_another_layout(template: CourseFiles, tmp_path: Path) -> None:
    root = tmp_path / "existing"
    for step in ("solutions", "labs", "labkit", "grader"):
        (root / step).parent.mkdir(exist_ok=True, parents=True)
        (root / step).symlink_to(template.root / step)
    (root / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        f"load_subconfig({str(template.root / 'grader' / 'nbgrader_config.py')!r})\n"
        "c.CourseDirectory.course_id = 'iot-2026'\n"
        "c.CourseDirectory.directory_structure = '{nbgrader_step}/{assignment_id}/{student_id}'\n"
        "c.CourseDirectory.release_directory = 'labs'\n", encoding="utf-8")
    made = Settings(CourseFiles(root))
    try:
        assert made.folders.course_id == "iot-2026"
        assert made.folder("submitted", "anna", "90-toy") == root / "submitted" / "90-toy" / "anna"
        assert "grader.preprocessors.RepairCells" in made.config.Autograde.sanitize_preprocessors
    finally:
        made.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_postgresql_as_gradebook(lab: LabFiles, nbgrader: Run) -> None:
    """The run, stock feedback and what form grader asks for, on a real server."""
    course = CourseFiles(lab.root)
    with start("postgresql") as services:
        server = services.postgresql
        url = (f"postgresql+psycopg://{server.username}:{server.password}@{server.host}:{server.port}"
               f"/{server.database}")
        settings(course, f"c.CourseDirectory.db_url = {url!r}")
        hand_in(lab, "anna", timestamp="2026-01-10 12:00:00 UTC")
        hand_in(lab, "ben", change=wrong_shout)
        hand_in(lab, "not-json", "not JSON")
        summary = run(course)
        assert outcome(summary, "anna") == ("graded", 10)
        assert outcome(summary, "not-json") == ("unreadable", 0)
        assert str(server.password) not in summary.text()
        assert run(course).count("unchanged") == 3
        with Gradebook(url) as book:
            assert {found.student.id: found.score for found in book.assignment_submissions(lab.folder)} == {
                "anna": 10, "ben": 4, "not-json": 0}
        done = nbgrader(lab, "generate_feedback", lab.folder)
        assert done.returncode == 0, done.stderr
        made = Settings(course)
        try:
            api = NbGraderAPI(coursedir=made.folders, parent=made.app)
            told = {found["student"]: found["score"] for found in api.get_submissions(lab.folder)}
            assert told == {"anna": 10, "ben": 4, "not-json": 0}
            assert api.get_assignment(lab.folder)["num_submissions"] == 3
            assert {found["id"]: found["score"] for found in api.get_students()} == told
        finally:
            made.close()
