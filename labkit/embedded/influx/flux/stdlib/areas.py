"""Transformations along time: integral, timeWeightedAvg, stateTracking, timeShift, hourSelection, truncateTimeColumn.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux import timemath
from labkit.embedded.influx.flux.interpreter import caller
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail, positive_nanoseconds
from labkit.embedded.influx.flux.table import FLUX_TYPES, NUMBERS, TIME, Column, Table, TableStream, constant_column
from labkit.embedded.influx.flux.timemath import Location
from labkit.embedded.influx.flux.values import Duration, FluxCallable, Record, Time, type_name
from labkit.embedded.influx.flux.vector import Unsupported, VectorFunction

_SECOND = Duration(0, timemath.SECOND)


def _time_column(table: Table, name: str, what: str) -> Column:
    times = frames.need(table, name, f'no column "{name}" exists')
    if times.type != TIME:
        fail(f'{what}: column "{name}" is not of type time')
    return times


def _area(table: Table, column: str, time_column: str, unit: float, linear: bool) -> float:
    values = frames.need(table, column)
    if column in table.key:
        fail("cannot aggregate columns that are part of the group key")
    if values.type not in NUMBERS:
        fail(f"cannot perform integral over {FLUX_TYPES[values.type]}")
    times = _time_column(table, time_column, "integral")
    if not times.valid_mask().all():
        fail("integral found null time in time column")
    steps = np.diff(times.values)
    if (steps < 0).any():
        fail("integral found out-of-order times in time column")
    kept = np.concatenate([[True], steps > 0])[: len(times.values)] & values.valid_mask()
    ts, vs = times.values[kept], frames.floats(values)[kept]
    start, stop = int(table.key_values["_start"]), int(table.key_values["_stop"])
    if len(ts) == 0:
        return 0.0
    if len(ts) == 1:
        return float(vs[0]) * (stop - start) / unit if linear else 0.0
    area = float(np.sum(0.5 * (vs[1:] + vs[:-1]) * np.diff(ts)))
    if linear:
        if start < ts[0]:
            before = float(ts[0] - start)
            slope = (vs[1] - vs[0]) / float(ts[1] - ts[0])
            area += 0.5 * float(2 * vs[0] - slope * before) * before
        after = float(stop - ts[-1])
        slope = (vs[-1] - vs[-2]) / float(ts[-1] - ts[-2])
        area += 0.5 * float(2 * vs[-1] + slope * after) * after
    return area / unit


def _integrals(tables: TableStream, unit: Duration, time_column: str, column: str, linear: bool) -> TableStream:
    length = float(positive_nanoseconds(unit, "unit"))

    def table_of(table: Table) -> Table:
        for bound in ("_start", "_stop"):
            if type(table.key_values.get(bound)) is not Time:
                fail(f"integral function needs {bound} column to be part of group key")
        with np.errstate(all="ignore"):
            area = _area(table, column, time_column, length, linear)
        return frames.one_row(table, constant_column(column, "double", area, 1))

    return frames.each(tables, table_of)


@builtin("universe", "integral", pipe="tables")
def _integral(_ctx: Any, tables: TableStream, unit: Duration = _SECOND, timeColumn: str = "_time",
              column: str = "_value", interpolate: str = "") -> TableStream:
    if interpolate not in ("", "linear"):
        fail(f"unknown interpolation method {interpolate}")
    return _integrals(tables, unit, timeColumn, column, interpolate == "linear")


@builtin("universe", "timeWeightedAvg", pipe="tables")
def _time_weighted(_ctx: Any, tables: TableStream, unit: Duration) -> TableStream:
    length = positive_nanoseconds(unit, "unit")

    def averaged(table: Table) -> Table:
        span = int(table.key_values["_stop"]) - int(table.key_values["_start"])
        column = frames.need(table, "_value")
        with np.errstate(all="ignore"):
            mean = column.values * float(length) / np.float64(span)
        return table.put(Column("_value", "double", mean))

    return frames.each(_integrals(tables, unit, "_time", "_value", True), averaged)


def truths(table: Table, fn: FluxCallable, what: str) -> NDArray[np.bool_]:
    """What a predicate says of each row; null is false.

    Raises:
        ValueError: it answers something else than a bool.
    """
    try:
        answer = VectorFunction(fn, "r").evaluate(table) if table.rows else None
        if isinstance(answer, Column) and answer.type == "boolean":
            return answer.values & answer.valid_mask()
    except Unsupported:
        pass
    found = np.zeros(table.rows, np.bool_)
    function = caller(fn, "r")
    for row, record in enumerate(table.records()):
        answer = function(record)
        if answer is not None and type(answer) is not bool:
            fail(f"{what}: fn must return a bool, not {type_name(answer)}")
        found[row] = bool(answer)
    return found


def _run_starts(state: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each row the first row of the run of equal states in which it lies."""
    changes = np.concatenate([[True], state[1:] != state[:-1]])[: len(state)]
    return np.maximum.accumulate(np.where(changes, np.arange(len(state)), 0)) if len(state) else np.zeros(0, np.int64)


def _track(tables: TableStream, fn: FluxCallable, count_column: str, duration_column: str, unit: Duration,
           time_column: str) -> TableStream:
    length = positive_nanoseconds(unit, "durationUnit") if duration_column else 1

    def table_of(table: Table) -> Table:
        times = frames.need(table, time_column)
        if duration_column:
            if times.type != TIME:
                fail(f'column "{time_column}" is not of type time')
            if not times.valid_mask().all():
                fail("got a null timestamp")
            if (np.diff(times.values) < 0).any():
                fail("got an out-of-order timestamp")
        state = truths(table, fn, "stateTracking")
        starts = _run_starts(state)
        added = []
        if count_column:
            counts = np.where(state, np.arange(len(state)) - starts + 1, -1)
            added.append(Column(count_column, "long", counts.astype(np.int64)))
        if duration_column:
            spent = np.where(state, (times.values - times.values[starts]) // length, -1)
            added.append(Column(duration_column, "long", spent.astype(np.int64)))
        for column in added:
            if table.get(column.name) is not None:
                fail(f'column "{column.name}" exists already')
        return table.put(*added)

    return frames.each(tables, table_of)


@builtin("universe", "stateTracking", pipe="tables")
def _state_tracking(_ctx: Any, tables: TableStream, fn: FluxCallable, countColumn: str = "", durationColumn: str = "",
                    durationUnit: Duration = _SECOND, timeColumn: str = "_time") -> TableStream:
    return _track(tables, fn, countColumn, durationColumn, durationUnit, timeColumn)


@builtin("universe", "stateCount", pipe="tables")
def _state_count(_ctx: Any, tables: TableStream, fn: FluxCallable, column: str = "stateCount") -> TableStream:
    return _track(tables, fn, column, "", _SECOND, "_time")


@builtin("universe", "stateDuration", pipe="tables")
def _state_duration(_ctx: Any, tables: TableStream, fn: FluxCallable, column: str = "stateDuration",
                    timeColumn: str = "_time", unit: Duration = _SECOND) -> TableStream:
    return _track(tables, fn, "", column, unit, timeColumn)


@builtin("universe", "timeShift", pipe="tables")
def _time_shift(_ctx: Any, tables: TableStream, duration: Duration, columns: list[str] | None = None) -> TableStream:
    names = ["_start", "_stop", "_time"] if columns is None else columns
    found = frames.each(tables, lambda table: shifted(table, duration, names))
    if tables.bounds is not None:
        start, stop = (timemath.add_duration(bound, duration) for bound in tables.bounds)
        found.bounds = (start, stop)
    return found


def shifted(table: Table, duration: Duration, names: list[Any]) -> Table:
    """The table with its times moved, those of the group key too.

    Raises:
        ValueError: a column to move holds no times.
    """
    changed = []
    for column in table.columns:
        if column.name not in names:
            continue
        if column.type != TIME:
            fail(f'column "{column.name}" is not of type time')
        changed.append(frames.masked(column, _moved(column.values, duration), column.valid))
    key_values = {name: Time(timemath.add_duration(value, duration)) if name in names and value is not None else value
                  for name, value in table.key_values.items()}
    return Table(table.put(*changed).columns, table.key, key_values)


def _moved(times: NDArray[np.int64], duration: Duration) -> NDArray[np.int64]:
    sign = -1 if duration.negative else 1
    if duration.months:
        times = _months_later(times, sign * duration.months)
    return times + sign * duration.nanoseconds


def _months_later(times: NDArray[np.int64], months: int) -> NDArray[np.int64]:
    """Each time some months later; the day is cut to the last one of the month."""
    days = times.astype("M8[ns]").astype("M8[D]")
    first = days.astype("M8[M]")
    later = first + months
    longest = (later + 1).astype("M8[D]") - later.astype("M8[D]")
    day = np.minimum(days - first.astype("M8[D]"), longest - 1)
    moved = (later.astype("M8[D]") + day).astype("M8[ns]").astype(np.int64)
    return np.asarray(moved + (times - days.astype("M8[ns]").astype(np.int64)))


def clock_columns(times: NDArray[np.int64], location: Location) -> NDArray[np.int64]:
    """The clock times of instants, a fixed offset applied."""
    return _moved(timemath.clock_times(times, location.zone), location.offset)


@builtin("universe", "hourSelection", pipe="tables")
def _hour_selection(ctx: Any, tables: TableStream, start: int, stop: int, location: Record | None = None,
                    timeColumn: str = "_time") -> TableStream:
    where = ctx.locate(location)
    for name, hour in (("start", start), ("stop", stop)):
        if not 0 <= hour <= 23:
            fail(f"{name} must be between 0 and 23")

    def table_of(table: Table) -> Table:
        times = frames.need(table, timeColumn, "invalid time column")
        if times.type != TIME:
            fail(f'hourSelection: column "{timeColumn}" is not of type time')
        hours = clock_columns(times.values, where) // (3600 * timemath.SECOND) % 24
        inside = (hours >= start) & (hours <= stop) if start <= stop else (hours >= start) | (hours <= stop)
        return table.take(inside & times.valid_mask())

    return frames.each(tables, table_of)


@builtin("universe", "truncateTimeColumn", pipe="tables")
def _truncate_time(ctx: Any, tables: TableStream, unit: Duration, timeColumn: str = "_time") -> TableStream:
    if timeColumn != "_time":
        fail("truncateTimeColumn: Flux truncates _time whatever timeColumn says; rename the column instead")
    where = ctx.location

    def table_of(table: Table) -> Table:
        times = _time_column(table, "_time", "truncateTimeColumn")
        return table.put(frames.masked(times, truncated(times.values, unit, where), times.valid))

    return frames.each(tables, table_of)


def truncated(times: NDArray[np.int64], unit: Duration, location: Location) -> NDArray[np.int64]:
    """Each instant cut to the start of its unit.

    Raises:
        ValueError: the unit is zero, negative, or mixes months with other units.
    """
    windows = timemath.Windows(unit, unit, Duration(), location)
    if location.is_utc and not unit.months:
        return np.asarray(windows.zero + windows.indices(times) * unit.nanoseconds)
    numbers, inverse = np.unique(windows.indices(times), return_inverse=True)
    starts = [windows.bounds(number)[0] for number in numbers.tolist()]
    return np.array(starts, np.int64)[inverse.reshape(-1)]
