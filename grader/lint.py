"""Authoring traps in a source notebook: what nbgrader takes without a word and what then costs students points.

Each rule is a function that reads a whole notebook; its name is what `grader lint` prints. Source of the traps:
nbgrader 0.9's preprocessors and `utils.determine_grade`, and its issue tracker.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from nbgrader.nbgraderformat import MetadataValidator, ValidationError

from grader import exercises, names, parts, sources
from grader.layout import LabFiles
from labkit.house import known_parts

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
DELIMITER = re.compile(r"### (BEGIN|END) (SOLUTION|HIDDEN TESTS)|(###|===) (BEGIN|END) MARK SCHEME( ===)?")
PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".gif")


@dataclass(frozen=True, slots=True)
class Trap:
    """A trap that was found.

    Args:
        rule: the rule's name.
        cell: the id of the cell, empty for the notebook as a whole.
        message: what is wrong and what to do.
    """

    rule: str
    cell: str
    message: str

    def __str__(self) -> str:
        """One line for a terminal."""
        return f"{self.cell or 'notebook'}: [{self.rule}] {self.message}"


Found = Iterator[tuple[str, str]]
Rule = Callable[[LabFiles, Any], Found]


def lint(lab: LabFiles) -> list[Trap]:
    """Find every trap in a lab's source.

    Args:
        lab: the lab.

    Returns:
        the traps, rule by rule.

    Raises:
        CourseError: the source is not a notebook.
    """
    notebook = sources.read(lab.source)
    return [Trap(rule.__name__.replace("_", "-"), cell, message)
            for rule in RULES for cell, message in rule(lab, notebook)]


def _metadata(cell: Any) -> dict[str, Any]:
    return dict(cell.metadata.get("nbgrader", {}))


def _is_answer(cell: Any) -> bool:
    """A code cell that the student writes and a check judges."""
    data = _metadata(cell)
    return cell.cell_type == "code" and bool(data.get("solution")) and not data.get("grade")


def _is_check(cell: Any) -> bool:
    data = _metadata(cell)
    return cell.cell_type == "code" and bool(data.get("grade")) and not data.get("solution")


def metadata(_lab: LabFiles, notebook: Any) -> Found:
    """The metadata must be of nbgrader's schema: what is not stops the release or, later, a whole batch."""
    try:
        MetadataValidator().validate_nb(notebook)
    except ValidationError as error:
        yield "", f"nbgrader refuses the metadata: {str(error).splitlines()[0]}"
    except Exception as error:  # SchemaTooOldError and SchemaTooNewError have no common base
        yield "", f"nbgrader refuses the metadata ({type(error).__name__}): write \"schema_version\": {3} in each cell"


def marker_in_prose(_lab: LabFiles, notebook: Any) -> Found:
    """A delimiter counts wherever it stands in a line, so prose about it cuts the cell."""
    words = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)")
    for cell in notebook.cells:
        for line in cell.source.splitlines():
            if words.search(line) and not DELIMITER.fullmatch(line.strip()):
                yield cell.id, f"{line.strip()!r} has a delimiter's words in it: say it in other words"


def solution_region(_lab: LabFiles, notebook: Any) -> Found:
    """Regions must be balanced and in answer cells; an answer cell without one is wiped whole."""
    for cell in notebook.cells:
        marks = [line.strip() for line in cell.source.splitlines() if line.strip() in {BEGIN, END}]
        if marks != [BEGIN, END] * (len(marks) // 2):
            yield cell.id, f"solution regions are not in pairs: {BEGIN!r}, then {END!r}, and again"
        elif marks and not _metadata(cell).get("solution"):
            yield cell.id, "a solution region outside a solution cell stays a secret to nobody: mark the cell"
        elif not marks and _is_answer(cell):
            yield cell.id, f"no solution region, so the whole cell is wiped: put {BEGIN!r} before the answer"


def hidden_tests(_lab: LabFiles, notebook: Any) -> Found:
    """Hidden tests and instantiated tests of nbgrader run inside the student's kernel, where they can be read."""
    for cell in notebook.cells:
        if "### BEGIN HIDDEN TESTS" in cell.source:
            yield cell.id, "hidden cases belong in grader/hidden/: nbgrader shows these to the student's code"
        if cell.cell_type == "code" and "AUTOTEST" in cell.source:
            yield cell.id, "AUTOTEST runs the notebook at release and shows its salt: write a check"


def check_call(_lab: LabFiles, notebook: Any) -> Found:
    """The last value of a graded cell is read as points: not a number is full marks, more than all is an error."""
    for cell in notebook.cells:
        if not _is_check(cell):
            continue
        asked = _asked(cell.source)
        grade_id = str(_metadata(cell).get("grade_id"))
        if asked is None:
            yield cell.id, "a graded cell is one call, check(\"NN.N\"): its value is the score"
        elif grade_id != f"check-{asked.replace('.', '-')}":
            yield cell.id, f"it checks {asked}, so its grade id is check-{asked.replace('.', '-')}"


def _asked(source: str) -> str | None:
    """The exercise that a graded cell checks, when it is a single call of `check`."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return None
    match body:
        case [ast.Expr(ast.Call(func=ast.Name(id="check"), args=[ast.Constant(value=str(asked))], keywords=[]))]:
            return asked
    return None


def points(lab: LabFiles, notebook: Any) -> Found:
    """A cell is worth what its check can give, and every exercise has its cell."""
    known = {exercise.id: exercise for exercise in exercises.of(lab)}
    checked = set()
    for cell in notebook.cells:
        worth = _metadata(cell).get("points", 0)
        if worth < 0:
            yield cell.id, "negative points"
        asked = _asked(cell.source) if _is_check(cell) else None
        if asked is None:
            continue
        checked.add(asked)
        if asked not in known:
            yield cell.id, f"there is no exercise {asked} in labkit.checks.lab{lab.number}"
        elif worth != known[asked].points:
            yield cell.id, f"{worth} points, but check({asked!r}) gives up to {known[asked].points}"
    for missing in sorted(set(known) - checked):
        yield "", f"the exercise {missing} has no graded cell check(\"{missing}\")"


def answer_before_check(_lab: LabFiles, notebook: Any) -> Found:
    """Every check follows a cell in which its answer is written."""
    answers = set()
    for cell in notebook.cells:
        grade_id = str(_metadata(cell).get("grade_id", ""))
        if _is_answer(cell):
            answers.add(grade_id)
            if not re.fullmatch(r"ex-\d\d-\d+[a-z]?", grade_id):
                yield cell.id, "the grade id of an answer is ex-NN-N"
        elif _is_check(cell):
            wanted = grade_id.replace("check-", "ex-", 1)
            if not any(answer.rstrip("abcdefgh") == wanted for answer in answers):
                yield cell.id, f"no cell {wanted} stands before it"


def part_alone(lab: LabFiles, _notebook: Any) -> Found:
    """The cells of a part become a module, so they import what they use."""
    joined: dict[str, list[tuple[str, str]]] = {}
    for name, grade_id, text in parts.cells(lab):
        joined.setdefault(name, []).append((grade_id, text))
    for name, found in joined.items():
        text = parts.module(name, lab.folder, [body for _, body in found])
        for missing in names.undefined(text):
            user = next((grade_id for grade_id, body in found if re.search(rf"\b{re.escape(missing)}\b", body)), "")
            yield user, f"the part {name!r} uses {missing!r}, which none of its cells imports or defines"


def part_magic(_lab: LabFiles, notebook: Any) -> Found:
    """`%%part` is seen only at the head of a code cell, with one name, that of a part of the house."""
    for cell in notebook.cells:
        if cell.cell_type != "code" or "%%part" not in cell.source:
            continue
        part = parts.split(cell.source)
        if part is None:
            yield cell.id, "%%part and one name stand in the cell's first line, with nothing before or after"
        elif part[0] not in known_parts():
            yield cell.id, f"the house has no part {part[0]!r}: its parts are in labkit/course.py"


def files_beside(lab: LabFiles, _notebook: Any) -> Found:
    """On autograding, nbgrader overwrites a student's file with the one of that name beside the source."""
    for path in sorted(lab.source.parent.rglob("*")):
        aside = {lab.source, lab.solution}
        hidden = any(piece.startswith((".", "__")) for piece in path.relative_to(lab.source.parent).parts)
        if path.is_file() and path not in aside and not hidden and path.suffix.lower() not in PICTURES:
            yield "", f"{path.name} overwrites a student's file of that name: keep only pictures beside a source"


def pictures(lab: LabFiles, notebook: Any) -> Found:
    """A picture is there, and has a text for those who cannot see it."""
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)", cell.source):
            if not alt.strip():
                yield cell.id, f"the picture {target} has no text in place of it"
            if "://" not in target and not (lab.source.parent / target).is_file():
                yield cell.id, f"there is no picture {target}"


def imports(_lab: LabFiles, notebook: Any) -> Found:
    """A notebook imports by name, and of labkit only the top."""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for line in cell.source.splitlines():
            if re.match(r"\s*from\s+\S+\s+import\s+\*", line):
                yield cell.id, f"{line.strip()!r} hides where names come from: import by name"
            elif re.match(r"\s*(from|import)\s+(labkit\.|grader\b|stack\b|tests\b|solutions\b)", line):
                yield cell.id, f"{line.strip()!r}: a notebook imports only the top of labkit"


def kernel(lab: LabFiles, _notebook: Any) -> Found:
    """Without a kernel's language nbgrader takes a notebook for Python and writes Python stubs."""
    head = lab.source.read_text(encoding="utf-8").split("# %%", 1)[0]
    named = re.search(r"^#\s+name:\s*(\S+)", head, re.MULTILINE)
    if named is None or named[1] != "python3":
        yield "", "the head of the source names another kernel than python3, or none"


RULES: tuple[Rule, ...] = (
    metadata, marker_in_prose, solution_region, hidden_tests, check_call, points, answer_before_check, part_alone,
    part_magic, files_beside, pictures, imports, kernel,
)
