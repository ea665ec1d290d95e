"""Putting streams together: join (inner) and union.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/join/ and …/union/.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import FLUX_TYPES, Column, Table, TableStream, concat, constant_column, merge
from labkit.embedded.influx.flux.values import Record, type_name


@builtin("universe", "union")
def _union(_ctx: Any, tables: list[Any]) -> TableStream:
    if len(tables) < 2:
        fail("union must have at least two streams as input")
    for stream in tables:
        if not isinstance(stream, TableStream):
            fail(f"union: tables must be an array of streams, but it holds {type_name(stream)}")
    return TableStream(merge(table for stream in tables for table in stream))


@builtin("universe", "join", pipe="tables")
def _join(ctx: Any, tables: Record, on: list[str], method: str = "inner") -> TableStream:
    if method != "inner":
        fail(f"{method} is not a valid join type")
    return join(ctx, tables, on)


def join(ctx: Any, tables: Record, on: list[str]) -> TableStream:
    """The inner join of two streams: each pair of rows that agree in some columns.

    Columns that both have and that are not joined on get the name of their stream behind them, as in `_value_temp`.

    Args:
        ctx: the running query.
        tables: two streams by name; the alphabetically first is the left one.
        on: the columns that must be equal; null equals nothing.

    Raises:
        ValueError: there are not two streams, or nothing to join on, or a column has two types.
    """
    if not on:
        fail("at least one column in 'on' column list is required")
    if len(tables) != 2 or not all(isinstance(stream, TableStream) for stream in tables.values()):
        fail("join: tables must be a record of two streams")
    left_name, right_name = sorted(tables)
    lefts, rights = (_joinable(tables[name], on) for name in (left_name, right_name))
    found: list[Table] = []
    rows = 0
    partners = _Partners(rights, on)
    for left in lefts:
        ctx.check_time()
        for right in partners.of(left):
            pair = _joined(ctx, left, right, on, left_name, right_name)
            if pair.rows:
                found.append(pair)
                rows += pair.rows
        ctx.check_rows(rows)
    return TableStream(_by_key(found))


def _by_key(tables: list[Table]) -> list[Table]:
    groups: dict[Any, list[Table]] = {}
    for table in tables:
        groups.setdefault(table.group_key(), []).append(table)
    return [concat(group, group[0].key, group[0].key_values) for group in groups.values()]


def _joinable(stream: TableStream, on: list[str]) -> list[Table]:
    """The tables that have all columns to join on; rows where one is null leave, for null equals nothing."""
    found = []
    for table in stream:
        columns = [table.get(name) for name in on]
        known = [column for column in columns if column is not None]
        if len(known) < len(on):
            continue
        if any(column.valid is not None for column in known):
            table = table.take(np.logical_and.reduce([column.valid_mask() for column in known]))
        if table.rows:
            found.append(table)
    return found


class _Partners:
    """Finds, without a look at each pair, the tables whose group keys agree in the columns joined on.

    Args:
        tables: the tables of the right side.
        on: the columns joined on.
    """

    def __init__(self, tables: list[Table], on: list[str]) -> None:
        self.on = on
        self.tables = tables
        self.indexes: dict[tuple[str, ...], dict[tuple[Any, ...], list[Table]]] = {}
        self.names = {tuple(name for name in on if name in table.key) for table in tables}

    def of(self, table: Table) -> list[Table]:
        """The tables that may hold partners of the rows of a table."""
        mine = tuple(name for name in self.on if name in table.key)
        if len(self.names) != 1:
            return [other for other in self.tables
                    if all(other.key_values[name] == table.key_values[name] for name in mine if name in other.key)]
        common = tuple(name for name in mine if name in next(iter(self.names)))
        if common not in self.indexes:
            index = self.indexes.setdefault(common, {})
            for other in self.tables:
                index.setdefault(tuple(other.key_values[name] for name in common), []).append(other)
        return self.indexes[common].get(tuple(table.key_values[name] for name in common), [])


def ranks(left: Table, right: Table, on: list[tuple[str, str]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers that are equal where rows agree, and grow with the columns joined on; one array a table.

    Args:
        left: a table.
        right: another.
        on: pairs of a column of `left` and one of `right`.

    Raises:
        ValueError: a pair has two types.
    """
    rank = np.zeros(left.rows + right.rows, np.int64)
    for left_name, right_name in on:
        a, b = left.column(left_name), right.column(right_name)
        if a.type != b.type:
            fail(f'join: column "{left_name}" is of type {FLUX_TYPES[a.type]} on one side and '
                 f"{FLUX_TYPES[b.type]} on the other")
        _, own = np.unique(np.concatenate([a.values, b.values]), return_inverse=True)
        own = own.reshape(-1)
        _, rank = np.unique(rank * (int(own.max(initial=0)) + 1) + own, return_inverse=True)
        rank = rank.reshape(-1)
    return rank[: left.rows], rank[left.rows :]


def matching_rows(
    ctx: Any, left: NDArray[np.int64], right: NDArray[np.int64],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pairs of rows of equal rank, as two arrays of row numbers, by ascending rank.

    Raises:
        LimitError: they are too many.
    """
    left_order, right_order = np.argsort(left, kind="stable"), np.argsort(right, kind="stable")
    sorted_left, sorted_right = left[left_order], right[right_order]
    first = np.searchsorted(sorted_right, sorted_left, side="left")
    counts = np.searchsorted(sorted_right, sorted_left, side="right") - first
    ctx.check_rows(int(counts.sum()))
    offsets = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(left_order, counts), right_order[np.repeat(first, counts) + offsets]


def _joined(ctx: Any, left: Table, right: Table, on: list[str], left_name: str, right_name: str) -> Table:
    left_rows, right_rows = matching_rows(ctx, *ranks(left, right, [(name, name) for name in on]))
    shared = {column.name for column in left.columns} & {column.name for column in right.columns}
    columns: dict[str, Column] = {}
    key_values: dict[str, Any] = {}
    for table, rows, name in ((left, left_rows, left_name), (right, right_rows, right_name)):
        for column in table.columns:
            label = f"{column.name}_{name}" if column.name in shared and column.name not in on else column.name
            if label not in columns and column.name in table.key:
                columns[label] = constant_column(label, column.type, table.key_values.get(column.name), len(rows))
            elif label not in columns:
                columns[label] = column.take(rows).renamed(label)
            if column.name in table.key:
                key_values.setdefault(label, table.key_values.get(column.name))
    key = tuple(sorted(key_values))
    return Table([columns[label] for label in sorted(columns)], key, {label: key_values[label] for label in key})
