"""derivative, difference, increase, cumulativeSum, elapsed."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.errors import RuntimeError_


def rows_of(values: list[str], seconds: list[int] | None = None) -> str:
    """A stream of one table; a value is Flux, `null` for none."""
    seconds = seconds or [10 * i for i in range(len(values))]
    rows = []
    for second, value in zip(seconds, values, strict=True):
        cell = "" if value == "null" else f", _value: {value}"
        rows.append(f"{{_time: time(v: {second * 10**9}){cell}}}")
    return 'import "array"\narray.from(rows: [' + ", ".join(rows) + "])"


def values(rows: list[dict[str, object]], column: str = "_value") -> list[object]:
    return [row.get(column) for row in rows]


def test_derivative_is_change_per_unit_and_loses_the_first_row(ask):
    assert values(ask(rows_of(["0", "10", "40"]) + " |> derivative(unit: 1s)")) == [1.0, 3.0]
    assert values(ask(rows_of(["0.0", "10.0", "40.0"]) + " |> derivative(unit: 1m)")) == [60.0, 180.0]


def test_derivative_skips_nulls_but_keeps_their_rows(ask):
    assert values(ask(rows_of(["0", "null", "40"]) + " |> derivative()")) == [None, 2.0]


def test_derivative_that_may_not_fall_gives_null_or_zero(ask):
    falling = rows_of(["10", "5", "15"])
    assert values(ask(falling + " |> derivative(nonNegative: true)")) == [None, 1.0]
    assert values(ask(falling + " |> derivative(nonNegative: true, initialZero: true)")) == [0.0, 1.0]


def test_derivative_of_unsigned_numbers_may_be_negative(ask):
    assert values(ask(rows_of(["uint(v: 30)", "uint(v: 10)"]) + " |> derivative()")) == [-2.0]


def test_derivative_takes_the_first_of_rows_of_one_time(ask):
    assert values(ask(rows_of(["0", "10", "99"], [0, 10, 10]) + " |> derivative()")) == [1.0]


def test_derivative_needs_sorted_times_and_numbers(ask):
    with pytest.raises(RuntimeError_, match="derivative found out-of-order times in time column"):
        ask(rows_of(["0", "10"], [10, 0]) + " |> derivative()")
    with pytest.raises(RuntimeError_, match="unsupported derivative column type _value:string"):
        ask(rows_of(['"a"', '"b"']) + " |> derivative()")


def test_difference_subtracts_the_last_value_that_is_not_null(ask):
    assert values(ask(rows_of(["1", "null", "4", "2"]) + " |> difference()")) == [None, 3, -2]
    assert values(ask(rows_of(["1", "4"]) + " |> difference(keepFirst: true)")) == [None, 3]


def test_difference_that_may_not_fall(ask):
    source = rows_of(["10", "4", "7"])
    assert values(ask(source + " |> difference(nonNegative: true)")) == [None, 3]
    assert values(ask(source + " |> difference(nonNegative: true, initialZero: true)")) == [4, 3]


def test_difference_of_unsigned_numbers_is_signed(ask):
    assert values(ask(rows_of(["uint(v: 5)", "uint(v: 3)"]) + " |> difference()")) == [-2]


def test_difference_does_not_take_times(ask):
    with pytest.raises(RuntimeError_, match="difference does not support time columns"):
        ask(rows_of(["1", "2"]) + ' |> difference(columns: ["_time"])')


def test_increase_starts_again_where_a_counter_does(ask):
    assert values(ask(rows_of(["1", "5", "3", "4"]) + " |> increase()")) == [0, 4, 7, 8]


def test_cumulative_sum_passes_over_nulls(ask):
    assert values(ask(rows_of(["1", "null", "4"]) + " |> cumulativeSum()")) == [1, 1, 5]


def test_elapsed_counts_units_between_rows(ask):
    source = rows_of(["1", "2", "3"], [0, 90, 100])
    assert values(ask(source + " |> elapsed(unit: 1s)"), "elapsed") == [90, 10]
    assert values(ask(source + ' |> elapsed(unit: 1m, columnName: "minutes")'), "minutes") == [1, 0]


def test_a_unit_must_be_positive(ask):
    with pytest.raises(RuntimeError_, match="unit must be a positive duration"):
        ask(rows_of(["1", "2"]) + " |> derivative(unit: -1s)")
