"""Source notebooks: `NAME.py`, which people edit, made into `NAME.ipynb`, which nbgrader and JupyterLab take.

A rebuild is byte-identical: ids of cells come from grade ids or from the text, outputs are cleared, nothing tells when
or by which version it was made. So whether the two are in step is a comparison of bytes.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import nbformat

from grader.layout import CourseError, LabFiles

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
PAIRING = {"formats": "ipynb,py:percent"}
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What a cell's id may be, by version 4.5 of the notebook format."""


def read(path: Path) -> Any:
    """Read a source in percent format as a notebook with settled ids.

    Args:
        path: the `.py` file.

    Returns:
        a notebook (`nbformat.NotebookNode`), version 4.5, without outputs.

    Raises:
        CourseError: the file is not there, or two cells have one grade id.
    """
    import jupytext  # a third of a second: it brings a whole Jupyter server

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"There is no source {path}.", "write it in jupytext's percent format.") from None
    notebook = jupytext.reads(text, fmt="py:percent")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict({
        "jupytext": PAIRING, "kernelspec": KERNELSPEC, "language_info": {"name": "python"}})
    taken: set[str] = set()
    for cell in notebook.cells:
        cell.metadata.pop("lines_to_next_cell", None)
        cell.id = _cell_id(cell, taken)
        taken.add(cell.id)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _cell_id(cell: Any, taken: set[str]) -> str:
    """The grade id, else a digest of the text: a cell that is put in between changes no other cell's id."""
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    if grade_id is not None:
        if not CELL_ID.fullmatch(grade_id):
            raise CourseError(f"The grade id {grade_id!r} cannot be a cell's id.",
                              "use at most 64 letters, digits, hyphens and underscores.")
        if grade_id in taken:
            raise CourseError(f"Two cells have the grade id {grade_id!r}.", "give each cell its own.")
        return str(grade_id)
    digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
    name, copy = f"{cell.cell_type}-{digest}", 1
    while name in taken:
        copy += 1
        name = f"{cell.cell_type}-{digest}-{copy}"
    return name


def build(lab: LabFiles) -> str:
    """Make the text of a lab's notebook from its source.

    Args:
        lab: the lab.

    Raises:
        CourseError: the source cannot be made into a notebook.
    """
    return f"{nbformat.writes(read(lab.source))}\n"


def rewrite(lab: LabFiles) -> bool:
    """Write a lab's notebook anew.

    Args:
        lab: the lab.

    Returns:
        whether the notebook changed.
    """
    text = build(lab)
    if lab.solution.is_file() and lab.solution.read_text(encoding="utf-8") == text:
        return False
    lab.solution.write_text(text, encoding="utf-8", newline="\n")
    return True


def in_step(lab: LabFiles) -> bool:
    """Whether a lab's notebook is, byte by byte, what its source makes."""
    return lab.solution.is_file() and lab.solution.read_bytes() == build(lab).encode()
