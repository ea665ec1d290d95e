"""Parts of the house, as the reference runs them, made from the cells of source notebooks.

The `%%part NAME` cells of a lab make a module, joined in order. Each `%%cpp FILE` cell with a file of the part `node`
makes that file; other `%%cpp` cells (tests, worked examples) belong to the notebook alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from grader import sources
from grader.layout import CourseError, LabFiles
from labkit.house_sources import SOURCES
from labkit.house_text import clean

MAGIC = re.compile(r"%%part[ \t]+(?P<name>[A-Za-z_]\w*)[ \t]*(?:\n|\Z)")
"""The head of a cell that belongs to a part."""
CPP = re.compile(r"%%cpp[ \t]+(?P<file>[\w.-]+)[ \t]*(?:\n|\Z)")
"""The head of a cell in C++."""
MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")
_EXPORTED = "Made by `grader release`. Edit it there, not here."
FUTURE = re.compile(r"from __future__ import [^\n]*\n?")


def is_exported(path: Path) -> bool:
    """Whether a file of `stack/parts/` was made from a notebook, not by hand for a lab that is still to be written.

    Args:
        path: the file.
    """
    return any(line.endswith(_EXPORTED) for line in path.read_text(encoding="utf-8").splitlines()[:3])


def split(source: str) -> tuple[str, str] | None:
    """Take the magic off a cell.

    Args:
        source: the text of a cell.

    Returns:
        the part's name and the text below the magic, or None when the cell belongs to no part.
    """
    match = MAGIC.match(source)
    return (match["name"], source[match.end():]) if match else None


def cpp_file(source: str) -> str:
    """Return the file that a cell in C++ names; empty for a cell that is not in C++.

    Args:
        source: the text of a cell.
    """
    match = CPP.match(source)
    return match["file"] if match else ""


def part_of(file: str) -> str:
    """Return the part of the house that a file in C++ belongs to; empty if it belongs to none.

    Args:
        file: its name.
    """
    return next((part for part, files in SOURCES.items() if file in files), "")


def with_head(cell: str, answer: str) -> str:
    """Return an answer as the text of a cell: with the magic that the cell has.

    Args:
        cell: the text of the cell that the answer replaces.
        answer: the answer, with a magic or without.
    """
    if CPP.match(answer) or MAGIC.match(answer):
        return answer
    head = CPP.match(cell) or MAGIC.match(cell)
    return (head[0] if head else "") + answer


def cells(lab: LabFiles) -> list[tuple[str, str, str]]:
    """List the cells of a lab that belong to a part in Python.

    Args:
        lab: the lab.

    Returns:
        for each cell, in order: the part's name, the cell's grade id ("" without one), the text below the magic.
    """
    found = []
    for cell in sources.read(lab.source).cells:
        part = split(cell.source) if cell.cell_type == "code" else None
        if part:
            found.append((part[0], str(cell.metadata.get("nbgrader", {}).get("grade_id", "")), part[1]))
    return found


def without_markers(text: str) -> str:
    """Return a cell's text without the lines that mark what the student writes.

    Args:
        text: the text.
    """
    return "\n".join(line for line in text.splitlines() if not any(marker in line for marker in MARKERS))


def source_file(file: str, folder: str, source: str) -> str:
    """Make a file of a part in C++.

    Args:
        file: its name.
        folder: the lab that teaches it.
        source: the text of its cell.

    Returns:
        the file's text: a head that says where it comes from, then the cell without magic and solution markers.
    """
    body = without_markers(CPP.sub("", source, count=1)).strip("\n")
    return (f"// Part {part_of(file)!r} of the house: the cell `%%cpp {file}` of solutions/{folder}.\n"
            f"// {_EXPORTED}\n\n{body}\n")


def source_files(lab: LabFiles) -> dict[str, str]:
    """Make the files of the parts in C++ that a lab teaches.

    Args:
        lab: the lab.

    Returns:
        the text of each file by its path in `stack/parts/`, such as `"node/telemetry.cpp"`.

    Raises:
        CourseError: two cells make the same file, or a part lacks one.
    """
    made: dict[str, str] = {}
    for cell in sources.read(lab.source).cells:
        file = cpp_file(cell.source) if cell.cell_type == "code" else ""
        if not (part := part_of(file)):
            continue
        if f"{part}/{file}" in made:
            raise CourseError(f"Two cells of {lab.folder} make {file}.", "keep one, or give one another name.")
        made[f"{part}/{file}"] = source_file(file, lab.folder, cell.source)
    for part in sorted({path.split("/")[0] for path in made}):
        missing = [file for file in SOURCES[part] if f"{part}/{file}" not in made]
        if missing:
            raise CourseError(f"The part {part!r} of {lab.folder} has no {', '.join(missing)}.",
                              "write a cell `%%cpp FILE` for each.")
    return made


def module(name: str, folder: str, texts: Iterable[str]) -> str:
    """Join cells into a module.

    Args:
        name: the part's name.
        folder: the lab that teaches it.
        texts: the cells' text, in order, without the magic.

    Returns:
        the module's text: a head that says where it comes from, then the cells without the
        solution markers and, as in a student's house, without bare calls.

    Raises:
        CourseError: a cell is not Python.
    """
    bodies, future = [], False
    for number, text in enumerate(texts, 1):
        body = without_markers(text)
        future = future or bool(FUTURE.search(body))
        try:
            bodies.append(clean(FUTURE.sub("", body)).strip("\n"))
        except SyntaxError as error:
            raise CourseError(f"Cell {number} of the part {name!r} of {folder} is not Python: {error}.",
                              "a solution cell is plain Python below its %%part line.") from None
    head = f"# Part {name!r} of the house: the cells `%%part {name}` of solutions/{folder}.\n# {_EXPORTED}\n"
    if future:
        head += "\nfrom __future__ import annotations\n"
    return head + "\n" + "\n\n\n".join(bodies) + "\n"


def export(labs: Iterable[LabFiles]) -> dict[str, str]:
    """Make all parts that labs teach.

    Args:
        labs: the labs.

    Returns:
        the module's text for each name of a part in Python, and the text of each file of a part in C++ by its path.

    Raises:
        CourseError: two labs make the same part, a module is not Python, or a part in C++ is not whole.
    """
    modules: dict[str, str] = {}
    for lab in labs:
        texts: dict[str, list[str]] = {}
        for name, _, text in cells(lab):
            texts.setdefault(name, []).append(text)
        made = {name: module(name, lab.folder, joined) for name, joined in texts.items()} | source_files(lab)
        for name, text in made.items():
            if name in modules:
                raise CourseError(f"{lab.folder} makes the part {name!r}, which an earlier lab makes already.",
                                  "give one of them another name.")
            modules[name] = text
    return modules
