"""check() and hint() in a real kernel, as a student and as nbgrader see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.utils import determine_grade

from labkit.checks import MIME, notebook
from labkit.errors import StudentError
from tests.checks import toy

ROOT = Path(__file__).resolve().parents[2]
SETUP = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom labkit import check, hint\nimport tests.checks.toy"
NOISY = """
import logging, os, subprocess, sys, warnings
logging.basicConfig()
def twice(number):
    warnings.warn("careful"); logging.error("logged"); print("oops", file=sys.stderr)
    os.write(2, b"raw"); subprocess.run("echo child >&2", shell=True)
    if not isinstance(number, int): raise TypeError("a number is needed")
    return 2 * abs(number)
"""


def played(*cells: str) -> list[Any]:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in (SETUP, *cells)])
    NotebookClient(book, allow_errors=True, timeout=60, resources={"metadata": {"path": str(ROOT)}}).execute()
    return list(book.cells[1:])


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    return played(
        NOISY,
        "check('90.1')",
        "hint('90.1')",
        "hint('90.1')",
        "hint('90.1')",
        "hint('90.2')",
        "hint('nonsense')",
        "def twice(number):\n    while True: pass",
        "check('90.1')",
        "check('90.8')",
        "'still alive'",
        "import labkit.checks.notebook as n\nfrom labkit.errors import KitError\n"
        "def broken(exercise): raise KitError('no broker')\nwhole = n._endpoints\nn._endpoints = broken\ncheck('90.1')",
        "hint('90.1')",
        "n._endpoints = whole\ndef twice(number):\n    raise NotImplementedError",
        "check('90.1')",
        "hint('90.1')",
    )


def outputs(cell: Any) -> list[str]:
    return [output.output_type for output in cell.outputs]


def test_a_card_says_which_earlier_exercise_to_mend_first() -> None:
    counter = ("class Counter:\n    def __init__(self, count): self.count = twice(count)\n"
               "    def add(self, n): self.count += n\ndef read(counter): return counter.count")
    *_, card = played("def twice(number): return 'two'", "check('90.1')", counter, "check('90.2')")
    assert ("\n  first: this uses `twice` of exercise 90.1, which had 0 of 4 points when it was checked. "
            "Mend that first, and run both checks again.\n") in card.outputs[0].data["text/plain"]


def graded(cell: Any, points: float = 4) -> tuple[Any, Any]:
    cell = cell.copy()
    cell.metadata = nbformat.from_dict(
        {
            "nbgrader": {
                "grade": True,
                "solution": False,
                "locked": True,
                "points": points,
                "schema_version": 3,
                "grade_id": "check-90-1",
                "cell_type": "code",
            }
        }
    )
    return determine_grade(cell)


def test_a_card_is_html_text_and_data(cells: list[Any]) -> None:
    data = cells[1].outputs[0].data
    assert data["text/plain"].startswith("◐ 90.1 Twice: 3 of 4 points")
    assert "Result of exercise 90.1" in data["text/html"]
    assert (data[MIME]["schema"], data[MIME]["score"], data[MIME]["state"]) == (1, 3, "partly")
    assert [line["state"] for line in data[MIME]["criteria"]] == ["passed", "failed", "passed"]


def test_the_score_is_the_cells_value_and_nothing_else_is_printed(cells: list[Any]) -> None:
    assert outputs(cells[1]) == ["display_data", "execute_result"]
    assert cells[1].outputs[1].data["text/plain"] == "3"


def test_nbgrader_reads_the_partial_credit(cells: list[Any]) -> None:
    assert graded(cells[1]) == (3.0, 4)


def test_each_hint_shows_the_next_level(cells: list[Any]) -> None:
    shown = [cell.outputs[0].data["text/plain"] for cell in cells[2:5]]
    assert "`abs` takes the sign away." in shown[0]
    assert "Return `2 * number`." in shown[1]
    assert shown[2] == shown[1]


def test_a_hint_before_a_check_and_for_no_exercise_says_what_to_do(cells: list[Any]) -> None:
    assert 'Run check("90.2") first' in cells[5].outputs[0].data["text/plain"]
    assert "lab and number" in cells[6].outputs[0].data["text/plain"]


def test_a_hint_says_why_there_is_none(cells: list[Any]) -> None:
    assert "It could not be checked, and the card says why" in cells[12].outputs[0].data["text/plain"]
    assert "Write it, run its cell" in cells[15].outputs[0].data["text/plain"]


def test_an_endless_loop_is_reported_and_the_notebook_goes_on(cells: list[Any]) -> None:
    assert "took longer than 1 s" in cells[8].outputs[0].data["text/plain"]
    assert cells[8].outputs[1].data["text/plain"] == "0"
    assert cells[10].outputs[0].data["text/plain"] == "'still alive'"


def test_an_unknown_exercise_is_told(cells: list[Any]) -> None:
    assert "There is no exercise 90.8." in cells[9].outputs[0].data["text/plain"]


def test_a_failure_of_the_kit_is_an_error_and_not_a_silent_zero(cells: list[Any]) -> None:
    assert outputs(cells[11]) == ["display_data", "error"]
    assert "not your fault" in cells[11].outputs[0].data["text/plain"]
    assert cells[11].outputs[0].data[MIME]["state"] == "not checked"
    assert cells[11].outputs[1].traceback == [
        "This answer could not be checked; that is not the student's fault.\nno broker"
    ]


def test_without_a_notebook_the_card_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert notebook.check("90.1", namespace=toy.namespace(toy.RIGHT)) == 4
    assert "✓ 90.1 Twice: all 4 points" in capsys.readouterr().out


def test_an_unknown_exercise_raises_for_the_student_to_see() -> None:
    with pytest.raises(StudentError, match=r"90\.8"):
        notebook.check("90.8", namespace={})


def test_the_seed_is_the_exercises_own_or_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABKIT_SEED", raising=False)
    names = toy.namespace(toy.RIGHT)
    seeds = []
    for value in (None, "5", "anna", "anna", "ben"):
        if value is not None:
            monkeypatch.setenv("LABKIT_SEED", value)
        notebook.check("90.1", namespace=names)
        seeds.append(notebook.last_results()["90.1"].seed)
    assert seeds[1] == 5
    assert seeds[2] == seeds[3]
    assert len(set(seeds)) == 4


def test_an_interrupted_check_has_no_score_and_shows_no_traceback_of_the_kit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keyboard is a stand-in: a signal at the right moment would be a race."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("labkit.checks.notebook._run", interrupted)
    with pytest.raises(KeyboardInterrupt) as stopped:
        notebook.check("90.1", namespace={})
    assert isinstance(stopped.value, notebook.CheckInterrupted)
    assert stopped.value._render_traceback_() == ["Interrupted: nothing was judged. Run this cell again."]


def test_a_cell_that_ended_with_an_error_is_named_as_the_reason_for_an_old_version() -> None:
    right = "def twice(number):\n    # two\n    return 2 * number"
    broken = "def twice(number):\n    return 2 * number)"
    shown = played(right, "check('90.1')", broken, "check('90.1')", right, "check('90.1')")
    texts = [shown[place].outputs[0].data["text/plain"] for place in (1, 3, 5)]
    assert ["the cell with `def twice` ended with an error" in text for text in texts] == [False, True, False]
