"""The course's own labs in rooms of Bubblewrap, several at once: most of their time is waiting."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import nbformat
import pytest

from grader import namespace, parts
from grader.capsule.choose import Kind
from grader.capsule.room import Room
from grader.layout import CourseFiles, LabFiles
from grader.submission import Graded, Submission
from tests.grader.conftest import REPOSITORY

pytestmark = pytest.mark.bubblewrap


def submitted(lab: LabFiles, kind: str) -> Submission:
    """The lab's notebook as released, with the reference answers, or with noisy ones."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book: Any = nbformat.read(lab.released if kind == "untouched" else lab.solution, as_version=4)
    for cell in book.cells:
        data = cell.metadata.get("nbgrader", {})
        if kind == "noisy" and cell.cell_type == "code" and data.get("solution"):
            head, text = parts.split(cell.source) or ("", cell.source)
            cell.source = (f"%%part {head}\n" if head else "") + namespace.noisy(text)
    return Submission("ann", lab.folder, nbformat.writes(book), seed="of the course")


def judged(lab: LabFiles, kind: str) -> Graded:
    with Room(Kind.BUBBLEWRAP, CourseFiles(REPOSITORY)) as room:
        return room.grade(submitted(lab, kind))


def test_reference_and_noisy_answers_have_all_points_and_an_untouched_lab_has_none() -> None:
    labs = CourseFiles(REPOSITORY).labs(["01", "02"])
    asked = [(lab, kind) for kind in ("reference", "noisy", "untouched") for lab in labs]
    with ThreadPoolExecutor(6) as pool:
        graded = list(pool.map(lambda one: judged(*one), asked))
    assert not [one.fault for one in graded if one.fault]
    told = {f"{lab.number} {kind}": (one.score, {id: found["score"] for id, found in one.results.items()},
                                     one.incidents)
            for (lab, kind), one in zip(asked, graded, strict=True)}
    assert {name: score for name, (score, *_) in told.items()} == {
        f"{lab.number} {kind}": 0 if kind == "untouched" else 20 for lab, kind in asked}, told
    assert not [incidents for _, _, incidents in told.values() if incidents]
