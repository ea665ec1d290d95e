"""Transformations that choose, order or make rows: filter, map, reduce, limit, tail, sort, top, unique, distinct.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

from typing import Any

import numpy as np

from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.interpreter import Closure, caller
from labkit.embedded.influx.flux.pushdown import push_filter
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.stream import Scan
from labkit.embedded.influx.flux.table import (
    Column,
    Index,
    Mask,
    Table,
    TableStream,
    codes,
    column_type,
    constant_column,
    infer_column,
    merge,
    split_by,
)
from labkit.embedded.influx.flux.values import FluxCallable, Record, type_name
from labkit.embedded.influx.flux.vector import RowSet, Unsupported, VectorFunction

_FEW = 4
"""Up to so many rows, going row by row is faster."""


@builtin("universe", "filter", pipe="tables")
def _filter(_ctx: Any, tables: TableStream, fn: FluxCallable, onEmpty: str = "drop") -> TableStream:
    if onEmpty not in ("keep", "drop"):
        fail(f"unknown onEmpty type: {onEmpty}; must be keep or drop")
    if isinstance(tables, Scan) and not tables.is_read and isinstance(fn, Closure) and onEmpty == "drop":
        tables, rest = push_filter(tables, fn)
        if rest is None:
            return tables
        fn = rest
    vector, scalar = VectorFunction(fn, "r"), caller(fn, "r")
    found = []
    for table in tables:
        if not table.rows:
            # Only `keep` lets an empty table through, and only if the condition on its key may hold.
            if onEmpty == "keep":
                found.append(table)
            continue
        mask = _mask(table, vector, scalar)
        if mask is None:
            found.append(table)
        elif mask.any() or onEmpty == "keep":
            found.append(table.take(mask))
    result = TableStream(found)
    result.stored = tables.stored
    return result


def _mask(table: Table, vector: VectorFunction, scalar: Any) -> Mask | None:
    """Which rows stay; None for all."""
    if table.rows > _FEW:
        try:
            found = vector.evaluate(table)
            if isinstance(found, Column):
                if found.type == "boolean":
                    mask = found.values if found.valid is None else found.values & found.valid
                    return None if mask.all() else mask
            elif found is None or type(found) is bool:
                return None if found else np.zeros(table.rows, np.bool_)
        except Unsupported:
            pass
    kept = []
    for row in table.records():
        value = scalar(row)
        if value is not None and type(value) is not bool:
            fail(f"expected bool but found {type_name(value)} (argument fn)")
        kept.append(value is True)
    return np.array(kept, np.bool_)


@builtin("universe", "map", pipe="tables")
def _map(_ctx: Any, tables: TableStream, fn: FluxCallable, mergeKey: bool = False) -> TableStream:
    vector, scalar = VectorFunction(fn, "r"), caller(fn, "r")
    found: list[Table] = []
    for table in tables:
        if not table.rows:
            continue
        columns = _mapped(table, vector, scalar)
        if mergeKey:
            present = {column.name for column in columns}
            columns += [c for c in table.key_columns(table.rows) if c.name not in present]
        if not columns:
            continue
        key = [name for name in table.key if any(column.name == name for column in columns)]
        found += split_by(Table(columns), key)
    return TableStream(merge(found))


def _mapped(table: Table, vector: VectorFunction, scalar: Any) -> list[Column]:
    if table.rows > _FEW:
        try:
            made = vector.evaluate(table)
            if isinstance(made, RowSet):
                return _columns_of(made, table.rows)
        except Unsupported:
            pass
    rows = []
    for row in table.records():
        record = scalar(row)
        if type(record) is not Record:
            fail(f"map function must return an object, found {type_name(record)}")
        rows.append(record)
    names: dict[str, None] = {}
    for record in rows:
        names |= dict.fromkeys(record)
    columns = []
    for name in names:
        values = [record.get(name) for record in rows]
        for value in values:
            if value is not None and column_type(value) is None:
                fail(f'map object property "{name}" is {type_name(value)} type which is not supported in a flux table')
        old = table.get(name)
        column = infer_column(name, values, old.type if old else None)
        if column is not None:
            columns.append(column)
    return columns


def _columns_of(made: RowSet, rows: int) -> list[Column]:
    columns = []
    for name, value in made.items():
        if isinstance(value, Column):
            columns.append(value.renamed(name))
        elif value is not None:
            kind = column_type(value)
            if kind is None:
                fail(f'map object property "{name}" is {type_name(value)} type which is not supported in a flux table')
            columns.append(constant_column(name, kind, value, rows))
    return columns


@builtin("universe", "reduce", pipe="tables")
def _reduce(_ctx: Any, tables: TableStream, fn: FluxCallable, identity: Record) -> TableStream:
    function = caller(fn, "r", "accumulator")
    found: list[Table] = []
    seen = set()
    for table in tables:
        total: Any = identity
        for row in table.records():
            total = function(row, total)
            if type(total) is not Record:
                fail(f"reduce function must return a record, found {type_name(total)}")
        key_values = {name: total.get(name, value) for name, value in table.key_values.items()}
        columns = [
            infer_column(name, [value], c.type if (c := table.get(name)) else "string")
            for name, value in key_values.items()
        ]
        for name in sorted(total):
            if name in key_values:
                continue
            if total[name] is None:
                fail(f'null values are not supported for "{name}" in the reduce() function')
            if column_type(total[name]) is None:
                fail(f'a table cannot hold "{name}" of type {type_name(total[name])}')
            columns.append(infer_column(name, [total[name]]))
        made = Table([column for column in columns if column is not None], table.key, key_values)
        if made.group_key() in seen:
            fail("two reducers writing result to the same table")
        seen.add(made.group_key())
        found.append(made)
    return TableStream(found)


@builtin("universe", "limit", pipe="tables")
def _limit(_ctx: Any, tables: TableStream, n: int, offset: int = 0) -> TableStream:
    _not_negative(n, offset)
    return frames.each(tables, lambda table: table.take(slice(offset, offset + n)))


@builtin("universe", "tail", pipe="tables")
def _tail(_ctx: Any, tables: TableStream, n: int, offset: int = 0) -> TableStream:
    _not_negative(n, offset)

    def last(table: Table) -> Table:
        stop = max(table.rows - offset, 0)
        return table.take(slice(max(stop - n, 0), stop))

    return frames.each(tables, last)


def _not_negative(n: int, offset: int) -> None:
    if n < 0:
        fail("n cannot be negative")
    if offset < 0:
        fail("offset cannot be negative")


def sort_order(table: Table, names: list[str], *, desc: bool) -> Index | None:
    """The order of the rows by some columns, nulls first; None where nothing has to move."""
    keys: list[Any] = []
    for name in names:
        column = table.get(name)
        if column is None or name in table.key:
            continue
        ranks = _ranks(column)
        keys.append(np.where(ranks < 0, -1, -ranks + len(ranks)) if desc else ranks)
    if not keys or table.rows < 2:
        return None
    if len(keys) == 1 and (np.diff(keys[0]) >= 0).all():
        return None
    return np.lexsort(tuple(reversed(keys)))


def _ranks(column: Column) -> Any:
    """Shape (rows,): a number for each value that sorts as the value does; null is -1, NaN the largest."""
    values = column.values
    if column.type == "string":
        order = {text: rank for rank, text in enumerate(sorted(set(values.tolist())))}
        ranks = np.fromiter((order[text] for text in values.tolist()), np.int64, len(values))
    else:
        _, inverse = np.unique(values, return_inverse=True)
        ranks = inverse.reshape(-1).astype(np.int64)
    return ranks if column.valid is None else np.where(column.valid, ranks, -1)


def sorted_table(table: Table, names: list[str], *, desc: bool) -> Table:
    """The table with its rows in order of some columns."""
    order = sort_order(table, names, desc=desc)
    return table if order is None else table.take(order)


@builtin("universe", "sort", pipe="tables")
def _sort(_ctx: Any, tables: TableStream, columns: list[str] | None = None, desc: bool = False) -> TableStream:
    names = ["_value"] if columns is None else columns
    return frames.each(tables, lambda table: sorted_table(table, names, desc=desc))


def _sort_limit(tables: TableStream, n: int, columns: list[str], *, desc: bool) -> TableStream:
    if n < 0:
        fail("n cannot be negative")
    return frames.each(tables, lambda table: sorted_table(table, columns, desc=desc).take(slice(0, n)))


@builtin("universe", "top", pipe="tables")
def top(_ctx: Context, tables: TableStream, n: int, columns: list[str] | None = None) -> TableStream:
    """The rows with the largest values, largest first."""
    return _sort_limit(tables, n, ["_value"] if columns is None else columns, desc=True)


@builtin("universe", "bottom", pipe="tables")
def bottom(_ctx: Context, tables: TableStream, n: int, columns: list[str] | None = None) -> TableStream:
    """The rows with the smallest values, smallest first."""
    return _sort_limit(tables, n, ["_value"] if columns is None else columns, desc=False)


def _first_rows(column: Column) -> Index:
    """The rows in which a value stands for the first time; null is a value."""
    _, first = np.unique(codes(column), return_index=True)
    return np.sort(first)


@builtin("universe", "unique", pipe="tables")
def _unique(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    def change(table: Table) -> Table:
        found = frames.need(table, column, f'no column "{column}" exists')
        return table.take(_first_rows(found)) if table.rows else table

    return frames.each(tables, change)


@builtin("universe", "distinct", pipe="tables")
def _distinct(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    def change(table: Table) -> Table:
        found = table.get(column)
        if found is None:
            return frames.one_row(table, constant_column("_value", "string", "", 1))
        if column in table.key:
            value = constant_column("_value", found.type, table.key_values.get(column), 1)
        else:
            value = found.take(_first_rows(found)).renamed("_value")
        keys = [c for c in table.key_columns(len(value)) if c.name != "_value"]
        return Table([*keys, value], table.key, table.key_values)

    return frames.each(tables, change)
