"""What came of each submission, with everything that hidden cases found: for instructors, beside the gradebook.

One JSON file a submission, `.grader/results/LAB/STUDENT.json`: `{"state": …, "graded": Graded.data()}`, the notebook
left out (it is in `autograded/`). `state` says from what it came; one of the same state is not graded again.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.layout import CourseError, CourseFiles, LabFiles
from grader.run.files import write_atomically
from grader.run.settings import KEPT
from grader.submission import Graded


def place(course: CourseFiles, lab: LabFiles) -> Path:
    """Return the folder of a lab's results.

    Args:
        course: the course.
        lab: the lab.
    """
    return course.root / KEPT / "results" / lab.folder


def read(course: CourseFiles, lab: LabFiles) -> list[Graded]:
    """Read what came of a lab's submissions.

    Args:
        course: the course.
        lab: the lab.

    Returns:
        a record a student, sorted by student, without the notebook; none if nothing was graded yet.

    Raises:
        CourseError: a record cannot be read.
    """
    return [Graded.read(_read(path, lab)["graded"]) for path in sorted(place(course, lab).glob("*.json"))]


def read_one(course: CourseFiles, lab: LabFiles, student: str) -> Graded | None:
    """Read what came of one submission; None if nothing was graded yet.

    Args:
        course: the course.
        lab: the lab.
        student: the student's id.

    Raises:
        CourseError: the record cannot be read.
    """
    try:
        return Graded.read(_read(place(course, lab) / f"{student}.json", lab)["graded"])
    except FileNotFoundError:
        return None


def state(course: CourseFiles, lab: LabFiles, student: str) -> str:
    """Return the state from which a student's record came; empty if it must be graded.

    Args:
        course: the course.
        lab: the lab.
        student: the student's id.
    """
    try:
        return str(_read(place(course, lab) / f"{student}.json", lab)["state"])
    except (CourseError, FileNotFoundError):
        return ""


def write(course: CourseFiles, lab: LabFiles, graded: Graded, made_of: str) -> None:
    """Write a record.

    Args:
        course: the course.
        lab: the lab.
        graded: what came of the submission.
        made_of: its state; empty if it must be graded again.
    """
    data = {"state": made_of, "graded": replace(graded, notebook="").data()}
    write_atomically(place(course, lab) / f"{graded.student}.json", json.dumps(data, indent=1) + "\n")


def _read(path: Path, lab: LabFiles) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        Graded.read(found["graded"])
        found["state"]
    except FileNotFoundError:
        raise
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise CourseError(f"The record {path} cannot be read: {error}.",
                          f"`grader run {lab.folder} --students {path.stem} --force` writes it anew.") from None
    return found
