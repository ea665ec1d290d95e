"""The course as nbgrader sees it: its settings, folders and gradebook, and what `grader run` adds to them."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from traitlets import Dict, Unicode
from traitlets.config import Config, LoggingConfigurable

from grader.layout import CourseError, CourseFiles
from grader.run.files import write_atomically
from grader.submission import Limits

KEPT = Path(".grader")
"""The folder of the grader's own files, in the course's folder."""


class GraderRun(LoggingConfigurable):
    """The settings of `grader run` in `nbgrader_config.py`: `c.GraderRun.limits = {"cell": 30}`."""

    seed = Unicode("", help="the course's seed of random cases; by default made once and kept in .grader/seed"
                   ).tag(config=True)
    limits = Dict({}, help="what differs from the usual limits of a submission (grader.submission.Limits), by name"
                  ).tag(config=True)


class Settings:
    """What a run knows of its course.

    Args:
        course: the course's files. `nbgrader_config.py` is read as nbgrader itself reads it: from there, and from
            Jupyter's folders.

    Raises:
        CourseError: the settings cannot be read or hold what is not known.
    """

    def __init__(self, course: CourseFiles) -> None:
        self.course = course
        self.app = _App(log_level=logging.INFO)
        (course.root / KEPT).mkdir(exist_ok=True)
        self._log_to(course.root / KEPT / "run.log")
        with contextlib.chdir(course.root), _search_path():
            try:
                self.app.initialize([], root=str(course.root))
            except (Exception, SystemExit) as error:
                raise CourseError(f"nbgrader cannot read its settings in {course.root}: {error}",
                                  "mend nbgrader_config.py; `nbgrader --help-all` reads it too.") from None
        self.folders: CourseDirectory = self.app.coursedir
        self.config: Config = self.app.config
        own = GraderRun(config=self.config)
        self.limits = _limits(own.limits)
        self.seed = own.seed or _seed(course.root / KEPT / "seed")

    def _log_to(self, path: Path) -> None:
        """Send nbgrader's log to a file: what it says there for each cell would drown what matters on the screen."""
        log = self.app.log
        for handler in list(log.handlers):
            log.removeHandler(handler)
        handler = logging.FileHandler(path, encoding="utf-8", delay=True)
        handler.setLevel(logging.INFO)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.propagate = False

    def close(self) -> None:
        """Close the log."""
        for handler in list(self.app.log.handlers):
            self.app.log.removeHandler(handler)
            handler.close()

    def folder(self, step: str, student: str, lab: str) -> Path:
        """Return a folder of nbgrader's directory structure.

        Args:
            step: `"submitted"`, `"autograded"`, `"release"` or `"source"`, whatever the folder's name is.
            student: the student's id; `"."` for a release.
            lab: the lab's folder.
        """
        named = getattr(self.folders, f"{step}_directory")
        return Path(os.path.normpath(self.folders.format_path(named, student, lab)))


class _App(NbGrader):
    """nbgrader's application for its settings only: it takes no command line and ends no process."""

    name = "grader-run"
    raise_config_file_errors = True
    """nbgrader goes on without settings that it cannot read, and then looks in other folders."""

    def excepthook(self, etype: Any, evalue: Any, tb: Any) -> None:
        sys.__excepthook__(etype, evalue, tb)


@contextlib.contextmanager
def _search_path() -> Iterator[None]:
    """Let `nbgrader_config.py` import from the course's folder, as nbgrader does; the path is as before after the run.

    A late-submission plug-in of the course is imported by name when it is used, so the folder stays on the path, last.
    """
    before = list(sys.path)
    try:
        yield
    finally:
        added = [entry for entry in sys.path if entry not in before]
        sys.path[:] = [*before, *added]


def _limits(changed: dict[str, Any]) -> Limits:
    known = {field.name: field for field in fields(Limits)}
    for name, value in changed.items():
        if name not in known or isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            raise CourseError(f"c.GraderRun.limits has {name!r}: {value!r}.",
                              f"use positive numbers for {', '.join(known)}, or leave it out.")
    usual = Limits()
    return Limits(**{name: type(getattr(usual, name))(value) for name, value in changed.items()})


def _seed(path: Path) -> str:
    """The course's seed, made once: students' random cases must be the same in every run."""
    if not path.is_file():
        write_atomically(path, secrets.token_hex(16) + "\n")
    return path.read_text(encoding="utf-8").strip()
