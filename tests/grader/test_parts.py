from __future__ import annotations

from collections.abc import Callable

import pytest

from grader import parts
from grader.layout import CourseError, CourseFiles, LabFiles
from grader.names import undefined

Edit = Callable[[str, str], LabFiles]


def test_the_cells_of_a_part_make_a_module_that_runs(lab: LabFiles, toy: CourseFiles) -> None:
    text = (toy.parts / "fleet.py").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    exec(text, names)
    assert names["shout"]("a b") == "A B!!!!"  # type: ignore[operator]
    assert text.startswith("# Part 'fleet' of the house: the cells `%%part fleet` of solutions/90-toy.\n")
    assert "SOLUTION" not in text


def test_bare_calls_stay_in_the_notebook() -> None:
    assert parts.module("x", "90-toy", ["def f():\n    return 1\n\nprint(f())\n"]).endswith("    return 1\n")


def test_future_imports_move_to_the_top() -> None:
    text = parts.module("x", "90-toy", ["import os\n", "from __future__ import annotations\n\nb: 'int' = 1\n"])
    compile(text, "x", "exec")
    assert text.count("from __future__") == 1


def test_one_part_in_two_labs_is_refused(lab: LabFiles) -> None:
    with pytest.raises(CourseError, match="makes already"):
        parts.export([lab, lab])


def test_a_part_that_is_not_python_is_told(edit: Edit) -> None:
    lab = edit("return 2 * number", "return 2 *")
    with pytest.raises(CourseError, match="Cell 1 of the part 'fleet' of 90-toy is not Python"):
        parts.export([lab])


@pytest.mark.parametrize(("text", "missing"), [
    ("import os\nos.getpid()", []),
    ("def f():\n    return g()\ndef g():\n    return json.dumps(1)", ["json"]),
    ("class A:\n    x = 1\n    y = x", []),
    ("class A:\n    def m(self):\n        return x", ["x"]),
    ("try:\n    pass\nexcept OSError as e:\n    print(e)", []),
    ("def f(a: Missing) -> int:\n    return [b for b in a]", ["Missing"]),
])
def test_names_that_nothing_binds_are_found(text: str, missing: list[str]) -> None:
    assert undefined(text) == missing
