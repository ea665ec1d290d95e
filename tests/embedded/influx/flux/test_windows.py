from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labkit.embedded.influx.flux.errors import FluxError
from labkit.embedded.influx.flux.query import execute
from labkit.embedded.influx.flux.stdlib import fastwindow
from labkit.embedded.influx.flux.stdlib.text import time_text

Ask = Callable[[str], list[dict[str, Any]]]

DATA = """import "array"
data = array.from(rows: [
    {_time: 2020-01-01T00:00:00Z, _value: 1.0, host: "a"}, {_time: 2020-01-01T00:10:00Z, _value: 3.0, host: "a"},
    {_time: 2020-01-01T02:00:00Z, _value: 5.0, host: "a"}, {_time: 2020-01-01T02:59:59Z, _value: -7.0, host: "a"},
]) |> range(start: 2020-01-01T00:00:00Z, stop: 2020-01-01T03:30:00Z) |> group(columns: ["host", "_start", "_stop"])
"""


def short(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [
        tuple(time_text(row[n], fixed=False)[11:16] if n in ("_start", "_stop", "_time") else row.get(n) for n in names)
        for row in rows
    ]


def test_a_window_sets_start_and_stop_and_groups_by_them(ask: Ask):
    assert short(ask(DATA + "data |> window(every: 1h)"), "_start", "_stop", "_value") == [
        ("00:00", "01:00", 1.0), ("00:00", "01:00", 3.0), ("02:00", "03:00", 5.0), ("02:00", "03:00", -7.0)]


def test_windows_are_cut_to_the_range(ask: Ask):
    rows = ask(DATA + "data |> window(every: 1h, createEmpty: true) |> count()")
    assert short(rows, "_start", "_stop", "_value") == [
        ("00:00", "01:00", 2), ("01:00", "02:00", 0), ("02:00", "03:00", 2), ("03:00", "03:30", 0)]


def test_windows_may_overlap_or_leave_gaps(ask: Ask):
    assert short(ask(DATA + "data |> window(every: 1h, period: 2h) |> sum()"), "_start", "_stop", "_value") == [
        ("00:00", "01:00", 4.0), ("00:00", "02:00", 4.0), ("01:00", "03:00", -2.0), ("02:00", "03:30", -2.0)]
    assert short(ask(DATA + "data |> window(every: 1h, period: 15m) |> sum()"), "_start", "_stop", "_value") == [
        ("00:00", "00:15", 4.0), ("02:00", "02:15", 5.0)]


def test_a_window_without_end_takes_the_range_again(ask: Ask):
    rows = ask(DATA + "data |> window(every: 1h) |> mean() |> duplicate(column: \"_stop\", as: \"_time\")"
               " |> window(every: inf)")
    assert short(rows, "_start", "_stop", "_time", "_value") == [
        ("00:00", "03:30", "01:00", 2.0), ("00:00", "03:30", "03:00", -1.0)]


def test_the_columns_of_a_window_can_be_named(ask: Ask):
    rows = ask('import "array"\narray.from(rows: [{t: 2020-01-01T00:10:00Z, _value: 1}])'
               '|> window(every: 1h, timeColumn: "t", startColumn: "a", stopColumn: "b")')
    assert short([{"_start": row["a"], "_stop": row["b"]} for row in rows], "_start", "_stop") == [("00:00", "01:00")]


FUNCTIONS = {
    "mean": [("01:00", 2.0), ("02:00", None), ("03:00", -1.0), ("03:30", None)],
    "sum": [("01:00", 4.0), ("02:00", None), ("03:00", -2.0), ("03:30", None)],
    "count": [("01:00", 2), ("02:00", 0), ("03:00", 2), ("03:30", 0)],
    "min": [("01:00", 1.0), ("02:00", None), ("03:00", -7.0), ("03:30", None)],
    "max": [("01:00", 3.0), ("02:00", None), ("03:00", 5.0), ("03:30", None)],
    "first": [("01:00", 1.0), ("02:00", None), ("03:00", 5.0), ("03:30", None)],
    "last": [("01:00", 3.0), ("02:00", None), ("03:00", -7.0), ("03:30", None)],
    "spread": [("01:00", 2.0), ("02:00", None), ("03:00", 12.0), ("03:30", None)],
    "median": [("01:00", 2.0), ("02:00", None), ("03:00", -1.0), ("03:30", None)],
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("way", ["fast", "general"])
def test_aggregate_window_makes_a_row_of_each_window(ask: Ask, name: str, way: str):
    function = name if way == "fast" else f"(column, tables=<-) => tables |> {name}(column: column)"
    rows = ask(DATA + f"data |> aggregateWindow(every: 1h, fn: {function})")
    assert short(rows, "_time", "_value") == FUNCTIONS[name]
    assert {(row["host"], time_text(row["_stop"])[11:16]) for row in rows} == {("a", "03:30")}


@pytest.mark.parametrize("name", sorted(fastwindow.AGGREGATES | fastwindow.SELECTORS))
@pytest.mark.parametrize("options", [
    "every: 1h", "every: 1h, createEmpty: false", "every: 37m, offset: 5m", 'every: 1h, timeSrc: "_start"',
    'every: 1mo, createEmpty: false', 'every: 2h, timeDst: "t"',
])
def test_the_fast_way_gives_what_the_general_way_gives(ask: Ask, name: str, options: str):
    fast = ask(DATA + f"data |> aggregateWindow({options}, fn: {name})")
    same = f"(column, tables=<-) => tables |> {name}(column: column)"
    slow = ask(DATA + f"data |> aggregateWindow({options}, fn: {same})")
    # As text, in which NaN equals NaN.
    assert repr(fast) == repr(slow)
    assert fast


def test_empty_windows_can_be_left_out(ask: Ask):
    rows = ask(DATA + "data |> aggregateWindow(every: 1h, fn: mean, createEmpty: false)")
    assert short(rows, "_time", "_value") == [("01:00", 2.0), ("03:00", -1.0)]


def test_the_time_of_a_window_may_be_its_start(ask: Ask):
    rows = ask(DATA + 'data |> aggregateWindow(every: 1h, fn: sum, timeSrc: "_start", createEmpty: false)')
    assert short(rows, "_time") == [("00:00",), ("02:00",)]


def test_windows_follow_the_location(ask: Ask):
    zone = 'import "array"\nimport "timezone"\noption location = timezone.location(name: "Asia/Kolkata")\n'
    call = "data |> aggregateWindow(every: 1h, fn: sum, createEmpty: false)"
    rows = ask(zone + DATA.removeprefix('import "array"\n') + call)
    assert short(rows, "_time", "_value") == [("00:30", 4.0), ("02:30", 5.0), ("03:30", -7.0)]


@pytest.mark.parametrize(("call", "message"), [
    ("window()", 'at least one of "every" or "period"'),
    ("window(every: 1mo1h)", "cannot mix month and nanosecond units"),
    ("window(every: -1h)", "cannot be negative"),
    ('window(every: 1h, timeColumn: "x")', "no time column: x"),
    ('window(every: 1h, timeColumn: "host")', "time column is not a time value: string"),
    ("aggregateWindow(every: 1h, fn: quantile)", "missing required argument q"),
    ('aggregateWindow(every: 1h, fn: mean, column: "x")', 'column "x" does not exist'),
    ('aggregateWindow(every: 1h, fn: mean, timeSrc: "x")', 'column "x" does not exist'),
    ("aggregateWindow(every: 1h, fn: (column, tables=<-) => 1)", "expected stream but found int"),
    ("aggregateWindow(every: 1ns, fn: mean)", "would make 12600000000000 rows"),
    ("aggregateWindow(every: 1ns, fn: mode)", "more than 500000 windows"),
    ("window(every: 1ns, period: 1h)", "more than 500000 windows"),
])
def test_bad_windows_are_refused(call: str, message: str):
    with pytest.raises(FluxError, match=message.replace("(", r"\(")):
        execute(DATA + f"data |> {call}", None, now_ns=0)


def test_empty_windows_need_a_range():
    with pytest.raises(FluxError, match="nil bounds passed to window"):
        execute('import "array"\narray.from(rows: [{_time: 2020-01-01, _value: 1}]) |> window(every: 1h, '
                "createEmpty: true)", None)
