"""Windows of time: window, aggregateWindow.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/window/ and …/aggregatewindow/. A window of the common
aggregates is computed for all windows at once (`fastwindow.py`); the general way makes a table of each window.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.interpreter import Closure
from labkit.embedded.influx.flux.registry import BoundBuiltin, builtin
from labkit.embedded.influx.flux.stdlib import fastwindow, frames
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.storage import MAX_TIME, MIN_TIME
from labkit.embedded.influx.flux.table import (
    FLUX_TYPES,
    TIME,
    Column,
    KeyTuple,
    Table,
    TableStream,
    concat,
    constant_column,
)
from labkit.embedded.influx.flux.timemath import Windows, is_zero
from labkit.embedded.influx.flux.values import Duration, FluxCallable, Record, Time, type_name

NONE = Duration()
MOST_WINDOWS = 500_000
"""Each is a table of its own; more of them fill the memory."""
INFINITE = Duration(0, 2**63 - 1)
Bounds = tuple[int, int]


def _windows(
    ctx: Context, every: Duration, period: Duration, offset: Duration, location: Record | None,
) -> Windows | None:
    """The windows of the arguments; None for one that has no end."""
    if is_zero(every) and is_zero(period):
        fail('window function requires at least one of "every" or "period" to be set and non-zero')
    if is_zero(every):
        every = period
    if is_zero(period):
        period = every
    if every == INFINITE:
        return None
    return Windows(every, period, offset, ctx.locate(location))


class _Maker:
    """Cuts tables into windows.

    Args:
        ctx: the running query.
        windows: which windows; None for a single one without end.
        bounds: what windows are cut to.
        labels: the columns of time, start and stop.
        empty: whether windows without rows are made.
    """

    def __init__(
        self, ctx: Context, windows: Windows | None, bounds: Bounds | None, labels: tuple[str, str, str], empty: bool,
    ) -> None:
        self.ctx = ctx
        self.windows = windows
        self.bounds = bounds
        self.time, self.start, self.stop = labels
        self.empty = empty
        self.made = 0
        self.groups: dict[KeyTuple, list[Table]] = {}

    def clip(self, start: int, stop: int) -> Bounds:
        if self.bounds is None:
            return start, stop
        if start >= self.bounds[1] or stop <= self.bounds[0]:
            return start, stop
        return max(start, self.bounds[0]), min(stop, self.bounds[1])

    def cut(self, table: Table) -> None:
        """Add the windows of one table."""
        time = frames.need(table, self.time, f"no time column: {self.time}")
        if time.type != TIME:
            fail(f"time column is not a time value: {FLUX_TYPES[time.type]}")
        table = in_time_order(table, time)
        times = table.column(self.time).values
        spans = self.spans(times)
        if self.empty:
            found = {(start, stop) for start, stop, _, _ in spans}
            missing = [(start, stop, 0, 0) for start, stop in self.all_bounds() if (start, stop) not in found]
            spans = sorted([*spans, *missing])
        self.made += len(spans)
        if self.made > MOST_WINDOWS:
            fail(f"the query would make more than {MOST_WINDOWS} windows")
        for start, stop, first, last in spans:
            self.add(table, *self.clip(start, stop), first, last)

    def spans(self, times: NDArray[np.int64]) -> list[tuple[int, int, int, int]]:
        """(start, stop, first row, row behind the last) of the windows that have rows."""
        if not len(times):
            return []
        if self.windows is None:
            return [(MIN_TIME, MAX_TIME, 0, len(times))]
        indices = self.windows.indices(times)
        if self.windows.tiled:
            # Clocks that are set back repeat an hour, so numbers need not ascend with time: count by runs.
            cuts = [0, *(np.flatnonzero(np.diff(indices)) + 1).tolist(), len(times)]
            found = []
            for first, last in itertools.pairwise(cuts):
                start, stop = self.windows.bounds(int(indices[first]))
                found.append((start, stop, first, last))
            return found
        reach = self.windows.reach()
        distinct = np.unique(indices)
        ahead = reach if self.windows.period.negative else 0
        behind = 0 if self.windows.period.negative else reach
        if len(distinct) * (reach + 1) > MOST_WINDOWS:
            fail(f"the query would make more than {MOST_WINDOWS} windows")
        candidates = np.unique((distinct[:, None] + np.arange(-behind, ahead + 1)[None, :]).reshape(-1))
        found = []
        for index in candidates.tolist():
            start, stop = self.windows.bounds(index)
            first, last = (int(at) for at in np.searchsorted(times, [start, stop]))
            if first < last:
                found.append((start, stop, first, last))
        return found

    def all_bounds(self) -> list[Bounds]:
        """All windows that touch the bounds, with or without rows."""
        if self.bounds is None:
            fail("nil bounds passed to window; use range to set the window range")
        if self.windows is None:
            return [(MIN_TIME, MAX_TIME)]
        return self.windows.overlapping(*self.bounds, limit=MOST_WINDOWS)

    def add(self, table: Table, start: int, stop: int, first: int, last: int) -> None:
        rows = last - first
        part = table if rows == table.rows else table.take(slice(first, last))
        new = {
            self.start: constant_column(self.start, TIME, start, rows),
            self.stop: constant_column(self.stop, TIME, stop, rows),
        }
        columns = [new.pop(column.name, column) for column in part.columns]
        columns += new.values()
        key = (*table.key, *(name for name in (self.start, self.stop) if name not in table.key))
        key_values = table.key_values | {self.start: Time(start), self.stop: Time(stop)}
        made = Table(columns, key, key_values)
        self.groups.setdefault(made.group_key(), []).append(made)

    def tables(self) -> list[Table]:
        """All windows; those of tables that differed only in their bounds are put together."""
        return [
            group[0] if len(group) == 1 else concat(group, group[0].key, group[0].key_values)
            for group in self.groups.values()
        ]


def in_time_order(table: Table, time: Column) -> Table:
    """The table with its rows by time; rows without a time are left out."""
    if time.valid is not None:
        table = table.take(time.valid)
        time = table.column(time.name)
    if len(time) < 2 or time.constant or (time.values[1:] >= time.values[:-1]).all():
        return table
    return table.take(np.argsort(time.values, kind="stable"))


def window(
    ctx: Context, tables: TableStream, windows: Windows | None, labels: tuple[str, str, str], *, empty: bool,
) -> TableStream:
    """The stream cut into windows.

    Raises:
        ValueError: a table has no column of time, or empty windows are wanted where nothing bounds them.
    """
    maker = _Maker(ctx, windows, tables.bounds, labels, empty)
    for table in tables:
        maker.cut(table)
        ctx.check_time()
    return TableStream(maker.tables(), tables.bounds)


@builtin("universe", "window", pipe="tables")
def _window(
    ctx: Any, tables: TableStream, every: Duration = NONE, period: Duration = NONE,
    offset: Duration = NONE, location: Record | None = None, timeColumn: str = "_time",
    startColumn: str = "_start", stopColumn: str = "_stop", createEmpty: bool = False,
) -> TableStream:
    windows = _windows(ctx, every, period, offset, location)
    return window(ctx, tables, windows, (timeColumn, startColumn, stopColumn), empty=createEmpty)


@builtin("universe", "aggregateWindow", pipe="tables")
def _aggregate_window(
    ctx: Any, tables: TableStream, every: Duration, fn: FluxCallable, period: Duration = NONE,
    offset: Duration = NONE, location: Record | None = None, column: str = "_value", timeSrc: str = "_stop",
    timeDst: str = "_time", createEmpty: bool = True,
) -> TableStream:
    windows = _windows(ctx, every, period, offset, location)
    if isinstance(fn, BoundBuiltin) and windows is not None:
        found = fastwindow.aggregate(ctx, tables, windows, fn.builtin, column, timeSrc, timeDst, createEmpty)
        if found is not None:
            return found
    cut = window(ctx, tables, windows, ("_time", "_start", "_stop"), empty=createEmpty)
    made = _call(fn, cut, column)
    if made.bounds is None:
        made.bounds = tables.bounds
    rows = []
    names = next((table.names for table in tables), [])
    for table in made:
        table = filled(table) if createEmpty and not table.rows else table
        source = frames.need(table, timeSrc, f'column "{timeSrc}" does not exist')
        table = table.put(source.renamed(timeDst))
        rows.append(Table(fastwindow.ordered(table.columns, names), table.key, table.key_values))
    stream = TableStream(rows, made.bounds)
    return window(ctx, stream, None, (timeDst, "_start", "_stop"), empty=False)


def _call(fn: FluxCallable, tables: TableStream, column: str) -> TableStream:
    pipe = fn.code.pipe if isinstance(fn, Closure) else fn.builtin.pipe if isinstance(fn, BoundBuiltin) else None
    found = fn.call({pipe or "tables": tables, "column": column})
    return found if isinstance(found, TableStream) else fail(
        f"expected stream but found {type_name(found)} (argument fn)")


def filled(table: Table) -> Table:
    """An empty table with one row: its key, and null in the other columns."""
    columns = [constant_column(c.name, c.type, table.key_values.get(c.name), 1) for c in table.columns]
    return Table(columns, table.key, table.key_values)
