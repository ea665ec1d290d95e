from __future__ import annotations

import inspect
import io
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

import pytest

from grader import namespace, sources
from grader.layout import LabFiles
from grader.namespace import Cell


def test_answer_cells_and_imports_make_the_names(lab: LabFiles) -> None:
    cells = namespace.cells(lab.solution)
    assert [(cell.name, cell.exercise) for cell in cells if cell.exercise] == [("ex-90-1", "90.1"), ("ex-90-2", "90.2")]
    assert next(cell for cell in cells if not cell.exercise).source == "import lab90"


def test_what_a_notebook_gives_to_a_part_is_there(edit: Callable[[str, str], LabFiles]) -> None:
    head = "# %% [markdown]\n# Write `double"
    lab = edit(head, f"# %%\n# %%part fleet\nGIVEN = 7\n\n{head}")
    sources.rewrite(lab)
    assert "GIVEN = 7" in [cell.source for cell in namespace.cells(lab.solution)]


def test_an_answer_takes_the_place_of_its_cell() -> None:
    cells = [Cell("ex-90-1", "def f(): return 1", "90.1"), Cell("ex-90-2", "def g(): return f()", "90.2")]
    assert namespace.build(namespace.replaced(cells, "90.1", "def f(): return 2"))["g"]() == 2


def test_the_second_cell_of_an_exercise_is_dropped_with_the_first() -> None:
    cells = [Cell("ex-90-1a", "a = 1", "90.1"), Cell("ex-90-1b", "b = 1", "90.1")]
    assert [cell.source for cell in namespace.replaced(cells, "90.1", "c = 1")] == ["c = 1"]


def test_two_namespaces_share_nothing() -> None:
    first = namespace.build([Cell("a", "x = 1")])
    assert "x" not in namespace.build([Cell("a", "y = 1")])
    assert first["x"] == 1


def test_dataclasses_and_sources_work_as_in_a_kernel() -> None:
    text = "from dataclasses import dataclass\n\n@dataclass\nclass A:\n    x: int = 1\n\ndef f():\n    return A()\n"
    names = namespace.build([Cell("ex-90-1", text, "90.1")])
    assert names["f"]().x == 1
    assert inspect.getsource(names["f"]) == "def f():\n    return A()\n"


def test_annotations_are_evaluated_as_in_a_kernel() -> None:
    with pytest.raises(NameError):
        namespace.build([Cell("a", "def f(x: Missing): pass")])


def test_a_noisy_answer_computes_the_same() -> None:
    text = 'from __future__ import annotations\n\ndef f(x: Missing):\n    """Doc."""\n    return x + 1\n'
    names = namespace.build([Cell("a", namespace.noisy(text))])
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert names["f"](1) == 2
    assert {warning.category for warning in caught} == {DeprecationWarning, UserWarning}
    assert names["f"].__doc__ == "Doc."
    assert "print" in out.getvalue()
    assert "stderr" in err.getvalue()
