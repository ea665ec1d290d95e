"""Moving averages and the indicators of technical analysis."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.errors import RuntimeError_


def series(*values: float | None) -> str:
    rows = ", ".join(f"{{_time: time(v: {i}){'' if v is None else f', _value: {float(v)}'}}}"
                     for i, v in enumerate(values))
    return f'import "array"\narray.from(rows: [{rows}])'


def answers(ask, source: str) -> list[float | None]:
    return [row.get("_value") for row in ask(source)]


def test_moving_average_of_the_last_n_rows(ask):
    assert answers(ask, series(1, 2, 3, 6) + " |> movingAverage(n: 2)") == [1.5, 2.5, 4.5]


def test_moving_average_leaves_nulls_out(ask):
    assert answers(ask, series(1, None, None, 6) + " |> movingAverage(n: 2)") == [1.0, None, 6.0]


def test_moving_average_of_too_few_rows_is_that_of_all(ask):
    assert ask(series(1, 2) + " |> movingAverage(n: 5)") == [{"_time": 1, "_value": 1.5}]


def test_an_average_needs_a_positive_period_and_numbers(ask):
    with pytest.raises(RuntimeError_, match="must be greater than 0"):
        ask(series(1, 2) + " |> movingAverage(n: 0)")
    with pytest.raises(RuntimeError_, match="cannot find _value column"):
        ask('import "array" array.from(rows: [{a: 1}]) |> movingAverage(n: 2)')


def test_exponential_moving_average_starts_with_the_mean(ask):
    # Weight 2/3: 1.5, then 3·2/3 + 1.5/3 = 2.5, then 6·2/3 + 2.5/3.
    found = answers(ask, series(1, 2, 3, 6) + " |> exponentialMovingAverage(n: 2)")
    assert found == pytest.approx([1.5, 2.5, 29 / 6])


def test_exponential_moving_average_repeats_itself_at_a_null(ask):
    found = answers(ask, series(1, 2, None, 6) + " |> exponentialMovingAverage(n: 2)")
    assert found == pytest.approx([1.5, 1.5, 4.5])


def test_double_and_triple_averages_are_weighted_sums_of_averages(ask):
    # Of 1, 2, 3, 4, 5 with n = 2: 1.5, 2.5, 3.5, 4.5; of these 2, 3, 4; of these 2.5, 3.5.
    rising = series(1, 2, 3, 4, 5)
    assert answers(ask, rising + " |> doubleEMA(n: 2)") == pytest.approx([3.0, 4.0, 5.0])
    assert answers(ask, rising + " |> tripleEMA(n: 2)") == pytest.approx([4.0, 5.0])


def test_triple_exponential_derivative_is_the_change_in_percent(ask):
    # The third average is 2.5, 3.5: a rise by 40 percent.
    assert answers(ask, series(1, 2, 3, 4, 5) + " |> tripleExponentialDerivative(n: 2)") == pytest.approx([40.0])
    assert answers(ask, series(1, 2) + " |> tripleExponentialDerivative(n: 2)") == [None]


def test_chandes_oscillator_compares_rises_and_falls(ask):
    # Differences 1, 1, -1: of the last two rows 2 up; then 1 up, 1 down.
    assert answers(ask, series(1, 2, 3, 2) + " |> chandeMomentumOscillator(n: 2)") == pytest.approx([100.0, 0.0])


def test_kaufmans_ratio_is_the_size_of_the_oscillator(ask):
    assert answers(ask, series(1, 2, 3, 2) + " |> kaufmansER(n: 2)") == pytest.approx([1.0, 0.0])


def test_kaufmans_average_is_fast_in_a_trend(ask):
    # Ratio 1 gives the weight (2/3)² = 4/9 of the step from 2 to 3.
    assert answers(ask, series(1, 2, 3) + " |> kaufmansAMA(n: 2)") == pytest.approx([2 + 4 / 9])


def test_relative_strength_of_a_rise_is_one_hundred(ask):
    assert answers(ask, series(1, 2, 3, 4) + " |> relativeStrengthIndex(n: 2)") == pytest.approx([100.0, 100.0])


def test_relative_strength_counts_falls(ask):
    # Rises 10, 0 and falls 0, 2 have means 5 and 1; the third row falls by 2: rises 2.5, falls 1.5.
    found = answers(ask, series(10, 8, 6) + " |> relativeStrengthIndex(n: 2)")
    assert found == pytest.approx([100 - 100 / (1 + 2.5 / 1.5)])
