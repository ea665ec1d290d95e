from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.embedded.influx.flux.errors import FluxError
from labkit.embedded.influx.flux.query import execute
from labkit.embedded.influx.flux.stdlib.tdigest import TDigest

Ask = Callable[[str], list[dict[str, Any]]]


def rows(*values: Any) -> str:
    texts = ["{n: " + str(i) + ("" if v is None else f", _value: {v}") + "}" for i, v in enumerate(values)]
    return f'import "array"\narray.from(rows: [{", ".join(texts)}])'


FLOATS = rows("2.0", "4.0", None, "9.0", "4.0")
INTS = rows(3, -1, 10)


@pytest.mark.parametrize(("source", "call", "expected"), [
    (FLOATS, "count()", 5), (FLOATS, "sum()", 19.0), (FLOATS, "mean()", 4.75), (FLOATS, "spread()", 7.0),
    (FLOATS, "median()", 4.0), (FLOATS, "median(method: \"exact_mean\")", 4.0), (FLOATS, "mode()", 4.0),
    (FLOATS, "quantile(q: 0.99, method: \"exact_mean\")", 8.85),
    (FLOATS, "quantile(q: 0.5, method: \"exact_selector\")", 4.0), (FLOATS, "min()", 2.0), (FLOATS, "max()", 9.0),
    (FLOATS, "first()", 2.0), (FLOATS, "last()", 4.0), (FLOATS, "quantile(q: 0.0)", 2.0),
    (FLOATS, "quantile(q: 1.0)", 9.0),
    (INTS, "sum()", 12), (INTS, "mean()", 4.0), (INTS, "spread()", 11), (INTS, "min()", -1), (INTS, "max()", 10),
    (INTS, "count()", 3), (INTS, "mode()", None), (INTS, "median()", 3.0),
    (rows('"b"', '"a"', '"b"'), "mode()", "b"), (rows('"b"', '"a"'), "first()", "b"),
    (rows("true", "false"), "last()", False), (rows("true", "false"), "count()", 2),
    (rows("2020-01-02", "2020-01-01"), "min()", 1577836800 * 10**9),
])
def test_aggregates_and_selectors(ask: Ask, source: str, call: str, expected: Any):
    found = ask(f"{source} |> {call}")[0].get("_value")
    if isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-12)
    else:
        assert found == expected
    if expected is not None:
        assert isinstance(found, float) == isinstance(expected, float)


def test_deviation_of_a_sample_and_of_all(ask: Ask):
    assert ask(f"{INTS} |> stddev()")[0]["_value"] == pytest.approx(5.5677643628)
    assert ask(f'{INTS} |> stddev(mode: "population")')[0]["_value"] == pytest.approx(4.5460605656)
    assert math.isnan(ask(f"{rows(1)} |> stddev()")[0]["_value"])
    assert ask(f"{INTS} |> skew()")[0]["_value"] == pytest.approx(math.sqrt(3) * 90 / 62**1.5)


def test_nothing_but_null_has_no_sum_and_no_mean_and_is_not_selected(ask: Ask):
    source = f"{FLOATS} |> filter(fn: (r) => r.n == 2)"
    assert ask(f"{source} |> sum()") == [{}]
    assert ask(f"{source} |> mean()") == [{}]
    assert ask(f"{source} |> first()") == []
    assert ask(f"{source} |> max()") == []
    assert ask(f"{source} |> count()") == [{"_value": 1}]


def test_selectors_keep_the_whole_row_and_aggregates_only_the_key(ask: Ask):
    assert ask(f"{FLOATS} |> max()") == [{"n": 3, "_value": 9.0}]
    assert ask(f"{FLOATS} |> mean()") == [{"_value": 4.75}]
    assert ask(f'{FLOATS} |> max(column: "n")')[0]["n"] == 4


def test_the_first_of_equal_rows_is_selected(ask: Ask):
    assert ask(f"{rows(1, 5, 5, 1)} |> max()")[0]["n"] == 1
    assert ask(f"{rows(1, 5, 5, 1)} |> min()")[0]["n"] == 0


def test_sums_of_whole_numbers_wrap_around(ask: Ask):
    assert ask(f"{rows(9223372036854775807, 1)} |> sum()")[0]["_value"] == -(2**63)


@pytest.mark.parametrize(("source", "call", "message"), [
    (rows('"a"'), "mean()", "mean: unsupported aggregate column type string"),
    (rows("true"), "sum()", "sum: unsupported aggregate column type bool"),
    (INTS, 'mean(column: "x")', 'column "x" does not exist'),
    (INTS, 'group(columns: ["n"]) |> mean(column: "n")', "cannot aggregate columns that are part of the group key"),
    (INTS, "quantile(q: 1.5)", "quantile must be between 0 and 1"),
    (INTS, 'quantile(q: 0.5, method: "guess")', "unknown method guess"),
    (INTS, 'quantile(q: 0.5, method: "exact_mean", compression: 10.0)', "only valid for method estimate_tdigest"),
    (INTS, 'stddev(mode: "all")', "is not a valid standard deviation mode"),
    (rows('"a"'), "max()", "has no implementation for type string"),
    (INTS, 'first(column: "x")', 'no column "x" exists'),
])
def test_what_cannot_be_aggregated_is_an_error(source: str, call: str, message: str):
    with pytest.raises(FluxError) as caught:
        execute(f"{source} |> {call}", None)
    assert message in str(caught.value)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.floats(0, 1))
@settings(deadline=None)
def test_a_digest_of_few_values_lies_between_its_neighbours(values: list[float], q: float):
    digest = TDigest()
    digest.add(np.array(values))
    ordered = sorted(values)
    place = q * len(values)
    low, high = ordered[max(math.floor(place - 1), 0)], ordered[min(math.ceil(place), len(values) - 1)]
    assert low - 1e-6 <= digest.quantile(q) <= high + 1e-6


@pytest.mark.parametrize("q", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_digest_of_many_values_is_near(q: float):
    values = np.random.default_rng(7).normal(size=100_000)
    digest = TDigest()
    digest.add(values)
    assert len(digest.means) < 2100
    assert np.mean(values < digest.quantile(q)) == pytest.approx(q, abs=1e-4)


def test_a_digest_of_nothing_is_nan():
    digest = TDigest()
    digest.add(np.array([math.nan]))
    assert math.isnan(digest.quantile(0.5))
