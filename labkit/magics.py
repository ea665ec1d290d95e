"""Two magics at the head of a cell.

`%%part NAME`: the cell runs as usual, and its text is saved to the student's house. The line is taken out before
IPython compiles the cell, so that tracebacks, line numbers, `await` and the value of the last line are those of an
ordinary cell. After the cell has run without an error, its text is saved.

`%%cpp FILE`: the cell is C++. It goes to the workshop under that name, and is compiled: a part of the node is saved to
the house, tests are run, a program with a `main` is run. Whatever is wrong with it is shown; the notebook goes on.
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
    """Run the cell, and save its text to your house when it has run without an error: `%%part NAME` in its first line.

    A cell that is run again replaces what it saved before. `labkit house` shows what you have saved.

    Args:
        line: name of the part, such as `mqtt`; each lab says which parts are its own.
        cell: text of the cell, Python.
    """
    from IPython import get_ipython

    shell: Any = get_ipython()
    shell.run_cell(f"%%part {line}\n{cell}").raise_error()


class CellInterrupted(KeyboardInterrupt):
    """The person at the keyboard stopped a cell of C++: "run all" ends here."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows this instead of a traceback through the kit.
        return ["Interrupted: what ran was stopped. Run this cell again."]


class _Cell:
    """The cell that runs now, as the student sees it: a magic gets its text without the blank lines at the head."""

    text = ""
    id = ""

    @classmethod
    def begins(cls, info: Any) -> None:
        """Remember it (IPython's event `pre_run_cell`)."""
        cls.text, cls.id = info.raw_cell or "", getattr(info, "cell_id", None) or ""


def cpp(line: str, cell: str) -> None:
    """Compile a cell of C++, and run it if it is a test or a program: `%%cpp FILE` in its first line.

    What happens goes by the file's name:

    - a file of the node, such as `telemetry.cpp` or `ring_buffer.hpp`: it is compiled, and saved to your house;
    - `test_NAME.cpp`: its tests (`TEST_CASE`, `CHECK`) are run, each with its result;
    - any other `NAME.cpp`: it has a `main`, and is run; what it prints is shown;
    - any other `NAME.hpp`: it is compiled, and other cells can include it.

    An error is shown with its line and what it means; the notebook goes on.

    Args:
        line: name of the file: letters, digits and `_`, then `.cpp` or `.hpp`.
        cell: text of the cell, C++.

    Raises:
        CellInterrupted: the cell was interrupted.
    """
    from labkit.cpp import cells, workshop

    file = line.strip()
    head = workshop.HEAD.match(_Cell.text)
    seen = head is not None and head["file"].strip() == file
    text, cell_id = (_Cell.text, _Cell.id) if seen else (f"%%cpp {line}\n{cell}", "")
    try:
        found = cells.run_cell(file, text, cell_id)
    except KeyboardInterrupt:
        raise CellInterrupted from None
    for shown in found:
        if isinstance(shown, str):
            print(shown, end="" if shown.endswith("\n") else "\n")
        else:
            shown.display()


def register() -> None:
    """Make `%%part` and `%%cpp` known to the running IPython. A second call does nothing."""
    from IPython import get_ipython
    from IPython.core.inputtransformer2 import cell_magic

    shell: Any = get_ipython()
    if shell is None or "part" in shell.magics_manager.magics["cell"]:
        return
    shell.register_magic_function(part, "cell", "part")
    shell.register_magic_function(cpp, "cell", "cpp")
    transforms = shell.input_transformer_manager.cleanup_transforms
    transforms.insert(transforms.index(cell_magic) if cell_magic in transforms else 0, _without_head)
    shell.events.register("pre_run_cell", _Cell.begins)
    shell.events.register("post_run_cell", _after_cell)
