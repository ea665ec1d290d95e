"""nbgrader's gradebook, in which everything of one submission is written or nothing is."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Grade, Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from grader.layout import CourseError

_OPENERS = (
    "nbgrader.converters.autograde", "nbgrader.preprocessors.saveautogrades", "nbgrader.preprocessors.latesubmissions",
    "nbgrader.preprocessors.overwritecells", "nbgrader.preprocessors.overwritekernelspec", "grader.preprocessors",
)
"""The modules that open a gradebook of their own for each notebook, and write in it step by step."""


class _Held(Session):
    """A session whose commits wait: nbgrader commits after each grade."""

    def commit(self) -> None:
        """Send what was changed to the database, within the transaction."""
        self.flush()

    def commit_all(self) -> None:
        """End the transaction."""
        super().commit()


class Ledger(Gradebook):
    """The gradebook of a course, open for a whole run.

    Args:
        url: the database, as SQLAlchemy writes it.
        course_id: nbgrader's id of the course.

    Raises:
        CourseError: it cannot be opened.
    """

    def __init__(self, url: str, course_id: str) -> None:
        try:
            with _tools_on_path():
                super().__init__(url, course_id)
        except (SQLAlchemyError, ImportError) as error:
            raise CourseError(
                f"The gradebook {hidden(url)} cannot be opened: {str(error).splitlines()[0]}",
                "see that c.CourseDirectory.db_url is right and its database runs; for a gradebook of an older "
                "nbgrader run `nbgrader db upgrade`.",
            ) from None
        self.url = url
        super().close()
        self.db: scoped_session[_Held] = scoped_session(sessionmaker(autoflush=True, bind=self.engine, class_=_Held))

    def close(self) -> None:
        """Do nothing: nbgrader closes a gradebook after each step."""

    def end(self) -> None:
        """Close the gradebook."""
        super().close()

    def add_submission(self, assignment: str, student: str, **kwargs: Any) -> Any:
        """Add a submission; see the base class. Its parts are sent together: half of them alone give warnings."""
        with self.db.no_autoflush:
            return super().add_submission(assignment, student, **kwargs)

    def has_lab(self, lab: str) -> bool:
        """Whether a lab is registered, with its notebook.

        Args:
            lab: the lab's folder.
        """
        with self.transaction():
            try:
                self.find_notebook(lab, lab)
            except MissingEntry:
                return False
            return True

    def cells(self, lab: str) -> dict[str, str]:
        """Return the text of each cell of a registered lab by its id.

        Args:
            lab: the lab's folder.
        """
        with self.transaction():
            return {cell.name: cell.source for cell in self.find_notebook(lab, lab).source_cells}

    def points(self, lab: str) -> float:
        """Return the most points of a registered lab.

        Args:
            lab: the lab's folder.
        """
        with self.transaction():
            return float(self.find_assignment(lab).max_score)

    def graded(self, lab: str) -> set[str]:
        """Return the ids of the students who have a grade for a lab in this gradebook.

        Args:
            lab: the lab's folder.
        """
        with self.transaction():
            found = (self.db.query(SubmittedAssignment.student_id)
                     .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
                     .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
                     .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
                     .filter(Assignment.name == lab, Grade.auto_score.isnot(None)).distinct())
            return {student for student, in found}

    def due_dates(self, lab: str) -> tuple[datetime | None, dict[str, datetime | None]]:
        """Return when a lab is due, and when it is for each student who has handed in: with the extension.

        Args:
            lab: the lab's folder.
        """
        with self.transaction():
            assignment = self.find_assignment(lab)
            return assignment.duedate, {found.student_id: found.duedate for found in assignment.submissions}

    def student_ids(self) -> set[str]:
        """Return the ids of the class list."""
        with self.transaction():
            return {student.id for student in self.students}

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that nbgrader's steps write inside, or nothing if something is raised."""
        with _opened_as(self):
            try:
                yield
                self.db().commit_all()
            finally:
                self.db.remove()


@contextlib.contextmanager
def _opened_as(ledger: Ledger) -> Iterator[None]:
    """Let nbgrader's steps get this gradebook when they open the one of the same address."""
    def opened(url: str, *arguments: Any, **named: Any) -> Gradebook:
        return ledger if url == ledger.url else Gradebook(url, *arguments, **named)

    modules = [importlib.import_module(name) for name in _OPENERS]
    before = [module.__dict__["Gradebook"] for module in modules]
    for module in modules:
        module.__dict__["Gradebook"] = opened
    try:
        yield
    finally:
        for module, opener in zip(modules, before, strict=True):
            module.__dict__["Gradebook"] = opener


@contextlib.contextmanager
def _tools_on_path() -> Iterator[None]:
    """Let nbgrader find `alembic`, which it calls by name for a new gradebook, beside the Python that runs."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def hidden(url: str) -> str:
    """Return a database's address without its password.

    Args:
        url: the address.
    """
    head, at, tail = url.rpartition("@")
    return f"{head.rpartition(':')[0]}:…@{tail}" if at and head.count(":") > 1 else url
