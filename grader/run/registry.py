"""Sees that a lab is in the gradebook as it was given out, and puts it there if it is missing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import temp_attrs

from grader.layout import CourseError, LabFiles
from grader.log import Said
from grader.run.ledger import Ledger
from grader.run.settings import Settings

_HIDING = ("BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME")
"""Of cells with these the gradebook has a part that students do not get."""


def register(settings: Settings, ledger: Ledger, lab: LabFiles) -> bool:
    """See that a lab is registered.

    Args:
        settings: of the course.
        ledger: its gradebook.
        lab: the lab.

    Returns:
        whether it was registered now.

    Raises:
        CourseError: it is not released, cannot be registered, or the gradebook has another version of it.
    """
    given = settings.folder("release", ".", lab.folder) / f"{lab.folder}.ipynb"
    if not given.is_file():
        raise CourseError(f"The lab {lab.folder} has submissions, and is not released: {given} is missing.",
                          f"run `grader release {lab.folder}`.")
    new = not ledger.has_lab(lab.folder)
    if new:
        _register(settings, lab)
    kept = ledger.cells(lab.folder)
    # nbgrader keeps no cell that is neither graded nor locked nor an answer.
    cells = {cell.metadata.nbgrader.grade_id: cell.source for cell in nbformat.read(given, as_version=4).cells
             if any(cell.metadata.get("nbgrader", {}).get(kind) for kind in ("grade", "solution", "locked", "task"))}
    other = sorted(name for name in kept.keys() | cells.keys()
                   if kept.get(name) != cells.get(name) and not any(mark in kept.get(name, "") for mark in _HIDING))
    if other:
        raise CourseError(
            f"The gradebook has another version of {lab.folder} than {given}: the cells {', '.join(other[:5])} differ.",
            f"run `grader release --check {lab.folder}`, then `nbgrader generate_assignment {lab.folder}`.")
    return new


def _register(settings: Settings, lab: LabFiles) -> None:
    """Let nbgrader make the release aside, which registers it: the one that students got stays as it is."""
    said = Said()
    settings.app.log.addHandler(said)
    try:
        with (tempfile.TemporaryDirectory(prefix="grader-register-") as aside,
              temp_attrs(settings.folders, release_directory=str(Path(aside)), assignment_id=lab.folder)):
            converter = GenerateAssignment(coursedir=settings.folders, parent=settings.app)
            converter.force = True
            converter.start()
    except (NbGraderException, SystemExit) as error:
        raise CourseError(f"nbgrader cannot register {lab.folder}: {' '.join(said.lines or [str(error)])[:500]}",
                          f"see what `nbgrader generate_assignment {lab.folder}` says.") from None
    finally:
        settings.app.log.removeHandler(said)
