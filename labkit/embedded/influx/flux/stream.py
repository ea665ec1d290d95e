"""Streams that are more than a list of tables: one that is read from the store only when its tables are asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.storage import MAX_TIME, MIN_TIME, Series, TagPredicate
from labkit.embedded.influx.flux.table import TIME, Column, Table, TableStream, constant_column
from labkit.embedded.influx.flux.values import Time


class Yielded(TableStream):
    """The stream behind a `yield`: it is a result already."""


class Scan(TableStream):
    """`from(bucket) |> range() |> filter()`, not yet read: range and filters on tags go to the store.

    Args:
        ctx: the running query.
        bucket: name or id.
        start: first nanosecond, None without a `range`.
        stop: nanosecond behind the last.
        wanted: conditions on tags, all of which must hold.
    """

    stored = True

    def __init__(
        self, ctx: Context, bucket: str, start: int | None = None, stop: int = MAX_TIME,
        wanted: tuple[TagPredicate, ...] = (),
    ) -> None:
        self.ctx = ctx
        self.bucket = bucket
        self.start = start
        self.stop = stop
        self.wanted = wanted
        self.bounds = None if start is None else (start, stop)
        self._read: list[Table] | None = None

    def within(self, start: int, stop: int) -> Scan:
        """The same scan, of a span of time."""
        return Scan(self.ctx, self.bucket, start, stop, self.wanted)

    def where(self, wanted: TagPredicate) -> Scan:
        """The same scan with a further condition on tags."""
        return Scan(self.ctx, self.bucket, self.start, self.stop, (*self.wanted, wanted))

    @property
    def is_read(self) -> bool:
        """Whether the tables are in memory already."""
        return self._read is not None

    @property
    def rows_in_memory(self) -> int:
        """See `TableStream`; what the store holds counts only once."""
        return 0

    @property
    def tables(self) -> list[Table]:
        """The tables, read when first asked for.

        Raises:
            ValueError: there is no `range` before.
            BucketNotFound: there is no such bucket.
        """
        if self._read is None:
            if self.start is None:
                raise ValueError(
                    f"cannot submit unbounded read to {_quoted(self.bucket)}; "
                    "try bounding 'from' with a call to 'range'"
                )
            if self.ctx.storage is None:
                raise ValueError("there is no storage to read from")
            wanted = _all(self.wanted) if self.wanted else None
            found = self.ctx.storage.read(self.bucket, max(self.start, MIN_TIME), min(self.stop, MAX_TIME), wanted)
            self._read = [series_table(series, self.start, self.stop) for series in found]
        return self._read


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _all(conditions: tuple[TagPredicate, ...]) -> TagPredicate:
    return lambda tags: all(condition(tags) for condition in conditions)


def series_table(series: Series, start: int, stop: int) -> Table:
    """One series as a table, as InfluxDB gives it: grouped by everything but time and value."""
    rows = len(series.times)
    tags: dict[str, Any] = dict(series.tags)
    key_values: dict[str, Any] = {"_start": Time(start), "_stop": Time(stop)}
    key_values |= {name: tags[name] for name in ("_field", "_measurement") if name in tags}
    key_values |= {name: tags[name] for name in sorted(tags) if name not in key_values}
    columns = [
        constant_column("_start", TIME, start, rows),
        constant_column("_stop", TIME, stop, rows),
        Column("_time", TIME, np.asarray(series.times)),
        Column("_value", series.type, np.asarray(series.values)),
        *(constant_column(name, "string", key_values[name], rows) for name in key_values if name not in
          ("_start", "_stop")),
    ]
    return Table(columns, tuple(key_values), key_values)
