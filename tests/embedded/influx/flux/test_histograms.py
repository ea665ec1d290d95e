"""histogram, histogramQuantile, covariance, cov, pearsonr."""

from __future__ import annotations

import math

import pytest

from labkit.embedded.influx.flux.errors import RuntimeError_

VALUES = 'import "array"\narray.from(rows: [{_value: 1.0}, {_value: 2.0}, {_value: 2.5}, {_value: 9.0}])'


def test_histogram_counts_up_to_each_bound(ask):
    rows = ask(VALUES + " |> histogram(bins: [2.0, 5.0, 10.0])")
    assert [(row["le"], row["_value"]) for row in rows] == [(2.0, 2.0), (5.0, 3.0), (10.0, 4.0)]


def test_histogram_can_give_shares(ask):
    rows = ask(VALUES + " |> histogram(bins: linearBins(start: 2.0, width: 2.0, count: 2), normalize: true)")
    assert [(row["le"], row["_value"]) for row in rows] == [(2.0, 0.5), (4.0, 0.75), (math.inf, 1.0)]


def test_histogram_refuses_a_value_above_all_bins(ask):
    with pytest.raises(RuntimeError_, match="found value greater than any bin"):
        ask(VALUES + " |> histogram(bins: [2.0])")


def test_quantile_of_a_histogram_is_interpolated(ask):
    counted = VALUES + " |> histogram(bins: [2.0, 5.0, 10.0])"
    assert ask(counted + " |> histogramQuantile(quantile: 0.75)") == [{"_value": 5.0}]
    # Rank 1 of the first 2 samples: half way between the smallest value, 0, and 2.
    assert ask(counted + " |> histogramQuantile(quantile: 0.25)") == [{"_value": 1.0}]
    assert ask(counted + " |> histogramQuantile(quantile: 0.25, minValue: 1.0)") == [{"_value": 1.5}]


FALLING = 'import "array"\narray.from(rows: [{le: 1.0, _value: 5.0}, {le: 2.0, _value: 3.0}, {le: 3.0, _value: 10.0}])'


def test_counts_of_a_histogram_must_rise_unless_told_otherwise(ask):
    with pytest.raises(RuntimeError_, match="histogram records counts are not monotonic"):
        ask(FALLING + " |> histogramQuantile(quantile: 0.5)")
    assert ask(FALLING + ' |> histogramQuantile(quantile: 0.5, onNonmonotonic: "drop")') == []
    assert ask(FALLING + ' |> histogramQuantile(quantile: 0.75, onNonmonotonic: "force")') == [{"_value": 2.5}]
    with pytest.raises(RuntimeError_, match="onNonmonotonic is invalid"):
        ask(FALLING + ' |> histogramQuantile(quantile: 0.75, onNonmonotonic: "ignore")')


PAIRS = 'import "array"\narray.from(rows: [{x: 1.0, y: 2.0}, {x: 2.0, y: 4.0}, {x: 3.0, y: 9.0}, {x: 4.0}])'


def test_covariance_leaves_out_rows_with_a_null(ask):
    # Means 2 and 5; products (-1)(-3) + 0·(-1) + 1·4 = 7, over n - 1 = 2.
    assert ask(PAIRS + ' |> covariance(columns: ["x", "y"])') == [{"_value": 3.5}]
    # Over the root of 2 · 26.
    found = ask(PAIRS + ' |> covariance(columns: ["x", "y"], pearsonr: true, valueDst: "r")')
    assert found == [{"r": pytest.approx(7 / math.sqrt(52))}]


def test_covariance_takes_two_columns(ask):
    with pytest.raises(RuntimeError_, match="must provide exactly two columns"):
        ask(PAIRS + ' |> covariance(columns: ["x"])')


def test_two_streams_are_joined_and_compared(ask):
    two = ('import "array"\na = array.from(rows: [{t: 1, _value: 1.0}, {t: 2, _value: 2.0}])\n'
           "b = array.from(rows: [{t: 1, _value: 2.0}, {t: 2, _value: 4.0}])\n")
    assert ask(two + 'cov(x: a, y: b, on: ["t"])') == [{"_value": 1.0}]
    assert ask(two + 'pearsonr(x: a, y: b, on: ["t"])') == [{"_value": pytest.approx(1.0)}]
