"""What the students of a class wrote: the answer cells of their notebooks, by exercise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import parts
from grader.layout import LabFiles
from grader.run.files import read_bounded
from grader.run.settings import Settings

MOST = 64 << 20
"""Bytes of a notebook that is read."""
LONGEST = 100_000
"""Characters of an answer that is compared: nobody types more, and taking megabytes apart would hold up the class."""
_ANSWER = re.compile(r"ex-(?P<lab>\d\d)-(?P<number>\d+)[a-h]?")
_CPP = re.compile(r"^\s*#\s*include\b|^\s*%%cpp\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a student wrote for one exercise.

    Args:
        student: the student's id.
        exercise: its id, `"01.3"`.
        text: the cells of the exercise, joined, without `%%part` lines.
        language: as Pygments names it.
    """

    student: str
    exercise: str
    text: str
    language: str = "python"


@dataclass(frozen=True, slots=True)
class Class:
    """The answers of a class to one lab.

    Args:
        answers: all of them, by exercise and student.
        unread: for each submission or answer that cannot be compared, the student and why.
    """

    answers: list[Answer]
    unread: list[tuple[str, str]]


def collect(settings: Settings, lab: LabFiles) -> Class:
    """Read the notebooks of a class: the graded one, whose metadata is the release's again, else the submitted one.

    Args:
        settings: the course as nbgrader sees it.
        lab: the lab.
    """
    notebooks: dict[str, Path] = {}
    for step in ("submitted", "autograded"):
        notebooks.update(_notebooks(settings, step, lab))
    answers, unread = list[Answer](), list[tuple[str, str]]()
    for student, path in sorted(notebooks.items()):
        try:
            cells = json.loads(read_bounded(path, MOST))["cells"]
            for answer in _answers(student, cells):
                if len(answer.text) > LONGEST:
                    unread.append((student, f"{answer.exercise} has {len(answer.text)} characters"))
                else:
                    answers.append(answer)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            unread.append((student, f"{type(error).__name__}: {error}"))
    return Class(sorted(answers, key=lambda answer: (answer.exercise, answer.student)), unread)


def _notebooks(settings: Settings, step: str, lab: LabFiles) -> Iterator[tuple[str, Path]]:
    # A student's id is whatever the folder structure has in its place, so the structure itself is asked.
    pattern = settings.folder(step, "*", lab.folder)
    anchor = Path(pattern.anchor)
    place = pattern.parts.index("*")
    for folder in anchor.glob(str(pattern.relative_to(anchor))):
        path = folder / f"{lab.folder}.ipynb"
        if path.is_file():
            yield folder.parts[place], path


def _answers(student: str, cells: list[dict[str, Any]]) -> list[Answer]:
    texts: dict[str, list[str]] = {}
    for cell in cells:
        name = str(cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") or cell.get("id", ""))
        found = _ANSWER.fullmatch(name)
        if found is None or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        texts.setdefault(f"{found['lab']}.{int(found['number'])}", []).append(
            plain(source if isinstance(source, str) else "".join(source)))
    return [Answer(student, exercise, "\n\n".join(found), language("\n".join(found)))
            for exercise, found in texts.items()]


def plain(source: str) -> str:
    """Return a cell's text without its `%%part` or `%%cpp` line.

    Args:
        source: the cell's text.
    """
    part = parts.split(source)
    return parts.CPP.sub("", part[1] if part else source, count=1).strip("\n")


def language(text: str) -> str:
    """Return an answer's language as Pygments names it: C++ if it looks like a firmware's file, else Python.

    Args:
        text: the answer.
    """
    return "cpp" if _CPP.search(text) else "python"


def known(lab: LabFiles) -> list[str]:
    """Return what nobody wrote: all code cells of the release and of the reference.

    Args:
        lab: the lab; a notebook that is not there has no cells.
    """
    found = []
    for path in (lab.solution, lab.released):
        if path.is_file():
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            found += [plain("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    return found
