"""Packages `experimental` and `sampledata`."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.errors import RuntimeError_

WIDE = ('import "array"\nimport "experimental"\narray.from(rows: [{_time: time(v: 1), room: "a", t: 1.0, h: 5}, '
        '{_time: time(v: 2), room: "a", t: 2.0}])')


def test_unpivot_makes_rows_of_columns_without_nulls(ask):
    rows = ask(WIDE + ' |> group(columns: ["room"]) |> experimental.unpivot()')
    assert rows == [
        {"room": "a", "_field": "h", "_time": 1, "_value": 5},
        {"room": "a", "_field": "t", "_time": 1, "_value": 1.0},
        {"room": "a", "_field": "t", "_time": 2, "_value": 2.0},
    ]


def test_set_changes_several_columns(ask):
    rows = ask(WIDE + ' |> experimental.set(o: {room: "b", n: 1}) |> keep(columns: ["room", "n"])')
    assert rows == [{"room": "b", "n": 1}] * 2


def test_object_keys_are_sorted(call, ask):
    assert ask('import "array" import "experimental" '
               "array.from(rows: experimental.objectKeys(o: {b: 1, a: 2}) |> array.map(fn: (x) => ({k: x})))") == [
        {"k": "a"}, {"k": "b"}]


def test_align_time_starts_each_table_at_one_time(ask):
    assert [row["_time"] for row in ask(WIDE + " |> experimental.alignTime(alignTo: time(v: 10))")] == [10, 11]


def test_group_extends_the_key(ask):
    assert len(ask(WIDE + ' |> experimental.group(columns: ["room"], mode: "extend")')) == 2
    with pytest.raises(RuntimeError_, match='mode must be "extend"'):
        ask(WIDE + ' |> experimental.group(columns: ["room"], mode: "by")')
    with pytest.raises(RuntimeError_, match='unknown column "x"'):
        ask(WIDE + ' |> experimental.group(columns: ["x"], mode: "extend")')


def test_join_by_time(ask):
    rows = ask(WIDE.replace("array.from", "a = array.from") + "\nexperimental.join(left: a, right: a, "
               "fn: (left, right) => ({left with sum: left.t + right.t}))")
    assert [row["sum"] for row in rows] == [2.0, 4.0]


def test_sample_data_of_a_type(ask):
    rows = ask('import "sampledata" sampledata.int(includeNull: true)')
    assert [row.get("_value") for row in rows[:6]] == [-2, None, 7, None, None, 4]
    assert {row["tag"] for row in rows} == {"t1", "t2"}
