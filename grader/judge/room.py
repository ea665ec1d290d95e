"""Judges one submission after the other; the process that does it is a room (`grader.capsule`)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat

from grader import exercises
from grader.capsule.launcher import Launcher
from grader.judge.notebook import Notebook
from grader.judge.outputs import clean, clean_data
from grader.judge.services import Private, needs, variables
from grader.judge.session import Session
from grader.layout import LabFiles
from grader.submission import Graded, Submission
from labkit.checks import registry
from labkit.checks.registry import Exercise
from labkit.checks.world import World
from labkit.errors import LabkitError

# As nbgrader's own execution sets it: the kit then neither writes nor uses the student's house.
_ENVIRONMENT = {"NBGRADER_EXECUTION": "autograde"}


def seed_of(course: str, student: str, exercise: str) -> int:
    """Return the seed of an exercise's random cases for one student: the first 4 bytes of a SHA-256.

    Args:
        course: the seed of the course.
        student: the student's id.
        exercise: the exercise's id.
    """
    text = "\x00".join((course, student, exercise)).encode("utf-8", "replace")
    return int.from_bytes(hashlib.sha256(text).digest()[:4])


def judge(submission: Submission, root: Path, launcher: Launcher, say: Callable[[str], None]) -> Graded:
    """Execute and judge a submission. Nothing that it does raises here.

    Args:
        submission: what was handed in.
        root: the folder of the course.
        launcher: makes its capsule.
        say: told the exercise that is judged now.

    Returns:
        what came of it; with `fault`, if a service or the kernel cannot be started, or the judge has a bug.
    """
    started = time.monotonic()
    empty = Graded(submission.student, submission.lab, submission.notebook)
    try:
        graded = _judge(submission, root, launcher, say)
    except LabkitError as error:
        graded = replace(empty, fault=str(error))
    except Exception as error:  # a room goes on with the next submission, whatever happens with this one
        told = "".join(traceback.format_exception(error)[-4:])
        graded = replace(empty, fault=f"The judge stumbled: {told}")
    return replace(graded, seconds=round(time.monotonic() - started, 3))


def _judge(submission: Submission, root: Path, launcher: Launcher, say: Callable[[str], None]) -> Graded:
    lab = LabFiles(root, submission.lab)
    known = exercises.of(lab)
    services = Private(needs(known, lab.number))
    session: Session | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ids of cells: they are mended
            book = nbformat.reads(submission.notebook, as_version=4)
        session = Session(launcher, _files(submission), lambda: {**_ENVIRONMENT, **variables(services.endpoints)},
                          services.renew, submission.limits)
        session.start()
        seeds = {exercise.id: seed_of(submission.seed, submission.student, exercise.id) for exercise in known}

        def world(exercise: Exercise) -> World:
            there = services.endpoints
            return World({name: there[name] for name in exercise.services}, seed=seeds[exercise.id])

        hidden = {exercise.id: registry.hidden_cases(exercise.id) for exercise in known}
        notebook = Notebook(book.cells, {exercise.id: exercise for exercise in known}, hidden, session, world,
                            services.renew, say)
        results = notebook.judge()
    finally:
        if session is not None:
            session.close()
        services.close()
    return Graded(
        submission.student, submission.lab, clean(_text(book)),
        results={id: clean_data(result.data()) for id, result in sorted(results.items())},
        seeds=seeds, incidents=[replace(incident, text=clean(incident.text)) for incident in session.incidents],
    )


def _files(submission: Submission) -> dict[str, bytes]:
    found = {}
    for name, text in submission.files.items():
        try:
            found[name] = base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error):
            raise LabkitError(f"The file {name!r} of {submission.student} is not base64.") from None
    return found


def _text(book: Any) -> str:
    return str(nbformat.writes(nbformat.from_dict(book), version=nbformat.NO_CONVERT))
