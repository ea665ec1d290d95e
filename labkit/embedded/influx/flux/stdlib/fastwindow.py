"""aggregateWindow for the common functions, without a table for each window: one pass over each series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.registry import Builtin
from labkit.embedded.influx.flux.table import NUMBERS, TIME, Column, Table, TableStream, constant_column
from labkit.embedded.influx.flux.timemath import Windows
from labkit.embedded.influx.flux.values import Time

Array = NDArray[Any]
Reduce = Callable[[Array, Array, Array], Array]
"""Values, first row of each window, number of rows of each window; to a result for each window."""


def _mean(values: Array, firsts: Array, counts: Array) -> Array:
    found: Array = np.add.reduceat(values.astype(np.float64), firsts) / counts
    return found


def _spread(values: Array, firsts: Array, _counts: Array) -> Array:
    found: Array = np.maximum.reduceat(values, firsts) - np.minimum.reduceat(values, firsts)
    return found


def _sum(values: Array, firsts: Array, _counts: Array) -> Array:
    found: Array = np.add.reduceat(values, firsts)
    return found


AGGREGATES: dict[str, tuple[Reduce, str]] = {
    "mean": (_mean, "double"), "sum": (_sum, ""), "spread": (_spread, ""),
    "count": (lambda _values, _firsts, counts: counts.astype(np.int64), "long"),
}
"""By name: how it is computed, and the type of the result (empty: that of the column)."""


def aggregate(
    ctx: Context, tables: TableStream, windows: Windows, function: Builtin, column: str, source: str, target: str,
    empty: bool,
) -> TableStream | None:
    """The result of aggregateWindow, or None where the general way has to be gone."""
    bounds = tables.bounds
    if function.package != "universe" or function.name not in AGGREGATES or not windows.tiled or bounds is None:
        return None
    if source not in ("_start", "_stop") or target in ("_start", "_stop", column):
        return None
    made = []
    for table in tables:
        if not _usual(table, column, bounds, target):
            return None
        ctx.check_time()
        found = _series(table, windows, function.name, column, source, target, empty, bounds)
        if found is None:
            return None
        made.append(found)
    return TableStream(made, bounds)


def _usual(table: Table, column: str, bounds: tuple[int, int], target: str) -> bool:
    """Whether the table is as storage gives it, within the bounds, without nulls."""
    time, value = table.get("_time"), table.get(column)
    if time is None or value is None or time.type != TIME or time.valid is not None or value.valid is not None:
        return False
    if column in table.key or target in table.key or value.type not in NUMBERS or "_time" in table.key:
        return False
    if (table.key_values.get("_start"), table.key_values.get("_stop")) != bounds:
        return False
    times = time.values
    return bool(
        not len(times) or ((times[1:] >= times[:-1]).all() and times[0] >= bounds[0] and times[-1] < bounds[1])
    )


def _series(
    table: Table, windows: Windows, name: str, column: str, source: str, target: str, empty: bool,
    bounds: tuple[int, int],
) -> Table | None:
    times, value = table.column("_time").values, table.column(column)
    reduce, kind = AGGREGATES[name]
    kind = kind or value.type
    indices = windows.indices(times)
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(indices)) + 1]) if len(times) else np.empty(0, np.int64)
    firsts = firsts.astype(np.intp)
    counts = np.diff(np.append(firsts, len(times)))
    numbers = indices[firsts]
    if len(np.unique(numbers)) != len(numbers):
        return None
    results = reduce(value.values, firsts, counts) if len(times) else np.empty(0, value.values.dtype)
    valid = None
    if empty:
        low, high = windows.index_of(bounds[0]), windows.index_of(bounds[1] - 1)
        if numbers.size and (numbers[0] < low or numbers[-1] > high):
            return None
        every = np.arange(low, high + 1)
        spread = np.zeros(len(every), results.dtype)
        present = np.zeros(len(every), np.bool_)
        spread[numbers - low], present[numbers - low] = results, True
        results, numbers = spread, every
        # An empty window counts to zero, and has no mean.
        valid = None if name == "count" or present.all() else present
    if kind == "double":
        results = results.astype(np.float64)
    stamps = _stamps(windows, numbers, source, bounds)
    key_values = table.key_values | {"_start": Time(bounds[0]), "_stop": Time(bounds[1])}
    rows = len(numbers)
    columns = [
        constant_column(c.name, c.type, key_values[c.name], rows) for c in table.columns if c.name in table.key
    ]
    return Table(
        [*columns, Column(column, kind, results, valid), Column(target, TIME, stamps)], table.key, key_values
    )


def _stamps(windows: Windows, numbers: Array, source: str, bounds: tuple[int, int]) -> Array:
    """The start or stop of each window, cut to the bounds."""
    at = 0 if source == "_start" else 1
    if windows.zone == "UTC" and not windows.every.months and len(numbers):
        step = windows.every.nanoseconds
        stamps = windows.zero + (numbers.astype(np.int64) + at) * step
    else:
        stamps = np.array([windows.bounds(int(number))[at] for number in numbers], np.int64)
    clipped: Array = np.clip(stamps, *bounds)
    return clipped
