"""A class that has handed in a lab: its notebooks are made from the reference and the banks of answers, by a seed.

A third has everything right, partly in other words than the reference; a third has one to three wrong answers; the
others are half done or untouched, but for one whose notebook never ends and one whose kernel dies. Who is what has
nothing to do with the names, and so not with the order in which they are graded.
"""

from __future__ import annotations

import ast
import random
from dataclasses import dataclass
from pathlib import Path

import nbformat

from grader import answers, parts
from grader.layout import LabFiles
from labkit.checks import of_lab

SEED = 20261121
MOST_WRONG = 3
NEVER_ENDS = "while True:\n    pass"
"""What a forgotten loop does, in a cell of its own. The exercises after it are right."""
DIES = "import os\n\nos._exit(1)"
"""What a library that crashes does, in a cell of its own. The exercises after it are right."""


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One submission of the class.

    Args:
        student: the student's id.
        kind: `"right"`, `"wrong"`, `"half done"`, `"untouched"`, `"never ends"` or `"dies"`.
        notebook: its text.
    """

    student: str
    kind: str
    notebook: str


def kinds(size: int) -> list[str]:
    """What the students of a class of some size are.

    Args:
        size: students, at least 4.
    """
    others = size - 2 * (size // 3) - 2
    return (["right"] * (size // 3) + ["wrong"] * (size // 3) + ["never ends", "dies"]
            + ["untouched" if number % 3 == 1 else "half done" for number in range(others)])


def handed_in(lab: LabFiles, size: int, seed: int = SEED) -> list[HandedIn]:
    """Make the submissions of a class.

    Args:
        lab: the lab, with its banks of answers.
        size: students, at least 4.
        seed: of all that is drawn; the same seed gives the same notebooks.
    """
    chance = random.Random(f"{seed} {lab.folder}")
    students = [f"student-{number:02d}" for number in range(1, size + 1)]
    return [HandedIn(student, kind, _notebook(lab, kind, chance))
            for student, kind in zip(chance.sample(students, size), kinds(size), strict=True)]


def write(submissions: list[HandedIn], lab: LabFiles, root: Path) -> None:
    """Put submissions where nbgrader looks for them.

    Args:
        submissions: of the class.
        lab: their lab.
        root: the course's folder.
    """
    for each in submissions:
        folder = root / "submitted" / each.student / lab.folder
        folder.mkdir(parents=True)
        (folder / f"{lab.folder}.ipynb").write_text(each.notebook, encoding="utf-8")


def _notebook(lab: LabFiles, kind: str, chance: random.Random) -> str:
    """The released notebook with what a student of this kind wrote into it."""
    notebook = nbformat.read(lab.released, as_version=4)
    reference = {cell.id: cell.source for cell in nbformat.read(lab.solution, as_version=4).cells}
    exercises = [exercise.id for exercise in of_lab(lab.number)]
    written, other = set(exercises), dict[str, str]()
    if kind == "untouched":
        written = set()
    elif kind == "half done":
        written = set(exercises[:chance.randint(2, len(exercises) - 2)])
    elif kind == "wrong":
        for exercise in chance.sample(exercises, chance.randint(1, MOST_WRONG)):
            other[exercise] = chance.choice(answers.read(lab.answers("wrong", exercise))).source
    elif kind == "right":
        exercise = chance.choice(exercises)
        needed = set().union(*(_names(source) for name, source in reference.items() if _exercise(name) == exercise))
        fitting = [answer.source for answer in answers.read(lab.answers("right", exercise))
                   if not needed or needed <= _names(answer.source)]
        other |= {exercise: chance.choice(fitting)} if fitting else {}
    for cell in notebook.cells:
        exercise = _exercise(cell.id)
        if exercise not in written:
            continue
        cell.source = reference[cell.id]
        if exercise in other:
            cell.source = parts.with_head(reference[cell.id], other[exercise])
    if kind in ("never ends", "dies"):
        middle = next(number for number, cell in enumerate(notebook.cells)
                      if cell.id == f"ex-{exercises[len(exercises) // 2].replace('.', '-')}")
        source = NEVER_ENDS if kind == "never ends" else DIES
        notebook.cells.insert(middle, nbformat.v4.new_code_cell(source, id="own"))
    return str(nbformat.writes(notebook))


def _exercise(cell: str) -> str:
    """The exercise that a cell answers, by its id; empty if it answers none."""
    return cell.removeprefix("ex-").rstrip("abcdefgh").replace("-", ".") if cell.startswith("ex-") else ""


def _names(source: str) -> set[str]:
    """The names that an answer gives to the cells after it: they use some of the reference's."""
    part = parts.split(source)
    if parts.cpp_file(source):
        return set()  # each file is a program's own: what the others use of it is declared in its header
    found = set()
    for node in ast.parse(part[1] if part else source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found
