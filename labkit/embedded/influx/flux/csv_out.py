"""Results as annotated CSV, byte for byte as InfluxDB writes them.

Source: https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/. Lines end in CRLF, a result's name
stands in `#default`, a new schema begins with a blank line, each result ends with one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.table import TIME, Column, Table, TableStream
from labkit.embedded.influx.flux.values import Time

END = "\r\n"
_SECOND = 1_000_000_000
_SPECIAL = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}
_ANNOTATIONS = ("datatype", "group", "default")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How results are written; the fields are those of the `dialect` of a query request.

    Args:
        header: whether the names of the columns are written.
        delimiter: one character between cells.
        annotations: which of "datatype", "group", "default" are written, in this order.
        comment_prefix: what an annotation begins with.
        date_time_format: "RFC3339" or "RFC3339Nano"; both are written with as many digits as needed.

    Raises:
        ValueError: a field has a value that InfluxDB does not take.
    """

    header: bool = True
    delimiter: str = ","
    annotations: tuple[str, ...] = ()
    comment_prefix: str = "#"
    date_time_format: str = "RFC3339"

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise ValueError("invalid dialect delimiter: it must be one character")
        for name in self.annotations:
            if name not in _ANNOTATIONS:
                raise ValueError(f'unknown dialect annotation type: "{name}"')
        if len(self.comment_prefix) > 1:
            raise ValueError("invalid dialect comment prefix: it must be at most one character")
        if self.date_time_format not in ("RFC3339", "RFC3339Nano"):
            raise ValueError(f'unknown dialect date time format: "{self.date_time_format}"')


FULL = Dialect(annotations=_ANNOTATIONS)
"""What `influxdb-client` asks for."""


def encode(results: Iterable[tuple[str, TableStream]], dialect: Dialect = FULL) -> Iterator[str]:
    """Results as pieces of text, a table at a time.

    Args:
        results: names and tables.
        dialect: how they are written.
    """
    writer = _Writer(dialect)
    for name, stream in results:
        yield from writer.result(name, stream)


def encode_error(message: str, reference: str = "") -> str:
    """The table that tells of an error behind results that are already sent."""
    line = _line([("error", message), ("reference", reference)])
    return f"#datatype,string,string{END}#group,true,true{END}#default,,{END},error,reference{END}{line}{END}"


def _line(cells: list[tuple[str, str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(["", *(value for _, value in cells)])
    return out.getvalue()


class _Writer:
    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def result(self, name: str, stream: TableStream) -> Iterator[str]:
        schema: Any = None
        number = 0
        for table in stream.tables:
            if not table.columns:
                continue
            own = _schema(table)
            pieces: list[str] = []
            if own != schema or not table.rows:
                if schema is not None:
                    pieces.append(END)
                pieces.append(self.head(name, table, number))
                # An empty table carries its key in its annotations, so the next table needs its own.
                schema = own if table.rows else ()
            if table.rows:
                pieces.append(self.rows(name, table, number))
            number += 1
            yield "".join(pieces)
        if schema is not None:
            yield END

    def head(self, name: str, table: Table, number: int) -> str:
        columns = table.columns
        empty = not table.rows
        lines = {
            "datatype": ["string", "long", *(column.type for column in columns)],
            "group": ["false", "false", *("true" if column.name in table.key else "false" for column in columns)],
            "default": [name, str(number) if empty else "", *(
                cell_text(table.key_values.get(c.name), c.type) if empty and c.name in table.key else ""
                for c in columns
            )],
        }
        out = [[self.dialect.comment_prefix + kind, *lines[kind]] for kind in self.dialect.annotations]
        if self.dialect.header:
            out.append(["", "result", "table", *(column.name for column in columns)])
        return self.lines(out)

    def rows(self, name: str, table: Table, number: int) -> str:
        cells = [self.quoted(column) for column in table.columns]
        delimiter = self.dialect.delimiter
        # The result's name stands in `#default`; without that line each row says it.
        said = "" if "default" in self.dialect.annotations else self.quote(name)
        start = f"{delimiter}{said}{delimiter}{number}{delimiter}"
        return "".join([start + delimiter.join(row) + END for row in zip(*cells, strict=True)])

    def quoted(self, column: Column) -> list[str]:
        texts = column_texts(column)
        if column.type != "string":
            return texts
        known = {text: self.quote(text) for text in set(texts)}
        return [known[text] for text in texts]

    def quote(self, text: str) -> str:
        special = (self.dialect.delimiter, '"', "\n", "\r")
        if text and (text[0].isspace() or text == "\\." or any(character in text for character in special)):
            return '"' + text.replace('"', '""') + '"'
        return text

    def lines(self, rows: list[list[str]]) -> str:
        out = io.StringIO()
        csv.writer(out, delimiter=self.dialect.delimiter, lineterminator=END).writerows(rows)
        return out.getvalue()


def _schema(table: Table) -> Any:
    return [(column.name, column.type, column.name in table.key) for column in table.columns]


def float_text(value: float) -> str:
    """A float with as many digits as needed and no exponent, as Go's `FormatFloat(v, 'f', -1, 64)`."""
    text = repr(value)
    if "e" in text:
        return np.format_float_positional(value, trim="-")
    return _SPECIAL.get(text) or text.removesuffix(".0")


def cell_text(value: Any, kind: str) -> str:
    """One value as the text of a cell; null as an empty one."""
    if value is None:
        return ""
    if kind == "double":
        return float_text(value)
    if kind == "boolean":
        return "true" if value else "false"
    if kind == TIME:
        return time_texts(np.array([int(Time(value))], np.int64))[0]
    return str(value) if kind == "string" else str(int(value))


def column_texts(column: Column) -> list[str]:
    """All values of a column as the texts of cells."""
    rows = len(column)
    if column.constant and rows:
        return [cell_text(column.at(0), column.type)] * rows
    values = column.values
    if column.type == "string":
        found: list[str] = values.tolist()
    elif column.type == "double":
        found = [float_text(value) for value in values.tolist()]
    elif column.type == "boolean":
        found = ["true" if value else "false" for value in values.tolist()]
    elif column.type == TIME:
        found = time_texts(values)
    else:
        found = [str(value) for value in values.tolist()]
    if column.valid is not None:
        found = [text if ok else "" for text, ok in zip(found, column.valid.tolist(), strict=True)]
    return found


def time_texts(times: NDArray[np.int64]) -> list[str]:
    """Instants in RFC 3339 with as many digits of a second as needed.

    Args:
        times: shape (n,), nanoseconds since the epoch.
    """
    fractions = times % _SECOND
    wholes: list[str] = np.datetime_as_string((times // _SECOND).astype("M8[s]")).tolist()
    if not fractions.any():
        return [whole + "Z" for whole in wholes]
    return [
        f"{whole}.{fraction:09d}".rstrip("0") + "Z" if fraction else whole + "Z"
        for whole, fraction in zip(wholes, fractions.tolist(), strict=True)
    ]
