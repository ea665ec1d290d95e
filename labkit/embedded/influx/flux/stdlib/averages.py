"""Moving averages: movingAverage, exponentialMovingAverage and its double and triple, tripleExponentialDerivative.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import Column, Table, TableStream, column_from, constant_column

_FEW_ADDITIONS = 50_000_000


def _value_column(table: Table, what: str) -> Column:
    column = frames.need(table, "_value", "cannot find _value column")
    frames.check_numeric(column, f"cannot take {what} of")
    return column


def _check_period(n: int, what: str = "moving average") -> None:
    if n <= 0:
        fail(f"cannot take {what} with a period of {n} (must be greater than 0)")


@builtin("universe", "movingAverage", pipe="tables")
def _moving_average(_ctx: Any, tables: TableStream, n: int) -> TableStream:
    _check_period(n)

    def table_of(table: Table) -> Table:
        column = _value_column(table, "moving average")
        where, values = column.valid_mask(), frames.floats(column)
        count = len(values)
        if not count:
            return table.put(Column("_value", "double", values))
        width = min(n, count)
        counts = _window_sums(where.astype(np.int64), width)
        with np.errstate(all="ignore"):
            means = _window_sums(np.where(where, values, 0.0), width) / counts
        average = frames.masked(Column("_value", "double", means), means, counts > 0)
        return table.take(slice(width - 1, None)).put(average)

    return frames.each(tables, table_of)


def _window_sums(values: NDArray[Any], width: int) -> NDArray[Any]:
    """The sums of all stretches of a given width."""
    if values.dtype == np.float64 and (len(values) * width <= _FEW_ADDITIONS or not np.isfinite(values).all()):
        sums: NDArray[Any] = np.lib.stride_tricks.sliding_window_view(values, width).sum(axis=1)
        return sums
    # Differences of running sums cost nothing for wide windows, but a little of the last digits.
    running = np.concatenate([[0], np.cumsum(values, dtype=np.longdouble if values.dtype == np.float64 else None)])
    return np.asarray(running[width:] - running[:-width]).astype(values.dtype)


def exponential(values: list[float | None], n: int) -> list[float | None]:
    """The exponential moving average from the n-th value on, whose start is the mean of the first n.

    Nulls repeat the average. Fewer than `n` values give the mean of what there is, once.
    """
    start = [value for value in values[:n] if value is not None]
    average = sum(start) / len(start) if start else None
    found = [average]
    weight = 2.0 / (n + 1)
    for value in values[n:]:
        if value is not None:
            average = value if average is None else value * weight + average * (1.0 - weight)
        found.append(average)
    return found


def _float_list(column: Column) -> list[float | None]:
    return Column(column.name, "double", frames.floats(column), column.valid).to_list()


def exponential_table(table: Table, n: int) -> Table:
    """The table with the exponential moving average of its `_value`, its first n - 1 rows gone."""
    column = _value_column(table, "exponential moving average")
    count = len(column.values)
    if not count:
        return table.put(Column("_value", "double", frames.floats(column)))
    average = column_from("_value", "double", exponential(_float_list(column), n))
    return table.take(slice(min(n, count) - 1, None)).put(average)


@builtin("universe", "exponentialMovingAverage", pipe="tables")
def _exponential_moving_average(_ctx: Any, tables: TableStream, n: int) -> TableStream:
    _check_period(n)
    return frames.each(tables, lambda table: exponential_table(table, n))


def _layered(table: Table, n: int, weights: tuple[float, ...]) -> Table:
    """A weighted sum of the average, the average of that average, and so on."""
    layers: list[Column] = []
    for _ in weights:
        before = table.rows
        table = exponential_table(table, n)
        cut = before - table.rows
        layers = [layer.take(slice(cut, None)) for layer in layers]
        layers.append(frames.need(table, "_value"))
    with np.errstate(all="ignore"):
        total = sum((weight * layer.values for weight, layer in zip(weights, layers, strict=True)),
                    np.zeros(table.rows))
    where = np.logical_and.reduce([layer.valid_mask() for layer in layers])
    return table.put(frames.masked(Column("_value", "double", total), total, where))


@builtin("universe", "doubleEMA", pipe="tables")
def _double(_ctx: Any, tables: TableStream, n: int) -> TableStream:
    _check_period(n)
    return frames.each(tables, lambda table: _layered(table, n, (2.0, -1.0)))


@builtin("universe", "tripleEMA", pipe="tables")
def _triple(_ctx: Any, tables: TableStream, n: int) -> TableStream:
    _check_period(n)
    return frames.each(tables, lambda table: _layered(table, n, (3.0, -3.0, 1.0)))


@builtin("universe", "tripleExponentialDerivative", pipe="tables")
def _triple_derivative(_ctx: Any, tables: TableStream, n: int) -> TableStream:
    _check_period(n)
    lost = 3 * (n - 1)

    def table_of(table: Table) -> Table:
        column = _value_column(table, "exponential moving average")
        count = len(column.values)
        if count <= lost:
            return table.take(slice(max(count - 1, 0), None)).put(
                                   constant_column("_value", "double", None, min(count, 1)))
        layer = _float_list(column)
        for _ in range(3):
            layer = exponential(layer, n)
        smooth = column_from("_value", "double", layer)
        where = smooth.valid_mask()
        with np.errstate(all="ignore"):
            change = (smooth.values[1:] / smooth.values[:-1] - 1.0) * 100.0
        derived = frames.masked(Column("_value", "double", change), change, where[1:] & where[:-1])
        return table.take(slice(lost + 1, None)).put(derived)

    return frames.each(tables, table_of)
