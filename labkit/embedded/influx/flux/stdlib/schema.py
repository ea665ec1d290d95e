"""Packages `influxdata/influxdb/schema` and `…/v1`: what a bucket holds; and `influxdb.cardinality`, `wideTo`.

Source: https://docs.influxdata.com/flux/v0/stdlib/influxdata/influxdb/schema/. Names come sorted, as from InfluxDB.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labkit.embedded.influx.flux.registry import PACKAGES, builtin
from labkit.embedded.influx.flux.stdlib.support import fail, unsupported
from labkit.embedded.influx.flux.storage import Point
from labkit.embedded.influx.flux.stream import Scan
from labkit.embedded.influx.flux.table import TIME, Table, TableStream, column_from, constant_column
from labkit.embedded.influx.flux.values import Duration, FluxCallable, Time

MONTH_AGO = Duration(0, 30 * 86_400_000_000_000, True)
_PACKAGES = ("influxdata/influxdb/schema", "influxdata/influxdb/v1")


def series(
    ctx: Any, bucket: str, start: Any, stop: Any, predicate: Any = None, measurement: str | None = None,
) -> list[Table]:
    """The tables of a bucket's series that have rows in a span of time.

    Args:
        ctx: the running query.
        bucket: its name.
        start: from when, a time or a duration from now.
        stop: until when; None for now.
        predicate: of a row; None for all rows.
        measurement: the one to look at; None for all.
    """
    scan = Scan(ctx, bucket, ctx.resolve_time(start), int(ctx.now) if stop is None else ctx.resolve_time(stop))
    if measurement is not None:
        scan = scan.where(lambda tags: tags.get("_measurement") == measurement)
    found = scan if predicate is None else PACKAGES["universe"]["filter"].invoke(ctx, {"tables": scan, "fn": predicate})
    return [table for table in found if table.rows]


def _values(names: Iterable[str]) -> TableStream:
    """One table without a group key: the names, in column `_value`."""
    return TableStream([Table([column_from("_value", "string", list(names))])])


def _tag_values(tables: list[Table], tag: str) -> TableStream:
    found: set[Any] = set()
    for table in tables:
        if tag in table.key:
            found.add(table.key_values.get(tag))
        elif (column := table.get(tag)) is not None:
            found.update(column.to_list())
    found.discard(None)
    wrong = next((value for value in found if type(value) is not str), None)
    if wrong is not None:
        fail(f'schema: "{tag}" is not a tag')
    return _values(sorted(found))


def _tag_keys(tables: list[Table]) -> TableStream:
    return _values(sorted({name for table in tables for name in table.key}, key=lambda name: (name[0] != "_", name)))


def _register(package: str) -> None:
    def tag_values(ctx: Any, bucket: str, tag: str, predicate: FluxCallable | None = None,
                   start: Time | Duration | int = MONTH_AGO, stop: Time | Duration | int | None = None) -> TableStream:
        return _tag_values(series(ctx, bucket, start, stop, predicate), tag)

    def tag_keys(ctx: Any, bucket: str, predicate: FluxCallable | None = None,
                 start: Time | Duration | int = MONTH_AGO, stop: Time | Duration | int | None = None) -> TableStream:
        return _tag_keys(series(ctx, bucket, start, stop, predicate))

    def measurement_tag_values(ctx: Any, bucket: str, measurement: str, tag: str,
                               start: Time | Duration | int = MONTH_AGO,
                               stop: Time | Duration | int | None = None) -> TableStream:
        return _tag_values(series(ctx, bucket, start, stop, None, measurement), tag)

    def measurement_tag_keys(ctx: Any, bucket: str, measurement: str, start: Time | Duration | int = MONTH_AGO,
                             stop: Time | Duration | int | None = None) -> TableStream:
        return _tag_keys(series(ctx, bucket, start, stop, None, measurement))

    def field_keys(ctx: Any, bucket: str, predicate: FluxCallable | None = None,
                   start: Time | Duration | int = MONTH_AGO, stop: Time | Duration | int | None = None) -> TableStream:
        return _tag_values(series(ctx, bucket, start, stop, predicate), "_field")

    def measurement_field_keys(ctx: Any, bucket: str, measurement: str, start: Time | Duration | int = MONTH_AGO,
                               stop: Time | Duration | int | None = None) -> TableStream:
        return _tag_values(series(ctx, bucket, start, stop, None, measurement), "_field")

    def measurements(ctx: Any, bucket: str, start: Time | Duration | int = MONTH_AGO,
                     stop: Time | Duration | int | None = None) -> TableStream:
        return _tag_values(series(ctx, bucket, start, stop), "_measurement")

    for name, function in (
        ("tagValues", tag_values), ("tagKeys", tag_keys), ("measurementTagValues", measurement_tag_values),
        ("measurementTagKeys", measurement_tag_keys), ("fieldKeys", field_keys),
        ("measurementFieldKeys", measurement_field_keys), ("measurements", measurements),
    ):
        builtin(package, name)(function)


for _package in _PACKAGES:
    _register(_package)


def check_local(host: str | None, token: str | None, org: str | None = None, orgID: str | None = None) -> None:
    """Refuse arguments that name another server.

    Raises:
        ValueError: `host` or `token` is given. An organization is taken: a query sees its own only.
    """
    if host is not None or token is not None:
        unsupported("reading from or writing to another server (host, token)")
    _ = (org, orgID)


@builtin("influxdata/influxdb", "cardinality")
def _cardinality(ctx: Any, start: Time | Duration | int, bucket: str | None = None, bucketID: str | None = None,
                 org: str | None = None, orgID: str | None = None, host: str | None = None, token: str | None = None,
                 stop: Time | Duration | int | None = None, predicate: FluxCallable | None = None) -> TableStream:
    check_local(host, token, org, orgID)
    first, last = ctx.resolve_time(start), int(ctx.now) if stop is None else ctx.resolve_time(stop)
    count = len(series(ctx, _bucket(bucket, bucketID), start, stop, predicate))
    bounds = {"_start": Time(first), "_stop": Time(last)}
    columns = [constant_column(name, TIME, value, 1) for name, value in bounds.items()]
    return TableStream([Table([*columns, constant_column("_value", "long", count, 1)], tuple(bounds), dict(bounds))])


def _bucket(bucket: str | None, bucket_id: str | None) -> str:
    if (bucket is None) == (bucket_id is None):
        fail("must specify exactly one of bucket and bucketID")
    return bucket or bucket_id or ""


def _wide_to(ctx: Any, tables: TableStream, bucket: str | None = None, bucketID: str | None = None,
             org: str | None = None, orgID: str | None = None, host: str | None = None,
             token: str | None = None) -> TableStream:
    check_local(host, token, org, orgID)
    found = list(tables)
    points = [point for table in found for point in _points(table)]
    ctx.storage.write(_bucket(bucket, bucketID), points)
    return TableStream(found)


def _points(table: Table) -> Iterable[Point]:
    measurement = table.key_values.get("_measurement")
    times = table.get("_time")
    if type(measurement) is not str:
        fail("required column \"_measurement\" not in group key, or it is not a string")
    if times is None or times.type != TIME:
        fail('required column "_time" does not exist or is not of type time')
    tags = {}
    for name in table.key:
        value = table.key_values.get(name)
        if name in ("_measurement", "_start", "_stop", "_field") or value is None or value == "":
            continue
        if type(value) is not str:
            fail(f'group key column "{name}" has type {type(value).__name__}, but tags must be strings')
        tags[name] = value
    fields = [column for column in table.columns
              if column.name not in table.key and column.name not in ("_time", "_start", "_stop")]
    for row, time in enumerate(times.to_list()):
        if time is None:
            fail("timestamp missing from block")
        values = {column.name: column.at(row) for column in fields}
        present = {name: value for name, value in values.items() if value is not None}
        if present:
            yield Point(measurement, tags, present, int(time))


builtin("influxdata/influxdb", "wideTo", pipe="tables")(_wide_to)
builtin("experimental", "to", pipe="tables")(_wide_to)
