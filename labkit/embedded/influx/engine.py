"""The database behind the HTTP server: catalog, points and log, under one lock.

Each change is applied and logged while the lock is held, so the log has the order in which things happened. Parsing a
batch happens under it too: Python runs one thread at a time anyhow, and a batch of 5000 lines takes milliseconds.
Readers take the lock only to collect columns, which are never changed afterwards (`series.SeriesData.snapshot`).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.embedded.influx.catalog import Authorization, Bucket, Catalog, Item, Org, User, kind_of, new_id, to_json
from labkit.embedded.influx.lineparser import LinePoint
from labkit.embedded.influx.store import BucketData, PartialWriteError

if TYPE_CHECKING:
    from labkit.embedded.influx.wal import Log

SYSTEM_BUCKETS = {"_monitoring": 7 * 86_400, "_tasks": 3 * 86_400}
"""Retention in seconds of the buckets that InfluxDB makes in each organization."""

_SHARDS = ((2 * 86_400, 3_600), (180 * 86_400, 86_400), (0, 7 * 86_400))


def shard_seconds(retention: int) -> int:
    """InfluxDB's length of a shard group for a retention period; here it is only shown.

    Args:
        retention: seconds; 0 is for ever.
    """
    for most, shard in _SHARDS:
        if most and 0 < retention < most:
            return shard
    return _SHARDS[-1][1]


class Engine:
    """A database.

    Args:
        directory: where it is kept; None keeps it in memory only.
        clock: gives the time, nanoseconds since the epoch.

    Raises:
        KitError: another process uses the directory, or it cannot be read.
    """

    def __init__(self, directory: Path | None = None, clock: Callable[[], int] = time.time_ns) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.catalog = Catalog()
        self.points: dict[str, BucketData] = {}
        self.log: Log | None = None
        if directory is not None:
            from labkit.embedded.influx.wal import open_log

            self.log = open_log(directory, self)
            self.expire()

    def close(self) -> None:
        """Close the log."""
        if self.log:
            self.log.close()

    # -- catalog

    def put(self, item: Item) -> None:
        """Add or replace an item of the catalog."""
        with self.lock:
            self.catalog.put(item)
            if isinstance(item, Bucket):
                self.points.setdefault(item.id, BucketData())
            if self.log:
                self.log.append({"op": "put", "kind": kind_of(item), "item": to_json(item)})

    def drop(self, kind: str, id: str) -> None:
        """Remove an item of the catalog, and with a bucket its points.

        Args:
            kind: a key of `catalog.KINDS`.
            id: its id.
        """
        with self.lock:
            self.catalog.drop(kind, id)
            if kind == "bucket":
                self.points.pop(id, None)
            if self.log:
                self.log.append({"op": "drop", "kind": kind, "id": id})

    def set_up(self, *, user: str, org: str, bucket: str, token: str = "", retention: int = 0) -> Authorization:
        """Make the first user, organization, bucket and token, or give the token to what is there.

        Args:
            user: name of the user.
            org: name of the organization.
            bucket: name of the bucket.
            token: may do everything; made up if empty.
            retention: of the bucket, seconds; 0 is for ever.
        """
        with self.lock:
            now = self.clock()
            found_user = next(iter(self.catalog.users.values()), None)
            if found_user is None:
                found_user = User(new_id(), user)
                self.put(found_user)
            found_org = self.catalog.org_named(org) or self.new_org(org)
            if not self.catalog.bucket_named(found_org.id, bucket):
                self.new_bucket(found_org.id, bucket, retention=retention)
            known = self.catalog.by_token(token) if token else None
            if known is not None:
                return known
            auth = Authorization(new_id(), token or secrets.token_urlsafe(64), found_org.id, found_user.id,
                                 f"{user}'s Token", all=True, created_ns=now, updated_ns=now)
            self.put(auth)
            return auth

    def new_org(self, name: str, description: str = "") -> Org:
        """Make an organization with its system buckets."""
        with self.lock:
            now = self.clock()
            org = Org(new_id(), name, description, now, now)
            self.put(org)
            for bucket, seconds in SYSTEM_BUCKETS.items():
                self.new_bucket(org.id, bucket, "system", "System bucket for " + (
                    "monitoring logs" if bucket == "_monitoring" else "task logs"), seconds)
            return org

    def new_bucket(
        self, org: str, name: str, type: str = "user", description: str = "", retention: int = 0, shard: int = 0,
    ) -> Bucket:
        """Make a bucket.

        Args:
            org: id of its organization.
            name: its name.
            type: "user" or "system".
            description: what it is for.
            retention: seconds; 0 is for ever.
            shard: seconds of a shard group; 0 chooses as InfluxDB does.
        """
        now = self.clock()
        bucket = Bucket(new_id(), org, name, type, description, retention * 1_000_000_000,
                        (shard or shard_seconds(retention)) * 1_000_000_000, now, now)
        self.put(bucket)
        return bucket

    def update(self, item: Any, **changes: Any) -> Any:
        """Replace an item by a changed copy.

        Args:
            item: an item of the catalog.
            changes: its new attributes.
        """
        changed = replace(item, **changes)
        self.put(changed)
        return changed

    # -- points

    def write_text(self, bucket: Bucket, text: str, precision: str) -> None:
        """Store a batch of line protocol; when this returns or raises `PartialWriteError`, the log has it.

        Args:
            bucket: where to.
            text: the batch.
            precision: a key of `lineprotocol.PRECISIONS`.

        Raises:
            LineError: a line is malformed; nothing is stored.
            PartialWriteError: points were dropped.
            KeyError: the bucket was deleted meanwhile.
        """
        with self.lock:
            now = self.clock()
            partial: PartialWriteError | None = None
            try:
                self.points[bucket.id].write_text(text, now, precision, bucket.retention_ns)
            except PartialWriteError as error:
                partial = error
            if self.log:
                self.log.append(
                    {"op": "write", "bucket": bucket.id, "now": now, "precision": precision,
                     "retention": bucket.retention_ns}, text.encode("utf-8", "surrogateescape"))
                self.log.compact_if_long(self)
        if partial is not None:
            raise partial

    def write_points(self, bucket: Bucket, points: list[LinePoint]) -> None:
        """Store points that a query made.

        Args:
            bucket: where to.
            points: what to store.

        Raises:
            PartialWriteError: points were dropped.
            KeyError: the bucket was deleted meanwhile.
        """
        with self.lock:
            now = self.clock()
            partial: PartialWriteError | None = None
            try:
                self.points[bucket.id].write_points(points, now, bucket.retention_ns)
            except PartialWriteError as error:
                partial = error
            if self.log:
                self.log.append({"op": "points", "bucket": bucket.id, "now": now, "retention": bucket.retention_ns,
                                 "points": [[*each.key, each.fields, each.time_ns] for each in points]})
                self.log.compact_if_long(self)
        if partial is not None:
            raise partial

    def delete(
        self, bucket: Bucket, start_ns: int, stop_ns: int, predicate: str,
        wanted: Callable[[Mapping[str, str]], bool] | None,
    ) -> None:
        """Remove points.

        Args:
            bucket: where from.
            start_ns: the first nanosecond.
            stop_ns: the nanosecond behind the last.
            predicate: the text that `wanted` was made of.
            wanted: says of a series' tags whether it is meant; None means all.
        """
        with self.lock:
            data = self.points.get(bucket.id)
            if data is not None:
                data.delete(start_ns, stop_ns, wanted)
                if self.log:
                    self.log.append({"op": "delete", "bucket": bucket.id, "start": start_ns, "stop": stop_ns,
                                     "predicate": predicate})

    def expire(self) -> None:
        """Drop the points that are older than the retention of their bucket."""
        with self.lock:
            now = self.clock()
            for bucket in list(self.catalog.buckets.values()):
                if bucket.retention_ns and bucket.id in self.points:
                    start, stop = -(2**63), now - bucket.retention_ns
                    if self.points[bucket.id].delete(start, stop) and self.log:
                        self.log.append({"op": "delete", "bucket": bucket.id, "start": start, "stop": stop,
                                         "predicate": ""})
