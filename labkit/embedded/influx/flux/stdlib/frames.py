"""Small operations on columns and tables that the transformations share, beside those of `table.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import FLUX_TYPES, NUMBERS, Column, Table, TableStream, column_type
from labkit.embedded.influx.flux.values import type_name


def need(table: Table, name: str, message: str | None = None) -> Column:
    """The column of that name.

    Raises:
        ValueError: there is none; the message is of the caller, if given.
    """
    column = table.get(name)
    return fail(message or f'column "{name}" does not exist') if column is None else column


def kind_of(value: Any) -> str:
    """The column type for a value.

    Raises:
        ValueError: a column cannot hold such a value.
    """
    kind = column_type(value)
    return fail(f"a column cannot hold a value of type {type_name(value)}") if kind is None else kind


def masked(column: Column, values: NDArray[Any], where: NDArray[np.bool_] | None) -> Column:
    """The column with other values of the same type; `where` tells which are not null."""
    return Column(column.name, column.type, values, None if where is None or where.all() else where)


def one_row(table: Table, *columns: Column) -> Table:
    """The group key's columns and others, one row: what an aggregate answers."""
    return keyed(table, 1, *columns)


def keyed(table: Table, rows: int, *columns: Column) -> Table:
    """The group key's columns and others.

    Raises:
        ValueError: two columns would have one name.
    """
    names = [*table.key, *(column.name for column in columns)]
    for place, name in enumerate(names):
        if name in names[:place]:
            fail(f'column "{name}" exists already')
    return Table([*table.key_columns(rows), *columns], table.key, table.key_values)


def each(tables: TableStream, function: Callable[[Table], Table | None]) -> TableStream:
    """The stream of the function's tables; None leaves a table out."""
    return TableStream([found for table in tables if (found := function(table)) is not None],
                       tables.bounds)


def floats(column: Column) -> NDArray[np.float64]:
    """The values as floats."""
    return column.values.astype(np.float64)


def check_numeric(column: Column, what: str) -> None:
    """Refuse a column that holds no numbers.

    Raises:
        ValueError: with the name and type of the column.
    """
    if column.type not in NUMBERS:
        fail(f"{what} column {column.name} (type {FLUX_TYPES[column.type]})")
