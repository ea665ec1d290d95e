"""Scores as nbgrader's gradebook has them: checks, manual grading, late penalties."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from grader.layout import CourseError, LabFiles
from grader.run.settings import Settings


@dataclass(frozen=True, slots=True)
class Person:
    """A student as the gradebook knows them.

    Args:
        id: the student's id.
        first_name: empty if not known.
        last_name: empty if not known.
        email: empty if not known.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one submission.

    Args:
        student: the student's id.
        lab: the lab's folder.
        points: what counts: with manual grades, without the late penalty, at least 0.
        penalty: points taken off because it was late.
        most: points that the lab gives.
        open: whether an answer still waits for a person to grade it.
    """

    student: str
    lab: str
    points: float
    penalty: float
    most: float
    open: bool


@dataclass(frozen=True, slots=True)
class Scores:
    """What the gradebook holds.

    Args:
        people: all students, by id.
        scores: by student and lab; a lab that a student did not hand in is not there.
        most: points of each lab that is in the gradebook, in the order of the labs.
    """

    people: dict[str, Person]
    scores: dict[tuple[str, str], Score]
    most: dict[str, float]

    @property
    def emails(self) -> dict[str, str]:
        """Ids by email in small letters, of the students whose email is known and nobody else's."""
        given = [person.email.lower() for person in self.people.values()]
        return {person.email.lower(): id for id, person in self.people.items()
                if person.email and given.count(person.email.lower()) == 1}


@contextlib.contextmanager
def gradebook(settings: Settings) -> Iterator[Gradebook]:
    """Open the course's gradebook, and say what is wrong if that cannot be.

    Args:
        settings: the course as nbgrader sees it.

    Raises:
        CourseError: there is none, or it cannot be read.
    """
    url = make_url(settings.folders.db_url)
    # nbgrader makes an empty gradebook where there is none, and that would look like a class without scores.
    if url.drivername.startswith("sqlite") and url.database and not Path(url.database).is_file():
        raise CourseError(f"There are no grades yet: {url.database} is not there.", "run `grader run` first.")
    try:
        with Gradebook(settings.folders.db_url, settings.folders.course_id) as book:
            yield book
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise CourseError(f"The gradebook {url.render_as_string(hide_password=True)} cannot be read: {reason}.",
                          "look at c.CourseDirectory.db_url; for an old one, run `nbgrader db upgrade`.") from None


def read(settings: Settings, labs: Sequence[LabFiles]) -> Scores:
    """Read the scores of labs.

    Args:
        settings: the course as nbgrader sees it.
        labs: which ones; a lab that the gradebook does not know has no scores.

    Raises:
        CourseError: there is no gradebook, it cannot be read, or it has none of these labs.
    """
    with gradebook(settings) as book:
        found = of(book, [lab.folder for lab in labs])
    if not found.most:
        names = ", ".join(lab.folder for lab in labs) or "any lab"
        raise CourseError(f"The gradebook has no grades of {names}.", "run `grader run` first.")
    return found


def of(book: Gradebook, labs: Sequence[str]) -> Scores:
    """Read the scores of labs from an open gradebook.

    Args:
        book: the gradebook.
        labs: names of the assignments; what is not among them is left out.
    """
    people = {str(student.id): Person(str(student.id), student.first_name or "", student.last_name or "",
                                      student.email or "") for student in book.students}
    assignments: dict[str, Any] = {assignment.name: assignment for assignment in book.assignments}
    most, scores = dict[str, float](), dict[tuple[str, str], Score]()
    for lab in labs:
        if lab not in assignments:
            continue
        most[lab] = float(assignments[lab].max_score)
        for submission in book.assignment_submissions(lab):
            student, penalty = str(submission.student_id), float(submission.late_submission_penalty or 0)
            scores[student, lab] = Score(student, lab, max(0.0, round(float(submission.score) - penalty, 2)), penalty,
                                         float(submission.max_score), bool(submission.needs_manual_grade))
    return Scores(people, scores, most)
