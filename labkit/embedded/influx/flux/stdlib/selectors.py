"""Selectors: a table becomes one of its rows. first, last, min, max; highest… and lowest… over groups.

Source: https://docs.influxdata.com/flux/v0/function-types/#selectors. Rows whose value is null are not selected.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.grouping import regroup
from labkit.embedded.influx.flux.stdlib.rows import bottom, top
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import FLUX_TYPES, Column, Table, TableStream


def select(tables: TableStream, name: str, choose: Callable[[Column], int | None]) -> TableStream:
    """One row of each table, or none.

    Args:
        tables: the tables.
        name: the column that decides.
        choose: the column to the row's number; None for no row.
    """

    def change(table: Table) -> Table:
        column = frames.need(table, name, f'no column "{name}" exists')
        row = choose(column) if table.rows else None
        return table.take(slice(0, 0) if row is None else slice(row, row + 1))

    return frames.each(tables, change)


def _end(column: Column, at: int) -> int | None:
    """The first (0) or last (-1) row that is not null."""
    if column.valid is None:
        return at % len(column)
    rows = np.flatnonzero(column.valid)
    return int(rows[at]) if len(rows) else None


def _by_time(tables: TableStream, column: str, *, latest: bool) -> TableStream | None:
    """`first` or `last` as InfluxDB's store finds it; None where it is not asked."""
    if not tables.grouped or column != "_value":
        return None

    def choose(table: Table) -> Table:
        times = table.column("_time").values
        row = len(times) - 1 - int(times[::-1].argmax()) if latest else int(times.argmin())
        return table.take(slice(row, row + 1))

    return TableStream([choose(table) for table in tables if table.rows])


def extreme(column: Column, *, largest: bool) -> int | None:
    """The first row with the smallest or the largest value, null and NaN left out.

    Raises:
        ValueError: values of this type have no order.
    """
    if column.type in ("boolean", "string"):
        fail(f"invalid use of function: *universe.{'Max' if largest else 'Min'}Selector has no implementation for type "
             f"{FLUX_TYPES[column.type]}")
    values = column.values
    keep = column.valid_mask()
    if column.type == "double":
        keep = keep & ~np.isnan(values)
    rows_kept = np.flatnonzero(keep)
    if not len(rows_kept):
        valid = np.flatnonzero(column.valid_mask())
        return int(valid[0]) if len(valid) else None
    kept = values[rows_kept]
    return int(rows_kept[int(kept.argmax() if largest else kept.argmin())])


@builtin("universe", "first", pipe="tables")
def _first(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    found = _by_time(tables, column, latest=False)
    return found or select(tables, column, lambda values: _end(values, 0))


@builtin("universe", "last", pipe="tables")
def last(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    """The last row that is not null."""
    found = _by_time(tables, column, latest=True)
    return found or select(tables, column, lambda values: _end(values, -1))


@builtin("universe", "min", pipe="tables")
def smallest(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    """The row with the smallest value."""
    return select(tables, column, lambda found: extreme(found, largest=False))


@builtin("universe", "max", pipe="tables")
def largest(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    """The row with the largest value."""
    return select(tables, column, lambda found: extreme(found, largest=True))


def _over_groups(name: str, reducer: str, order: Callable[..., TableStream]) -> None:
    """Register one of highestMax, lowestAverage, …: reduce each group to a row, then take the first n rows of all."""

    @builtin("universe", name, pipe="tables")
    def ranked(
        ctx: Any, tables: TableStream, n: int, column: str = "_value", groupColumns: list[str] | None = None,
    ) -> TableStream:
        from labkit.embedded.influx.flux.stdlib.aggregates import mean

        reduce = {"max": largest, "min": smallest, "last": last, "mean": mean}[reducer]
        grouped = reduce(ctx, regroup(tables, groupColumns or []), column)
        return order(ctx, regroup(grouped, []), n, [column])


for _name, _reducer, _order in (
    ("highestMax", "max", top), ("highestAverage", "mean", top), ("highestCurrent", "last", top),
    ("lowestMin", "min", bottom), ("lowestAverage", "mean", bottom), ("lowestCurrent", "last", bottom),
):
    _over_groups(_name, _reducer, _order)
