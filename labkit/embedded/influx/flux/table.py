"""Columnar tables with group keys, the data that flows through a Flux pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.values import Record, Time, UInt, type_name

DTYPES: dict[str, Any] = {
    "string": object, "long": np.int64, "unsignedLong": np.uint64, "double": np.float64,
    "boolean": np.bool_, "dateTime:RFC3339": np.int64,
}
"""Column types, by their names in annotated CSV, and how their values are held."""

TIME = "dateTime:RFC3339"
NUMBERS = ("long", "unsignedLong", "double")
COLUMN_TYPES: dict[type, str] = {
    str: "string", int: "long", UInt: "unsignedLong", float: "double", bool: "boolean", Time: TIME,
}
"""Exact Python type of a value to the type of a column that holds it."""
FLUX_TYPES = {
    "string": "string", "long": "int", "unsignedLong": "uint", "double": "float", "boolean": "bool", TIME: "time",
}
"""Column types by their names in the language, for messages."""
FILL: dict[str, Any] = {"string": "", "long": 0, "unsignedLong": 0, "double": 0.0, "boolean": False, TIME: 0}
"""What stands in `values` where a value is null."""
_WRAP: dict[str, Any] = {"unsignedLong": UInt, TIME: Time}

Mask = NDArray[np.bool_]
Index = NDArray[np.intp]
KeyTuple = tuple[tuple[str, str, Any], ...]
"""A hashable group key: (name, type, value) of each column, sorted by name."""


@dataclass(slots=True)
class Column:
    """One column.

    Args:
        name: its label.
        type: a key of `DTYPES`.
        values: shape (rows,), of the type's dtype; where `valid` is false the value means nothing. A column of the
            group key may be a zero-stride broadcast, so never write into `values`.
        valid: shape (rows,), or None when no value is null.
    """

    name: str
    type: str
    values: NDArray[Any]
    valid: Mask | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def constant(self) -> bool:
        """Whether it is known, without looking, that all rows hold the same value."""
        return len(self.values) == 1 or self.values.strides == (0,)

    def take(self, rows: Index | Mask | slice) -> Column:
        """The same column with some rows: indices, a mask, or a slice. A constant column stays one."""
        if isinstance(rows, slice):
            return Column(self.name, self.type, self.values[rows], None if self.valid is None else self.valid[rows])
        if self.constant and len(self.values) and (self.valid is None or self.valid.strides == (0,)):
            count = int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else len(rows)
            valid = None if self.valid is None else np.broadcast_to(self.valid[:1].reshape(()), (count,))
            return Column(self.name, self.type, np.broadcast_to(self.values[:1].reshape(()), (count,)), valid)
        return Column(self.name, self.type, self.values[rows], None if self.valid is None else self.valid[rows])

    def renamed(self, name: str) -> Column:
        """The same values under another label."""
        return Column(name, self.type, self.values, self.valid)

    def at(self, row: int) -> Any:
        """The Flux value in a row; None for null."""
        if self.valid is not None and not self.valid[row]:
            return None
        value = self.values[row]
        if self.type == "string":
            return value
        wrap = _WRAP.get(self.type)
        return wrap(value) if wrap else value.item()

    def to_list(self) -> list[Any]:
        """All Flux values, None for null."""
        if self.constant and len(self.values) > 1 and (self.valid is None or self.valid.strides == (0,)):
            return [self.at(0)] * len(self.values)
        found: list[Any] = self.values.tolist()
        wrap = _WRAP.get(self.type)
        if wrap:
            found = [wrap(value) for value in found]
        if self.valid is not None:
            found = [value if ok else None for value, ok in zip(found, self.valid.tolist(), strict=True)]
        return found

    def valid_mask(self) -> Mask:
        """Shape (rows,): false where the value is null."""
        return np.ones(len(self.values), np.bool_) if self.valid is None else self.valid

    def nulls(self) -> int:
        """How many values are null."""
        return 0 if self.valid is None else len(self.values) - int(np.count_nonzero(self.valid))


def column_type(value: Any) -> str | None:
    """The type of a column that holds a value; None where no column can (null, arrays, records, durations)."""
    return COLUMN_TYPES.get(type(value))


def constant_column(name: str, kind: str, value: Any, rows: int) -> Column:
    """A column with the same value, or null, in all rows; it takes no memory."""
    cell = np.empty((), DTYPES[kind])
    cell[()] = FILL[kind] if value is None else value
    valid = np.broadcast_to(np.array(False), (rows,)) if value is None else None
    return Column(name, kind, np.broadcast_to(cell, (rows,)), valid)


def column_from(name: str, kind: str, values: Sequence[Any]) -> Column:
    """A column from Flux values of its type, None for null.

    Raises:
        ValueError: a value is of another type.
    """
    fill, types = FILL[kind], set(map(type, values))
    wrong = [t for t in types if t is not type(None) and COLUMN_TYPES.get(t) != kind]
    if wrong:
        example = next(value for value in values if type(value) is wrong[0])
        raise ValueError(f'column "{name}" is of type {FLUX_TYPES[kind]}, found a value of type {type_name(example)}')
    array = np.empty(len(values), DTYPES[kind])
    if type(None) not in types:
        if len(values):
            array[:] = values
        return Column(name, kind, array)
    array[:] = [fill if value is None else value for value in values]
    return Column(name, kind, array, np.array([value is not None for value in values], np.bool_))


def infer_column(name: str, values: Sequence[Any], default: str | None = None) -> Column | None:
    """A column from Flux values whose type is that of the first one that is not null.

    Args:
        name: its label.
        values: one a row; None for null.
        default: the type where all are null; None gives no column then.

    Raises:
        ValueError: the values are of different types, or of one that no column can hold.
    """
    first = next((value for value in values if value is not None), None)
    kind = default if first is None else column_type(first)
    if kind is None:
        if first is None:
            return None
        raise ValueError(f'column "{name}": a table cannot hold a value of type {type_name(first)}')
    return column_from(name, kind, values)


@dataclass(slots=True)
class Table:
    """Rows that share a group key.

    Args:
        columns: in display order; all of one length.
        key: names of the columns of the group key, in order. Their values are the same in every row.
        key_values: the values of the key, needed where the table is empty; Python values of `values.py`.
    """

    columns: list[Column]
    key: tuple[str, ...] = ()
    key_values: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.columns[0].values) if self.columns else 0

    @property
    def names(self) -> list[str]:
        """The labels of the columns, in order."""
        return [column.name for column in self.columns]

    def get(self, name: str) -> Column | None:
        """The column of a label, or None."""
        for column in self.columns:
            if column.name == name:
                return column
        return None

    def column(self, name: str) -> Column:
        """The column of a label.

        Raises:
            ValueError: the table has none.
        """
        found = self.get(name)
        if found is None:
            raise ValueError(f'column "{name}" does not exist')
        return found

    def take(self, rows: Index | Mask | slice) -> Table:
        """The same table with some rows: indices, a mask, or a slice."""
        return Table([column.take(rows) for column in self.columns], self.key, self.key_values)

    def put(self, *columns: Column) -> Table:
        """The table with columns replaced where the label exists, appended where not. The key stays as it is."""
        merged = {column.name: column for column in self.columns}
        merged.update({column.name: column for column in columns})
        return Table(list(merged.values()), self.key, self.key_values)

    def without(self, *names: str) -> Table:
        """The table without some columns; they leave the key too."""
        key = tuple(name for name in self.key if name not in names)
        kept = [column for column in self.columns if column.name not in names]
        return Table(kept, key, {name: self.key_values.get(name) for name in key})

    def group_key(self) -> KeyTuple:
        """The group key, hashable: tables with equal ones belong together."""
        kinds = {column.name: column.type for column in self.columns}
        return tuple((name, kinds.get(name, ""), self.key_values.get(name)) for name in sorted(self.key))

    def key_record(self) -> Record:
        """The group key as a record."""
        return Record((name, self.key_values.get(name)) for name in self.key)

    def records(self) -> Iterator[Record]:
        """The rows as records, null as None."""
        names = self.names
        for row in zip(*(column.to_list() for column in self.columns), strict=True):
            yield Record(zip(names, row, strict=True))

    def record(self, row: int) -> Record:
        """One row as a record."""
        return Record((column.name, column.at(row)) for column in self.columns)

    def key_columns(self, rows: int) -> list[Column]:
        """The columns of the group key, of a given length."""
        return [
            constant_column(column.name, column.type, self.key_values.get(column.name), rows)
            for column in self.columns if column.name in self.key
        ]


class TableStream:
    """A sequence of tables with different group keys: the value of `from(...) |> range(...)`.

    Args:
        tables: the tables; a subclass may make them when they are first asked for.

    Attributes:
        bounds: the span of time of the whole stream, set by `range` and handed on by each call (`Builtin.invoke`);
            windows are cut to it. (start, stop) in nanoseconds, or None.
        stored: whether the rows come straight from storage, only filtered; `pivot` merges such by time.
        grouped: whether it is a stored stream behind one `group`; of such, InfluxDB's store itself finds `first` and
            `last`, by time and not by place.
    """

    stored = False
    grouped = False

    def __init__(self, tables: list[Table], bounds: tuple[int, int] | None = None) -> None:
        self._tables = tables
        self.bounds = bounds

    @property
    def tables(self) -> list[Table]:
        """The tables."""
        return self._tables

    @property
    def rows_in_memory(self) -> int:
        """How many rows it holds now; none as long as it is not read."""
        return sum(table.rows for table in self._tables)

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables)


def table_from(columns: list[Column], key: Iterable[str] = ()) -> Table:
    """A table with rows, whose key values are read from its first row."""
    names = tuple(key)
    by_name = {column.name: column for column in columns}
    rows = len(columns[0]) if columns else 0
    return Table(columns, names, {name: by_name[name].at(0) if rows else None for name in names})


def concat(tables: Sequence[Table], key: tuple[str, ...], key_values: dict[str, Any]) -> Table:
    """One table with the rows of several, in order; a column that some lack is null there.

    Raises:
        ValueError: a column has different types in them.
    """
    if len(tables) == 1:
        return Table(tables[0].columns, key, key_values)
    kinds: dict[str, str] = {}
    for table in tables:
        for column in table.columns:
            known = kinds.setdefault(column.name, column.type)
            if known != column.type:
                raise ValueError(
                    f'schema collision detected: column "{column.name}" is both of type '
                    f"{FLUX_TYPES[column.type]} and {FLUX_TYPES[known]}"
                )
    total = sum(table.rows for table in tables)
    columns = []
    for name, kind in kinds.items():
        if name in key_values:
            columns.append(constant_column(name, kind, key_values[name], total))
            continue
        parts = [table.get(name) or constant_column(name, kind, None, table.rows) for table in tables]
        valid = None
        if any(part.valid is not None for part in parts):
            valid = np.concatenate([part.valid_mask() for part in parts])
        columns.append(Column(name, kind, np.concatenate([part.values for part in parts]), valid))
    return Table(columns, key, key_values)


def codes(column: Column) -> NDArray[np.int64]:
    """Shape (rows,): equal values have equal non-negative numbers, in order of first appearance; null is -1."""
    rows = len(column)
    if column.constant and rows and column.valid is None:
        return np.zeros(rows, np.int64)
    if column.type == "string":
        seen: dict[Any, int] = {}
        found = np.fromiter((seen.setdefault(v, len(seen)) for v in column.values.tolist()), np.int64, rows)
    else:
        _, first, inverse = np.unique(column.values, return_index=True, return_inverse=True, equal_nan=True)
        rank = np.empty(len(first), np.int64)
        rank[np.argsort(first, kind="stable")] = np.arange(len(first))
        found = rank[inverse.reshape(-1)]
    return found if column.valid is None else np.where(column.valid, found, -1)


def partition(columns: Sequence[Column], rows: int) -> list[Index]:
    """Row indices of each distinct combination of values, in order of first appearance; rows keep their order."""
    combined = np.zeros(rows, np.int64)
    for column in columns:
        own = codes(column) + 1
        combined = combined * (int(own.max(initial=0)) + 1) + own
        _, inverse = np.unique(combined, return_inverse=True)
        combined = inverse.reshape(-1).astype(np.int64)
    if rows == 0:
        return []
    if int(combined.max()) == 0:
        return [np.arange(rows)]
    order = np.argsort(combined, kind="stable")
    ends = np.flatnonzero(np.diff(combined[order])) + 1
    return sorted(np.split(order, ends), key=lambda part: int(part[0]))


def split_by(table: Table, key: Sequence[str]) -> list[Table]:
    """The table split into one for each distinct value of some columns, which become the group key.

    A name that is not a column is left out of the key. An empty table gives one empty table only where the new key's
    values follow from its own.
    """
    names = tuple(name for name in key if table.get(name) is not None)
    varying = [column for name in names if name not in table.key and (column := table.get(name)) is not None]
    fixed = {name: table.key_values.get(name) for name in names if name in table.key}
    if not varying:
        return [Table(table.columns, names, fixed)]
    tables = []
    for rows in partition(varying, table.rows):
        values = fixed | {column.name: column.at(int(rows[0])) for column in varying}
        part = table if len(rows) == table.rows else table.take(rows)
        columns = [
            constant_column(c.name, c.type, values[c.name], len(rows)) if c.name in values else c for c in part.columns
        ]
        tables.append(Table(columns, names, {name: values[name] for name in names}))
    return tables


def merge(tables: Iterable[Table]) -> list[Table]:
    """Tables with equal group keys put together; the result is sorted by key, as Flux's is."""
    groups: dict[KeyTuple, list[Table]] = {}
    for table in tables:
        groups.setdefault(table.group_key(), []).append(table)
    joined = [
        concat(group, group[0].key, group[0].key_values) if len(group) > 1 else group[0] for group in groups.values()
    ]
    return sorted(joined, key=sort_key)


def sort_key(table: Table) -> tuple[Any, ...]:
    """Sorts tables by group key: label by label, null first, then by value."""
    return tuple(
        (name, kind, value is not None, cast(Any, FILL.get(kind, "")) if value is None else value)
        for name, kind, value in table.group_key()
    )
