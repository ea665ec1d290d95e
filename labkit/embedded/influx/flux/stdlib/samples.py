"""sample and keyValues.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/sample/ and …/keyvalues/.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

import random
from typing import Any

import numpy as np

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import Table, TableStream, codes, column_from


@builtin("universe", "sample", pipe="tables")
def _sample(_ctx: Any, tables: TableStream, n: int, pos: int = -1, column: str = "_value") -> TableStream:
    if n <= 0:
        fail(f"n must be a positive integer, but was {n}")
    if pos >= n:
        fail(f"pos must be less than n, but {pos} >= {n}")

    def table_of(table: Table) -> Table:
        frames.need(table, column, f'no column "{column}" exists')
        first = pos if pos >= 0 else random.randrange(n)
        return table.take(slice(first, None, n))

    return frames.each(tables, table_of)


@builtin("universe", "keyValues", pipe="tables")
def _key_values(_ctx: Any, tables: TableStream, keyColumns: list[str] | None = None) -> TableStream:
    if not keyColumns:
        fail("keyValues: parameter keyColumns must name at least one column")
    return frames.each(tables, lambda table: _pairs(table, keyColumns))


def _pairs(table: Table, names: list[str]) -> Table:
    columns = [column for name in names if (column := table.get(name)) is not None]
    if not columns:
        fail(f"received table with columns {table.names} not having key columns {names}")
    if len({column.type for column in columns}) > 1:
        fail("keyColumns must all be the same type")
    places: list[tuple[int, int]] = []
    null_seen = False
    for which, column in enumerate(columns):
        numbers, first = np.unique(codes(column), return_index=True)
        places += [(int(row), which) for number, row in zip(numbers, first, strict=True) if number >= 0]
        if len(numbers) and numbers[0] < 0 and not null_seen:
            null_seen = True
            places.append((int(first[0]), which))
    places.sort()
    values = column_from("_value", columns[0].type, [columns[which].at(row) for row, which in places])
    labels = column_from("_key", "string", [columns[which].name for _, which in places])
    return Table([*table.key_columns(len(places)), labels, values], table.key, table.key_values)
