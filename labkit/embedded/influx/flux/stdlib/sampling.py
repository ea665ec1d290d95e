"""Rows and values picked from tables: sample, keyValues.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/sample/ and …/keyvalues/.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

import random
from typing import Any

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import Table, TableStream, column_from


@builtin("universe", "sample", pipe="tables")
def _sample(_ctx: Any, tables: TableStream, n: int, pos: int = -1, column: str = "_value") -> TableStream:
    if n <= 0:
        fail(f"n must be a positive integer, but was {n}")
    if pos >= n:
        fail(f"pos must be less than n, but {pos} >= {n}")

    def change(table: Table) -> Table:
        frames.need(table, column, f'no column "{column}" exists')
        first = pos if pos >= 0 else random.randrange(n)
        return table.take(slice(first, None, n))

    return frames.each(tables, change)


@builtin("universe", "keyValues", pipe="tables")
def _key_values(_ctx: Any, tables: TableStream, keyColumns: list[str]) -> TableStream:
    if not keyColumns:
        fail("must provide keyColumns")

    def change(table: Table) -> Table:
        columns = [column for name in keyColumns if (column := table.get(name)) is not None]
        if not columns:
            fail(f"received table with columns {table.names} not having key columns {keyColumns}")
        if len({column.type for column in columns}) > 1:
            fail("keyColumns must all be the same type")
        pairs: dict[tuple[str, Any], None] = {}
        null_seen = False
        for row in zip(*(column.to_list() for column in columns), strict=True):
            for column, value in zip(columns, row, strict=True):
                if value is None:
                    if null_seen:
                        continue
                    null_seen = True
                pairs.setdefault((column.name, value))
        names = [name for name, _ in pairs]
        made = [column_from("_key", "string", names),
                column_from("_value", columns[0].type, [value for _, value in pairs])]
        keys = [c for c in table.key_columns(len(names)) if c.name not in ("_key", "_value")]
        return Table([*keys, *made], table.key, table.key_values)

    return frames.each(tables, change)
