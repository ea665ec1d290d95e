"""`%%part` in a real kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from labkit.magics import part_of

ROOT = Path(__file__).resolve().parents[1]


def played(house: Path, *cells: str, setup: str = "") -> list[Any]:
    path = f"import os, sys\nsys.path.insert(0, {str(ROOT)!r})\nos.environ['LABKIT_HOUSE'] = {str(house)!r}"
    first = f"{path}\n{setup}\nimport labkit"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in (first, *cells)])
    NotebookClient(book, allow_errors=True, timeout=60).execute()
    return list(book.cells[1:])


def test_a_part_cell_runs_as_usual_and_is_saved(tmp_path: Path) -> None:
    cells = played(
        tmp_path,
        "%%part mqtt\ndef f():\n    return 1\nf()",
        "%%part mqtt\ndef g():\n    return undefined\ng()",
        "f()",
        "import inspect; inspect.getsource(f)",
        "%%part mqqt\nx = 1",
        "x",
    )
    assert cells[0].outputs[0].data["text/plain"] == "1"
    assert (tmp_path / "mqtt.py").read_text().endswith("# %% piece\ndef f():\n    return 1\n")
    error = cells[1].outputs[0]
    assert error.ename == "NameError"
    assert "magics.py" not in "".join(error.traceback)
    assert "line 3" in "".join(error.traceback)
    assert cells[2].outputs[0].data["text/plain"] == "1"
    assert "return 1" in cells[3].outputs[0].data["text/plain"]
    assert "no part 'mqqt'" in cells[4].outputs[0].text
    assert cells[5].outputs[0].data["text/plain"] == "1"
    assert not [o for cell in cells for o in cell.outputs if o.get("name") == "stderr"]


def test_nothing_is_saved_while_grading(tmp_path: Path) -> None:
    played(tmp_path, "%%part mqtt\ndef f(): return 1", setup="os.environ['NBGRADER_EXECUTION'] = 'autograde'")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("%%part mqtt\nx = 1", ("mqtt", "x = 1")),
        ("\n%%part mqtt \nx", ("mqtt", "x")),
        ("x\n%%part mqtt", None),
        ("%%partial\n", None),
    ],
)
def test_only_the_first_line_makes_a_part(cell: str, found: tuple[str, str] | None) -> None:
    assert part_of(cell) == found
