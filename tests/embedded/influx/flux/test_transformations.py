"""filter, map, reduce, sort, limit, group, columns: what each does to rows and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labkit.embedded.influx.flux.errors import FluxError
from labkit.embedded.influx.flux.query import execute

Ask = Callable[[str], list[dict[str, Any]]]

DATA = """import "array"
data = array.from(rows: [
    {_time: 2020-01-01T00:00:00Z, _value: 3.0, host: "b", room: "x"},
    {_time: 2020-01-01T00:00:01Z, _value: 1.0, host: "a", room: "x"},
    {_time: 2020-01-01T00:00:02Z, _value: 2.0, host: "b", room: "y"},
    {_time: 2020-01-01T00:00:03Z, _value: 1.0, host: "a"},
])
"""


def values(rows: list[dict[str, Any]], name: str = "_value") -> list[Any]:
    return [row.get(name) for row in rows]


def tables(source: str) -> list[tuple[tuple[str, ...], dict[str, Any], list[dict[str, Any]]]]:
    return [(t.key, t.key_values, [dict(r) for r in t.records()]) for t in execute(source, None)[0][1]]


def failure(call: str) -> str:
    with pytest.raises(FluxError) as caught:
        execute(DATA + "data |> " + call, None, now_ns=0)
    return str(caught.value)


def test_filter_keeps_rows_whose_condition_is_true(ask: Ask):
    assert values(ask(DATA + 'data |> filter(fn: (r) => r.room == "x")')) == [3.0, 1.0]
    assert values(ask(DATA + 'data |> filter(fn: (r) => r.room != "x")')) == [2.0]
    assert values(ask(DATA + "data |> filter(fn: (r) => not exists r.room)")) == [1.0]
    assert values(ask(DATA + "data |> filter(fn: (r) => r._value > 1.5 and r.host =~ /^b$/)")) == [3.0, 2.0]
    assert ask(DATA + 'data |> filter(fn: (r) => r.nothing == "x")') == []


def test_filter_drops_empty_tables_unless_told_to_keep_them():
    source = DATA + 'data |> group(columns: ["host"]) |> filter(fn: (r) => r._value > 2.0'
    assert [key for _, key, _ in tables(source + ")")] == [{"host": "b"}]
    assert [(key, len(rows)) for _, key, rows in tables(source + ', onEmpty: "keep")')] == [
        ({"host": "a"}, 0), ({"host": "b"}, 1)]


def test_map_makes_new_rows_and_may_change_the_group(ask: Ask):
    assert values(ask(DATA + "data |> map(fn: (r) => ({_value: r._value * 10.0}))")) == [30.0, 10.0, 20.0, 10.0]
    found = tables(DATA + 'data |> group(columns: ["host"]) |> map(fn: (r) => ({r with host: r.host + "!"}))')
    assert [key for _, key, _ in found] == [{"host": "a!"}, {"host": "b!"}]
    found = tables(DATA + 'data |> group(columns: ["host"]) |> map(fn: (r) => ({v: r._value}))')
    assert [key for key, _, _ in found] == [()]


def test_map_joins_tables_that_get_the_same_key():
    found = tables(DATA + 'data |> group(columns: ["host"]) |> map(fn: (r) => ({r with host: "one"}))')
    assert [(key, len(rows)) for _, key, rows in found] == [({"host": "one"}, 4)]


def test_reduce_makes_one_row(ask: Ask):
    assert ask(DATA + "data |> reduce(fn: (r, accumulator) => ({n: accumulator.n + 1, "
               "sum: accumulator.sum + r._value}), identity: {n: 0, sum: 0.0})") == [{"n": 4, "sum": 7.0}]


def test_sort_is_stable_and_puts_null_first(ask: Ask):
    assert values(ask(DATA + "data |> sort()")) == [1.0, 1.0, 2.0, 3.0]
    assert values(ask(DATA + "data |> sort(desc: true)")) == [3.0, 2.0, 1.0, 1.0]
    assert values(ask(DATA + 'data |> sort(columns: ["room", "_value"])'), "room") == [None, "x", "x", "y"]
    assert values(ask(DATA + 'data |> sort(columns: ["room"], desc: true)'), "room") == [None, "y", "x", "x"]
    assert values(ask(DATA + 'data |> sort(columns: ["host", "_value"])')) == [1.0, 1.0, 2.0, 3.0]


def test_limit_and_tail_take_from_the_ends(ask: Ask):
    assert values(ask(DATA + "data |> limit(n: 2)")) == [3.0, 1.0]
    assert values(ask(DATA + "data |> limit(n: 2, offset: 3)")) == [1.0]
    assert values(ask(DATA + "data |> tail(n: 2)")) == [2.0, 1.0]
    assert values(ask(DATA + "data |> tail(n: 2, offset: 1)")) == [1.0, 2.0]
    assert values(ask(DATA + "data |> tail(n: 9)")) == [3.0, 1.0, 2.0, 1.0]


def test_top_and_bottom_are_sorted(ask: Ask):
    assert values(ask(DATA + "data |> top(n: 2)")) == [3.0, 2.0]
    assert values(ask(DATA + "data |> bottom(n: 3)")) == [1.0, 1.0, 2.0]


def test_highest_and_lowest_look_at_groups(ask: Ask):
    assert values(ask(DATA + 'data |> highestMax(n: 1, groupColumns: ["host"])'), "host") == ["b"]
    assert values(ask(DATA + 'data |> highestAverage(n: 2, groupColumns: ["host"])')) == [2.5, 1.0]
    assert values(ask(DATA + 'data |> lowestMin(n: 1, groupColumns: ["host"])'), "host") == ["a"]
    assert values(ask(DATA + 'data |> lowestCurrent(n: 2, groupColumns: ["host"])')) == [1.0, 2.0]


def test_unique_and_distinct(ask: Ask):
    assert values(ask(DATA + 'data |> unique(column: "_value")'), "host") == ["b", "a", "b"]
    assert values(ask(DATA + 'data |> distinct(column: "room")')) == ["x", "y", None]


def test_group_makes_a_table_for_each_key_and_leaves_unknown_columns_out():
    found = tables(DATA + 'data |> group(columns: ["host", "nothing"])')
    assert [(key, key_values, [r["_value"] for r in rows]) for key, key_values, rows in found] == [
        (("host",), {"host": "a"}, [1.0, 1.0]), (("host",), {"host": "b"}, [3.0, 2.0])]


def test_group_except_and_group_without_columns():
    found = tables(DATA + 'data |> group(columns: ["_time", "_value", "room"], mode: "except")')
    assert [key for key, _, _ in found] == [("host",), ("host",)]
    assert [len(rows) for _, _, rows in tables(DATA + 'data |> group(columns: ["host"]) |> group()')] == [4]


def test_null_is_a_group_of_its_own():
    found = tables(DATA + 'data |> group(columns: ["room"])')
    assert [key["room"] for _, key, _ in found] == [None, "x", "y"]


def test_keep_and_drop_choose_columns_by_name_or_function(ask: Ask):
    assert list(ask(DATA + 'data |> keep(columns: ["host", "_value"])')[0]) == ["_value", "host"]
    assert list(ask(DATA + "data |> keep(fn: (column) => column =~ /^_/)")[0]) == ["_time", "_value"]
    assert list(ask(DATA + 'data |> drop(columns: ["host", "nothing"])')[0]) == ["_time", "_value", "room"]
    assert list(ask(DATA + 'data |> drop(fn: (column) => column == "host")')[0]) == ["_time", "_value", "room"]


def test_dropping_a_column_of_the_key_puts_tables_together():
    found = tables(DATA + 'data |> group(columns: ["host"]) |> drop(columns: ["host"])')
    assert [(key, len(rows)) for key, _, rows in found] == [((), 4)]


def test_rename_changes_columns_and_the_key():
    found = tables(DATA + 'data |> group(columns: ["host"]) |> rename(columns: {host: "node"})')
    assert [key for _, key, _ in found] == [{"node": "a"}, {"node": "b"}]
    found = tables(DATA + 'data |> rename(fn: (column) => column + "2")')
    assert list(found[0][2][0]) == ["_time2", "_value2", "host2", "room2"]


def test_duplicate_and_set(ask: Ask):
    assert values(ask(DATA + 'data |> duplicate(column: "_value", as: "copy")'), "copy") == [3.0, 1.0, 2.0, 1.0]
    found = tables(DATA + 'data |> group(columns: ["host"]) |> set(key: "host", value: "z")')
    assert [(key, len(rows)) for _, key, rows in found] == [({"host": "z"}, 4)]


def test_columns_and_keys_list_labels(ask: Ask):
    assert values(ask(DATA + "data |> columns()")) == ["_time", "_value", "host", "room"]
    assert values(ask(DATA + 'data |> group(columns: ["room", "host"]) |> limit(n: 1) |> keys() |> group() '
                      "|> distinct()")) == ["host", "room"]


def test_single_values_can_be_taken_out(ask: Ask):
    source = DATA + """
one = data |> group(columns: ["host"]) |> tableFind(fn: (key) => key.host == "b")
column = one |> getColumn(column: "_value")
record = one |> getRecord(idx: 1)
found = data |> findColumn(fn: (key) => true, column: "host")
none = data |> group(columns: ["host"]) |> findRecord(fn: (key) => key.host == "zzz", idx: 0)
array.from(rows: [{a: column[0], b: record._value, c: found[1], d: exists none.host, e: length(arr: found)}])
"""
    assert ask(source) == [{"a": 3.0, "b": 2.0, "c": "a", "d": False, "e": 4}]


@pytest.mark.parametrize(("call", "message"), [
    ("filter(fn: (r) => r._value)", "filter: expected bool but found float (argument fn)"),
    ('filter(fn: (r) => r.host > 1)', "unsupported binary expression string > int"),
    ("map(fn: (r) => r._value)", "map function must return an object, found float"),
    ('map(fn: (r) => ({x: if r.host == "a" then r._value else r._time}))', 'column "x" is of type'),
    ("limit(n: -1)", "n cannot be negative"),
    ('group(columns: ["host"], mode: "with")', "invalid mode"),
    ("keep()", "keep error: neither column list nor predicate function provided"),
    ('rename(columns: {nothing: "x"})', 'rename error: column "nothing" doesn\'t exist'),
    ('rename(columns: {host: "room"})', 'column "room" already exists'),
    ('duplicate(column: "nothing", as: "x")', 'duplicate error: column "nothing" doesn\'t exist'),
    ('unique(column: "nothing")', 'no column "nothing" exists'),
    ("tableFind(fn: (key) => false)", "no table found"),
    ('group(columns: ["host"]) |> getColumn(column: "host")', "expected one table, found 2"),
    ("getRecord(idx: 4)", "index out of bounds: 4"),
    ('filter(fn: (r) => r.host == "a", onEmpty: "ask")', "unknown onEmpty type: ask"),
    ("reduce(fn: (r, accumulator) => ({n: r.room}), identity: {n: \"\"})", "null values are not supported"),
    ('map(fn: (r) => ({r with v: 1 / 0}))', "map: failed to evaluate map function: cannot divide by zero"),
])
def test_what_cannot_be_done_is_an_error(call: str, message: str):
    assert message in failure(call)


def test_columns_of_different_types_do_not_come_together():
    source = DATA + 'union(tables: [data, data |> map(fn: (r) => ({r with _value: "x"}))]) |> group()'
    with pytest.raises(FluxError, match="schema collision"):
        execute(source, None)


def test_sample_takes_each_nth_row(ask: Ask):
    assert values(ask(DATA + "data |> sample(n: 2, pos: 1)")) == [1.0, 1.0]
