"""Real engines with half an hour of data as the contracts say: started once for all dashboards."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS

from labkit.services import Config, Endpoint, catalogue, start
from labkit.services.choose import start_service
from labkit.services.prometheus import TARGETS, targets
from stack.runtime import ensure_bucket, migrate
from tests.conftest import stand_in
from tests.stack.dashboards.exporter import exporter

NOW = int(time.time())
MINUTES = 30
MIGRATIONS = Path(__file__).parents[3] / "stack/f2/migrations/timeseries"


@contextlib.contextmanager
def of_its_own(name: str, provider: str = "embedded") -> Iterator[Endpoint]:
    """A server that this process does not share: panels have fixed buckets and databases, which others fill, too."""
    running = start_service(catalogue.service(name), frozenset(), provider)
    try:
        yield running.endpoint
    finally:
        running.stop()


@pytest.fixture(scope="session")
def influx() -> Iterator[Endpoint]:
    with of_its_own("influxdb") as own:
        for bucket in ("iot-data", "iot-esp32", "iot-metrics", "shelly", "empty"):
            ensure_bucket(dataclasses.replace(own, bucket=bucket))  # type: ignore[arg-type]
        with (InfluxDBClient(own.url, own.token, org=own.org) as client,
              client.write_api(write_options=SYNCHRONOUS) as writer):
            written = {"iot-data": home(), "iot-esp32": nodes(), "iot-metrics": meters(), "shelly": shelly()}
            for bucket, lines in written.items():
                writer.write(bucket=bucket, record=lines, write_precision="s")
        yield own


def moments() -> Iterator[tuple[int, float]]:
    """A time for every ten seconds, and a wave between -1 and 1."""
    for second in range(NOW - 60 * MINUTES, NOW, 10):
        yield second, math.sin(second / 300)


def home() -> list[str]:
    """As stack/contracts/home.md."""
    lines = []
    for second, wave in moments():
        for room, number in (("living", "001"), ("kitchen", "002")):
            for kind, short, unit, value in (
                ("temperature", "temp", "°C", 21 + wave), ("humidity", "hum", "%", 50 + 5 * wave),
                ("co2", "co2", "ppm", 600 + 100 * wave), ("power", "power", "W", 200 + 50 * wave),
                ("light", "light", "lx", 300 + 100 * wave), ("motion", "motion", "", float(wave > 0)),
                ("door", "door", "", float(wave > 0.9)), ("lamp", "lamp", "", float(wave > 0.5)),
            ):
                tag = f",unit={unit}" if unit else ""
                lines.append(f"sensors,device_id={short}-{number},room={room},type={kind}{tag} value={value} {second}")
    return lines


def nodes() -> list[str]:
    """As stack/contracts/telemetry.md; node_03 fell silent ten minutes ago."""
    return [
        f"iot_telemetry,node_id=node_0{number} temperature={22 + wave + number},humidity={45 + wave},"
        f"wifi_rssi={-60 - number}i,uptime={second - NOW + 3600}i {second}"
        for second, wave in moments() for number in (1, 2, 3) if not (number == 3 and second > NOW - 600)
    ]


def meters() -> list[str]:
    """As stack/contracts/meter.md."""
    fields = {"power-001": "power=412.3,energy=7.5", "temperature-001": "temperature=21.5",
              "humidity-001": "humidity=48"}
    return [
        f"iot_telemetry,device_id={device},type={device.split('-')[0]} {values},rssi=-61,battery=87.5 {second}"
        for second, _ in moments() for device, values in fields.items()
    ]


def shelly() -> list[str]:
    """As stack/contracts/shelly.md: two measurements, two fields; the battery in the cellar is low."""
    return [
        f"{measurement},sensor_id={sensor},location={location} value={value + wave},battery_level={battery} {second}"
        for second, wave in moments()
        for sensor, location, battery in (("aa", "bath\\ room", 80.0), ("bb", "cellar", 12.0))
        for measurement, value in (("temperature", 20.0), ("humidity", 60.0))
    ]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Endpoint]:
    with of_its_own("postgresql") as own:
        yield own


@pytest.fixture(scope="session", params=["postgresql", pytest.param(
    "timescaledb", marks=pytest.mark.docker("timescaledb"))])
def timeseries(request: pytest.FixtureRequest) -> Iterator[tuple[str, bool]]:
    """Connection text of a database with the table `iot_measurements`, and whether it has TimescaleDB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_IMAGE_TIMESCALEDB", stand_in("timescaledb"))
        with contextlib.ExitStack() as stack:
            server = (stack.enter_context(of_its_own("timescaledb", "docker")) if request.param == "timescaledb"
                      else request.getfixturevalue("postgresql"))
            migrate(server.dsn, MIGRATIONS, "timeseries")
            dsn = psycopg.conninfo.make_conninfo(server.dsn, dbname="timeseries")
            with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO iot_measurements VALUES (to_timestamp(%s), %s, 'RS485', %s, %s, %s, %s, %s)",
                    measured())
            yield dsn, request.param == "timescaledb"


@pytest.fixture(scope="session")
def device_params(postgresql: Endpoint) -> str:
    """Connection text of a database with the devices of the course."""
    migrate(postgresql.dsn, MIGRATIONS.parent / "device_params", "device_params")
    return psycopg.conninfo.make_conninfo(postgresql.dsn, dbname="device_params")


def measured() -> list[tuple[object, ...]]:
    """Rows as the sink writes them."""
    return [
        (second, device, component, position, 20 + wave, unit, f"cmnd/f2-{device}/RS485/1/{component}-1")
        for second, wave in moments() for device in ("A1B2C3", "D4E5F6")
        for component, position, unit in (("Temperature", "1:1", "°C"), ("Humidity", "1:2", "%"))
    ]


@pytest.fixture(scope="session")
def prometheus() -> Iterator[Endpoint]:
    """A Prometheus that has asked two stages several times; their numbers grow."""
    with exporter("f2-sink") as sink, exporter("f2-processor") as processor:
        text = ("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [alerts.yml]\n"
                "scrape_configs: [{job_name: stages, file_sd_configs: [{files: [targets/*.json]}]}]\n")
        config = Config({"prometheus.yml": text,
                         TARGETS: targets({"f2-sink": sink.address, "f2-processor": processor.address})})
        with start("prometheus", provider="native", config={"prometheus": config}) as services:
            yield services.prometheus
