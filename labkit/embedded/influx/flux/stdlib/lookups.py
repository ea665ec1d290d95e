"""From streams to single values: tableFind, getColumn, getRecord, findColumn, findRecord.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/tablefind/ and its neighbours.
"""

from __future__ import annotations

from typing import Any

from labkit.embedded.influx.flux.interpreter import caller
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import Table, TableStream
from labkit.embedded.influx.flux.values import FluxCallable, Record, type_name


def _find(tables: TableStream, fn: FluxCallable) -> Table | None:
    wanted = caller(fn, "key")
    for table in tables:
        found = wanted(table.key_record())
        if found is not None and type(found) is not bool:
            fail(f"expected bool but found {type_name(found)} (argument fn)")
        if found:
            return table
    return None


@builtin("universe", "tableFind", pipe="tables")
def _table_find(_ctx: Any, tables: TableStream, fn: FluxCallable) -> TableStream:
    found = _find(tables, fn)
    return fail("no table found") if found is None else TableStream([found])


def _only(table: TableStream) -> Table:
    found = table.tables
    return found[0] if len(found) == 1 else fail(f"expected one table, found {len(found)}; use tableFind()")


@builtin("universe", "getColumn", pipe="table")
def _get_column(_ctx: Any, table: TableStream, column: str) -> list[Any]:
    only = _only(table)
    found = only.get(column)
    return fail(f"cannot find column {column}") if found is None else found.to_list()


@builtin("universe", "getRecord", pipe="table")
def _get_record(_ctx: Any, table: TableStream, idx: int) -> Record:
    only = _only(table)
    if not 0 <= idx < only.rows:
        fail(f"index out of bounds: {idx}")
    return only.record(idx)


@builtin("universe", "findColumn", pipe="tables")
def _find_column(_ctx: Any, tables: TableStream, fn: FluxCallable, column: str) -> list[Any]:
    found = _find(tables, fn)
    values = found.get(column) if found is not None else None
    return values.to_list() if values is not None else []


@builtin("universe", "findRecord", pipe="tables")
def _find_record(_ctx: Any, tables: TableStream, fn: FluxCallable, idx: int) -> Record:
    found = _find(tables, fn)
    return found.record(idx) if found is not None and 0 <= idx < found.rows else Record()
