"""Single functions of small packages: record, json, hash, events, statistics, tasks, monitor.

Source: https://docs.influxdata.com/flux/v0/stdlib/.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import numpy as np

from labkit.embedded.influx.flux import timemath
from labkit.embedded.influx.flux.registry import PACKAGES, builtin, constant
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail, instant, positive_nanoseconds
from labkit.embedded.influx.flux.table import NUMBERS, TIME, Column, Table, TableStream, constant_column
from labkit.embedded.influx.flux.values import Duration, Record, Time, type_name

_SECOND = Duration(0, timemath.SECOND)

constant("experimental/record", "any", Record())
for _level, _name in (("ok", "OK"), ("info", "Info"), ("warn", "Warn"), ("crit", "Crit"), ("unknown", "Unknown")):
    constant("influxdata/influxdb/monitor", f"level{_name}", _level)


@builtin("experimental/record", "get")
def _record_get(_ctx: Any, r: Record, key: str, default: Any) -> Any:
    return r.get(key, default)


@builtin("experimental/json", "parse")
def _json_parse(_ctx: Any, data: bytes) -> Any:
    try:
        return _flux_value(json.loads(data, parse_constant=lambda name: fail(f"json: {name} is not a value")))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        fail(f"json: {error}")


def _flux_value(value: Any) -> Any:
    """A value of JSON as one of Flux: all numbers are floats."""
    if type(value) is int:
        return float(value)
    if type(value) is list:
        items = [_flux_value(item) for item in value]
        if len({type_name(item) for item in items}) > 1:
            fail("array values must all be the same type")
        return items
    if type(value) is dict:
        return Record((name, _flux_value(item)) for name, item in value.items())
    return value


@builtin("contrib/qxip/hash", "md5")
def _md5(_ctx: Any, v: str) -> str:
    return hashlib.md5(v.encode(), usedforsecurity=False).hexdigest()


@builtin("contrib/qxip/hash", "sha1")
def _sha1(_ctx: Any, v: str) -> str:
    return hashlib.sha1(v.encode(), usedforsecurity=False).hexdigest()


@builtin("contrib/qxip/hash", "sha256")
def _sha256(_ctx: Any, v: str) -> str:
    return hashlib.sha256(v.encode()).hexdigest()


@builtin("contrib/qxip/hash", "b64")
def _b64(_ctx: Any, v: str) -> str:
    return base64.b64encode(v.encode()).decode()


@builtin("contrib/qxip/hash", "hmac")
def _hmac(_ctx: Any, v: str, k: str) -> str:
    return base64.b64encode(hmac.new(k.encode(), v.encode(), hashlib.sha1).digest()).decode()


@builtin("contrib/tomhollingworth/events", "duration", pipe="tables")
def _duration(_ctx: Any, tables: TableStream, unit: Duration = _SECOND, timeColumn: str = "_time",
              columnName: str = "duration", stopColumn: str = "_stop", stop: Time | None = None) -> TableStream:
    length = positive_nanoseconds(unit, "unit")

    def table_of(table: Table) -> Table:
        times = frames.need(table, timeColumn)
        if times.type != TIME or times.nulls():
            fail(f'events.duration: column "{timeColumn}" must hold times without null')
        last = stop
        if last is None:
            stops = frames.need(table, stopColumn)
            if stops.type != TIME:
                fail(f'stop column "{stopColumn}" must be of type time')
            last = stops.at(table.rows - 1) if table.rows else Time(0)
            if last is None:
                fail(f'events.duration: column "{stopColumn}" is null')
        ends = np.append(times.values[1:], np.int64(last))[: table.rows]
        spans = ends - times.values
        return table.put(Column(columnName, "long", np.where(spans < 0, -(-spans // length), spans // length)))

    return frames.each(tables, table_of)


@builtin("contrib/anaisdg/statsmodels", "linearRegression", pipe="tables")
def _linear_regression(_ctx: Any, tables: TableStream) -> TableStream:
    """The straight line through `_value` by row number, which starts at 1; of the first table, put to all."""
    found = [table for table in tables if table.rows]
    if not found:
        return TableStream([])
    sums = _sums(found[0])
    slope = (sums["sxy"] - sums["sx"] * sums["sy"] / sums["N"]) / (sums["sxx"] - sums["sx"] ** 2 / sums["N"])
    intercept = (sums["sy"] - slope * sums["sx"]) / sums["N"]
    made = []
    for table in found:
        y = frames.need(table, "_value").values.astype(np.float64)
        x = np.arange(1, table.rows + 1, dtype=np.float64)
        line = slope * x + intercept
        with np.errstate(all="ignore"):
            extra = {"x": x, "y": y, "y_hat": line, "errors": (y - line) ** 2}
        totals = {"slope": slope, **sums}
        made.append(table.without("_value").put(
            *(Column(name, "double", values) for name, values in extra.items()),
            *(constant_column(name, "double", value, table.rows) for name, value in totals.items())))
    return TableStream(made)


def _sums(table: Table) -> dict[str, float]:
    column = frames.need(table, "_value")
    if column.type not in NUMBERS or column.nulls():
        fail("linearRegression: _value must hold numbers without null")
    if table.rows < 2:
        fail("linearRegression needs at least two rows")
    y, x = column.values.astype(np.float64), np.arange(1, table.rows + 1, dtype=np.float64)
    return {"sx": float(x.sum()), "sy": float(y.sum()), "sxy": float((x * y).sum()), "sxx": float((x * x).sum()),
            "N": float(table.rows)}


@builtin("influxdata/influxdb/tasks", "lastSuccess")
def _last_success(ctx: Any, orTime: Time | Duration) -> Time:
    """Outside a task, and in a task that has not run, the time given instead."""
    return instant(ctx, orTime, "orTime")


@builtin("influxdata/influxdb/monitor", "deadman", pipe="tables")
def _deadman(ctx: Any, tables: TableStream, t: Time) -> TableStream:
    latest = PACKAGES["universe"]["max"].invoke(ctx, {"tables": tables, "column": "_time"})

    def table_of(table: Table) -> Table:
        times = frames.need(table, "_time")
        return table.put(Column("dead", "boolean", times.values < int(t), times.valid))

    return frames.each(latest, table_of)
