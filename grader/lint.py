"""Authoring traps in a source notebook: what nbgrader takes without a word and what then costs students points.

Each rule is a function that reads a whole notebook; its name is what `grader lint` prints. Here are those on a lab as a
whole; those on its cells are in `lint_cells`. For machines (`grader lint --json`) it is a list of `Trap.data()`:

    {"lab": "01-mqtt-basics", "rule": str, "cell": str, "line": int, "message": str}
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from grader import exercises, lint_cells, names, parts, sources
from grader.layout import LabFiles
from grader.lint_cells import Found, asked, data, is_answer, is_check
from labkit.house import known_parts

PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".gif")
Rule = Callable[[LabFiles, Any], Found]


@dataclass(frozen=True, slots=True)
class Trap:
    """A trap that was found.

    Args:
        lab: the lab's folder.
        rule: the rule's name.
        cell: the id of the cell, empty for the notebook as a whole.
        line: where the cell begins in the source, counted from 1; 0 for the notebook as a whole.
        message: what is wrong and what to do.
    """

    lab: str
    rule: str
    cell: str
    line: int
    message: str

    def __str__(self) -> str:
        """One line for a terminal."""
        return f"{self.cell or 'notebook'}{f', line {self.line}' if self.line else ''}: [{self.rule}] {self.message}"

    def data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        return asdict(self)


def lint(lab: LabFiles) -> list[Trap]:
    """Find every trap in a lab's source.

    Args:
        lab: the lab.

    Returns:
        the traps, rule by rule. Cells whose grade ids are not in order come alone: no other rule can name a cell then.

    Raises:
        CourseError: there is no source.
    """
    import jupytext  # a third of a second: it brings a whole Jupyter server

    text = lab.source.read_text(encoding="utf-8") if lab.source.is_file() else ""
    raw = jupytext.reads(text, fmt="py:percent")
    if found := [_trap(lab, "grade-ids", cell, message, text) for cell, message in lint_cells.grade_ids(lab, raw)]:
        return found
    notebook = sources.read(lab.source)
    starts = _starts(notebook, text)
    return [_trap(lab, rule.__name__.replace("_", "-"), cell, message, text, starts.get(cell, 0))
            for rule in RULES for cell, message in rule(lab, notebook)]


def _trap(lab: LabFiles, rule: str, cell: str, message: str, text: str, line: int = 0) -> Trap:
    if not line and cell and (place := text.find(f'"grade_id": "{cell}"')) >= 0:
        line = text.count("\n", 0, place) + 1
    return Trap(lab.folder, rule, cell, line, message)


def _starts(notebook: Any, text: str) -> dict[str, int]:
    """The line of each cell's head, as far as heads and cells agree in number."""
    heads = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"# %%(\s|$)", line)]
    ids = [cell.id for cell in notebook.cells]
    return dict(zip(ids, heads, strict=True)) if len(heads) == len(ids) else {}


def points(lab: LabFiles, notebook: Any) -> Found:
    """A cell is worth what its check can give, and every exercise has its cell."""
    known = {exercise.id: exercise for exercise in exercises.of(lab)}
    checked = set()
    for cell in notebook.cells:
        worth = data(cell).get("points", 0)
        if worth < 0:
            yield cell.id, "negative points: write 0 or more"
        exercise = asked(cell.source) if is_check(cell) else None
        if exercise is None:
            continue
        checked.add(exercise)
        if exercise not in known:
            yield cell.id, (f"there is no exercise {exercise} in labkit.checks.lab{lab.number}: write it there, or "
                            "mend the number")
        elif worth != known[exercise].points:
            yield cell.id, (f"{worth} points, but check({exercise!r}) gives up to {known[exercise].points}: write the "
                            "same number in both")
    for missing in sorted(set(known) - checked):
        yield "", f"the exercise {missing} has no graded cell check(\"{missing}\"): add one"


def answer_before_check(_lab: LabFiles, notebook: Any) -> Found:
    """Every check follows a cell in which its answer is written."""
    answers = set()
    for cell in notebook.cells:
        grade_id = str(data(cell).get("grade_id", ""))
        if is_answer(cell):
            answers.add(grade_id)
            if not re.fullmatch(r"ex-\d\d-\d+[a-z]?", grade_id):
                yield cell.id, "the grade id of an answer is ex-NN-N: rename it"
        elif is_check(cell):
            wanted = grade_id.replace("check-", "ex-", 1)
            if not any(answer.rstrip("abcdefgh") == wanted for answer in answers):
                yield cell.id, f"no cell {wanted} stands before it: move or write the answer's cell"


def part_alone(lab: LabFiles, _notebook: Any) -> Found:
    """The cells of a part become a module, so they import what they use."""
    joined: dict[str, list[tuple[str, str]]] = {}
    for name, grade_id, text in parts.cells(lab):
        joined.setdefault(name, []).append((grade_id, text))
    for name, found in joined.items():
        text = parts.module(name, lab.folder, [body for _, body in found])
        for missing in names.undefined(text):
            user = next((grade_id for grade_id, body in found if re.search(rf"\b{re.escape(missing)}\b", body)), "")
            yield user, f"the part {name!r} uses {missing!r}, which none of its cells imports or defines: import it"


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


def cpp_magic(_lab: LabFiles, notebook: Any) -> Found:
    """`%%cpp` is seen only at the head of a code cell, with one file; an answer in C++ is a file of a part."""
    seen = set()
    for cell in notebook.cells:
        if cell.cell_type != "code" or "%%cpp" not in cell.source:
            continue
        file = parts.cpp_file(cell.source)
        if not re.fullmatch(r"\w[\w.-]*\.[ch]pp", file):
            yield cell.id, "%%cpp and one file, NAME.cpp or NAME.hpp, stand in the cell's first line, nothing before it"
            continue
        if is_answer(cell) and not parts.part_of(file):
            yield cell.id, f"{file} is no file of a part, so nothing takes it: its files are in labkit/house_sources.py"
        if file in seen:
            yield cell.id, f"another cell makes {file} too, and the last one that is run counts: name it otherwise"
        seen.add(file)


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
                yield cell.id, f"the picture {target} has no text in place of it: write one between the brackets"
            if "://" not in target and not (lab.source.parent / target).is_file():
                yield cell.id, f"there is no picture {target}: add it or mend its name"


def imports(_lab: LabFiles, notebook: Any) -> Found:
    """A notebook imports by name, of labkit only the top, of the stack only the frame of the part it teaches."""
    taught = {part[0] for cell in notebook.cells if cell.cell_type == "code" and (part := parts.split(cell.source))}
    frame = rf"(?!stack\.({'|'.join(sorted(taught))}|runtime)\b)" if taught else ""
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for line in cell.source.splitlines():
            if re.match(r"\s*from\s+\S+\s+import\s+\*", line):
                yield cell.id, f"{line.strip()!r} hides where names come from: import by name"
            elif re.match(rf"\s*(from|import)\s+{frame}(labkit\.|grader\b|stack\b|tests\b|solutions\b)", line):
                yield cell.id, f"{line.strip()!r}: a notebook imports only the top of labkit"


def kernel(lab: LabFiles, _notebook: Any) -> Found:
    """Without a kernel's language nbgrader takes a notebook for Python and writes Python stubs."""
    head = lab.source.read_text(encoding="utf-8").split("# %%", 1)[0]
    for key, value in (("name", "python3"), ("language", "python")):
        named = re.search(rf"^#\s+{key}:\s*(\S+)", head, re.MULTILINE)
        if named is None or named[1] != value:
            yield "", f"the head of the source has no line `{key}: {value}`: write it under `kernelspec:`"


def gradebook(lab: LabFiles, _notebook: Any) -> Found:
    """Submissions are graded against the gradebook's copy of a lab: without it checks and points are the student's.

    Only the gradebook in the course's folder is looked at, not one on a server.
    """
    path = lab.root / "gradebook.db"
    handed_in = any((lab.root / "submitted").glob(f"*/{lab.folder}"))
    release = f"run `nbgrader generate_assignment {lab.folder}`"
    if path.is_file():
        try:
            with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
                known = database.execute("select 1 from assignment where name = ?", (lab.folder,)).fetchone()
        except sqlite3.Error as error:
            yield "", f"{path.name} cannot be read ({error}): restore it, or move it away and {release}"
            return
        if known is None and (handed_in or lab.released.is_file()):
            yield "", f"the lab is released, but {path.name} does not know it: {release}"
    elif handed_in and "db_url" not in _settings(lab):
        yield "", f"there are submissions, but no {path.name}: put it back where it was, or {release}"


def _settings(lab: LabFiles) -> str:
    path = lab.root / "nbgrader_config.py"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


RULES: tuple[Rule, ...] = (
    *lint_cells.RULES, points, answer_before_check, part_alone, part_magic, cpp_magic, files_beside, pictures, imports,
    kernel, gradebook,
)
