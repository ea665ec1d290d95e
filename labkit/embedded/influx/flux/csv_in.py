"""Annotated and raw CSV as tables, for `csv.from`.

Source: https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from labkit.embedded.influx.flux.scanner import time_nanoseconds
from labkit.embedded.influx.flux.table import TIME, Column, Table, column_from, table_from
from labkit.embedded.influx.flux.values import Time, UInt

_ANNOTATIONS = ("#datatype", "#group", "#default")
_BOOLS = {"true": True, "false": False}
csv.field_size_limit(1 << 27)


def _boolean(text: str) -> bool:
    if text not in _BOOLS:
        raise ValueError(f'invalid boolean "{text}"')
    return _BOOLS[text]


def _time(text: str) -> Time:
    """A time; one outside of 64 bits wraps around, as in InfluxDB."""
    return Time((time_nanoseconds(text) + 2**63) % 2**64 - 2**63)


def _long(text: str) -> int:
    value = int(text)
    if not -(2**63) <= value < 2**63:
        raise ValueError(f"{text} is out of range")
    return value


def _unsigned(text: str) -> UInt:
    value = int(text)
    if not 0 <= value < 2**64:
        raise ValueError(f"{text} is out of range")
    return UInt(value)


def _bytes(text: str) -> str:
    return base64.b64decode(text, validate=True).decode("utf-8", "replace")


_READ: dict[str, tuple[str, Callable[[str], Any]]] = {
    "string": ("string", str), "tag": ("string", str), "long": ("long", _long),
    "unsignedLong": ("unsignedLong", _unsigned), "double": ("double", float), "boolean": ("boolean", _boolean),
    "dateTime": (TIME, _time), "dateTime:RFC3339": (TIME, _time), "dateTime:RFC3339Nano": (TIME, _time),
    "time": (TIME, _time), "base64Binary": ("string", _bytes),
}


class _Schema:
    """One block of annotations and a header, and the rows below it."""

    def __init__(self, annotations: dict[str, list[str]]) -> None:
        self.annotations = annotations
        self.header: list[str] = []
        self.rows: list[list[str]] = []

    def cells(self, kind: str) -> list[str]:
        found = self.annotations.get(kind, [])
        return found + [""] * (len(self.header) - len(found))


def _blocks(text: str) -> Iterator[_Schema]:
    current: _Schema | None = None
    annotations: dict[str, list[str]] = {}
    for row in csv.reader(io.StringIO(text.strip("\r\n"), newline="")):
        if not row or not any(row):
            continue
        if row[0] in _ANNOTATIONS:
            if current is not None:
                yield current
                current, annotations = None, {}
            annotations[row[0]] = row[1:]
        elif current is None:
            if "#datatype" not in annotations:
                raise ValueError("missing expected annotation datatype")
            current = _Schema(annotations)
            current.header = row[1:]
        else:
            if len(row) - 1 > len(current.header):
                raise ValueError(f"record has {len(row)} fields, the header has {len(current.header) + 1}")
            current.rows.append(row[1:] + [""] * (len(current.header) + 1 - len(row)))
    if current is not None:
        yield current
    elif annotations:
        raise ValueError("missing expected header row")


def parse_annotated(text: str) -> list[Table]:
    """The tables of the first result in an annotated CSV.

    Raises:
        ValueError: it is malformed; the message says how.
    """
    if not text.strip():
        return []
    tables: list[Table] = []
    first: str | None = None
    try:
        for block in _blocks(text):
            for name, table in _tables(block):
                first = name if first is None else first
                if name == first:
                    tables.append(table)
    except (csv.Error, ValueError) as error:
        raise ValueError(f"failed to read metadata: {error}") from None
    return tables


def _tables(block: _Schema) -> Iterator[tuple[str, Table]]:
    header, kinds = block.header, block.cells("#datatype")
    groups, defaults = block.cells("#group"), block.cells("#default")
    special = {name: header.index(name) for name in ("result", "table") if name in header}
    own = [index for index, name in enumerate(header) if index not in special.values()]
    if len({header[index] for index in own}) != len(own):
        raise ValueError("column labels must be unique")
    result_at, table_at = special.get("result"), special.get("table")
    runs: dict[tuple[str, str], list[list[str]]] = {}
    for row in block.rows:
        result = (row[result_at] or defaults[result_at]) if result_at is not None else ""
        number = (row[table_at] or defaults[table_at]) if table_at is not None else ""
        runs.setdefault((result, number), []).append(row)
    if not block.rows:
        runs[(defaults[result_at] if result_at is not None else "", "")] = []
    key = [header[index] for index in own if groups[index] == "true"]
    for (result, _), rows in runs.items():
        columns = [_column(header[i], kinds[i], defaults[i], [row[i] for row in rows]) for i in own]
        table = table_from(columns, key)
        if not rows:
            for index in own:
                if header[index] in table.key and defaults[index]:
                    _, read = _reader(header[index], kinds[index])
                    table.key_values[header[index]] = read(defaults[index])
        yield result, table


def _reader(name: str, kind: str) -> tuple[str, Callable[[str], Any]]:
    if kind not in _READ:
        raise ValueError(f'unsupported type "{kind}" of column "{name}"')
    return _READ[kind]


def _column(name: str, kind: str, default: str, cells: list[str]) -> Column:
    column_kind, read = _reader(name, kind)
    known: dict[str, Any] = {"": read(default) if default else None}
    values = []
    for cell in cells:
        if cell not in known:
            try:
                known[cell] = read(cell)
            except ValueError as error:
                raise ValueError(f'column "{name}": {error}') from None
        values.append(known[cell])
    return column_from(name, column_kind, values)


def parse_raw(text: str) -> list[Table]:
    """A plain CSV with a header as one table of strings.

    Raises:
        ValueError: a row has more or fewer cells than the header.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(text.strip("\r\n"), newline="")) if row]
    except csv.Error as error:
        raise ValueError(f"failed to read CSV: {error}") from None
    if not rows:
        return []
    header, body = rows[0], rows[1:]
    for row in body:
        if len(row) != len(header):
            raise ValueError("wrong number of fields")
    return [Table([column_from(name, "string", [row[i] for row in body]) for i, name in enumerate(header)])]
