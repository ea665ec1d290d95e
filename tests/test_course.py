from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from labkit import course_index
from labkit.course import LABS, lab
from labkit.errors import StudentError

ROOT = Path(__file__).parent.parent


def test_a_lab_is_found_by_its_number_however_it_is_written() -> None:
    assert lab("1") is lab("01") is lab(1)
    assert lab(10).folder == "10-secure-and-break-it"


@pytest.mark.parametrize("number", ["00", "11", "one", ""])
def test_a_lab_that_does_not_exist_is_refused_with_the_numbers_that_do(number: str) -> None:
    with pytest.raises(StudentError, match="from 01 to 10"):
        lab(number)


def test_a_lab_is_ready_when_its_notebook_is_there() -> None:
    for each in LABS:
        assert each.ready == (ROOT / "labs" / each.folder / f"{each.folder}.ipynb").exists(), each.number


def test_the_index_is_a_valid_notebook_that_links_the_labs_that_are_ready() -> None:
    notebook = nbformat.reads(course_index.text(), as_version=4)
    nbformat.validate(notebook)
    table = notebook.cells[1].source
    for each in LABS:
        assert (f"({each.folder}/{each.folder}.ipynb)" in table) == each.ready
        assert each.title in table


def test_the_index_in_labs_is_up_to_date() -> None:
    assert (ROOT / "labs" / "index.ipynb").read_text(encoding="utf-8") == course_index.text()
