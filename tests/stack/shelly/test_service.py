"""The services as processes: settings that are refused, health, a database that comes later, a clean end."""

from __future__ import annotations

import dataclasses
import json
import socket

import pytest

from labkit.services import Endpoint, start
from labkit.waiting import wait_until
from stack.runtime import SettingsError, load
from stack.shelly.api import ApiSettings
from stack.shelly.collector import CollectorSettings
from tests.brokers import PROVIDER
from tests.stack.home.running import addresses, running
from tests.stack.shelly.frames import SENSOR, event
from tests.stack.shelly.helpers import points, publish

KEY = "00112233445566778899aabbccddeeff"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "INFLUX_TOKEN": "t", "SENSOR_LOCATIONS": json.dumps({SENSOR.upper(): "Küche, east"}), "DEDUP_WINDOW": "10",
        "SENSOR_KEYS": json.dumps({SENSOR: KEY}), "GATEWAY_TOPICS": "a/+/events/rpc, b/events/rpc",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load(CollectorSettings)
    assert settings.locations == {SENSOR: "Küche, east"}
    assert settings.keys == {SENSOR: KEY}
    assert settings.topics == ["a/+/events/rpc", "b/events/rpc"]
    assert (settings.dedup_window, settings.influx.bucket) == (10.0, "shelly")
    assert KEY not in repr(settings)
    assert (load(ApiSettings).http_port, load(ApiSettings).influx.bucket) == (8000, "shelly")


@pytest.mark.parametrize(("name", "value", "problem"), [
    ("SENSOR_LOCATIONS", "kitchen", "a JSON object"), ("SENSOR_LOCATIONS", "[]", "a JSON object"),
    ("SENSOR_LOCATIONS", '{"kitchen": "x"}', "no Bluetooth address"),
    ("SENSOR_LOCATIONS", f'{{"{SENSOR}": 3}}', "must be a name"),
    ("SENSOR_LOCATIONS", f'{{"{SENSOR}": ""}}', "must be a name"),
    ("SENSOR_KEYS", f'{{"{SENSOR}": "short"}}', "32 hexadecimal digits"), ("SENSOR_KEYS", "{", "a JSON object"),
    ("GATEWAY_TOPICS", "a,,b", "separated by commas"),
    ("DEDUP_WINDOW", "0", "greater than 0"), ("DEDUP_WINDOW", "soon", "number"),
])
def test_a_bad_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    monkeypatch.setenv("INFLUX_TOKEN", "t")
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=problem) as error:
        load(CollectorSettings)
    assert str(error.value).startswith(name)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_collector_waits_for_its_broker_and_says_so(influx: Endpoint, broker: Endpoint) -> None:
    nowhere = dataclasses.replace(broker, port=free_port())
    with running("stack.shelly.collector", **addresses(nowhere, influx)) as service:
        wait_until(lambda: "waiting" in str(service.get("/health").json()["last_error"]), 60, what="its wait")
        report = service.get("/health")
        assert report.status_code == 503
        assert report.json()["checks"]["mqtt"]["status"] == "fail"
        assert report.json()["checks"]["influxdb"]["status"] == "pass"
        assert service.end() == 0


def test_the_collector_makes_its_bucket_collects_and_ends(
    database: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The broker that others share may have kept for this service, by its name, what they published.
    monkeypatch.setattr("labkit.services.session._running", {})
    influx = dataclasses.replace(database, bucket="shelly-made")
    with (start("mqtt", provider=PROVIDER) as own,
          running("stack.shelly.collector", **addresses(own.mqtt, influx)) as service):
        service.wait_healthy()
        publish(own.mqtt, [("g/events/rpc", event()), ("g/events/rpc", b"poison")])
        wait_until(lambda: service.get("/health").json()["rejected"] == 1, 60, what="both messages")
        report = service.get("/health").json()
        assert {name: report[name] for name in ("received", "stored", "rejected", "lag")} == {
            "received": 2, "stored": 1, "rejected": 1, "lag": 0}
        assert service.end() == 0
    assert [value for *_, value in points(influx, "temperature")] == [21.7]
