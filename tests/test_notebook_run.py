"""`labkit check`: a toy lab as whole, damaged and hostile notebooks."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from labkit import course, notebook_run
from labkit.errors import StudentError
from tests.checks import toy

ROOT = Path(__file__).resolve().parents[1]
SETUP = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom labkit import check, hint\nimport tests.checks.toy"
COUNTER = """
class Counter:
    def __init__(self, n): self.count = n
    def add(self, n): self.count += n
def read(c): return c.count
"""


def code(source: str, grade_id: str = "") -> Any:
    cell = nbformat.v4.new_code_cell(source)
    if grade_id:
        grade = grade_id.startswith("check")
        cell.metadata["nbgrader"] = {
            "grade_id": grade_id,
            "grade": grade,
            "locked": grade,
            "solution": not grade,
            "schema_version": 3,
        }
    return cell


def lab(first: str = toy.RIGHT, second: str = COUNTER) -> list[Any]:
    return [
        code(SETUP),
        code(first, "ex-90-1"),
        code("check('90.1')", "check-90-1"),
        code(second, "ex-90-2"),
        code("check('90.2')", "check-90-2"),
    ]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    # Reason for the replacement: the toy lab is not in the course's table.
    monkeypatch.setattr(course, "lab", lambda number: course.Lab(number, "90-toy", "Toy", 1, (), (), ""))

    def run(cells: list[Any], **options: Any) -> tuple[int, str]:
        path = tmp_path / "90-toy.ipynb"
        book = nbformat.v4.new_notebook()
        book.cells = cells  # as it is: a copied cell may have the id of the first
        path.write_text(json.dumps(book), "utf-8")
        status = notebook_run.check_lab("90", path, **options)
        out, err = capfd.readouterr()
        assert err == ""
        return status, out

    return run


def test_a_right_notebook_passes(run: Any) -> None:
    status, out = run(lab())
    assert status == 0
    assert "✓ 90.1 Twice: all 4 points" in out
    assert "7 of 7 points in" in out


def test_a_wrong_answer_is_shown_with_its_hint_and_the_status_says_so(run: Any) -> None:
    status, out = run(lab(toy.RIGHT.replace("2 * number", "2 * abs(number)")))
    assert status == 1
    assert "What becomes of a negative number?" in out
    assert "6 of 7 points in" in out


def test_json_is_for_machines(run: Any) -> None:
    status, out = run(lab("def twice(n): raise NotImplementedError"), json=True)
    data = json.loads(out)
    assert (status, data["score"], data["points"], data["passed"]) == (1, 3, 7, False)
    assert [result["state"] for result in data["results"]] == ["not written", "passed"]


def test_a_deleted_check_cell_is_named_and_its_exercise_is_checked_all_the_same(run: Any) -> None:
    cells = lab()
    del cells[2]
    status, out = run(cells)
    assert status == 1
    assert 'Exercise 90.1, Twice: its check cell is gone. Try: copy the cell check("90.1")' in out
    assert "7 of 7 points" in out


def test_a_doubled_check_or_answer_cell_is_named(run: Any) -> None:
    cells = lab()
    status, out = run([*cells, cells[2].copy(), cells[3].copy()])
    assert status == 1
    assert "Exercise 90.1, Twice: its check cell is there 2 times. Try: delete all but the first." in out
    assert "Exercise 90.2, A counter: its answer cell is there 2 times. Try: keep the one with your answer" in out


def test_an_error_in_another_cell_is_told_as_a_likely_cause(run: Any) -> None:
    cells = lab()
    cells[1] = code("1 / 0\n" + toy.RIGHT, "ex-90-1")
    status, out = run(cells)
    assert status == 1
    assert "cell 2 (`1 / 0`) raised ZeroDivisionError: division by zero" in out
    assert "○ 90.1 Twice: not written yet" in out


def test_a_kernel_that_dies_is_told(run: Any) -> None:
    status, out = run(lab(second="import os\nos._exit(1)"))
    assert status == 1
    assert "the kernel died in cell 4" in out
    assert "✓ 90.1" in out
    assert "! 90.2 A counter: no result" in out


def test_a_cell_that_never_ends_is_interrupted_and_the_rest_is_checked(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seconds(cell: Any) -> int:
        return 2 if "while True" in cell.source else notebook_run.CELL_SECONDS  # imports take long on a busy machine

    monkeypatch.setattr("nbclient.NotebookClient", functools.partial(NotebookClient, timeout_func=seconds))
    cells = lab()
    cells.insert(3, code("while True: pass"))
    status, out = run(cells)
    assert "cell 4 (`while True: pass`) raised KeyboardInterrupt" in out
    assert "7 of 7 points" in out
    assert status == 0


@pytest.mark.parametrize("content", [None, "", "{}", "not json"])
def test_a_file_that_is_no_notebook_says_what_to_do(tmp_path: Path, content: str | None, run: Any) -> None:
    path = tmp_path / "x.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(StudentError, match="Try: "):
        notebook_run.check_lab("90", path)


def test_a_lab_that_is_not_written_says_so() -> None:
    with pytest.raises(StudentError, match="has no exercises yet"):
        notebook_run.check_lab("10")
