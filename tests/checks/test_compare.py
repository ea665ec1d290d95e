from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd
import pytest

from labkit.checks.compare import difference

UTC = dt.UTC


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (1, 1.0),
        (math.nan, math.nan),
        ({"a": [1, {"b": (2,)}]}, {"a": [1, {"b": (2,)}]}),
        (
            dt.datetime(2026, 1, 1, 12, tzinfo=UTC),
            dt.datetime(2026, 1, 1, 13, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        ),
        (pd.DataFrame({"a": [math.nan, 1.0]}), pd.DataFrame({"a": [math.nan, 1.0]})),
    ],
)
def test_equal_values_have_no_difference(expected: Any, found: Any) -> None:
    assert difference(expected, found) is None


@pytest.mark.parametrize(
    ("expected", "found", "said"),
    [
        (True, 1, "a bool was expected, an int came"),
        (0, False, "an int was expected, a bool came"),
        ((1, 2), [1, 2], "a tuple was expected, a list came"),
        ("a", b"a", "a str was expected, a bytes came"),
        (1, None, "an int was expected, None came"),
        ({"a": 1}, {}, "'a' is missing"),
        ({}, {"a": 1}, "'a' should not be there"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "at ['a']['b']: 1 was expected, 2 came"),
        ([1, 2], [1], "2 items were expected, 1 came"),
        ([1, 2, 3], [1, 5, 3], "at [1]: 2 was expected, 5 came"),
        (dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1, tzinfo=UTC), "one has a time zone, the other has none"),
        (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]}), "at columns[0]: 'a' was expected, 'b' came"),
        (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"a": [2.0]}), "at ['a'][0]: 1.0 was expected, 2.0 came"),
    ],
)
def test_a_difference_is_told_with_its_place(expected: Any, found: Any, said: str) -> None:
    assert difference(expected, found) == said


def test_numbers_may_be_approximate_at_any_depth() -> None:
    assert difference({"t": [21.5]}, {"t": [21.54]}, approx=0.05) is None
    assert "give or take 0.05" in str(difference({"t": [21.5]}, {"t": [21.6]}, approx=0.05))
    assert difference(1.0, math.nan, approx=10.0) is not None
