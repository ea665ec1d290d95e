"""The text of a function that a check reads."""

from __future__ import annotations

import pytest

from grader.judge.student import definition
from labkit.checks.cell_text import ALL, LONGEST

OLD, NEW = "def connect(broker): sleep(1)", "def connect(broker):\n    return broker  # soon\nx = 1"
MASS = "if 0:\n    x = (" + "a," * 500_000 + ")"


@pytest.mark.parametrize("after", [[], [MASS], ["%%part mqtt\nwait = 1", "no python"]])
def test_it_is_that_of_the_last_cell_which_defines_it(after: list[str]) -> None:
    assert definition([OLD, NEW, *after], "connect") == "def connect(broker):\n    return broker"


def test_behind_a_cell_that_is_too_long_to_be_read_no_older_one_is_taken_for_it() -> None:
    assert definition([OLD, NEW + " " * LONGEST], "connect") is None
    others = [f"x = {number}".ljust(LONGEST) for number in range(1 + ALL // LONGEST)]
    assert definition([OLD, *others], "connect") is None
