"""The store of points: buckets of series, what a batch does to them, and what a query sees of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.lineparser import LinePoint
from labkit.embedded.influx.lineprotocol import Column, KeyCache, parse_columns, parse_points, printable
from labkit.embedded.influx.points import INFLUXQL_TYPES, FieldValue, SeriesKey
from labkit.embedded.influx.series import SeriesData

MAX_STRING_BYTES = 1_048_576


class PartialWriteError(Exception):
    """Some points of a batch were dropped, the others are stored. Its text is InfluxDB's.

    Args:
        reason: why the first of them was dropped.
        dropped: how many.
    """

    def __init__(self, reason: str, dropped: int) -> None:
        super().__init__(f"partial write: {reason} dropped={dropped}")
        self.dropped = dropped


@dataclass(slots=True)
class BucketData:
    """The points of one bucket.

    Args:
        fields: type of each field, by measurement and field.
        series: points by series, then by field.
        tags: the tags of each series with `_measurement` and `_field`, as queries see them.
        cache: what the texts of its series mean.
    """

    fields: dict[tuple[str, str], str] = field(default_factory=dict)
    series: dict[SeriesKey, dict[str, SeriesData]] = field(default_factory=dict)
    tags: dict[tuple[SeriesKey, str], dict[str, str]] = field(default_factory=dict)
    cache: KeyCache = field(default_factory=KeyCache)

    def data(self, key: SeriesKey, name: str, type: str) -> SeriesData:
        """The points of one field of one series, made if need be.

        Args:
            key: the series, without the field.
            name: the field.
            type: its type, if it is new.
        """
        by_field = self.series.get(key)
        if by_field is None:
            intern = sys.intern
            key = SeriesKey(intern(key.measurement), tuple((intern(a), intern(b)) for a, b in key.tags))
            by_field = self.series[key] = {}
        found = by_field.get(name)
        if found is None:
            name = sys.intern(name)
            found = by_field[name] = SeriesData(type)
            self.tags[key, name] = {"_measurement": key.measurement, "_field": name, **dict(key.tags)}
        return found

    def write_text(self, text: str, now_ns: int, precision: str, retention_ns: int) -> None:
        """Store a batch of line protocol.

        Args:
            text: the batch.
            now_ns: the time of lines that have none, nanoseconds; retention counts back from it.
            precision: a key of `lineprotocol.PRECISIONS`.
            retention_ns: how long points are kept, nanoseconds; 0 is for ever.

        Raises:
            LineError: a line is malformed; nothing is stored.
            PartialWriteError: points were dropped.
        """
        oldest = now_ns - retention_ns if retention_ns else -(2**63)
        columns = parse_columns(text, now_ns, precision, self.cache)
        if columns is not None and self._plain(columns, oldest):
            for column in columns:
                self.fields.setdefault((column.key.measurement, column.field), column.type)
                self.data(column.key, column.field, column.type).extend(column.times, column.values)
            return
        self.write_points(parse_points(text, now_ns, precision), now_ns, retention_ns)

    def _plain(self, columns: list[Column], oldest: int) -> bool:
        """Whether nothing of these columns can be dropped."""
        types: dict[tuple[str, str], str] = {}
        for column in columns:
            name = column.key.measurement, column.field
            if self.fields.get(name, column.type) != column.type or types.setdefault(name, column.type) != column.type:
                return False
            if min(column.times) < oldest:
                return False
            if column.type == "string" and any(
                not value.isascii() or len(value) > MAX_STRING_BYTES for value in column.values  # type: ignore[union-attr, arg-type]
            ) and not all(_good_string(value) for value in column.values):
                return False
        return True

    def write_points(self, points: list[LinePoint], now_ns: int, retention_ns: int) -> None:
        """Store points one by one.

        Args:
            points: what to store.
            now_ns: retention counts back from it.
            retention_ns: how long points are kept, nanoseconds; 0 is for ever.

        Raises:
            PartialWriteError: points were dropped.
        """
        oldest = now_ns - retention_ns if retention_ns else -(2**63)
        expired = [point for point in points if point.time_ns < oldest]
        reason, dropped, stripped = "", 0, ""
        for point in points:
            if point.time_ns < oldest:
                continue
            why, strip = self._write_point(point)
            if why:
                reason, dropped = reason or why, dropped + 1
            stripped = stripped or strip
        if dropped:
            raise PartialWriteError(reason, dropped)
        if stripped:
            raise PartialWriteError(stripped, 0)
        if expired:
            raise PartialWriteError(_expiry(expired, oldest, retention_ns), len(expired))

    def _write_point(self, point: LinePoint) -> tuple[str, str]:
        """Store a point; says why it was dropped, or that its field `time` was."""
        measurement = point.key.measurement
        if not printable(measurement) or not all(printable(a) and printable(b) for a, b in point.key.tags):
            shown = "".join(each if each.isprintable() else "?" for each in point.raw_key)
            return f"key contains invalid unicode: {_quote(shown)}", ""
        stripped = ""
        fields = [each for each in point.fields if each[0] != "time"]
        if not fields:
            return f'invalid field name: input field "time" on measurement "{measurement}" is invalid', ""
        if len(fields) < len(point.fields):
            stripped = (f'invalid field name: input field "time" on measurement "{measurement}" is invalid. '
                        'Field "time" has been stripped from point.')
        for name, type_, value in fields:
            if type_ == "string" and (size := len(str(value).encode("utf-8", "replace"))) > MAX_STRING_BYTES:
                return (f"input field {_quote(name)} on measurement {_quote(measurement)} is too long, "
                        f"{size} > {MAX_STRING_BYTES}"), ""
            known = self.fields.setdefault((measurement, name), type_)
            if known != type_:
                return (f"field type conflict: input field {_quote(name)} on measurement {_quote(measurement)} is type "
                        f"{INFLUXQL_TYPES[type_]}, already exists as type {INFLUXQL_TYPES[known]}"), ""
        for name, type_, value in fields:
            if type_ == "string" and not str(value).isascii():
                value = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            self.data(point.key, name, type_).extend([point.time_ns], [value])
        return "", stripped

    def read(
        self, start_ns: int, stop_ns: int, wanted: Callable[[Mapping[str, str]], bool] | None,
    ) -> list[tuple[dict[str, str], str, NDArray[np.int64], NDArray[Any]]]:
        """The series that have points in a span of time: tags, type, times, values; sorted by their tags.

        Args:
            start_ns: the first nanosecond.
            stop_ns: the nanosecond behind the last.
            wanted: leaves out the other series.
        """
        found = []
        for key, name, data in self.each():
            tags = self.tags[key, name]
            if wanted is not None and not wanted(tags):
                continue
            times, values = data.snapshot(start_ns, stop_ns)
            if len(times):
                found.append((key, name, (tags, data.type, times, values)))
        found.sort(key=lambda each: (each[0].measurement, each[0].tags, each[1]))
        return [each[2] for each in found]

    def each(self) -> Iterator[tuple[SeriesKey, str, SeriesData]]:
        """Every field of every series, with its points."""
        for key, by_field in self.series.items():
            for name, data in by_field.items():
                yield key, name, data

    def delete(self, start_ns: int, stop_ns: int, wanted: Callable[[Mapping[str, str]], bool] | None = None) -> int:
        """Remove points; a series, a measurement without points is forgotten, with the types of its fields.

        Args:
            start_ns: the first nanosecond.
            stop_ns: the nanosecond behind the last.
            wanted: says of a series' tags whether it is meant.

        Returns:
            How many points went.
        """
        gone, emptied = 0, []
        for key, name, data in self.each():
            if wanted is None or wanted(self.tags[key, name]):
                gone += data.delete(start_ns, stop_ns)
                if not len(data):
                    emptied.append((key, name))
        for key, name in emptied:
            del self.tags[key, name]
            del self.series[key][name]
            if not self.series[key]:
                del self.series[key]
        if emptied:
            left = {key.measurement for key in self.series}
            self.fields = {each: type_ for each, type_ in self.fields.items() if each[0] in left}
        return gone


def _good_string(value: FieldValue) -> bool:
    try:
        return len(str(value).encode()) <= MAX_STRING_BYTES
    except UnicodeEncodeError:  # bytes that were not UTF-8
        return False


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _expiry(points: list[LinePoint], oldest: int, retention_ns: int) -> str:
    """The reason for points outside the retention period, as `v1/coordinator/points_writer.go` says it."""
    first, last = min(points, key=lambda each: each.time_ns), max(points, key=lambda each: each.time_ns)
    texts = [
        f"point {point.raw_key} at {rfc3339(point.time_ns)} dropped because it violates a Retention Policy Lower Bound "
        f"at {rfc3339(oldest)}" for point in (first, last)
    ]
    return (f"dropped {len(points)} points outside retention policy of duration {go_duration(retention_ns)} - "
            f"oldest {texts[0]}, newest {texts[1]}")


def rfc3339(time_ns: int) -> str:
    """A time as Go's RFC3339Nano writes it: UTC, without zeros at the end.

    Args:
        time_ns: nanoseconds since the epoch.
    """
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    try:
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (OverflowError, OSError, ValueError):  # some systems know no times before 1970
        text = str(np.datetime64(seconds, "s"))
    fraction = f".{nanoseconds:09d}".rstrip("0").rstrip(".")
    return f"{text}{fraction}Z"


def go_duration(nanoseconds: int) -> str:
    """A duration of whole seconds as Go writes it: `1h0m0s`.

    Args:
        nanoseconds: its length.
    """
    minutes, seconds = divmod(nanoseconds // 1_000_000_000, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{seconds}s"
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
