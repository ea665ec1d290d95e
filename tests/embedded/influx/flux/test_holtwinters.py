"""holtWinters and the search behind it."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.errors import RuntimeError_
from labkit.embedded.influx.flux.stdlib.holtwinters import forecast
from labkit.embedded.influx.flux.stdlib.neldermead import minimize


def nothing() -> None:
    """Called each round."""


def test_the_search_finds_the_bottom_of_a_valley():
    point, value = minimize(lambda p: (p[0] - 3) ** 2 + 10 * (p[1] + 1) ** 2, [0.0, 0.0], 1e-12, 100, nothing)
    assert point == pytest.approx([3.0, -1.0], abs=1e-4)
    assert value == pytest.approx(0.0, abs=1e-8)


def test_a_straight_line_is_continued_downhill():
    values, error = forecast([10.0, 8.0, 6.0, 4.0], 2, 0, False, nothing)
    assert len(values) == 2
    assert error < 1.0
    assert values[1] < values[0] < 5.0


def test_a_fit_repeats_the_series_before_the_forecast():
    values, _ = forecast([10.0, 8.0, 6.0, 4.0], 2, 0, True, nothing)
    assert len(values) == 6
    assert values[0] == 10.0


def test_too_short_a_series_gives_nothing():
    assert forecast([1.0], 3, 0, False, nothing) == ([], 0.0)
    assert forecast([1.0, 2.0, 3.0], 3, 4, False, nothing) == ([], 0.0)


def test_forecast_times_follow_the_last_by_the_interval(ask):
    source = ('import "array"\narray.from(rows: [{_time: time(v: 0), _value: 1.0}, {_time: time(v: 10), _value: 2.0}, '
              "{_time: time(v: 20), _value: 3.0}])")
    rows = ask(source + " |> holtWinters(n: 2, interval: 10ns, withMinSSE: true)")
    assert [row["_time"] for row in rows] == [30, 40]
    assert rows[0]["minSSE"] == rows[1]["minSSE"]
    with pytest.raises(RuntimeError_, match="cannot find column x"):
        ask(source + ' |> holtWinters(n: 2, interval: 10ns, column: "x")')
