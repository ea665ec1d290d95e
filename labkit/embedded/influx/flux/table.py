"""Columnar tables with group keys, the data that flows through a Flux pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

DTYPES: dict[str, Any] = {
    "string": object, "long": np.int64, "unsignedLong": np.uint64, "double": np.float64,
    "boolean": np.bool_, "dateTime:RFC3339": np.int64,
}
"""Column types, by their names in annotated CSV, and how their values are held."""


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
    valid: NDArray[np.bool_] | None = None


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


@dataclass(slots=True)
class TableStream:
    """A sequence of tables with different group keys: the value of `from(...) |> range(...)`."""

    tables: list[Table]

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables)
