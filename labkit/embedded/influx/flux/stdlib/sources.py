"""Where tables come from and go to: from, range, buckets, array.from, csv.from, yield, to.

Source: https://docs.influxdata.com/flux/v0/stdlib/influxdata/influxdb/, …/universe/range/, …/array/, …/csv/.
"""
# ruff: noqa: N803, ARG001 - the parameters have the names of the language, and some are for other servers

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.csv_in import parse_annotated, parse_raw
from labkit.embedded.influx.flux.interpreter import caller
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib.support import fail, unsupported
from labkit.embedded.influx.flux.storage import BucketNotFound, Point
from labkit.embedded.influx.flux.stream import Scan, Yielded
from labkit.embedded.influx.flux.table import (
    FLUX_TYPES,
    TIME,
    Column,
    Table,
    TableStream,
    column_type,
    constant_column,
    infer_column,
)
from labkit.embedded.influx.flux.values import Duration, FluxCallable, Record, Time, type_name


def _bucket(ctx: Context, name: str | None, identifier: str | None) -> str:
    if (name is None) == (identifier is None):
        fail("must specify only one of bucket or bucketID" if name else "must specify bucket or bucketID")
    wanted = name if name is not None else identifier or ""
    if not wanted:
        fail("bucket name must not be empty")
    if ctx.storage is None:
        fail("there is no storage to read from")
    for bucket in ctx.storage.buckets():
        if wanted == (bucket.name if name is not None else bucket.id):
            return wanted
    raise BucketNotFound(wanted)


@builtin("universe", "from")
@builtin("influxdata/influxdb", "from")
def _from(
    ctx: Any, bucket: str | None = None, bucketID: str | None = None, host: str | None = None, org: str | None = None,
    orgID: str | None = None, token: str | None = None,
) -> TableStream:
    if host is not None:
        unsupported("from() with another host")
    return Scan(ctx, _bucket(ctx, bucket, bucketID))


@builtin("universe", "range", pipe="tables")
def _range(
    ctx: Any, tables: TableStream, start: Time | Duration | int, stop: Time | Duration | int | None = None,
    timeColumn: str = "_time", startColumn: str = "_start", stopColumn: str = "_stop",
) -> TableStream:
    first = ctx.resolve_time(start)
    last = int(ctx.now) if stop is None else ctx.resolve_time(stop)
    if startColumn == stopColumn:
        fail("range error: startColumn and stopColumn must have different names")
    usual = (timeColumn, startColumn, stopColumn) == ("_time", "_start", "_stop")
    if isinstance(tables, Scan) and tables.start is None:
        if first >= last:
            fail("cannot query an empty range")
        if not usual:
            unsupported("range() with other columns, directly behind from()")
        return tables.within(first, last)
    found = []
    for table in tables:
        key_values = dict(table.key_values)
        own_first, own_last = first, last
        if startColumn in table.key and stopColumn in table.key:
            was, until = key_values.get(startColumn), key_values.get(stopColumn)
            if type(was) is Time and type(until) is Time and first < until and was < last:
                own_first, own_last = max(first, was), min(last, until)
        key_values |= {startColumn: Time(own_first), stopColumn: Time(own_last)}
        time = table.get(timeColumn)
        if time is None:
            fail(f"range error: supplied time column {timeColumn} doesn't exist")
        if time.type != TIME:
            fail(f"range error: provided time column {timeColumn} is not of type time")
        mask = (time.values >= first) & (time.values < last)
        if time.valid is not None:
            mask &= time.valid
        part = table if mask.all() else table.take(mask)
        new = [constant_column(name, TIME, key_values[name], part.rows) for name in (startColumn, stopColumn)]
        names = {column.name: column for column in new}
        columns = [column for column in new if part.get(column.name) is None]
        columns += [names.get(column.name, column) for column in part.columns]
        key = (*(name for name in (startColumn, stopColumn) if name not in table.key), *table.key)
        found.append(Table(columns, key, key_values))
    bounds = tables.bounds
    if bounds is not None and first < bounds[1] and bounds[0] < last:
        return TableStream(found, (max(first, bounds[0]), min(last, bounds[1])))
    return TableStream(found, (first, last))


@builtin("universe", "buckets")
@builtin("influxdata/influxdb", "buckets")
def _buckets(
    ctx: Any, host: str | None = None, org: str | None = None, orgID: str | None = None, token: str | None = None,
) -> TableStream:
    if host is not None:
        unsupported("buckets() with another host")
    found = ctx.storage.buckets() if ctx.storage is not None else []
    rows = len(found)

    def column(name: str, kind: str, values: list[Any]) -> Column:
        return infer_column(name, values, kind) or constant_column(name, kind, None, rows)

    org_id = found[0].org if found else None
    return TableStream([Table([
        constant_column("organizationID", "string", org_id, rows),
        column("name", "string", [bucket.name for bucket in found]),
        column("id", "string", [bucket.id for bucket in found]),
        constant_column("retentionPolicy", "string", None if not rows else "", rows),
        column("retentionPeriod", "long", [bucket.retention_ns for bucket in found]),
    ], ("organizationID",), {"organizationID": org_id})])


@builtin("array", "from", pipe="rows")
@builtin("experimental/array", "from", pipe="rows")
def _array_from(ctx: Any, rows: list) -> TableStream:  # type: ignore[type-arg]
    if not rows:
        fail("rows must be non-empty")
    ctx.check_rows(len(rows))
    names: dict[str, None] = {}
    for row in rows:
        if type(row) is not Record:
            fail(f"rows must be records, found {type_name(row)}")
        names |= dict.fromkeys(row)
    columns = []
    for name in names:
        values = [row.get(name) for row in rows]
        for value in values:
            if value is not None and column_type(value) is None:
                fail(f"cannot represent the type {type_name(value)} as column data")
        column = infer_column(name, values)
        if column is not None:
            columns.append(column)
    return TableStream([Table(columns)])


@builtin("csv", "from")
def _csv_from(
    _ctx: Any, csv: str | None = None, file: str | None = None, url: str | None = None, mode: str = "annotations",
) -> TableStream:
    if file is not None or url is not None:
        unsupported("csv.from() with a file or a URL")
    if csv is None:
        fail("must provide csv raw text or filename")
    if mode == "raw":
        return TableStream(parse_raw(csv))
    if mode != "annotations":
        fail(f'csv.from: invalid mode "{mode}"')
    return TableStream(parse_annotated(csv))


@builtin("universe", "yield", pipe="tables")
def _yield(ctx: Any, tables: TableStream, name: str = "_result") -> TableStream:
    if name in ctx.results:
        fail(f'tried to produce more than one result with the name "{name}"')
    # Read now, so that an error names the place, and so that a result does not change afterwards.
    stream = Yielded(tables.tables)
    ctx.results[name] = stream
    return stream


def _rows(
    tables: TableStream, timeColumn: str, measurementColumn: str, tagColumns: list[str] | None, fieldFn: Any,
) -> Iterator[Point]:
    for table in tables:
        time, measurement = table.get(timeColumn), table.get(measurementColumn)
        if time is None:
            fail(f"no column with label {timeColumn} exists")
        if time.type != TIME:
            fail(f"column {timeColumn} of type {FLUX_TYPES[time.type]} is not of type time")
        if measurement is None or measurement.type != "string":
            fail(f"no column with label {measurementColumn} exists")
        reserved = {timeColumn, measurementColumn, "_field", "_value", "_start", "_stop", "_time", "_measurement"}
        tags = tagColumns if tagColumns is not None else [
            column.name for column in table.columns if column.type == "string" and column.name not in reserved
        ]
        if fieldFn is None and (table.get("_field") is None or table.get("_value") is None):
            fail("no column with label _field exists" if table.get("_field") is None else
                 "no column with label _value exists")
        for row in table.records():
            if row[timeColumn] is None:
                fail("found null values in time column")
            fields = fieldFn(row) if fieldFn else {row["_field"]: row["_value"]}
            if type(fields) not in (Record, dict):
                fail(f"fieldFn must give a record, found {type_name(fields)}")
            kept = {name: value for name, value in fields.items() if value is not None and name is not None}
            if kept and row[measurementColumn] is not None:
                own = {tag: row[tag] for tag in tags if row.get(tag)}
                yield Point(row[measurementColumn], own, kept, int(row[timeColumn]))


@builtin("universe", "to", pipe="tables")
@builtin("influxdata/influxdb", "to", pipe="tables")
def _to(
    ctx: Any, tables: TableStream, bucket: str | None = None, bucketID: str | None = None, org: str | None = None,
    orgID: str | None = None, host: str | None = None, token: str | None = None, timeColumn: str = "_time",
    measurementColumn: str = "_measurement", tagColumns: list[str] | None = None,
    fieldFn: FluxCallable | None = None,
) -> TableStream:
    if host is not None:
        unsupported("to() with another host")
    target = _bucket(ctx, bucket, bucketID)
    fields = caller(fieldFn, "r") if fieldFn is not None else None
    points = list(_rows(tables, timeColumn, measurementColumn, tagColumns, fields))
    ctx.storage.write(target, points)
    return TableStream(tables.tables)
