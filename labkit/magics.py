"""`%%part NAME` at the head of a cell: the cell runs as usual, and its text is saved to the student's house.

The line is taken out before IPython compiles the cell, so that tracebacks, line numbers, `await` and the value of the
last
line are those of an ordinary cell. After the cell has run without an error, its text is saved.
"""

from __future__ import annotations

import re
from typing import Any

from labkit import house, parts_text
from labkit.errors import StudentError

_HEAD = re.compile(r"\A(?P<before>(?:[ \t]*\n)*)%%part\b[ \t]*(?P<name>[^\n]*)(?:\n|\Z)")


def part_of(cell: str) -> tuple[str, str] | None:
    """Return the name of the part and the text below the magic, or None if the cell is an ordinary one.

    Args:
        cell: text of the cell.
    """
    found = _HEAD.match(cell)
    return (found["name"].strip(), cell[found.end() :]) if found else None


def _without_head(lines: list[str]) -> list[str]:
    """Turn the magic's line into a comment; the number of lines stays."""
    text = "".join(lines)
    return text.replace("%%part", "# %%part", 1).splitlines(keepends=True) if part_of(text) is not None else lines


def _after_cell(result: Any) -> None:
    """Save a cell that ran without an error (IPython's event `post_run_cell`)."""
    found = part_of(result.info.raw_cell or "") if result.info is not None else None
    if found is None or not result.success:
        return
    try:
        parts_text.keep(*found, cell_id=getattr(result.info, "cell_id", None) or "")
        house.save(*found, cell_id=getattr(result.info, "cell_id", None) or "")
    except (StudentError, SyntaxError, OSError) as error:
        # The cell ran; that its text could not be saved must not cost anything.
        print(f"This cell ran, but it was not saved to your house: {error}")


def part(line: str, cell: str) -> None:
    """Run the cell; `%%part` of a notebook that was exported as a script ends here.

    Args:
        line: name of the part.
        cell: text of the cell.
    """
    from IPython import get_ipython

    shell: Any = get_ipython()
    shell.run_cell(f"%%part {line}\n{cell}").raise_error()


def register() -> None:
    """Make `%%part` known to the running IPython. A second call does nothing."""
    from IPython import get_ipython
    from IPython.core.inputtransformer2 import cell_magic

    shell: Any = get_ipython()
    if shell is None or "part" in shell.magics_manager.magics["cell"]:
        return
    shell.register_magic_function(part, "cell", "part")
    transforms = shell.input_transformer_manager.cleanup_transforms
    transforms.insert(transforms.index(cell_magic) if cell_magic in transforms else 0, _without_head)
    shell.events.register("post_run_cell", _after_cell)
