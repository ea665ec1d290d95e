"""The workshop: what the `%%cpp FILE` cells of this kernel hold, file by file.

The text of a file is the whole cell. Its first line, the magic, is a C++ comment in it: so the compiler counts lines as
JupyterLab does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from labkit.house_sources import SOURCES, is_unwritten

PART = "node"
"""The part of the house that is written in C++."""
PART_FILES = SOURCES[PART]
"""Its files, in the order in which the lab builds them."""
HEAD = re.compile(r"\A(?P<before>(?:[ \t]*\n)*)(?P<magic>%%cpp\b[ \t]*(?P<file>[^\n]*))(?:\n|\Z)")
"""The magic at the head of a cell."""

@dataclass(frozen=True)
class _Sheet:
    text: str
    cell_id: str


_sheets: dict[str, _Sheet] = {}


def put(file: str, text: str, cell_id: str = "") -> None:
    """Keep the text of a cell.

    Args:
        file: name of the file.
        text: text of the cell; if it has its `%%cpp` line, that becomes a comment.
        cell_id: id of the notebook cell, if known.
    """
    _sheets[file] = _Sheet(as_source(text), cell_id)


def as_source(cell: str) -> str:
    """Return the cell as C++: its `%%cpp` line, if it has one, as a comment. The number of lines stays.

    Args:
        cell: text of the cell.
    """
    found = HEAD.match(cell)
    text = cell if found is None else f"{found['before']}// {cell[found.start('magic') :]}"
    return text if text.endswith("\n") else f"{text}\n"


def files() -> dict[str, str]:
    """Return all files, in the order in which they were first kept."""
    return {file: sheet.text for file, sheet in _sheets.items()}


def text(file: str) -> str | None:
    """Return the text of a file; None if no cell of that name has run."""
    sheet = _sheets.get(file)
    return None if sheet is None else sheet.text


def cell_id(file: str) -> str:
    """Return the id of the cell that holds a file, "" if it is not known."""
    sheet = _sheets.get(file)
    return "" if sheet is None else sheet.cell_id


def unwritten(file: str) -> bool:
    """Whether a file is still to be written: no cell of that name has run, or its `#error` line is still there."""
    found = text(file)
    return found is None or is_unwritten(found)


def restore(kept: Mapping[str, str]) -> None:
    """Replace everything by these files.

    Args:
        kept: what `files` returned.
    """
    before = dict(_sheets)
    _sheets.clear()
    for file, source in kept.items():
        _sheets[file] = _Sheet(source, before[file].cell_id if file in before else "")


def clear() -> None:
    """Forget everything, as a new kernel would."""
    _sheets.clear()
