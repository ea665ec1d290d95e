"""Package `interpolate`, and the source `generate.from`.

Source: https://docs.influxdata.com/flux/v0/stdlib/interpolate/linear/ and …/generate/from/.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux import timemath
from labkit.embedded.influx.flux.interpreter import caller
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail, instant
from labkit.embedded.influx.flux.table import FLUX_TYPES, TIME, Column, Table, TableStream
from labkit.embedded.influx.flux.values import Duration, FluxCallable, Time, type_name


@builtin("interpolate", "linear", pipe="tables")
def _linear(ctx: Any, tables: TableStream, every: Duration) -> TableStream:
    windows = timemath.Windows(every, every, Duration())

    def table_of(table: Table) -> Table:
        for name in table.names:
            if name not in (*table.key, "_time", "_value"):
                fail(f'interpolate.linear requires column "{name}" to be in group key')
        times = frames.need(table, "_time", "_time column does not exist")
        values = frames.need(table, "_value", "_value column does not exist")
        if values.type != "double":
            fail(f"cannot interpolate {FLUX_TYPES[values.type]} values; expected float values")
        if times.type != TIME:
            fail("interpolate.linear: _time must hold times")
        for column in (times, values):
            if column.nulls():
                fail(f"null {column.name} found during linear interpolation")
        moments = _with_window_starts(ctx, times.values.tolist(), windows)
        made = {column.name: column for column in table.key_columns(len(moments))}
        made["_time"] = Column("_time", TIME, moments)
        made["_value"] = Column("_value", "double", _line(moments, times.values, values.values))
        return Table([made[name] for name in table.names], table.key, table.key_values)

    return frames.each(tables, table_of)


def _with_window_starts(ctx: Any, times: list[int], windows: timemath.Windows) -> NDArray[Any]:
    """The times, and between them the starts of windows."""
    ctx.check_rows((times[-1] - times[0]) // timemath.nanoseconds(windows.every) if times else 0)
    parts: list[Any] = [times[:1]]
    for before, after in pairwise(times):
        ctx.check_time()
        start = windows.bounds_of(before)[1]
        if not windows.every.months:
            parts.append(np.arange(start, after, windows.every.nanoseconds, dtype=np.int64))
        else:
            while start < after:
                parts.append([start])
                start = timemath.add_duration(start, windows.every)
        parts.append([after])
    return np.concatenate([np.array(part, np.int64) for part in parts])


def _line(moments: NDArray[Any], times: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Values on the straight lines between neighbours; times count from the left neighbour to stay exact."""
    if len(times) < 2:
        return values
    left = np.clip(np.searchsorted(times, moments, side="right") - 1, 0, len(times) - 2)
    with np.errstate(all="ignore"):
        slope = (values[left + 1] - values[left]) / (times[left + 1] - times[left])
        line = values[left] + slope * (moments - times[left])
    exact = np.searchsorted(times, moments, side="left")
    known = (exact < len(times)) & (times[np.minimum(exact, len(times) - 1)] == moments)
    return np.where(known, values[np.minimum(exact, len(times) - 1)], line)


@builtin("generate", "from")
def _generate(ctx: Any, start: Time | Duration, stop: Time | Duration, count: int, fn: FluxCallable) -> TableStream:
    if count <= 0:
        fail("generate.from: count must be greater than 0")
    ctx.check_rows(count)
    first, last = int(instant(ctx, start, "start")), int(instant(ctx, stop, "stop"))
    step = (last - first) // count
    function = caller(fn, "n")
    values = [function(n) for n in range(count)]
    for value in values:
        if type(value) is not int:
            fail(f"generate.from: fn must return an int, not {type_name(value)}")
    times = first + step * np.arange(count, dtype=np.int64)
    return TableStream([Table([Column("_time", TIME, times), Column("_value", "long", np.array(values, np.int64))])])
