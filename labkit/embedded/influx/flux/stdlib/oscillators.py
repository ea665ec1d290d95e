"""Indicators of technical analysis: Chande's momentum oscillator, Kaufman's averages, the relative strength index.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/. Nulls count as zero in the first two, as in Flux.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import Column, Table, TableStream, column_from


def _numbers(column: Column) -> list[float]:
    values = frames.floats(column)
    numbers: list[float] = np.where(column.valid_mask(), values, 0.0).tolist()
    return numbers


def _divide(a: float, b: float) -> float:
    if b != 0:
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a)


class _Momentum:
    """Sums of rises and falls in a sliding window."""

    def __init__(self) -> None:
        self.rises = self.falls = 0.0

    def step(self, difference: float, leaving: float) -> float:
        """Add one difference, answer the oscillator, then drop the difference that leaves the window."""
        if difference > 0:
            self.rises += difference
        elif difference < 0:
            self.falls -= difference
        found = _divide(100 * (self.rises - self.falls), self.rises + self.falls)
        if leaving > 0:
            self.rises -= leaving
        else:
            self.falls += leaving
        return found


def momentum(values: list[float], n: int) -> list[float]:
    """Chande's oscillator (percent) from the n-th row on."""
    state = _Momentum()
    differences = [0.0, *(b - a for a, b in pairwise(values))]
    found = []
    for row, difference in enumerate(differences[: len(values)]):
        answer = state.step(difference, differences[row - n + 1] if row >= n else 0.0)
        if row >= n:
            found.append(answer)
    return found


def _kaufman(values: list[float], n: int) -> list[float]:
    if n >= len(values):
        return []
    state = _Momentum()
    recent = [0.0] * n
    fast, slow = 2.0 / 3.0, 2.0 / 31.0
    average, before = 0.0, values[0] if values else 0.0
    found = []
    for row, value in enumerate(values):
        answer = state.step(value - before, recent[(row + 1) % n] if row >= n else 0.0)
        if row >= n:
            average = before if row == n else average
            ratio = abs(answer) / 100.0
            average += (ratio * (fast - slow) + slow) ** 2 * (value - average)
            found.append(average)
        recent[row % n] = value - before
        before = value
    return found


def _from_row_n(tables: TableStream, n: int, names: list[Any], what: str,
                function: Callable[[list[float]], list[float]]) -> TableStream:
    if n <= 0:
        fail(f"cannot take {what} with a period of {n} (must be greater than 0)")

    def table_of(table: Table) -> Table:
        changed = []
        for column in table.columns:
            if column.name in names:
                frames.check_numeric(column, f"cannot take {what} of")
                changed.append(column_from(column.name, "double", function(_numbers(column))))
        return table.take(slice(n, None)).put(*changed)

    return frames.each(tables, table_of)


@builtin("universe", "chandeMomentumOscillator", pipe="tables")
def _chande(_ctx: Any, tables: TableStream, n: int, columns: list[str] | None = None) -> TableStream:
    names = ["_value"] if columns is None else columns
    return _from_row_n(tables, n, names, "chande momentum oscillator", lambda values: momentum(values, n))


@builtin("universe", "kaufmansER", pipe="tables")
def _kaufmans_er(_ctx: Any, tables: TableStream, n: int) -> TableStream:
    return _from_row_n(tables, n, ["_value"], "kaufmansER",
                       lambda values: [abs(value) / 100.0 for value in momentum(values, n)])


@builtin("universe", "kaufmansAMA", pipe="tables")
def _kaufmans_ama(_ctx: Any, tables: TableStream, n: int, column: str = "_value") -> TableStream:
    return _from_row_n(tables, n, [column], "KaufmansAMA", lambda values: _kaufman(values, n))


class _Smoothed:
    """A mean of the first `n` numbers that then becomes an exponential average of weight 1/n."""

    def __init__(self, n: int) -> None:
        self.n, self.rows, self.count, self.value = n, 0, 0, 0.0

    def add(self, number: float | None) -> None:
        if number is not None:
            if self.rows < self.n or self.count == 0:
                self.value = (self.value * self.count + number) / (self.count + 1)
            else:
                self.value += (number - self.value) / self.n
            self.count = min(self.count + 1, self.n)
        self.rows += 1


def relative_strength(values: list[float | None], n: int) -> list[float | None]:
    """The relative strength index (percent) from the n-th row on; the row before the first counts as zero.

    With `n` rows or fewer the answer is one number, of the rows there are.
    """
    ups, downs = _Smoothed(n), _Smoothed(n)
    last: float | None = None
    found: list[float | None] = []

    def index() -> float:
        return 100.0 - _divide(100.0, 1.0 + _divide(ups.value, downs.value))

    for row, value in enumerate(values):
        if value is None:
            ups.add(None)
            downs.add(None)
        else:
            change = value - (last or 0.0)
            ups.add(max(change, 0.0))
            downs.add(max(-change, 0.0))
            last = value
        if row >= n:
            found.append(None if last is None else index())
    return [index()] if values and len(values) <= n else found


@builtin("universe", "relativeStrengthIndex", pipe="tables")
def _relative_strength_index(_ctx: Any, tables: TableStream, n: int, columns: list[str] | None = None) -> TableStream:
    names = ["_value"] if columns is None else columns
    if n <= 0:
        fail(f"cannot take relative strength index with a period of {n} (must be greater than 0)")

    def table_of(table: Table) -> Table:
        changed = []
        for column in table.columns:
            if column.name in names:
                frames.check_numeric(column, "cannot take relative strength index of")
                numbers = Column(column.name, "double", frames.floats(column), column.valid)
                changed.append(column_from(column.name, "double", relative_strength(numbers.to_list(), n)))
        return table.take(slice(min(n, max(table.rows - 1, 0)), None)).put(*changed)

    return frames.each(tables, table_of)
