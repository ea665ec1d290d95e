"""DataFrames on the wire: columns with their types, so that a time-zone aware index arrives as one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd

from labkit.checks.wire import WireError

MOST_COLUMNS = 1000
"""Columns of a table: each costs far more to build than its text has characters."""
_ZONE = re.compile(r"[A-Za-z][\w+-]*(/[\w+-]+)*|[+-]\d\d:\d\d|UTC[+-]\d\d:\d\d")
_SIMPLE = frozenset({"float64", "float32", "int64", "int32", "bool", "Int64", "Float64", "boolean"})


def encode_frame(frame: pd.DataFrame, encode: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a DataFrame as JSON types.

    Args:
        frame: the table.
        encode: encodes one value.

    Raises:
        WireError: it is too wide.
    """
    if frame.shape[1] > MOST_COLUMNS:
        raise WireError(f"too large: a table of {frame.shape[1]:,} columns, the most is {MOST_COLUMNS:,}")
    index = frame.index
    multi = isinstance(index, pd.MultiIndex)
    return {
        "columns": [encode(column) for column in frame.columns],
        "columns_name": encode(frame.columns.name),
        "index": {"dtype": "multi", "v": [encode(item) for item in index.tolist()]}
        if multi
        else _series(index, encode),
        "index_names": [encode(name) for name in index.names],
        "data": [_series(frame.iloc[:, position], encode) for position in range(frame.shape[1])],
    }


def _series(values: Any, encode: Callable[[Any], Any]) -> dict[str, Any]:
    kind = values.dtype
    if pd.api.types.is_datetime64_any_dtype(kind):
        # Nanoseconds since 1970 in UTC; NaT is None.
        times = pd.DatetimeIndex(values).as_unit("ns")
        missing = times.isna()
        numbers = times.asi8.tolist()
        zone = getattr(times.tz, "key", None) or (str(times.tz) if times.tz is not None else None)
        return {
            "dtype": "datetime",
            "zone": zone,
            "v": [None if gone else str(n) for n, gone in zip(numbers, missing, strict=True)],
        }
    name = str(kind)
    simple = name if name in _SIMPLE else "object"
    return {"dtype": simple, "v": [encode(item) for item in pd.Series(values).tolist()]}


def decode_frame(value: dict[str, Any], decode: Callable[[Any], Any]) -> pd.DataFrame:
    """Return the DataFrame that `encode_frame` wrote.

    Args:
        value: what `encode_frame` returned.
        decode: decodes one value.

    Raises:
        ValueError: it is too wide.
    """
    if len(value["data"]) > MOST_COLUMNS or len(value["columns"]) > MOST_COLUMNS:
        raise ValueError(f"a table of more than {MOST_COLUMNS:,} columns")
    names = [decode(name) for name in value["index_names"]]
    index: pd.Index[Any]
    if value["index"]["dtype"] == "multi":
        index = pd.MultiIndex.from_tuples([decode(item) for item in value["index"]["v"]], names=names)
    else:
        index = pd.Index(_values(value["index"], decode), name=names[0])
    columns = [decode(column) for column in value["columns"]]
    data = [pd.Series(_values(column, decode), index=index) for column in value["data"]]
    frame = pd.concat(data, axis=1) if data else pd.DataFrame(index=index)
    frame.columns = pd.Index(columns, name=decode(value["columns_name"]))
    return frame


def _values(column: dict[str, Any], decode: Callable[[Any], Any]) -> Any:
    if column["dtype"] == "datetime":
        numbers = [None if item is None else int(item) for item in column["v"]]
        times = pd.DatetimeIndex(pd.to_datetime(pd.array(numbers, dtype="Int64"), unit="ns", utc=True)).as_unit("ns")
        zone = column["zone"]
        # pandas takes names of files, too.
        if zone and (not _ZONE.fullmatch(zone) or zone.startswith("dateutil")):
            raise ValueError(f"{zone!r} is not a time zone")
        return times.tz_convert(zone) if zone else times.tz_localize(None)
    values = [decode(item) for item in column["v"]]
    return (
        pd.array(values, dtype=column["dtype"])
        if column["dtype"] in _SIMPLE
        else pd.Series(values, dtype="object").array
    )
