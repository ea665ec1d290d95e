"""Changes of single columns: fill, table.fill, and toBool, toFloat, toInt, toString, toTime, toUInt.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/fill/ and …/experimental/table/fill/.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.conversions import CONVERSIONS
from labkit.embedded.influx.flux.stdlib.rates import previous_valid
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import (
    DTYPES,
    FLUX_TYPES,
    TIME,
    Column,
    Table,
    TableStream,
    column_from,
    constant_column,
)


@builtin("universe", "fill", pipe="tables")
def _fill(_ctx: Any, tables: TableStream, column: str = "_value", value: Any = None,
          usePrevious: bool | None = None) -> TableStream:
    if (value is None) == (usePrevious is None):
        fail("fill requires exactly one of value or usePrevious")
    if usePrevious is False:
        fail("fill: usePrevious: false gives nothing to fill with")
    if usePrevious:
        return frames.each(tables, lambda table: _fill_previous(table, column))
    kind = frames.kind_of(value)
    return frames.each(tables, lambda table: _fill_value(table, column, kind, value))


def _fill_previous(table: Table, name: str) -> Table:
    column = table.get(name)
    if column is None or column.valid is None or name in table.key:
        return table
    source = np.where(column.valid, np.arange(len(column)), previous_valid(column.valid))
    return table.put(frames.masked(column, column.values[source], source >= 0))


def _fill_value(table: Table, name: str, kind: str, value: Any) -> Table:
    column = table.get(name)
    if column is None:
        return table.put(constant_column(name, kind, value, table.rows))
    if column.type != kind:
        fail(f"fill column type mismatch: {FLUX_TYPES[column.type]}/{FLUX_TYPES[kind]}")
    if name in table.key:
        if table.key_values.get(name) is not None:
            return table
        filled = table.put(constant_column(name, kind, value, table.rows))
        return Table(filled.columns, table.key, {**table.key_values, name: value})
    if column.valid is None:
        return table
    one = np.empty(1, DTYPES[kind])
    one[0] = value
    return table.put(Column(name, kind, np.where(column.valid, column.values, one)))


@builtin("experimental/table", "fill", pipe="tables")
def _table_fill(_ctx: Any, tables: TableStream) -> TableStream:
    return frames.each(tables, filled_table)


def filled_table(table: Table) -> Table:
    """An empty table gets one row, null but for the group key; any other stays as it is."""
    if table.rows or not table.columns:
        return table
    columns = [constant_column(column.name, column.type, table.key_values.get(column.name), 1)
               for column in table.columns]
    return Table(columns, table.key, table.key_values)


_TARGETS = {"bool": "boolean", "float": "double", "int": "long", "string": "string", "time": TIME,
            "uint": "unsignedLong"}


def convert(column: Column, target: str) -> Column:
    """The column with each value converted as `float(v:)` and its sisters do.

    Args:
        column: any column.
        target: the Flux type: bool, float, int, string, time or uint.

    Raises:
        ValueError: a value has no such conversion.
    """
    kind = _TARGETS[target]
    if column.type == kind:
        return column
    values = _converted(column, kind)
    if values is not None:
        return Column(column.name, kind, values, column.valid)
    function = CONVERSIONS[target]
    return column_from(column.name, kind, [function(value) for value in column.to_list()])


def _converted(column: Column, kind: str) -> NDArray[Any] | None:
    """The values at once, where numpy converts as Flux does; None for one by one."""
    if kind == "double" and column.type in ("long", "unsignedLong", "boolean"):
        return column.values.astype(np.float64)
    if kind == "long" and column.type == "double":
        inside = (column.values >= -(2.0**63)) & (column.values < 2.0**63)
        return np.where(inside, np.where(inside, column.values, 0.0).astype(np.int64), np.int64(-(2**63)))
    if kind in ("long", "unsignedLong", TIME) and column.type in ("long", "unsignedLong", "boolean", TIME):
        if column.type == "boolean" and kind == TIME:
            return None
        return column.values.astype(DTYPES[kind])
    return None


def _register(name: str, target: str) -> None:
    def call(_ctx: Any, tables: TableStream) -> TableStream:
        def table_of(table: Table) -> Table:
            changed = convert(frames.need(table, "_value"), target)
            found = table.put(changed)
            if "_value" in table.key and changed.values.size:
                return Table(found.columns, found.key, {**found.key_values, "_value": changed.at(0)})
            return found

        return frames.each(tables, table_of)

    builtin("universe", name, pipe="tables")(call)


for _target in ("Bool", "Float", "Int", "String", "Time"):
    _register(f"to{_target}", _target.lower())
_register("toUInt", "uint")
