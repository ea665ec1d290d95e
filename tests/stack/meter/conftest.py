"""Real servers, one of each for the whole session; every test has buckets of its own and empty tables."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from influxdb_client import InfluxDBClient
from minio import Minio
from psycopg.conninfo import make_conninfo

from labkit.services import Endpoint, start
from stack.parts import devices
from stack.runtime import Broker, Influx, ObjectStore, ensure_bucket, migrate

NOW = 1_767_225_600  # 2026-01-01T00:00:00Z
_numbers = itertools.count(1)


def reading(device_id: str = "power-001", timestamp: float = NOW, **changes: Any) -> dict[str, Any]:
    """A good reading, or one with other values."""
    return {
        "device_id": device_id,
        "type": "power",
        "timestamp": timestamp,
        "sensors": {"power": 412.5},
        "rssi": -61,
    } | changes


@pytest.fixture(scope="session")
def mqtt_server() -> Iterator[Endpoint]:
    native = shutil.which("mosquitto") or Path("/usr/sbin/mosquitto").exists()
    with start("mqtt", provider="native" if native else "embedded") as services:
        yield services.mqtt


@pytest.fixture(scope="session")
def influx_server() -> Iterator[Endpoint]:
    with start("influxdb", provider="embedded") as services:
        yield services.influxdb


@pytest.fixture(scope="session")
def s3_server() -> Iterator[ObjectStore]:
    with start("s3", provider="embedded") as services:
        place = services.s3
        yield ObjectStore(place.url, place.username, place.password, place.bucket)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with start("postgresql", provider="embedded") as services:
        yield services.postgresql.dsn


@pytest.fixture
def broker(mqtt_server: Endpoint) -> Broker:
    return Broker(mqtt_server.host, mqtt_server.port, mqtt_server.username, mqtt_server.password)


def new_bucket(server: Endpoint) -> Influx:
    place = Influx(server.url, server.token, server.org, f"metrics-{next(_numbers)}")
    ensure_bucket(place)
    return place


def new_store(server: ObjectStore) -> ObjectStore:
    place = replace(server, bucket=f"iot-data-{next(_numbers)}")
    client(place).make_bucket(place.bucket)
    return place


def new_database(server: str, folder: Path) -> str:
    name = f"meter_{next(_numbers)}"
    for file, text in devices.MIGRATIONS.items():
        (folder / file).write_text(text)
    migrate(server, folder, name)
    return make_conninfo(server, dbname=name)


@pytest.fixture
def influx(influx_server: Endpoint) -> Influx:
    return new_bucket(influx_server)


@pytest.fixture
def store(s3_server: ObjectStore) -> ObjectStore:
    return new_store(s3_server)


@pytest.fixture(scope="session")
def _database(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    return new_database(postgres_server, tmp_path_factory.mktemp("migrations"))


@pytest.fixture
def dsn(_database: str) -> str:
    """A database with empty tables; making a new one for each test would take most of the time."""
    with psycopg.connect(_database) as connection:
        connection.execute("TRUNCATE devices RESTART IDENTITY CASCADE")
    return _database


def client(store: ObjectStore) -> Minio:
    """A client of its own: what the tests see must not come through the code that they test."""
    return Minio(
        store.url.removeprefix("http://"), store.access_key, store.secret_key, secure=False, region="us-east-1"
    )


def objects(store: ObjectStore, prefix: str = "") -> dict[str, bytes]:
    """Everything in the store, by its key."""
    minio = client(store)
    found = {}
    for each in minio.list_objects(store.bucket, prefix, recursive=True):
        if "/.tmp." in str(each.object_name):  # nanio also lists what is being written
            continue
        with contextlib.closing(minio.get_object(store.bucket, str(each.object_name))) as answer:
            found[str(each.object_name)] = answer.read()
            answer.release_conn()
    return found


def points(influx: Influx) -> list[tuple[str, str, float, Any]]:
    """Everything in the bucket: device, field, time in seconds, value."""
    flux = f'from(bucket: "{influx.bucket}") |> range(start: 0, stop: 2100-01-01T00:00:00Z)'
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        rows = [record for table in client.query_api().query(flux) for record in table.records]
    return sorted((row["device_id"], row.get_field(), row.get_time().timestamp(), row.get_value()) for row in rows)


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]
