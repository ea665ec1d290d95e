"""fill, table.fill and the conversions of a column."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.errors import RuntimeError_

GAPS = 'import "array"\nimport "experimental/table"\n' \
       "array.from(rows: [{t: 1}, {t: 2, _value: 5}, {t: 3}, {t: 4, _value: 7}])"


def values(rows: list[dict[str, object]]) -> list[object]:
    return [row.get("_value") for row in rows]


def test_fill_puts_a_value_where_none_is(ask):
    assert values(ask(GAPS + " |> fill(value: 0)")) == [0, 5, 0, 7]


def test_fill_repeats_the_value_before(ask):
    assert values(ask(GAPS + " |> fill(usePrevious: true)")) == [None, 5, 5, 7]


def test_fill_adds_a_column_that_is_missing(ask):
    assert ask('import "array" array.from(rows: [{t: 1}]) |> fill(column: "x", value: "none")') == [
        {"t": 1, "x": "none"}]
    assert ask('import "array" array.from(rows: [{t: 1}]) |> fill(column: "x", usePrevious: true)') == [{"t": 1}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [("", "exactly one of value or usePrevious"), ("value: 1, usePrevious: true", "exactly one of"),
     ("value: 1.0", "fill column type mismatch: int/float"), ("usePrevious: false", "nothing to fill with")],
)
def test_fill_says_what_it_cannot_do(ask, arguments, message):
    with pytest.raises(RuntimeError_, match=message):
        ask(GAPS + f" |> fill({arguments})")


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [("toString", "1.5", "1.5"), ("toInt", "-1.9", -1), ("toFloat", '"2.5"', 2.5), ("toBool", '"true"', True),
     ("toTime", "0", 0), ("toUInt", "3", 3), ("toInt", "2024-01-01T00:00:00Z", 1704067200000000000),
     ("toFloat", "true", 1.0), ("toInt", "uint(v: 7)", 7)],
)
def test_a_column_is_converted_as_its_values_are(ask, function, value, expected):
    found = values(ask(f'import "array" array.from(rows: [{{_value: {value}}}]) |> {function}()'))
    assert found == [expected]


def test_a_column_converts_null_to_null(ask):
    assert values(ask(GAPS + " |> toFloat()")) == [None, 5.0, None, 7.0]


def test_a_value_that_cannot_be_converted_stops_the_query(ask):
    with pytest.raises(RuntimeError_, match='cannot convert string "x" to int'):
        ask('import "array" array.from(rows: [{_value: "x"}]) |> toInt()')
