"""Transformations of the group key and of columns: group, keep, drop, rename, duplicate, set, columns, keys.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.embedded.influx.flux.interpreter import caller
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import (
    Column,
    Table,
    TableStream,
    column_from,
    constant_column,
    merge,
    split_by,
)
from labkit.embedded.influx.flux.values import FluxCallable, Record, type_name


def regroup(tables: TableStream, columns: list[str], mode: str = "by") -> TableStream:
    """The tables with another group key.

    Raises:
        ValueError: the mode is unknown, or columns of tables that come together differ in type.
    """
    if mode not in ("by", "except"):
        fail(f"invalid mode: must be 'by' or 'except', got {mode!r}")
    parts: list[Table] = []
    for table in tables:
        if mode == "by":
            key = [name for name in dict.fromkeys(columns) if table.get(name) is not None]
        else:
            key = [name for name in table.names if name not in columns]
        if table.rows or set(key) <= set(table.key):
            parts += split_by(table, key)
    result = TableStream(merge(parts))
    result.grouped = tables.stored and mode == "by" and not {"_time", "_value"} & set(columns)
    return result


@builtin("universe", "group", pipe="tables")
def _group(_ctx: Any, tables: TableStream, columns: list[str] | None = None, mode: str = "by") -> TableStream:
    return regroup(tables, columns or [], mode)


def _choice(
    columns: list[str] | None, fn: FluxCallable | None, what: str,
) -> Callable[[str], bool]:
    if (columns is None) == (fn is None):
        fail(f"{what} error: must provide either columns or fn, and not both" if columns is not None else
             f"{what} error: neither column list nor predicate function provided")
    if columns is not None:
        wanted = set(columns)
        return lambda name: name in wanted
    test = caller(fn, "column")

    def chosen(name: str) -> bool:
        found = test(name)
        if type(found) is not bool:
            fail(f"expected bool but found {type_name(found)} (argument fn)")
        return found is True

    return chosen


def _keep_columns(tables: TableStream, kept: Callable[[str], bool]) -> TableStream:
    memo: dict[str, bool] = {}
    parts = []
    changed = False
    for table in tables:
        for name in table.names:
            if name not in memo:
                memo[name] = kept(name)
        gone = [name for name in table.names if not memo[name]]
        changed = changed or any(name in table.key for name in gone)
        part = table.without(*gone) if gone else table
        if part.columns:
            parts.append(part)
    return TableStream(merge(parts) if changed else parts)


@builtin("universe", "keep", pipe="tables")
def _keep(
    _ctx: Any, tables: TableStream, columns: list[str] | None = None, fn: FluxCallable | None = None,
) -> TableStream:
    return _keep_columns(tables, _choice(columns, fn, "keep"))


@builtin("universe", "drop", pipe="tables")
def _drop(
    _ctx: Any, tables: TableStream, columns: list[str] | None = None, fn: FluxCallable | None = None,
) -> TableStream:
    chosen = _choice(columns, fn, "drop")
    return _keep_columns(tables, lambda name: not chosen(name))


@builtin("universe", "rename", pipe="tables")
def _rename(
    _ctx: Any, tables: TableStream, columns: Record | None = None, fn: FluxCallable | None = None,
) -> TableStream:
    if (columns is None) == (fn is None):
        fail("rename error: must provide either columns or fn, and not both")
    function = caller(fn, "column") if fn is not None else None
    found = []
    for table in tables:
        if columns is not None:
            for old, new in columns.items():
                if table.get(old) is None:
                    fail(f'rename error: column "{old}" doesn\'t exist')
                if type(new) is not str:
                    fail(f"rename error: name of a column must be a string, found {type_name(new)}")
            names = {name: columns.get(name, name) for name in table.names}
        else:
            names = {name: function(name) if function else name for name in table.names}
            wrong = next((new for new in names.values() if type(new) is not str), "")
            if wrong != "":
                fail(f"rename error: fn must return a string, found {type_name(wrong)}")
        if len(set(names.values())) != len(names):
            twice = next(name for name in names.values() if list(names.values()).count(name) > 1)
            fail(f'column "{twice}" already exists')
        found.append(Table(
            [column.renamed(names[column.name]) for column in table.columns],
            tuple(names[name] for name in table.key),
            {names[name]: value for name, value in table.key_values.items() if name in names},
        ))
    return TableStream(merge(found))


def _put(table: Table, column: Column, *, in_key: bool, value: Any) -> Table:
    """The table with a column put in; whether it belongs to the group key afterwards is said."""
    made = table.put(column)
    key_values = dict(table.key_values)
    key = table.key
    if column.name in key:
        if in_key:
            key_values[column.name] = value
        else:
            key = tuple(name for name in key if name != column.name)
            key_values.pop(column.name, None)
    return Table(made.columns, key, key_values)


@builtin("universe", "duplicate", pipe="tables")
def _duplicate(_ctx: Any, tables: TableStream, column: str, as_: str) -> TableStream:
    def change(table: Table) -> Table:
        source = frames.need(table, column, f'duplicate error: column "{column}" doesn\'t exist')
        constant = column in table.key
        return _put(table, source.renamed(as_), in_key=constant, value=table.key_values.get(column))

    return TableStream(merge(change(table) for table in tables))


@builtin("universe", "set", pipe="tables")
def _set(_ctx: Any, tables: TableStream, key: str, value: str) -> TableStream:
    def change(table: Table) -> Table:
        return _put(table, constant_column(key, "string", value, table.rows), in_key=True, value=value)

    return TableStream(merge(change(table) for table in tables))


def _labels(table: Table, labels: list[str], column: str) -> Table:
    keys = [c for c in table.key_columns(len(labels)) if c.name != column]
    return Table([*keys, column_from(column, "string", labels)], table.key, table.key_values)


@builtin("universe", "columns", pipe="tables")
def _columns(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    return frames.each(tables, lambda table: _labels(table, table.names, column))


@builtin("universe", "keys", pipe="tables")
def _keys(_ctx: Any, tables: TableStream, column: str = "_value") -> TableStream:
    return frames.each(tables, lambda table: _labels(table, sorted(table.key), column))
