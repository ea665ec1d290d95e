"""The store as one query sees it: one organization's buckets, as far as the token may read and write them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from labkit.embedded.influx.catalog import Authorization, Bucket
from labkit.embedded.influx.engine import Engine
from labkit.embedded.influx.flux.storage import BucketInfo, BucketNotFound, Point, Series, TagPredicate
from labkit.embedded.influx.flux.values import UInt
from labkit.embedded.influx.lineparser import LinePoint
from labkit.embedded.influx.points import FieldValue, SeriesKey
from labkit.embedded.influx.store import PartialWriteError

_TYPES = {bool: "boolean", int: "long", UInt: "unsignedLong", float: "double", str: "string"}


class QueryStorage:
    """Implements `flux.storage.Storage`.

    Args:
        engine: the database.
        org: id of the organization.
        authorization: whose query it is.
    """

    def __init__(self, engine: Engine, org: str, authorization: Authorization) -> None:
        self._engine = engine
        self._org = org
        self._authorization = authorization

    def _may(self, action: str, bucket: Bucket) -> bool:
        return self._authorization.allows(action, "buckets", self._org, bucket.id)

    def _find(self, text: str, action: str) -> Bucket:
        catalog = self._engine.catalog
        found = catalog.bucket_named(self._org, text)
        if found is None:
            found = catalog.buckets.get(text)
        if found is None or found.org != self._org or not self._may(action, found):
            raise BucketNotFound(text)
        return found

    def buckets(self) -> list[BucketInfo]:
        """All buckets of the organization that may be read, sorted by name."""
        with self._engine.lock:
            found = [each for each in self._engine.catalog.buckets.values()
                     if each.org == self._org and self._may("read", each)]
        return [BucketInfo(each.id, each.name, each.org, each.retention_ns)
                for each in sorted(found, key=lambda each: each.name)]

    def read(
        self, bucket: str, start_ns: int, stop_ns: int, wanted: TagPredicate | None = None,
    ) -> Iterable[Series]:
        """See `flux.storage.Storage.read`; all columns are of one moment."""
        found = self._find(bucket, "read")
        with self._engine.lock:
            data = self._engine.points.get(found.id)
            if data is None:
                raise BucketNotFound(bucket)
            return [Series(*each) for each in data.read(start_ns, stop_ns, wanted)]

    def write(self, bucket: str, points: Iterable[Point]) -> None:
        """See `flux.storage.Storage.write`."""
        found = self._find(bucket, "write")
        lines = [_line_point(point) for point in points]
        try:
            self._engine.write_points(found, lines)
        except PartialWriteError as error:
            raise ValueError(f"failure writing points to database: {error}") from None
        except KeyError:
            raise BucketNotFound(bucket) from None


def _line_point(point: Point) -> LinePoint:
    tags = tuple(sorted((name, value) for name, value in point.tags.items() if value))
    fields: list[tuple[str, str, FieldValue]] = []
    for name, value in point.fields.items():
        if isinstance(value, float) and not math.isfinite(value):
            shown = "NaN" if math.isnan(value) else "+/-Inf"
            raise ValueError(f"{shown} is an unsupported value for field {name}")
        fields.append((name, _TYPES[type(value)], int(value) if type(value) is UInt else value))
    raw = ",".join([point.measurement, *(f"{name}={value}" for name, value in tags)])
    return LinePoint(SeriesKey(point.measurement, tags), raw, fields, point.time_ns)
