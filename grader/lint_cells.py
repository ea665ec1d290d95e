"""Traps in the cells of a source notebook: metadata, regions, and what nbgrader makes of a graded cell's last value.

Sources: nbgrader 0.9's `nbgraderformat/v3.py`, `preprocessors/` and `utils.determine_grade`, and its issue tracker.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from nbgrader.nbgraderformat import MetadataValidator, ValidationError

from grader.layout import LabFiles

Found = Iterator[tuple[str, str]]
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_MARKS, END_MARKS = "=== BEGIN MARK SCHEME ===", "=== END MARK SCHEME ==="
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
DELIMITER = re.compile(r"### (BEGIN|END) (SOLUTION|HIDDEN TESTS)|(###|===) (BEGIN|END) MARK SCHEME( ===)?")
GRADE_ID = re.compile(r"[A-Za-z0-9_\-]{1,64}")


def data(cell: Any) -> dict[str, Any]:
    """Return nbgrader's metadata of a cell, an empty dictionary if there is none."""
    found = cell.metadata.get("nbgrader", {})
    return dict(found) if isinstance(found, dict) else {}


def is_answer(cell: Any) -> bool:
    """Whether it is a code cell that the student writes and a check judges."""
    return cell.cell_type == "code" and bool(data(cell).get("solution")) and not data(cell).get("grade")


def is_check(cell: Any) -> bool:
    """Whether it is a code cell that is graded by what it shows."""
    return cell.cell_type == "code" and bool(data(cell).get("grade")) and not data(cell).get("solution")


def grade_ids(_lab: LabFiles, notebook: Any) -> Found:
    """Each graded, answered or locked cell has an id of its own: two of one name stop the grading of a whole class."""
    ids = [str(data(cell)["grade_id"]) for cell in notebook.cells if "grade_id" in data(cell)]
    for name, count in Counter(ids).items():
        if count > 1:
            yield name, f"{count} cells have the grade id {name!r}, and a batch ends at that: give each its own"
        if not GRADE_ID.fullmatch(name):
            yield name, f"the grade id {name!r} is not 1 to 64 letters, digits, hyphens and underscores: rename it"
    for cell in notebook.cells:
        if any(data(cell).get(kind) for kind in ("grade", "solution", "locked")) and "grade_id" not in data(cell):
            head = cell.source.strip().splitlines()[0] if cell.source.strip() else "nothing"
            yield "", f"the cell that begins with {head!r} needs a grade id, as all that is graded, answered or locked"


def metadata(_lab: LabFiles, notebook: Any) -> Found:
    """The metadata must be of nbgrader's schema: what is not stops the release or, later, a whole batch."""
    try:
        MetadataValidator().validate_nb(notebook)
    except ValidationError as error:
        yield "", f"nbgrader refuses the metadata: {str(error).splitlines()[0]}"
    except Exception as error:  # SchemaTooOldError and SchemaTooNewError have no common base
        yield "", f"nbgrader refuses the metadata ({type(error).__name__}): write \"schema_version\": {3} in each cell"


def kinds(_lab: LabFiles, notebook: Any) -> Found:
    """A cell is one of five kinds, and a graded one says what it is worth."""
    for cell in notebook.cells:
        told = data(cell)
        grade, solution, task = (bool(told.get(kind)) for kind in ("grade", "solution", "task"))
        if (grade or task) and "points" not in told:
            yield cell.id, "a graded cell without points: write \"points\": N"
        if cell.cell_type == "markdown" and not task and grade != solution:
            yield cell.id, ("text is graded by hand or not at all: write \"grade\": true and \"solution\": true for an "
                            "answer, false and false with \"locked\": true for what is only to be read")
        if task and cell.cell_type != "markdown":
            yield cell.id, "a task is a text: make it a markdown cell"


def marker_in_prose(_lab: LabFiles, notebook: Any) -> Found:
    """A delimiter counts wherever it stands in a line, so prose about it cuts the cell."""
    words = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)")
    for cell in notebook.cells:
        for line in cell.source.splitlines():
            if words.search(line) and not DELIMITER.fullmatch(_mark(line)):
                yield cell.id, f"{line.strip()!r} has a delimiter's words in it: say it in other words"


def _mark(line: str) -> str:
    """A line as far as a delimiter may stand in it; in C++ it stands in a comment."""
    return line.strip().removeprefix("// ")


def _in_pairs(source: str, begin: str, end: str) -> tuple[bool, bool]:
    """Whether a text has such delimiters, and whether each beginning is followed by its end."""
    marks = [_mark(line) for line in source.splitlines() if _mark(line) in {begin, end}]
    return bool(marks), marks == [begin, end] * (len(marks) // 2)


def solution_region(_lab: LabFiles, notebook: Any) -> Found:
    """Regions must be balanced and in answer cells; an answer cell without one is wiped whole."""
    for cell in notebook.cells:
        there, paired = _in_pairs(cell.source, BEGIN, END)
        if not paired:
            yield cell.id, f"solution regions are not in pairs: {BEGIN!r}, then {END!r}, and again"
        elif there and not data(cell).get("solution"):
            yield cell.id, "a solution region outside a solution cell stays a secret to nobody: mark the cell"
        elif not there and is_answer(cell):
            yield cell.id, f"no solution region, so the whole cell is wiped: put {BEGIN!r} before the answer"


def mark_scheme(_lab: LabFiles, notebook: Any) -> Found:
    """A mark scheme is taken out of tasks only; elsewhere students read it."""
    for cell in notebook.cells:
        there, paired = _in_pairs(cell.source, BEGIN_MARKS, END_MARKS)
        if not paired:
            yield cell.id, f"mark schemes are not in pairs: {BEGIN_MARKS!r}, then {END_MARKS!r}"
        elif there and not (data(cell).get("task") or (data(cell).get("grade") and data(cell).get("solution"))):
            yield cell.id, "a mark scheme outside a cell that is graded by hand stays in what students get: move it"


def hidden_tests(_lab: LabFiles, notebook: Any) -> Found:
    """Hidden tests and instantiated tests of nbgrader run inside the student's kernel, where they can be read."""
    for cell in notebook.cells:
        there, paired = _in_pairs(cell.source, BEGIN_HIDDEN, END_HIDDEN)
        if not paired:
            yield cell.id, f"hidden tests are not in pairs: {BEGIN_HIDDEN!r}, then {END_HIDDEN!r}"
        if there:
            yield cell.id, "hidden cases belong in grader/hidden/: nbgrader shows these to the student's code"
            if not data(cell).get("grade"):
                yield cell.id, "hidden tests outside a graded cell are given to students: nbgrader leaves them there"
            elif not re.sub(f"{BEGIN_HIDDEN}.*?{END_HIDDEN}", "", cell.source, flags=re.DOTALL).strip():
                yield cell.id, "all of this test is hidden, so students get an empty cell: leave a line that is not"
        if cell.cell_type == "code" and "AUTOTEST" in cell.source:
            yield cell.id, "AUTOTEST runs the notebook at release and shows its salt: write a check"


def last_value(_lab: LabFiles, notebook: Any) -> Found:
    """nbgrader reads the first value that a graded cell shows as points."""
    for cell in notebook.cells:
        if not is_check(cell):
            continue
        worth = float(data(cell).get("points", 0))
        shown = _shown(cell.source)
        if isinstance(shown, bool) or (shown is not _NOTHING and not isinstance(shown, int | float)):
            yield cell.id, f"its last value {shown!r} is no number: nbgrader gives full marks. End with the score"
        elif isinstance(shown, int | float) and shown > worth:
            yield cell.id, f"its last value {shown:g} is more than its {worth:g} points: nbgrader stops. End with less"
        elif isinstance(shown, int | float) and shown < 0:
            yield cell.id, f"its last value {shown:g} is negative: nbgrader gives full marks. End with 0 or more"


def stderr(_lab: LabFiles, notebook: Any) -> Found:
    """One line on stderr costs all points of a graded cell under stock nbgrader."""
    for cell in notebook.cells:
        found = re.search(r"\bsys\.stderr\b|\bwarnings\.warn\b|\blogging\.\w+\(", cell.source)
        if is_check(cell) and found:
            yield cell.id, f"{found[0]!r} writes to stderr, and nbgrader takes that for a failure: print to stdout"


_NOTHING = object()


def _shown(source: str) -> object:
    """The constant that a cell ends with; `_NOTHING` if it ends with something else."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return _NOTHING
    if not body or not isinstance(body[-1], ast.Expr):
        return _NOTHING
    try:
        return ast.literal_eval(body[-1].value)
    except ValueError:
        return _NOTHING


def check_call(_lab: LabFiles, notebook: Any) -> Found:
    """A graded cell is a single call of `check`: its value is the score, and it writes nothing to stderr."""
    for cell in notebook.cells:
        if not is_check(cell):
            continue
        exercise = asked(cell.source)
        grade_id = str(data(cell).get("grade_id"))
        if exercise is None:
            yield cell.id, "a graded cell is one call, check(\"NN.N\"): its value is the score"
        elif grade_id != f"check-{exercise.replace('.', '-')}":
            yield cell.id, f"it checks {exercise}, so its grade id is check-{exercise.replace('.', '-')}"


def asked(source: str) -> str | None:
    """Return the exercise that a graded cell checks, when it is a single call of `check`."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return None
    match body:
        case [ast.Expr(ast.Call(func=ast.Name(id="check"), args=[ast.Constant(value=str(exercise))], keywords=[]))]:
            return exercise
    return None


RULES = (metadata, kinds, marker_in_prose, solution_region, mark_scheme, hidden_tests, last_value, stderr, check_call)
"""Rules on cells whose grade ids are in order."""
