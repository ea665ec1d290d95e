from __future__ import annotations

from pathlib import Path

import pytest

from grader import answers
from grader.layout import CourseError


def bank(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "ex1.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_bank_is_read_in_order(tmp_path: Path) -> None:
    path = bank(tmp_path, '"""Doc."""\n\n# %% id=a hint=h-1\nx = 1\n\n\n# %% id=b\n# %%part fleet\ny = 2\n')
    assert answers.read(path) == [answers.Answer("a", "x = 1\n", "h-1"), answers.Answer("b", "y = 2\n")]


def test_the_magic_of_an_answer_is_taken_off(tmp_path: Path) -> None:
    assert answers.read(bank(tmp_path, "# %% id=a\n%%part fleet\ny = 2\n"))[0].source == "y = 2\n"


def test_no_bank_is_no_answers(tmp_path: Path) -> None:
    assert answers.read(tmp_path / "none.py") == []


@pytest.mark.parametrize(("text", "says"), [
    ("# %% hint=h\nx = 1\n", "line 1.*not the head"),
    ("# %% id=a colour=red\nx = 1\n", "not the head"),
    ("# %% id=a\n\n# %% id=b\nx = 1\n", "'a' has no text"),
    ("# %% id=a\nx = 1\n\n# %% id=a\nx = 2\n", "line 4.*another answer 'a'"),
])
def test_a_bad_head_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CourseError, match=says):
        answers.read(bank(tmp_path, text))
