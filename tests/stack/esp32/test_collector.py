"""The collector as a service: the window over MQTT 5, the fall back, a kill under load."""

from __future__ import annotations

import dataclasses
import time

import pytest
from influxdb_client import InfluxDBClient

from labkit.checks.broker_view import viewing
from labkit.checks.fake_broker import FakeBroker, fake_endpoint
from labkit.services import Endpoint, start
from labkit.waiting import wait_until
from stack.esp32.window import speaks_mqtt5
from tests.stack.home.running import addresses, running


def stored(influx: Endpoint, bucket: str) -> int:
    query = (f'from(bucket: "{bucket}") |> range(start: 0) |> filter(fn: (r) => r._field == "uptime")'
             ' |> group() |> count()')
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        return sum(record.get_value() for table in client.query_api().query(query) for record in table.records)


def readings(first: int, count: int) -> list[tuple[str, dict[str, object]]]:
    return [(f"iot/node/{i % 50:02d}/telemetry",
             {"node_id": f"node_{i % 50:02d}", "timestamp": 1_700_000_000 + i, "sensors": {"temperature": 20},
              "wifi_rssi": -60, "uptime": i}) for i in range(first, first + count)]


@pytest.mark.mosquitto
def test_which_brokers_speak_mqtt_5_is_asked() -> None:
    with start("mqtt", provider="native") as services:
        assert speaks_mqtt5(services.mqtt) is True  # type: ignore[arg-type]
    with start("mqtt", provider="embedded/iotcore") as services:
        assert speaks_mqtt5(services.mqtt) is False  # type: ignore[arg-type]
    with FakeBroker(1) as fake:  # "unacceptable protocol version"
        assert speaks_mqtt5(fake.endpoint) is False  # type: ignore[arg-type]
    with pytest.raises(ConnectionError):
        speaks_mqtt5(fake_endpoint(1))  # type: ignore[arg-type]


@pytest.mark.parametrize("provider", [pytest.param("native", marks=pytest.mark.mosquitto), "embedded/iotcore"])
def test_batches_are_as_large_as_the_broker_lets_them_be(provider: str, influx: Endpoint) -> None:
    """With a batch above the window the collector would wait for its age each time: 20 messages in 2 s."""
    bucket = f"window-{provider[:6]}"
    with start("mqtt", provider=provider) as services:
        places = addresses(services.mqtt, dataclasses.replace(influx, bucket=bucket))
        with (running("stack.esp32.collector", BATCH_SIZE="200", MAX_AGE="2", CLIENT_ID=bucket, **places) as collector,
              viewing(services.mqtt) as view):
            collector.wait_healthy()
            began = time.monotonic()
            for topic, reading in readings(0, 600):
                view.publish(topic, reading)
            wait_until(lambda: stored(influx, bucket) == 600, 60, what="every reading is stored")
            assert time.monotonic() - began < 40
            wait_until(lambda: collector.get("/health").json()["stored"] == 600, 60, what="it has counted them")


@pytest.mark.slow
def test_what_is_published_while_the_collector_is_killed_is_stored_once(broker: Endpoint, influx: Endpoint) -> None:
    bucket = "killed"
    places = addresses(broker, dataclasses.replace(influx, bucket=bucket)) | {"CLIENT_ID": "killed"}
    with viewing(broker) as view:
        with running("stack.esp32.collector", **places) as collector:
            collector.wait_healthy()
            for topic, reading in readings(0, 300):
                view.publish(topic, reading)
            collector.process.kill()
            for topic, reading in readings(300, 300):
                view.publish(topic, reading)
        view.publish("iot/node/01/telemetry", b"poison")
        with running("stack.esp32.collector", **places) as collector:
            wait_until(lambda: stored(influx, bucket) == 600, 60, what="every reading is stored once")
            wait_until(lambda: collector.get("/health").json()["rejected"] == 1, 60, what="the poison behind them")
            health = collector.get("/health").json()
            assert (health["rejected"], health["last_error"]) == (1, None)
            assert health["stored"] >= 300
