"""Packages `schema` and `v1`, `influxdb.cardinality`, `wideTo`, over a store in a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

from labkit.embedded.influx.flux.errors import NotFoundError, RuntimeError_
from labkit.embedded.influx.flux.query import execute
from labkit.embedded.influx.flux.storage import BucketInfo, BucketNotFound, Point, Series

SECOND = 10**9
NOW = 1_700_000_000 * SECOND


class Store:
    """Three series, of which one has points only long ago; it remembers what is written."""

    def __init__(self) -> None:
        self.written: list[Point] = []

    def buckets(self) -> list[BucketInfo]:
        return [BucketInfo("0" * 16, "home", "1" * 16)]

    def read(self, bucket: str, start_ns: int, stop_ns: int, wanted: Any = None) -> Iterable[Series]:
        if bucket != "home":
            raise BucketNotFound(bucket)
        found = []
        for tags, at in (({"_measurement": "air", "_field": "hum", "room": "bath"}, [10, 30]),
                         ({"_measurement": "air", "_field": "temp", "room": "hall"}, [20]),
                         ({"_measurement": "power", "_field": "watt", "meter": "m1"}, [10])):
            times = NOW - 3600 * SECOND + np.array(at, np.int64) * SECOND
            inside = (times >= start_ns) & (times < stop_ns)
            if inside.any() and (wanted is None or wanted(tags)):
                found.append(Series(tags, "double", times[inside], np.ones(int(inside.sum()))))
        return found

    def write(self, bucket: str, points: Iterable[Point]) -> None:
        if bucket != "home":
            raise BucketNotFound(bucket)
        self.written += list(points)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def names(store: Store) -> Callable[[str], list[Any]]:
    def run(call: str, package: str = "schema") -> list[Any]:
        source = f'import "influxdata/influxdb/{package}"\n{call}'
        return [row["_value"] for _, stream in execute(source, store, now_ns=NOW)
                for table in stream for row in table.records()]

    return run


def test_measurements_fields_and_tags_come_sorted(names):
    assert names('schema.measurements(bucket: "home")') == ["air", "power"]
    assert names('schema.fieldKeys(bucket: "home")') == ["hum", "temp", "watt"]
    assert names('schema.tagValues(bucket: "home", tag: "room")') == ["bath", "hall"]
    assert names('schema.tagKeys(bucket: "home")') == [
        "_field", "_measurement", "_start", "_stop", "meter", "room"]


def test_one_measurement_alone(names):
    assert names('schema.measurementFieldKeys(bucket: "home", measurement: "air")') == ["hum", "temp"]
    assert names('schema.measurementTagValues(bucket: "home", measurement: "air", tag: "room")') == ["bath", "hall"]
    assert "room" not in names('schema.measurementTagKeys(bucket: "home", measurement: "power")')


def test_a_predicate_and_a_span_narrow_the_search(names):
    assert names('schema.tagValues(bucket: "home", tag: "room", predicate: (r) => r._field == "hum")') == ["bath"]
    assert names('schema.measurements(bucket: "home", start: -10m)') == []
    assert names('schema.fieldKeys(bucket: "home", start: -1h, stop: -3585s)') == ["hum", "watt"]


def test_the_old_names_still_work(names):
    assert names('v1.measurements(bucket: "home")', "v1") == ["air", "power"]


def test_a_bucket_that_is_not_there_is_said_so(names):
    with pytest.raises(NotFoundError, match='could not find bucket "nowhere"'):
        names('schema.measurements(bucket: "nowhere")')


def test_fields_as_columns_are_merged_by_time(store):
    source = ('import "influxdata/influxdb/schema"\nfrom(bucket: "home") |> range(start: -1d) '
              '|> filter(fn: (r) => r._measurement == "air") |> drop(columns: ["room"]) |> schema.fieldsAsCols()')
    rows = [row for _, stream in execute(source, store, now_ns=NOW) for table in stream for row in table.records()]
    assert [(row.get("hum"), row.get("temp")) for row in rows] == [(1.0, None), (1.0, None), (None, 1.0)]


def test_cardinality_counts_series(names):
    assert names('import i "influxdata/influxdb"\ni.cardinality(bucket: "home", start: -1d)') == [3]


def test_wide_rows_are_written_as_points(store):
    source = ('import "array"\nimport "experimental"\n'
              'array.from(rows: [{_time: time(v: 5), _measurement: "air", room: "hall", temp: 1.5, hum: 40}]) '
              '|> group(columns: ["_measurement", "room"]) |> experimental.to(bucket: "home")')
    execute(source, store, now_ns=NOW)
    assert store.written == [Point("air", {"room": "hall"}, {"temp": 1.5, "hum": 40}, 5)]


def test_another_server_is_refused_by_name(store):
    source = 'import i "influxdata/influxdb"\ni.cardinality(bucket: "home", start: -1d, host: "http://x")'
    with pytest.raises(RuntimeError_, match="docker and native providers"):
        execute(source, store, now_ns=NOW)


class OneRoom(Store):
    """The same series, all of one room."""

    def read(self, bucket: str, start_ns: int, stop_ns: int, wanted: Any = None) -> Iterable[Series]:
        return [Series({**series.tags, "room": "hall"}, series.type, series.times, series.values)
                for series in super().read(bucket, start_ns, stop_ns, wanted)]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [("", [10, 20, 30]), ("|> filter(fn: (r) => r._value > 0.0)", [10, 20, 30]),
     ("|> map(fn: (r) => ({r with _value: r._value + 1.0}))", [10, 30, 20])],
)
def test_a_pivot_of_stored_rows_merges_by_time_and_any_other_keeps_the_order_of_arrival(steps, expected):
    source = ('from(bucket: "home") |> range(start: -1d) |> filter(fn: (r) => r._measurement == "air") '
              f'{steps} |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")')
    found = execute(source, OneRoom(), now_ns=NOW)
    rows = [row for _, stream in found for table in stream for row in table.records()]
    assert [(row["_time"] - NOW + 3600 * SECOND) // SECOND for row in rows] == expected
