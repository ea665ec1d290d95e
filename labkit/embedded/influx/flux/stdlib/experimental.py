"""Package `experimental`, and `experimental/aggregate`.

Source: https://docs.influxdata.com/flux/v0/stdlib/experimental/.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from labkit.embedded.influx.flux import timemath
from labkit.embedded.influx.flux.interpreter import caller
from labkit.embedded.influx.flux.registry import PACKAGES, builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail, instant
from labkit.embedded.influx.flux.table import (
    TIME,
    Column,
    Table,
    TableStream,
    column_type,
    constant_column,
    infer_column,
    merge,
    split_by,
)
from labkit.embedded.influx.flux.values import Duration, FluxCallable, Record, Time, type_name

_SECOND = Duration(0, timemath.SECOND)


def _call(ctx: Any, name: str, **arguments: Any) -> Any:
    return PACKAGES["universe"][name].invoke(ctx, arguments)


@builtin("experimental", "addDuration")
def _add_duration(ctx: Any, d: Duration, to: Time | Duration, location: Record | None = None) -> Time:
    return Time(timemath.add_duration(instant(ctx, to, "to"), d, ctx.locate(location), 1))


@builtin("experimental", "subDuration")
def _sub_duration(ctx: Any, d: Duration, from_: Time | Duration, location: Record | None = None) -> Time:
    return Time(timemath.add_duration(instant(ctx, from_, "from"), d, ctx.locate(location), -1))


@builtin("experimental", "objectKeys")
def _object_keys(_ctx: Any, o: Record) -> list[str]:
    return sorted(o)


def extended(tables: Iterable[Table], columns: list[str]) -> TableStream:
    """The tables with columns added to their group keys.

    Raises:
        ValueError: a column does not exist.
    """
    found = []
    for table in tables:
        for name in columns:
            frames.need(table, name, f'unknown column "{name}"')
        found += split_by(table, [*table.key, *(name for name in columns if name not in table.key)])
    return TableStream(merge(found))


@builtin("experimental", "group", pipe="tables")
def _group(_ctx: Any, tables: TableStream, mode: str, columns: list[str]) -> TableStream:
    if mode != "extend":
        fail('experimental.group: mode must be "extend"; use group() for the other modes')
    return extended(tables, columns)


@builtin("experimental", "set", pipe="tables")
def _set(_ctx: Any, tables: TableStream, o: Record) -> TableStream:
    for name, value in o.items():
        if column_type(value) is None:
            fail(f'experimental.set: column "{name}" cannot hold a value of type {type_name(value)}')

    def table_of(table: Table) -> Table:
        added = [constant_column(name, frames.kind_of(o[name]), o[name], table.rows) for name in sorted(o)]
        keys = {name: o.get(name, value) for name, value in table.key_values.items()}
        return Table(table.put(*added).columns, table.key, keys)

    return TableStream(merge(table_of(table) for table in tables))


@builtin("experimental", "alignTime", pipe="tables")
def _align_time(_ctx: Any, tables: TableStream, alignTo: Time | None = None) -> TableStream:
    def table_of(table: Table) -> Table:
        times = frames.need(table, "_time")
        if times.type != TIME or times.nulls():
            fail("experimental.alignTime: _time must hold times without null")
        if (np.diff(times.values) < 0).any():
            fail("got an out-of-order timestamp")
        first = int(times.values[0]) if table.rows else 0
        return table.put(Column("_time", TIME, times.values - first + int(alignTo or 0)))

    return frames.each(tables, table_of)


@builtin("experimental", "window", pipe="tables")
def _window(ctx: Any, tables: TableStream, every: Duration | None = None, period: Duration | None = None,
            offset: Duration | None = None, location: Record | None = None, createEmpty: bool = False) -> TableStream:
    given = {"every": every, "period": period, "offset": offset, "location": location}
    found: TableStream = _call(ctx, "window", tables=tables, createEmpty=createEmpty,
                               **{name: value for name, value in given.items() if value is not None})
    return found


@builtin("experimental", "unpivot", pipe="tables")
def _unpivot(_ctx: Any, tables: TableStream, otherColumns: list[str] | None = None) -> TableStream:
    others = ["_time"] if otherColumns is None else otherColumns
    found = []
    for table in tables:
        for name in ("_field", "_value"):
            if table.get(name) is not None:
                fail('unpivot can\'t have "_field" or "_value" as an input column')
        kept = [frames.need(table, name, f'unpivot could not find column named "{name}"')
                for name in others if name != "_field"]
        for column in table.columns:
            if column.name in table.key or column.name in others:
                continue
            rows = np.flatnonzero(column.valid_mask())
            field = constant_column("_field", "string", column.name, len(rows))
            columns = [*table.key_columns(len(rows)), field, *(other.take(rows) for other in kept),
                       column.take(rows).renamed("_value")]
            if "_field" in others:
                found.append(Table(columns, table.key, table.key_values))
            else:
                found.append(Table(columns, (*table.key, "_field"), {**table.key_values, "_field": column.name}))
    return TableStream(merge(found))


@builtin("experimental", "join")
def _join(_ctx: Any, left: TableStream, right: TableStream, fn: FluxCallable) -> TableStream:
    """Join rows of equal `_time` in tables of equal group keys."""
    function = caller(fn, "left", "right")
    rights = {table.group_key(): table for table in right}
    found = []
    for table in left:
        other = rights.get(table.group_key())
        if other is None:
            continue
        partners: dict[Any, list[Record]] = {}
        for record in other.records():
            partners.setdefault(record.get("_time"), []).append(record)
        records = [function(record, partner) for record in table.records() if record.get("_time") is not None
                   for partner in partners.get(record["_time"], [])]
        if records:
            found.append(_from_records(records, table))
    return TableStream(found)


def _from_records(records: list[Any], model: Table) -> Table:
    wrong = next((record for record in records if type(record) is not Record), model)
    if wrong is not model:
        fail(f"experimental.join: the function must return a record, not {type_name(wrong)}")
    names = dict.fromkeys(name for record in records for name in record)
    columns = [infer_column(name, [record.get(name) for record in records]) for name in sorted(names)]
    for name, value in model.key_values.items():
        if any(record.get(name) != value for record in records):
            fail(f"experimental.join: the function must keep the group key column {name}")
    return Table([column for column in columns if column is not None], model.key, model.key_values)


@builtin("experimental", "chain")
def _chain(_ctx: Any, first: TableStream, second: TableStream) -> TableStream:
    """Both run; the answer is that of the second."""
    for _ in first:
        pass
    return second


@builtin("experimental", "preview", pipe="tables")
def _preview(_ctx: Any, tables: TableStream, nrows: int = 5, ntables: int = 5) -> TableStream:
    return TableStream([table.take(slice(0, nrows)) for table in list(tables)[:ntables]])


@builtin("experimental", "integral", pipe="tables")
def _integral(ctx: Any, tables: TableStream, unit: Duration = _SECOND, interpolate: str = "") -> Any:
    return _call(ctx, "integral", tables=tables, unit=unit, interpolate=interpolate)


@builtin("experimental", "histogramQuantile", pipe="tables")
def _histogram_quantile(ctx: Any, tables: TableStream, quantile: float, minValue: float = 0.0) -> Any:
    return _call(ctx, "histogramQuantile", tables=tables, quantile=quantile, minValue=minValue)


@builtin("experimental", "quantile", pipe="tables")
def _quantile(ctx: Any, tables: TableStream, q: float, compression: float | None = None,
              method: str | None = None) -> Any:
    given = {"compression": compression, "method": method}
    return _call(ctx, "quantile", tables=tables, q=q, **{k: v for k, v in given.items() if v is not None})


@builtin("experimental", "stddev", pipe="tables")
def _stddev(ctx: Any, tables: TableStream, mode: str = "sample") -> Any:
    return _call(ctx, "stddev", tables=tables, mode=mode)


@builtin("experimental", "kaufmansAMA", pipe="tables")
def _kaufmans_ama(ctx: Any, tables: TableStream, n: int) -> Any:
    return _call(ctx, "kaufmansAMA", tables=tables, n=n)


@builtin("experimental", "fill", pipe="tables")
def _fill(ctx: Any, tables: TableStream, value: Any = None, usePrevious: bool | None = None) -> Any:
    return _call(ctx, "fill", tables=tables, value=value, usePrevious=usePrevious)


@builtin("experimental", "histogram", pipe="tables")
def _histogram(ctx: Any, tables: TableStream, bins: list[float], normalize: bool = False) -> Any:
    return _call(ctx, "histogram", tables=tables, bins=bins, normalize=normalize)


def _register_plain(name: str) -> None:
    def call(ctx: Any, tables: TableStream) -> Any:
        return _call(ctx, name, tables=tables)

    builtin("experimental", name, pipe="tables")(call)


for _name in ("count", "distinct", "first", "last", "max", "mean", "min", "mode", "skew", "spread", "sum", "unique"):
    _register_plain(_name)


@builtin("experimental/aggregate", "rate", pipe="tables")
def _rate(ctx: Any, tables: TableStream, every: Duration, groupColumns: list[str] | None = None,
          unit: Duration = _SECOND) -> TableStream:
    rates = _call(ctx, "derivative", tables=tables, nonNegative=True, unit=unit)
    sums = _SumOfMeans(ctx, groupColumns or [])
    found: TableStream = _call(ctx, "aggregateWindow", tables=rates, every=every, fn=sums)
    return found


class _SumOfMeans:
    """The aggregate of `rate`: the mean of each series of a window, added up by groups."""

    name = "rate"

    def __init__(self, ctx: Any, columns: list[str]) -> None:
        self.ctx = ctx
        self.columns = columns

    def call(self, arguments: dict[str, Any]) -> Any:
        """The windows' sums."""
        means = _call(self.ctx, "mean", tables=arguments["tables"], column=arguments["column"])
        grouped = _call(self.ctx, "group", tables=means, columns=self.columns)
        return _call(self.ctx, "sum", tables=extended(grouped, ["_start", "_stop"]))


@builtin("universe", "timedMovingAverage", pipe="tables")
def _timed_moving_average(ctx: Any, tables: TableStream, every: Duration, period: Duration,
                          column: str = "_value") -> TableStream:
    means = _call(ctx, "mean", tables=_call(ctx, "window", tables=tables, every=every, period=period), column=column)
    timed = _call(ctx, "duplicate", tables=means, column="_stop", **{"as": "_time"})
    found: TableStream = _call(ctx, "window", tables=timed, every=PACKAGES["universe"]["inf"])
    return found
