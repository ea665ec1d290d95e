"""Aggregates: a table becomes one row. count, sum, mean, spread, stddev, skew, median, quantile, mode.

Source: https://docs.influxdata.com/flux/v0/function-types/#aggregates. Nulls are left out, only `count` counts them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.selectors import select
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.stdlib.tdigest import TDigest
from labkit.embedded.influx.flux.table import FLUX_TYPES, NUMBERS, Column, Table, TableStream, constant_column

Values = NDArray[Any]


def aggregate(
    tables: TableStream, column: str, result: Callable[[str], str], compute: Callable[[Values], Any],
    types: tuple[str, ...] = NUMBERS,
) -> TableStream:
    """Each table as one row: its key, and one value made of a column.

    Args:
        tables: the tables.
        column: the column.
        result: type of the column to type of the result.
        compute: the values that are not null, at least one, to the result.
        types: which types the column may have.
    """

    def change(table: Table) -> Table:
        source = source_column(table, column, types)
        values = source.values if source.valid is None else source.values[source.valid]
        kind = result(source.type)
        with np.errstate(all="ignore"):
            found = compute(values) if len(values) else None
        return frames.one_row(table, constant_column(column, kind, found, 1))

    return frames.each(tables, change)


def source_column(table: Table, name: str, types: tuple[str, ...] = NUMBERS) -> Column:
    """The column to aggregate.

    Raises:
        ValueError: there is none, it belongs to the group key, or has a type that cannot be aggregated.
    """
    found = frames.need(table, name)
    if name in table.key:
        fail("cannot aggregate columns that are part of the group key")
    if found.type not in types:
        fail(f"unsupported aggregate column type {FLUX_TYPES[found.type]}")
    return found


def _same(kind: str) -> str:
    return kind


def _double(_kind: str) -> str:
    return "double"


@builtin("universe", "count", pipe="tables")
def count(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    """How many rows, with nulls."""

    def change(table: Table) -> Table:
        source = source_column(table, column, tuple(FLUX_TYPES))
        return frames.one_row(table, constant_column(column, "long", len(source), 1))

    return frames.each(tables, change)


def add(values: Values) -> Any:
    """The sum, in the type of the values; whole numbers wrap around."""
    return np.add.reduce(values).item()


@builtin("universe", "sum", pipe="tables")
def total(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    """The sum."""
    return aggregate(tables, column, _same, add)


@builtin("universe", "mean", pipe="tables")
def mean(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    """The mean, a float."""
    return aggregate(tables, column, _double, lambda values: float(np.add.reduce(values.astype(float)) / len(values)))


@builtin("universe", "spread", pipe="tables")
def _spread(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    return aggregate(tables, column, _same, lambda values: (values.max() - values.min()).item())


def deviation(values: Values, fewer: int = 1) -> float:
    """The standard deviation: of a sample, or with `fewer` 0 of all values; NaN of too few."""
    floats = values.astype(np.float64)
    freedom = len(floats) - fewer
    return math.sqrt(float(np.sum((floats - floats.mean()) ** 2)) / freedom) if freedom > 0 else math.nan


def skewness(values: Values) -> float:
    """The skew; NaN of too few values, and of equal ones."""
    floats = values.astype(np.float64)
    away = floats - floats.mean()
    second, third = float(np.sum(away**2)), float(np.sum(away**3))
    if len(floats) < 2 or second == 0:
        return math.nan
    return math.sqrt(len(floats)) * third / float(np.float64(second) ** 1.5)


def estimate(values: Values, q: float, compression: float = 0.0) -> float:
    """The estimate of a quantile by a t-digest."""
    digest = TDigest(compression or 1000.0)
    digest.add(values.astype(np.float64))
    return digest.quantile(q)


@builtin("universe", "stddev", pipe="tables")
def _stddev(_ctx: Any, tables: TableStream, column: str = "_value", mode: str = "sample") -> TableStream:
    if mode not in ("sample", "population"):
        fail(f'"{mode}" is not a valid standard deviation mode')
    return aggregate(tables, column, _double, lambda values: deviation(values, 1 if mode == "sample" else 0))


@builtin("universe", "skew", pipe="tables")
def _skew(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    return aggregate(tables, column, _double, skewness)


@builtin("universe", "quantile", pipe="tables")
def quantile(
    _ctx: Any, tables: TableStream, q: float, column: str = "_value", method: str = "estimate_tdigest",
    compression: float = 0.0,
) -> TableStream:
    """The value below which a part of the values lies; three methods."""
    if not 0 <= q <= 1:
        fail("quantile must be between 0 and 1")
    if compression > 0 and method != "estimate_tdigest":
        fail("compression parameter is only valid for method estimate_tdigest")
    if method == "exact_selector":
        return select(tables, column, lambda found: _quantile_row(found, q))
    if method == "exact_mean":
        return aggregate(tables, column, _double, lambda values: _exact(values, q), ("double",))
    if method != "estimate_tdigest":
        fail(f"unknown method {method}")
    return aggregate(tables, column, _double, lambda values: estimate(values, q, compression))


def _exact(values: Values, q: float) -> float:
    ordered = np.sort(values)
    x = q * (len(ordered) - 1)
    low, high = math.floor(x), math.ceil(x)
    if low == high:
        return float(ordered[low])
    return float(ordered[low] * (high - x) + ordered[high] * (x - low))


def _quantile_row(column: Column, q: float) -> int | None:
    rows = np.arange(len(column)) if column.valid is None else np.flatnonzero(column.valid)
    if not len(rows):
        return None
    if column.type == "string":
        order = sorted(range(len(rows)), key=lambda at: column.values[rows[at]])
    else:
        order = np.argsort(column.values[rows], kind="stable").tolist()
    return int(rows[order[max(math.ceil(q * len(rows)) - 1, 0)]])


@builtin("universe", "median", pipe="tables")
def _median(
    ctx: Any, tables: TableStream, column: str = "_value", method: str = "estimate_tdigest", compression: float = 0.0,
) -> TableStream:
    return quantile(ctx, tables, 0.5, column, method, compression)  # type: ignore[no-any-return]


@builtin("universe", "mode", pipe="tables")
def _mode(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    def change(table: Table) -> Table:
        source = table.get(column)
        if source is None:
            return frames.one_row(table, constant_column("_value", "string", "", 1))
        if column in table.key:
            return frames.one_row(table, constant_column("_value", source.type, table.key_values[column], 1))
        values = source.values if source.valid is None else source.values[source.valid]
        counts = Counter(values.tolist())
        most = max(counts.values(), default=0)
        modes = sorted(value for value, times in counts.items() if times == most)
        if len(modes) == len(counts):
            return frames.one_row(table, constant_column("_value", source.type, None, 1))
        found = np.empty(len(modes), source.values.dtype)
        found[:] = modes
        keys = [c for c in table.key_columns(len(modes)) if c.name != "_value"]
        return Table([*keys, Column("_value", source.type, found)], table.key, table.key_values)

    return frames.each(tables, change)
