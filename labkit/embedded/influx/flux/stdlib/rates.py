"""Transformations of neighbouring rows: derivative, difference, increase, cumulativeSum, elapsed.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail, positive_nanoseconds
from labkit.embedded.influx.flux.table import FLUX_TYPES, NUMBERS, TIME, Column, Table, TableStream
from labkit.embedded.influx.flux.values import Duration

_SECOND = Duration(0, 1_000_000_000)


def previous_valid(where: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each row the nearest row before it that is not null, -1 where there is none."""
    here = np.where(where, np.arange(len(where)), -1)
    found = np.maximum.accumulate(here) if len(here) else here
    return np.concatenate([[-1], found[:-1]]) if len(here) else here


def _signed_difference(column: Column, before: NDArray[np.int64]) -> NDArray[Any]:
    """Each value minus an earlier one; unsigned numbers are subtracted as the signed ones they stand for."""
    values = column.values.view(np.int64) if column.type == "unsignedLong" else column.values
    with np.errstate(all="ignore"):
        return np.asarray(values - values[before])


def _contiguous(column: Column) -> Column:
    return Column(column.name, column.type, np.ascontiguousarray(column.values), column.valid)


@builtin("universe", "derivative", pipe="tables")
def _derivative(_ctx: Any, tables: TableStream, unit: Duration = _SECOND, nonNegative: bool = False,
                columns: list[str] | None = None, timeColumn: str = "_time", initialZero: bool = False) -> TableStream:
    length = float(positive_nanoseconds(unit, "unit"))
    names = ["_value"] if columns is None else columns

    def table_of(table: Table) -> Table:
        times = frames.need(table, timeColumn, f'no column "{timeColumn}" exists')
        if times.type != TIME:
            fail(f'time column "{timeColumn}" is type {FLUX_TYPES[times.type]} and not time')
        if times.valid is not None and not times.valid.all():
            fail("derivative found null time in time column")
        steps = np.diff(times.values)
        if (steps < 0).any():
            fail("derivative found out-of-order times in time column")
        if (steps == 0).any():
            table = table.take(np.concatenate([[True], steps > 0]))
        clock = frames.need(table, timeColumn).values
        changed = [_slope(column, clock, length, nonNegative, initialZero)
                   for column in table.columns if column.name in names]
        return table.put(*changed).take(slice(1, None))

    return frames.each(tables, table_of)


def _slope(column: Column, clock: NDArray[np.int64], unit: float, non_negative: bool, initial_zero: bool) -> Column:
    if column.type not in NUMBERS:
        fail(f"unsupported derivative column type {column.name}:{FLUX_TYPES[column.type]}")
    where = column.valid_mask()
    before = previous_valid(where)
    known = where & (before >= 0)
    falling = column.values[before] > column.values
    with np.errstate(all="ignore"):
        drop = np.where(falling, column.values[before] - column.values, column.values - column.values[before])
        rise = np.where(falling, -drop.astype(np.float64), drop.astype(np.float64))
        slopes = rise / ((clock - clock[before]) / unit)
    if non_negative:
        slopes = np.where(falling, 0.0, slopes)
        known = known if initial_zero else known & ~falling
    return frames.masked(Column(column.name, "double", slopes), slopes, known)


@builtin("universe", "difference", pipe="tables")
def _difference(_ctx: Any, tables: TableStream, nonNegative: bool = False, columns: list[str] | None = None,
                keepFirst: bool = False, initialZero: bool = False) -> TableStream:
    names = ["_value"] if columns is None else columns

    def table_of(table: Table) -> Table:
        changed = [difference(_contiguous(column), nonNegative, keepFirst, initialZero)
                   for column in table.columns if column.name in names]
        found = table.put(*changed)
        return found if keepFirst else found.take(slice(1, None))

    return frames.each(tables, table_of)


def difference(column: Column, non_negative: bool, keep_first: bool, initial_zero: bool) -> Column:
    """Each value minus the last one before it that is not null.

    Raises:
        ValueError: the column holds no numbers.
    """
    if column.type == TIME:
        fail("difference does not support time columns. Try the elapsed function")
    if column.type not in NUMBERS:
        kind = FLUX_TYPES[column.type]
        fail(f'difference does not support column "{column.name}" of type "{kind}"')
    where = column.valid_mask()
    before = previous_valid(where)
    found = _signed_difference(column, before)
    known = where & (before >= 0)
    signed = column.values.view(np.int64) if column.type == "unsignedLong" else column.values
    if non_negative:
        negative = ~(found >= 0)
        restart = negative & (signed >= 0) if initial_zero else np.zeros(len(found), np.bool_)
        found = np.where(restart, signed, found)
        known = known & (~negative | restart)
    if keep_first and initial_zero:
        first = where & (before < 0)
        found = np.where(first, np.zeros(1, found.dtype), found)
        known = known | first
    kind = "double" if column.type == "double" else "long"
    return frames.masked(Column(column.name, kind, found), found, known)


@builtin("universe", "cumulativeSum", pipe="tables")
def _cumulative_sum(_ctx: Any, tables: TableStream, columns: list[str] | None = None) -> TableStream:
    return frames.each(tables, lambda table: _summed(table, columns))


def _summed(table: Table, columns: list[str] | None) -> Table:
    names = ["_value"] if columns is None else columns
    changed = []
    for column in table.columns:
        if column.name in names and column.type in NUMBERS:
            known = np.where(column.valid_mask(), column.values, np.zeros(1, column.values.dtype))
            with np.errstate(all="ignore"):
                changed.append(frames.masked(column, np.cumsum(known), None))
    return table.put(*changed)


@builtin("universe", "increase", pipe="tables")
def _increase(_ctx: Any, tables: TableStream, columns: list[str] | None = None) -> TableStream:
    names = ["_value"] if columns is None else columns

    def table_of(table: Table) -> Table:
        changed = [difference(_contiguous(column), True, True, True)
                   for column in table.columns if column.name in names]
        return _summed(table.put(*changed), columns)

    return frames.each(tables, table_of)


@builtin("universe", "elapsed", pipe="tables")
def _elapsed(_ctx: Any, tables: TableStream, unit: Duration = _SECOND, timeColumn: str = "_time",
             columnName: str = "elapsed") -> TableStream:
    length = positive_nanoseconds(unit, "unit")

    def table_of(table: Table) -> Table:
        times = frames.need(table, timeColumn)
        if times.type != TIME:
            fail(f'elapsed: column "{timeColumn}" is not of type time')
        if not times.valid_mask().all():
            fail(f'elapsed: found null time in column "{timeColumn}"')
        if table.get(columnName) is not None:
            fail(f'elapsed: column "{columnName}" exists already')
        steps = np.diff(times.values)
        spent = np.where(steps < 0, -(-steps // length), steps // length)
        return table.take(slice(1, None)).put(Column(columnName, "long", spent))

    return frames.each(tables, table_of)
