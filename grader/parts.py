"""Parts of the house: the `%%part NAME` cells of a source notebook, joined into the module that the reference runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from grader import sources
from grader.layout import CourseError, LabFiles
from labkit.house_text import clean

MAGIC = re.compile(r"%%part[ \t]+(?P<name>[A-Za-z_]\w*)[ \t]*(?:\n|\Z)")
"""The head of a cell that belongs to a part."""
MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")
_EXPORTED = "# Made by `grader release`. Edit it there, not here."
FUTURE = re.compile(r"from __future__ import [^\n]*\n?")


def is_exported(path: Path) -> bool:
    """Whether a module of `stack/parts/` was made from a notebook, not by hand for a lab that is still to be written.

    Args:
        path: the module.
    """
    return _EXPORTED in path.read_text(encoding="utf-8").splitlines()[:3]


def split(source: str) -> tuple[str, str] | None:
    """Take the magic off a cell.

    Args:
        source: the text of a cell.

    Returns:
        the part's name and the text below the magic, or None when the cell belongs to no part.
    """
    match = MAGIC.match(source)
    return (match["name"], source[match.end():]) if match else None


def cells(lab: LabFiles) -> list[tuple[str, str, str]]:
    """List the cells of a lab that belong to a part.

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
        body = "\n".join(line for line in text.splitlines() if not any(marker in line for marker in MARKERS))
        future = future or bool(FUTURE.search(body))
        try:
            bodies.append(clean(FUTURE.sub("", body)).strip("\n"))
        except SyntaxError as error:
            raise CourseError(f"Cell {number} of the part {name!r} of {folder} is not Python: {error}.",
                              "a solution cell is plain Python below its %%part line.") from None
    head = f"# Part {name!r} of the house: the cells `%%part {name}` of solutions/{folder}.\n{_EXPORTED}\n"
    if future:
        head += "\nfrom __future__ import annotations\n"
    return head + "\n" + "\n\n\n".join(bodies) + "\n"


def export(labs: Iterable[LabFiles]) -> dict[str, str]:
    """Make the modules of all parts that labs teach.

    Args:
        labs: the labs.

    Returns:
        the module's text for each part's name.

    Raises:
        CourseError: two labs make the same part, or a module is not Python.
    """
    modules: dict[str, str] = {}
    for lab in labs:
        texts: dict[str, list[str]] = {}
        for name, _, text in cells(lab):
            texts.setdefault(name, []).append(text)
        for name, joined in texts.items():
            if name in modules:
                raise CourseError(f"{lab.folder} makes the part {name!r}, which an earlier lab makes already.",
                                  "give one of them another name.")
            modules[name] = module(name, lab.folder, joined)
    return modules
