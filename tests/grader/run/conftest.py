"""Courses with submissions, and runs of them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from grader.layout import CourseFiles, LabFiles
from grader.run.coordinator import grade
from grader.run.pool import LocalPool, RoomLike
from grader.run.summary import Summary
from tests.grader.conftest import copy_toy, released
from tests.grader.run.double import Double


class Silent:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.total = 0
        self.said: list[str] = []
        self.finished: list[str] = []
        self.on_done: Callable[[], object] = lambda: None

    def begin(self, total: int) -> None:
        self.total = total

    def done(self, what: str, *, worked: bool) -> None:  # noqa: ARG002
        self.finished.append(what)
        self.on_done()

    def say(self, line: str) -> None:
        self.said.append(line)

    def end(self) -> None:
        pass


def run(course: CourseFiles, make_room: Callable[[], RoomLike] = Double, *, slots: int = 2,
        reporter: Silent | None = None, students: Sequence[str] = (), force: bool = False) -> Summary:
    """Grade a course with the rooms of a test."""
    return grade(course, course.labs(), lambda _: LocalPool(make_room, slots), reporter or Silent(), students=students,
                 force=force)


def hand_in(lab: LabFiles, student: str, text: str | bytes | None = None, *, name: str = "",
            change: Callable[[list[Any]], object] | None = None, timestamp: str = "") -> Path:
    """Put a submission where nbgrader looks for it: the solution, changed, or any text in its place."""
    folder = lab.root / "submitted" / student / lab.folder
    folder.mkdir(parents=True)
    if text is None:
        notebook = nbformat.read(lab.solution, as_version=4)
        if change is not None:
            change(notebook.cells)
        text = nbformat.writes(notebook)
    (folder / (name or lab.released.name)).write_bytes(text if isinstance(text, bytes) else text.encode())
    if timestamp:
        (folder / "timestamp.txt").write_text(timestamp, encoding="utf-8")
    return folder


def outcome(summary: Summary, student: str) -> tuple[str, float | None]:
    """What became of a student's submission, and its score."""
    (entry,) = [entry for entry in summary.entries if entry.student == student]
    return entry.outcome, entry.graded.score if entry.graded else None


def kinds(summary: Summary, student: str) -> list[str]:
    (entry,) = [entry for entry in summary.entries if entry.student == student]
    assert entry.graded is not None
    return [incident.kind for incident in entry.graded.incidents]


ROWS = {
    "grades": """
        SELECT s.student_id, b.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
        FROM grade g JOIN base_cell b ON g.cell_id = b.id JOIN submitted_notebook n ON g.notebook_id = n.id
        JOIN submitted_assignment s ON n.assignment_id = s.id""",
    "comments": """
        SELECT s.student_id, b.name, c.auto_comment, c.manual_comment
        FROM comment c JOIN base_cell b ON c.cell_id = b.id JOIN submitted_notebook n ON c.notebook_id = n.id
        JOIN submitted_assignment s ON n.assignment_id = s.id""",
    "submissions": """
        SELECT s.student_id, a.name, s.timestamp, n.late_submission_penalty
        FROM submitted_assignment s JOIN assignment a ON s.assignment_id = a.id
        JOIN submitted_notebook n ON n.assignment_id = s.id""",
    "students": "SELECT id, first_name, last_name, email, lms_user_id FROM student",
    "cells": "SELECT name, type FROM base_cell",
}


def gradebook(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of a gradebook that a person made or sees, without ids."""
    with sqlite3.connect(root / "gradebook.db") as database:
        found = {name: sorted(database.execute(query).fetchall(), key=repr) for name, query in ROWS.items()}
    database.close()
    return found


def scores(root: Path) -> dict[str, float]:
    """Points of each student in the gradebook."""
    found: dict[str, float] = {}
    for student, _, auto, *_ in gradebook(root)["grades"]:
        found[student] = found.get(student, 0.0) + (auto or 0.0)
    return found


def record(lab: LabFiles, student: str) -> dict[str, Any]:
    path = lab.root / ".grader" / "results" / lab.folder / f"{student}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> CourseFiles:
    """The toy course with its lab released and in the gradebook: copied for each test, for it takes seconds to make."""
    course = copy_toy(tmp_path_factory.mktemp("template") / "course")
    lab = released(course)
    hand_in(lab, "nobody")
    run(course, students=["nobody"])
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        book.remove_student("nobody")
    for name in ("submitted", "autograded", ".grader"):
        shutil.rmtree(course.root / name)
    return course


@pytest.fixture
def lab(template: CourseFiles, tmp_path: Path) -> LabFiles:
    """The lab of a toy course of this test's own, in its gradebook, with nothing handed in."""
    root = tmp_path / "course"
    shutil.copytree(template.root, root)
    (found,) = CourseFiles(root).labs()
    return found
