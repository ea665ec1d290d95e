"""The check's own eyes on an InfluxDB: buckets of its own, writes, queries."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from labkit.errors import KitError
from labkit.services import Endpoint

if TYPE_CHECKING:
    from influxdb_client import Bucket, BucketsApi, InfluxDBClient

_META = frozenset({"result", "table"})


class InfluxView:
    """An InfluxDB as a check sees it, from outside the student's code.

    Args:
        influx: the database.
    """

    def __init__(self, influx: Endpoint) -> None:
        self.endpoint = influx
        self._open: InfluxDBClient | None = None
        self._buckets: list[Bucket] = []

    @property
    def _client(self) -> InfluxDBClient:
        if self._open is None:
            from influxdb_client import InfluxDBClient

            influx = self.endpoint
            self._open = InfluxDBClient(url=influx.url, token=influx.token, org=influx.org, timeout=10_000)
        return self._open

    def new_bucket(self, prefix: str = "check") -> str:
        """Make an empty bucket that is deleted after the check.

        Args:
            prefix: how its name begins.

        Returns:
            Its name.
        """
        name = f"{prefix}-{uuid.uuid4().hex[:10]}"
        with self._as_kit(f"could not make the bucket {name}"):
            made = self._client.buckets_api().create_bucket(bucket_name=name, org=self.endpoint.org)
        self._buckets.append(made)
        return name

    def write(self, bucket: str, lines: str | Iterable[str]) -> None:
        """Write line protocol with times in nanoseconds; the database has it when this returns.

        Args:
            bucket: name of the bucket.
            lines: a line, or several.
        """
        from influxdb_client.client.write_api import SYNCHRONOUS

        record = lines if isinstance(lines, str) else "\n".join(lines)
        with self._as_kit(f"could not write to {bucket}"), self._client.write_api(write_options=SYNCHRONOUS) as writer:
            writer.write(bucket=bucket, org=self.endpoint.org, record=record)

    def query(self, flux: str) -> list[dict[str, Any]]:
        """Run a Flux query.

        Args:
            flux: the query.

        Returns:
            A dict a row, tables one after the other; times are aware datetimes.
        """
        with self._as_kit("could not run its query"):
            tables = self._client.query_api().query(flux, org=self.endpoint.org)
        return [
            {key: value for key, value in record.values.items() if key not in _META}
            for table in tables
            for record in table.records
        ]

    def count(self, bucket: str, measurement: str | None = None) -> int:
        """Count the points of a bucket: distinct series and times, whatever the number of fields.

        Args:
            bucket: name of the bucket.
            measurement: only this one.
        """
        rows = self.rows(bucket, measurement)
        keys = {
            tuple(sorted((k, str(v)) for k, v in row.items() if k not in {"_field", "_value", "_start", "_stop"}))
            for row in rows
        }
        return len(keys)

    def rows(self, bucket: str, measurement: str | None = None) -> list[dict[str, Any]]:
        """Return every stored value of a bucket, a dict each with `_time`, `_measurement`, `_field`, `_value` and the
        tags.

        Args:
            bucket: name of the bucket.
            measurement: only this one.
        """
        only = f" |> filter(fn: (r) => r._measurement == {flux_string(measurement)})" if measurement is not None else ""
        ever = "start: 1700-01-01T00:00:00Z, stop: 2200-01-01T00:00:00Z"
        rows = self.query(f"from(bucket: {flux_string(bucket)}) |> range({ever}){only}")
        return [{key: value for key, value in row.items() if key not in {"_start", "_stop"}} for row in rows]

    def close(self) -> None:
        """Delete the buckets that this check made, and close the connection."""
        if self._open is None:
            return
        try:
            api = self._open.buckets_api()
            for bucket in self._buckets:
                with self._as_kit(f"could not delete the bucket {bucket.name}"):
                    _delete(api, bucket)
        finally:
            self._buckets.clear()
            self._open.close()
            self._open = None

    @contextlib.contextmanager
    def _as_kit(self, what: str) -> Any:
        try:
            yield
        except KitError:
            raise
        except Exception as error:  # influxdb-client raises urllib3's errors and its own
            raise KitError(
                f"The check {what} in {self.endpoint!r}.",
                tried=[f"{type(error).__name__}: {error}"[:600]],
                fix="run the check again; if it stays so, restart the kernel.",
            ) from error


def _delete(api: BucketsApi, bucket: Bucket) -> None:
    """Delete a bucket, or what has its name by now: a student may have deleted it, and made it anew."""
    from influxdb_client.rest import ApiException

    try:
        api.delete_bucket(bucket)
    except ApiException as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        with _unless_gone():
            if (anew := api.find_bucket_by_name(bucket.name)) is not None:
                api.delete_bucket(anew)


@contextlib.contextmanager
def _unless_gone() -> Iterator[None]:
    """Let pass that there is no such thing any more."""
    from influxdb_client.rest import ApiException

    try:
        yield
    except ApiException as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise


def flux_string(text: str) -> str:
    """Return a Flux string literal that stands for exactly this text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'
