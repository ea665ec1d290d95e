"""Buckets of InfluxDB that a service needs."""

from __future__ import annotations

from influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from stack.runtime.settings import Influx


def ensure_bucket(influx: Influx) -> None:
    """Make the bucket of a service if it is missing.

    Args:
        influx: the database and the bucket.

    Raises:
        ConnectionError: the database cannot be reached, or is not ready.
        PermissionError: the token may not do this.
    """
    with InfluxDBClient(influx.url, influx.token, org=influx.org, timeout=5_000) as client:
        try:
            api = client.buckets_api()
            if api.find_bucket_by_name(influx.bucket) is None:
                api.create_bucket(bucket_name=influx.bucket, org=influx.org)
        except ApiException as error:
            if error.status in (401, 403):
                raise PermissionError(f"{influx.url} refused the token") from error
            if error.status == 422:
                return  # another copy of the service was quicker
            raise ConnectionError(f"{influx.url} answered {error.status}") from error
        except HTTPError as error:
            raise ConnectionError(f"{influx.url} cannot be reached: {error}") from error
