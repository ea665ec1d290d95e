"""aggregateWindow for the common functions, without a table for each window: one pass over each series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.registry import Builtin
from labkit.embedded.influx.flux.stdlib import aggregates
from labkit.embedded.influx.flux.table import DTYPES, NUMBERS, TIME, Column, Table, TableStream, constant_column
from labkit.embedded.influx.flux.timemath import Windows, nanoseconds
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


def _count(_values: Array, _firsts: Array, counts: Array) -> Array:
    return counts.astype(np.int64)


def _each(compute: Callable[[Array], Any]) -> Reduce:
    """A function of one window's values, called for each."""

    def reduce(values: Array, firsts: Array, counts: Array) -> Array:
        return np.array([
            compute(values[first : first + count])
            for first, count in zip(firsts.tolist(), counts.tolist(), strict=True)
        ], np.float64)

    return reduce


AGGREGATES: dict[str, tuple[Reduce, str]] = {
    "mean": (_mean, "double"), "sum": (_sum, ""), "spread": (_spread, ""), "count": (_count, "long"),
    "median": (_each(lambda values: aggregates.estimate(values, 0.5)), "double"),
    "stddev": (_each(aggregates.deviation), "double"), "skew": (_each(aggregates.skewness), "double"),
}
"""By name: how it is computed, and the type of the result (empty: that of the column)."""


def _first(_values: Array, firsts: Array, _counts: Array) -> Array:
    return firsts


def _last(_values: Array, firsts: Array, counts: Array) -> Array:
    found: Array = firsts + counts - 1
    return found


def _extreme(ufunc: Any) -> Reduce:
    """The first row of each window that has the smallest or largest value."""

    def rows(values: Array, firsts: Array, counts: Array) -> Array:
        hits = np.flatnonzero(values == np.repeat(ufunc.reduceat(values, firsts), counts))
        found: Array = hits[np.searchsorted(hits, firsts)]
        return found

    return rows


SELECTORS: dict[str, Reduce] = {
    "first": _first, "last": _last, "min": _extreme(np.minimum), "max": _extreme(np.maximum),
}
"""By name: which row of each window is selected."""


def aggregate(
    ctx: Context, tables: TableStream, windows: Windows, function: Builtin, column: str, source: str, target: str,
    empty: bool,
) -> TableStream | None:
    """The result of aggregateWindow, or None where the general way has to be gone."""
    bounds = tables.bounds
    if function.package != "universe" or not windows.tiled or bounds is None:
        return None
    if function.name not in AGGREGATES and function.name not in SELECTORS:
        return None
    if source not in ("_start", "_stop") or target in ("_start", "_stop", column):
        return None
    made = []
    rows = 0
    for table in tables:
        if not _usual(table, function.name, column, bounds, target):
            return None
        ctx.check_time()
        if empty:
            ctx.check_rows(rows + (bounds[1] - bounds[0]) // max(nanoseconds(windows.every), 1))
        found = _series(table, windows, function.name, column, source, target, empty, bounds)
        if found is None:
            return None
        made.append(found)
        rows += found.rows
    return TableStream(made, bounds)


def _usual(table: Table, name: str, column: str, bounds: tuple[int, int], target: str) -> bool:
    """Whether the table is as storage gives it, within the bounds, without nulls."""
    time, value = table.get("_time"), table.get(column)
    if time is None or value is None or time.type != TIME or time.valid is not None or value.valid is not None:
        return False
    if column in table.key or target in table.key or "_time" in table.key:
        return False
    if value.type not in NUMBERS and name not in ("count", "first", "last"):
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
    if name in ("min", "max") and value.type == "double" and np.isnan(value.values).any():
        return None
    indices = windows.indices(times)
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(indices)) + 1]) if len(times) else np.empty(0, np.int64)
    firsts = firsts.astype(np.intp)
    counts = np.diff(np.append(firsts, len(times)))
    numbers = present = indices[firsts]
    if len(np.unique(numbers)) != len(numbers):
        return None
    if empty:
        low, high = windows.index_of(bounds[0]), windows.index_of(bounds[1] - 1)
        if numbers.size and (numbers[0] < low or numbers[-1] > high):
            return None
        numbers = np.arange(low, high + 1)
    places = present - numbers[0] if empty else np.arange(len(numbers))
    if name in SELECTORS:
        rows = SELECTORS[name](value.values, firsts, counts) if len(times) else firsts
        picked = [c.take(rows) for c in table.columns if c.name not in table.key and c.name != target]
    else:
        reduce, kind = AGGREGATES[name]
        kind = kind or value.type
        results = reduce(value.values, firsts, counts) if len(times) else np.empty(0)
        picked = [Column(column, kind, results.astype(DTYPES[kind]))]
    stamps = Column(target, TIME, _stamps(windows, numbers, source, bounds))
    key_values = table.key_values | {"_start": Time(bounds[0]), "_stop": Time(bounds[1])}
    keys = [
        constant_column(c.name, c.type, key_values[c.name], len(numbers)) for c in table.columns if c.name in table.key
    ]
    # An empty window counts to zero, and has no mean.
    spread = [_spread_out(c, places, len(numbers), null=name != "count") for c in picked]
    return Table(ordered([*keys, *spread, stamps], table.names), table.key, key_values)


def ordered(columns: list[Column], names: list[str]) -> list[Column]:
    """Columns in the order of some names, others behind them: a result looks like what it is made of."""
    place = {name: index for index, name in enumerate(names)}
    return sorted(columns, key=lambda column: place.get(column.name, len(place)))


def _spread_out(column: Column, places: Array, rows: int, *, null: bool) -> Column:
    """The values put into their rows; the other rows are null, or zero."""
    if len(places) == rows:
        return column
    values = np.zeros(rows, column.values.dtype)
    if column.type == "string":
        values[:] = ""
    values[places] = column.values
    if not null:
        return Column(column.name, column.type, values)
    valid = np.zeros(rows, np.bool_)
    valid[places] = column.valid_mask()
    return Column(column.name, column.type, values, valid)


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
