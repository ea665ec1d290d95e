"""From rows to columns: pivot, and the functions that pivot fields.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/pivot/.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.stdlib.text import float_scientific, scalar_text
from labkit.embedded.influx.flux.table import DTYPES, Column, Table, TableStream, codes, concat


@builtin("universe", "pivot", pipe="tables")
def _pivot(ctx: Any, tables: TableStream, rowKey: list[str], columnKey: list[str], valueColumn: str) -> TableStream:
    return pivot(ctx, tables, rowKey, columnKey, valueColumn)


def pivot(
    ctx: Any, tables: TableStream, row_key: list[str], column_key: list[str], value_column: str,
) -> TableStream:
    """Turn the values of some columns into columns.

    Args:
        ctx: the running query.
        tables: the stream.
        row_key: the columns whose values tell the new rows apart.
        column_key: the columns whose values, joined by `_`, are the labels of the new columns.
        value_column: the column that fills them; where two rows meet in one cell the later wins.

    Raises:
        ValueError: a column is missing, or is used twice, or a new column has two types.
    """
    for name in column_key:
        if name in row_key:
            fail(f"column name found in both rowKey and colKey: {name}")
    groups: dict[Any, list[Table]] = {}
    kept: dict[Any, Table] = {}
    for table in tables:
        _check(table, row_key, column_key, value_column)
        rest = table.without(*column_key, value_column)
        key = rest.group_key()
        groups.setdefault(key, []).append(table)
        kept.setdefault(key, rest)
    found = [_pivoted(ctx, group, kept[key], row_key, column_key, value_column) for key, group in groups.items()]
    if tables.stored and row_key == ["_time"]:
        # InfluxDB pivots what comes straight from storage by merging on time; anything else keeps the order of arrival.
        found = [table.take(np.argsort(table.column("_time").values, kind="stable")) for table in found]
    return TableStream(found)


def _check(table: Table, row_key: list[str], column_key: list[str], value_column: str) -> None:
    names = set(table.names)
    for name in row_key:
        if name not in names:
            fail(f"specified row key column does not exist in table: {name}")
    if value_column not in names:
        fail(f"specified value column does not exist in table: {value_column}")
    for name in column_key:
        if name not in names:
            fail(f"specified column does not exist in table: {name}")


def _pivoted(
    ctx: Any, group: list[Table], rest: Table, row_key: list[str], column_key: list[str], value_column: str,
) -> Table:
    keep = [name for name in rest.names if name in rest.key or name in row_key]
    parts = [Table([table.column(name) for name in dict.fromkeys([*keep, *row_key, *column_key])]) for table in group]
    joined = concat(parts, (), {})
    cells = _numbered(joined, row_key)
    labels = _numbered(joined, column_key)
    _, first_rows = np.unique(cells, return_index=True)
    columns = [joined.column(name).take(first_rows) for name in keep]
    _, first_labels = np.unique(labels, return_index=True)
    names = ["_".join(_label(joined.column(name).at(int(row))) for name in column_key) for row in first_labels]
    ctx.check_time()
    ctx.check_rows(len(first_rows) * len(names))
    used = set(keep)
    for name in names:
        if name in used:
            fail(f'value "{name}" appears in a column key column, but a column named "{name}" already exists; consider '
                 f'renaming "{name}" to something else before pivoting')
        used.add(name)
    sources = [table.column(value_column) for table in group]
    ends = np.cumsum([table.rows for table in group])
    by_label = np.argsort(labels, kind="stable")
    cuts = np.searchsorted(labels[by_label], np.arange(len(names) + 1))
    for number, name in enumerate(names):
        here = by_label[cuts[number] : cuts[number + 1]]
        columns.append(_column(name, sources, here, ends, cells, len(first_rows)))
    return Table(columns, rest.key, rest.key_values)


def _numbered(table: Table, names: list[str]) -> NDArray[np.int64]:
    """Shape (rows,): equal combinations of values have equal numbers, in order of first appearance."""
    combined = np.zeros(table.rows, np.int64)
    for name in names:
        own = codes(table.column(name)) + 1
        combined = codes(Column("", "long", combined * (int(own.max(initial=0)) + 1) + own))
    return combined


def _label(value: Any) -> str:
    if type(value) is float:
        return float_scientific(value)
    return "null" if value is None else scalar_text(value) or ""


def _column(name: str, sources: list[Column], rows: NDArray[np.intp], ends: NDArray[np.int64],
            cells: NDArray[np.int64], count: int) -> Column:
    """One new column: the values of some rows of the tables behind each other, put into their cells."""
    owners = np.searchsorted(ends, rows, side="right")
    kind = sources[int(owners[0])].type
    values = np.full(count, "" if kind == "string" else 0, DTYPES[kind])
    where = np.zeros(count, np.bool_)
    for owner in np.unique(owners).tolist():
        source, mine = sources[owner], rows[owners == owner]
        if source.type != kind:
            fail(f'value columns with the same column key have different types: column "{name}"')
        inside = mine - (int(ends[owner]) - len(source))
        values[cells[mine]] = source.values[inside]
        where[cells[mine]] = source.valid_mask()[inside]
    return Column(name, kind, values, None if where.all() else where)


def fields_as_columns(ctx: Any, tables: TableStream) -> TableStream:
    """One column a field, one row a time."""
    return pivot(ctx, tables, ["_time"], ["_field"], "_value")


for _package in ("influxdata/influxdb/schema", "influxdata/influxdb/v1"):
    @builtin(_package, "fieldsAsCols", pipe="tables")
    def _fields_as_cols(ctx: Any, tables: TableStream) -> TableStream:
        return fields_as_columns(ctx, tables)
