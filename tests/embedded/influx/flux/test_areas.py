"""integral, timeWeightedAvg, state functions, timeShift, hourSelection, truncateTimeColumn, interpolate.linear."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.errors import RuntimeError_
from labkit.embedded.influx.flux.stdlib.text import time_text

RANGED = (
    'import "array"\nimport "interpolate"\narray.from(rows: [{_time: 2024-01-01T00:00:10Z, _value: 10.0}, '
    "{_time: 2024-01-01T00:00:20Z, _value: 20.0}, {_time: 2024-01-01T00:00:40Z, _value: 20.0}])"
    " |> range(start: 2024-01-01T00:00:00Z, stop: 2024-01-01T00:01:00Z)"
)


def test_integral_is_the_area_between_the_points(ask):
    # 10 s of a mean of 15, then 20 s of 20.
    assert [row["_value"] for row in ask(RANGED + " |> integral(unit: 1s)")] == [550.0]
    assert [row["_value"] for row in ask(RANGED + " |> integral(unit: 10s)")] == [55.0]


def test_integral_can_go_on_straight_to_the_bounds(ask):
    # Before: 10 s from 0 to 10; after: 20 s of 20.
    assert [row["_value"] for row in ask(RANGED + ' |> integral(unit: 1s, interpolate: "linear")')] == [1000.0]


def test_integral_refuses_an_interpolation_it_does_not_know(ask):
    with pytest.raises(RuntimeError_, match="unknown interpolation method cubic"):
        ask(RANGED + ' |> integral(interpolate: "cubic")')


def test_integral_needs_the_bounds_in_the_group_key(ask):
    with pytest.raises(RuntimeError_, match="integral function needs _start column to be part of group key"):
        ask('import "array" array.from(rows: [{_time: now(), _value: 1.0}]) |> integral()')


def test_time_weighted_average_divides_by_the_whole_span(ask):
    assert [row["_value"] for row in ask(RANGED + " |> timeWeightedAvg(unit: 1s)")] == pytest.approx([1000 / 60])


def test_states_are_counted_and_measured(ask):
    rows = ask(RANGED + " |> stateCount(fn: (r) => r._value > 15.0) |> stateDuration(fn: (r) => r._value > 15.0)")
    assert [row["stateCount"] for row in rows] == [-1, 1, 2]
    assert [row["stateDuration"] for row in rows] == [-1, 0, 20]


def test_state_tracking_does_both(ask):
    rows = ask(RANGED + ' |> stateTracking(fn: (r) => r._value < 15.0, countColumn: "n", durationColumn: "d", '
                        "durationUnit: 1m)")
    assert [(row["n"], row["d"]) for row in rows] == [(1, 0), (-1, -1), (-1, -1)]


def test_a_state_is_a_bool(ask):
    with pytest.raises(RuntimeError_, match="fn must return a bool"):
        ask(RANGED + " |> stateCount(fn: (r) => r._value)")


def test_time_shift_moves_times_and_bounds(ask):
    row = ask(RANGED + " |> timeShift(duration: 1mo)")[0]
    assert [time_text(row[name], fixed=False) for name in ("_start", "_time", "_stop")] == [
        "2024-02-01T00:00:00Z", "2024-02-01T00:00:10Z", "2024-02-01T00:01:00Z",
    ]
    back = ask(RANGED + ' |> timeShift(duration: -10s, columns: ["_time"])')[0]
    assert time_text(back["_time"], fixed=False) == "2024-01-01T00:00:00Z"


def test_hour_selection_may_pass_midnight(ask):
    hours = 'import "array"\narray.from(rows: [' + ", ".join(
        f"{{_time: 2024-01-01T{hour:02d}:30:00Z, _value: {hour}}}" for hour in (0, 6, 9, 17, 22)) + "])"
    assert [row["_value"] for row in ask(hours + " |> hourSelection(start: 9, stop: 17)")] == [9, 17]
    assert [row["_value"] for row in ask(hours + " |> hourSelection(start: 22, stop: 6)")] == [0, 6, 22]
    berlin = 'import "timezone"\n' + hours
    source = berlin + ' |> hourSelection(start: 10, stop: 10, location: timezone.location(name: "Europe/Berlin"))'
    assert [row["_value"] for row in ask(source)] == [9]


def test_hours_are_of_a_day(ask):
    with pytest.raises(RuntimeError_, match="stop must be between 0 and 23"):
        ask(RANGED + " |> hourSelection(start: 0, stop: 24)")


def test_times_are_truncated_to_a_unit(ask):
    rows = ask(RANGED + " |> truncateTimeColumn(unit: 30s)")
    assert [time_text(row["_time"], fixed=False)[-3:] for row in rows] == ["00Z", "00Z", "30Z"]


def test_interpolation_adds_the_starts_of_windows(ask):
    rows = ask(RANGED + " |> interpolate.linear(every: 15s)")
    assert [(time_text(row["_time"], fixed=False)[-3:], row["_value"]) for row in rows] == [
        ("10Z", 10.0), ("15Z", 15.0), ("20Z", 20.0), ("30Z", 20.0), ("40Z", 20.0),
    ]


def test_generated_rows_are_spread_over_a_span(ask):
    rows = ask('import "generate" generate.from(start: 2024-01-01T00:00:00Z, stop: 2024-01-01T00:01:00Z, count: 3, '
               "fn: (n) => n * n)")
    assert [(time_text(row["_time"], fixed=False)[-3:], row["_value"]) for row in rows] == [
        ("00Z", 0), ("20Z", 1), ("40Z", 4),
    ]
