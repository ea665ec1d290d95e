"""Makes the pages: nbgrader's own feedback converter, one submission at a time, in the course's template."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbgrader
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from traitlets.config import Config

from grader.feedback.cards import OpenCards
from grader.feedback.pictures import Pictures
from grader.layout import LabFiles
from grader.run.settings import Settings

TEMPLATES = Path(__file__).parent / "template"
_NBGRADERS = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"


@dataclass(frozen=True, slots=True)
class Page:
    """What came of one submission.

    Args:
        student: the student's id.
        lab: the lab's folder.
        path: the page, None if it could not be made.
        problem: why not, in nbgrader's words.
    """

    student: str
    lab: str
    path: Path | None
    problem: str = ""


def graded(settings: Settings, lab: LabFiles) -> list[str]:
    """List the students whose graded notebook is there.

    Args:
        settings: the course as nbgrader sees it.
        lab: the lab.
    """
    # A student's id is whatever the folder structure has in its place, so the structure itself is asked.
    pattern = settings.folder("autograded", "*", lab.folder)
    place = pattern.parts.index("*")
    anchor = Path(pattern.anchor)
    return sorted(folder.parts[place] for folder in anchor.glob(str(pattern.relative_to(anchor)))
                  if (folder / f"{lab.folder}.ipynb").is_file())


def make(settings: Settings, lab: LabFiles, student: str, opened: Mapping[str, Any] | None = None) -> Page:
    """Make one page anew; what was there is replaced.

    Args:
        settings: the course as nbgrader sees it.
        lab: the lab.
        student: the student's id.
        opened: `Result.data()` of each exercise, to show what hidden cases found; None shows nothing of them.
    """
    settings.folders.assignment_id, settings.folders.student_id = lab.folder, student
    said = _Said()
    settings.app.log.addHandler(said)
    try:
        converter = GenerateFeedback(coursedir=settings.folders, config=_config(settings), parent=settings.app)
        converter.force = True
        ours: list[Any] = [Pictures(folder=str(settings.folder("release", ".", lab.folder)), enabled=True)]
        if opened is not None:
            ours.append(OpenCards(results=dict(opened), enabled=True))
        converter.preprocessors = [*ours, *converter.preprocessors]
        with warnings.catch_warnings():
            # Of charts and widgets; the template says that something stands there.
            warnings.filterwarnings("ignore", message="Your element with mimetype", category=UserWarning)
            converter.start()
    except (NbGraderException, OSError) as error:
        return Page(student, lab.folder, None, said.last or str(error))
    finally:
        settings.app.log.removeHandler(said)
    return Page(student, lab.folder, settings.folder("feedback", student, lab.folder) / f"{lab.folder}.html")


def _config(settings: Settings) -> Config:
    """Return the course's settings, in our template unless the course has one of its own."""
    config = Config(settings.config)
    html = Config()
    html.HTMLExporter.template_name = "grader"
    html.HTMLExporter.extra_template_basedirs = [str(TEMPLATES), str(_NBGRADERS)]
    html.merge(config)
    return html


def chosen(students: Collection[str], wanted: Collection[str]) -> tuple[list[str], list[str]]:
    """Return which students are meant, and which of those are not there.

    Args:
        students: all that are there.
        wanted: ids; empty means all.
    """
    if not wanted:
        return list(students), []
    return [student for student in students if student in wanted], sorted(set(wanted) - set(students))


class _Said(logging.Handler):
    """Keeps the last line that nbgrader logs of an error: its exceptions say only that there is a log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage().rstrip()
        if message.startswith("Traceback"):
            self.last = message.splitlines()[-1]
        self.last = self.last or message
