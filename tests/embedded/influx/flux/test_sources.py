"""from, range, to, buckets against the real store; what a filter hands to the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from labkit.embedded.influx.engine import Engine
from labkit.embedded.influx.flux.errors import FluxError, NotFoundError
from labkit.embedded.influx.flux.query import execute
from labkit.embedded.influx.flux.storage import BucketInfo, Point, Series, TagPredicate
from labkit.embedded.influx.storage import QueryStorage

LINES = """
climate,room=kitchen temperature=20.5,humidity=40i 1577836800000000000
climate,room=kitchen temperature=21.5 1577836860000000000
climate,room=bath temperature=24 1577836800000000000
power,device=fridge watts=80u,on=true,state="idle" 1577836800000000000
"""
RANGE = "|> range(start: 2020-01-01T00:00:00Z, stop: 2020-01-01T01:00:00Z)"


class Watched:
    """A storage that notes which series were asked for; the store itself does the work."""

    def __init__(self, storage: QueryStorage) -> None:
        self.storage = storage
        self.read_tags: list[dict[str, str]] = []

    def buckets(self) -> list[BucketInfo]:
        return self.storage.buckets()

    def read(self, bucket: str, start_ns: int, stop_ns: int, wanted: TagPredicate | None = None) -> Iterable[Series]:
        def noted(tags: Mapping[str, str]) -> bool:
            found = wanted is None or wanted(tags)
            if found:
                self.read_tags.append(dict(tags))
            return found

        return self.storage.read(bucket, start_ns, stop_ns, noted)

    def write(self, bucket: str, points: Iterable[Point]) -> None:
        self.storage.write(bucket, points)


@pytest.fixture
def storage() -> Watched:
    engine = Engine()
    authorization = engine.set_up(user="u", org="o", bucket="b", token="t")
    org = next(iter(engine.catalog.orgs.values())).id
    bucket = engine.catalog.bucket_named(org, "b")
    assert bucket is not None
    engine.write_text(bucket, LINES, "ns")
    engine.new_bucket(org, "other")
    return Watched(QueryStorage(engine, org, authorization))


def ask(storage: Any, source: str) -> list[dict[str, Any]]:
    found = execute(source, storage, now_ns=1577840400 * 10**9)
    return [dict(row) for _, stream in found for table in stream for row in table.records()]


def test_each_series_is_a_table_with_its_tags_as_key(storage: Watched):
    stream = execute(f'from(bucket: "b") {RANGE}', storage)[0][1]
    assert next(t.names for t in stream) == ["_start", "_stop", "_time", "_value", "_field", "_measurement", "room"]
    assert [(t.key_values["_measurement"], t.key_values["_field"], t.column("_value").to_list()) for t in stream] == [
        ("climate", "temperature", [24.0]), ("climate", "humidity", [40]), ("climate", "temperature", [20.5, 21.5]),
        ("power", "on", [True]), ("power", "state", ["idle"]), ("power", "watts", [80]),
    ]


def test_a_filter_on_tags_is_asked_of_the_store(storage: Watched):
    rows = ask(storage, f'from(bucket: "b") {RANGE} |> filter(fn: (r) => r._measurement == "climate" and '
                        'r._field == "temperature" and r._value > 21.0) |> filter(fn: (r) => r.room =~ /^k/)')
    assert [row["_value"] for row in rows] == [21.5]
    assert sorted(tags["room"] for tags in storage.read_tags) == ["bath", "kitchen"]


def test_filters_before_the_range_are_asked_of_the_store_too(storage: Watched):
    rows = ask(storage, f'from(bucket: "b") |> filter(fn: (r) => r.room == "bath") {RANGE}')
    assert [row["_value"] for row in rows] == [24.0]
    assert len(storage.read_tags) == 1


def test_a_filter_may_use_other_variables_and_functions(storage: Watched):
    rows = ask(storage, 'wanted = "bath"\nis = (r) => r.room == wanted\n'
                        f'from(bucket: "b") {RANGE} |> filter(fn: is) |> filter(fn: (r) => is(r: r))')
    assert [row["_value"] for row in rows] == [24.0]


def test_a_stream_is_read_once_however_often_it_is_used(storage: Watched):
    ask(storage, f'data = from(bucket: "b") {RANGE}\ndata |> count() |> yield(name: "a")\ndata |> yield(name: "b")')
    assert len(storage.read_tags) == 6


def test_the_range_ends_before_its_stop(storage: Watched):
    rows = ask(storage, 'from(bucket: "b") |> range(start: 2020-01-01T00:00:00Z, stop: 2020-01-01T00:01:00Z)'
                        '|> filter(fn: (r) => r.room == "kitchen" and r._field == "temperature")')
    assert [row["_value"] for row in rows] == [20.5]


def test_a_relative_range_ends_now(storage: Watched):
    rows = ask(storage, 'from(bucket: "b") |> range(start: -1h) |> filter(fn: (r) => r.room == "bath")')
    assert (rows[0]["_start"], rows[0]["_stop"]) == (1577836800 * 10**9, 1577840400 * 10**9)


def test_a_second_range_narrows_the_first(storage: Watched):
    rows = ask(storage, f'from(bucket: "b") {RANGE} |> range(start: 2020-01-01T00:00:30Z, stop: 2021-01-01T00:00:00Z)')
    assert [(row["_value"], row["_start"], row["_stop"]) for row in rows] == [
        (21.5, 1577836830 * 10**9, 1577840400 * 10**9)]


def test_to_writes_points_that_from_reads(storage: Watched):
    ask(storage, f'from(bucket: "b") {RANGE} |> filter(fn: (r) => r._field == "temperature")'
                 '|> map(fn: (r) => ({r with _value: r._value + 100.0, _measurement: "copy"})) |> to(bucket: "other")')
    rows = ask(storage, f'from(bucket: "other") {RANGE}')
    assert [(row["_measurement"], row["room"], row["_value"]) for row in rows] == [
        ("copy", "bath", 124.0), ("copy", "kitchen", 120.5), ("copy", "kitchen", 121.5)]


def test_to_takes_tags_and_fields_from_other_columns(storage: Watched):
    ask(storage, 'import "array"\narray.from(rows: [{_time: 2020-01-01T00:00:00Z, m: "x", a: "t", v: 1, w: 2.5}])'
                 '|> to(bucket: "other", measurementColumn: "m", tagColumns: ["a"], '
                 "fieldFn: (r) => ({v: r.v, w: r.w}))")
    rows = ask(storage, f'from(bucket: "other") {RANGE}')
    assert [(row["_measurement"], row["a"], row["_field"], row["_value"]) for row in rows] == [
        ("x", "t", "v", 1), ("x", "t", "w", 2.5)]


def test_buckets_are_listed(storage: Watched):
    assert "other" in [row["name"] for row in ask(storage, "buckets()")]


@pytest.mark.parametrize("call", [
    'from(bucket: "nope") |> range(start: -1h)', 'from(bucketID: "0123456789abcdef") |> range(start: -1h)',
    'import "array"\narray.from(rows: [{_time: now(), _measurement: "a", _field: "b", _value: 1}]) |> '
    'to(bucket: "nope")',
])
def test_a_missing_bucket_is_not_found(storage: Watched, call: str):
    with pytest.raises(NotFoundError, match="failed to initialize execute state: could not find bucket"):
        execute(call, storage)


@pytest.mark.parametrize(("source", "message"), [
    ('from(bucket: "b")', "cannot submit unbounded read to"),
    ('from(bucket: "b") |> range(start: 2020-01-02, stop: 2020-01-01)', "cannot query an empty range"),
    ("from()", "must specify bucket or bucketID"),
    ('from(bucket: "b", host: "http://elsewhere")', "is not supported by the embedded engine"),
    ('import "array"\narray.from(rows: [{_time: now(), _value: 1}]) |> to(bucket: "b")', "_measurement"),
    ('import "array"\narray.from(rows: [])', "rows must be non-empty"),
    ('import "array"\narray.from(rows: [{a: [1]}])', "cannot represent the type array as column data"),
    ('import "array"\narray.from(rows: [{a: 1}, {a: "x"}])', "column \"a\" is of type int"),
    ('import "csv"\ncsv.from(file: "/etc/passwd")', "is not supported by the embedded engine"),
])
def test_what_cannot_be_read_or_written_is_an_error(storage: Watched, source: str, message: str):
    with pytest.raises(FluxError) as caught:
        execute(source, storage)
    assert message in str(caught.value)


@pytest.mark.parametrize(("call", "expected"), [
    ("group() |> last()", ("kitchen", 21.5)), ("group() |> first()", ("bath", 24.0)),
    ('group(columns: ["_field"]) |> last()', ("kitchen", 21.5)),
])
def test_first_and_last_of_a_stored_group_are_by_time_as_in_influxdb(
    storage: Watched, call: str, expected: tuple[str, float],
):
    rows = ask(storage, f'from(bucket: "b") {RANGE} |> filter(fn: (r) => r._field == "temperature") |> {call}')
    assert [(row["room"], row["_value"]) for row in rows] == [expected]


def test_last_of_rows_that_were_changed_is_by_place(storage: Watched):
    rows = ask(storage, f'from(bucket: "b") {RANGE} |> filter(fn: (r) => r._field == "temperature")'
                        "|> map(fn: (r) => r) |> group() |> sort(desc: true) |> last()")
    assert [row["_value"] for row in rows] == [20.5]


@pytest.mark.parametrize(("condition", "expected"), [
    ('r.room != "bath"', ["humidity", "on", "state", "temperature", "watts"]),
    ('r.room !~ /^b/', ["humidity", "on", "state", "temperature", "watts"]),
    ('r.room =~ /^$|bath/', ["on", "state", "temperature", "watts"]),
    ('r.room == ""', []),
    ('r.room != "" and r._field != "humidity"', ["temperature"]),
    ("not exists r.room", ["on", "state", "watts"]),
    ("exists r.room", ["humidity", "temperature"]),
])
def test_the_store_takes_a_tag_that_a_series_lacks_as_empty_as_influxdb_does(
    storage: Watched, condition: str, expected: list[str],
):
    rows = ask(storage, f'from(bucket: "b") {RANGE} |> filter(fn: (r) => {condition})')
    assert sorted({row["_field"] for row in rows}) == expected


def test_behind_another_transformation_a_missing_tag_is_null(storage: Watched):
    rows = ask(storage, f'from(bucket: "b") {RANGE} |> limit(n: 1) |> filter(fn: (r) => r.room != "bath")')
    assert {row["room"] for row in rows} == {"kitchen"}
