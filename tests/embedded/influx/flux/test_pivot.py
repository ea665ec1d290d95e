"""pivot, join, union, and the `join` package."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.errors import LimitError, RuntimeError_

LONG = (
    'import "array"\nimport "join"\narray.from(rows: ['
    '{_time: 2024-01-01T00:00:00Z, room: "a", _field: "temp", _value: 1.0}, '
    '{_time: 2024-01-01T00:00:00Z, room: "a", _field: "hum", _value: 50.0}, '
    '{_time: 2024-01-01T00:00:10Z, room: "a", _field: "temp", _value: 2.0}])'
)


def strip(rows: list[dict[str, object]], *names: str) -> list[tuple[object, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows]


def test_pivot_makes_columns_of_fields(ask):
    rows = ask(LONG + ' |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")')
    assert strip(rows, "temp", "hum", "_field", "_value") == [(1.0, 50.0, None, None), (2.0, None, None, None)]


def test_pivot_joins_the_values_of_several_columns(ask):
    rows = ask(LONG + ' |> pivot(rowKey: ["_time"], columnKey: ["room", "_field"], valueColumn: "_value")')
    assert strip(rows, "a_temp", "a_hum") == [(1.0, 50.0), (2.0, None)]


def test_the_last_value_of_a_cell_wins(ask):
    rows = ask(LONG + ' |> pivot(rowKey: ["room"], columnKey: ["_field"], valueColumn: "_value")')
    assert rows == [{"room": "a", "temp": 2.0, "hum": 50.0}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('rowKey: ["x"], columnKey: ["_field"], valueColumn: "_value"', "specified row key column does not exist"),
        ('rowKey: ["_time"], columnKey: ["x"], valueColumn: "_value"', "specified column does not exist in table: x"),
        ('rowKey: ["_time"], columnKey: ["_field"], valueColumn: "x"', "specified value column does not exist"),
        ('rowKey: ["_time"], columnKey: ["_time"], valueColumn: "_value"', "found in both rowKey and colKey: _time"),
    ],
)
def test_pivot_names_the_column_that_is_wrong(ask, arguments, message):
    with pytest.raises(RuntimeError_, match=message):
        ask(LONG + f" |> pivot({arguments})")


def test_pivot_does_not_write_over_a_column(ask):
    with pytest.raises(RuntimeError_, match='a column named "room" already exists'):
        ask('import "array" array.from(rows: [{room: "x", _field: "room", _value: 1}]) '
            '|> pivot(rowKey: ["room"], columnKey: ["_field"], valueColumn: "_value")')


TWO = (
    'import "array"\nimport rows "join"\n'
    "one = array.from(rows: [{t: 1, k: \"a\", v: 10}, {t: 2, k: \"a\", v: 20}, {t: 4, k: \"b\", v: 40}])\n"
    "two = array.from(rows: [{t: 2, k: \"a\", v: 2.0}, {t: 3, k: \"a\", v: 3.0}, {t: 2, k: \"a\", v: 2.5}])\n"
)


def test_join_gives_each_pair_of_rows_that_agree(ask):
    rows = ask(TWO + 'join(tables: {one, two}, on: ["t"])')
    assert rows == [{"t": 2, "k_one": "a", "k_two": "a", "v_one": 20, "v_two": 2.0},
                    {"t": 2, "k_one": "a", "k_two": "a", "v_one": 20, "v_two": 2.5}]


def test_null_joins_with_nothing(ask):
    nulls = 'import "array"\na = array.from(rows: [{t: 1, k: "a"}, {t: 2}])\njoin(tables: {a: a, b: a}, on: ["k"])'
    assert strip(ask(nulls), "k", "t_a", "t_b") == [("a", 1, 1)]


@pytest.mark.parametrize(
    ("call", "message"),
    [('join(tables: {one, two}, on: ["t"], method: "left")', "left is not a valid join type"),
     ("join(tables: {one, two}, on: [])", "at least one column"),
     ('join(tables: {one}, on: ["t"])', "record of two streams")],
)
def test_a_join_that_cannot_be_is_refused(ask, call, message):
    with pytest.raises(RuntimeError_, match=message):
        ask(TWO + call)


def test_union_puts_tables_of_one_key_together(ask):
    rows = ask('import "array"\na = array.from(rows: [{k: "x", v: 1}])\nb = array.from(rows: [{k: "x", w: 2}])\n'
               "union(tables: [a, b])")
    assert rows == [{"k": "x", "v": 1}, {"k": "x", "w": 2}]


def test_a_column_has_one_type_in_a_union(ask):
    with pytest.raises(RuntimeError_, match="schema collision"):
        ask('import "array"\nunion(tables: [array.from(rows: [{v: 1}]), array.from(rows: [{v: "a"}])])')


AS = "as: (l, r) => ({t: if exists l.t then l.t else r.t, a: l.v, b: r.v})"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("inner", [(2, 20, 2.0), (2, 20, 2.5)]),
        ("left", [(1, 10, None), (2, 20, 2.0), (2, 20, 2.5), (4, 40, None)]),
        ("right", [(2, 20, 2.0), (2, 20, 2.5), (3, None, 3.0)]),
        ("full", [(1, 10, None), (2, 20, 2.0), (2, 20, 2.5), (3, None, 3.0), (4, 40, None)]),
    ],
)
def test_join_methods_keep_what_has_no_partner(ask, method, expected):
    rows = ask(TWO + f"rows.{method}(left: one, right: two, on: (l, r) => l.t == r.t and l.k == r.k, {AS})")
    assert strip(rows, "t", "a", "b") == expected


def test_the_predicate_of_a_join_compares_columns(ask):
    with pytest.raises(RuntimeError_, match="compares columns with =="):
        ask(TWO + f"rows.inner(left: one, right: two, on: (l, r) => l.t > r.t, {AS})")


def test_a_join_must_keep_the_group_key(ask):
    with pytest.raises(RuntimeError_, match="join cannot modify group key"):
        ask(TWO + 'rows.inner(left: one |> group(columns: ["k"]), right: two |> group(columns: ["k"]), '
                  f"on: (l, r) => l.t == r.t, {AS})")


MANY = ('import "generate"\nimport rows "join"\n'
        "a = generate.from(start: 2024-01-01T00:00:00Z, stop: 2024-01-02T00:00:00Z, "
        "count: 10000, fn: (n) => n) |> map(fn: (r) => ({r with k: 1, f: string(v: r._value)}))\n")


@pytest.mark.parametrize(
    "call",
    ['join(tables: {a: a, b: a}, on: ["k"])',
     "rows.inner(left: a, right: a, on: (l, r) => l.k == r.k, as: (l, r) => ({x: 1}))",
     'a |> pivot(rowKey: ["_time"], columnKey: ["f"], valueColumn: "_value")'],
)
def test_what_would_fill_the_memory_is_refused_before_it_is_made(ask, call):
    with pytest.raises(LimitError, match="the query would make 100000000 rows"):
        ask(MANY + call)
