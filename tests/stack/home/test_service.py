"""The API as a service: a process, its health, its pages, a second copy of it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from labkit.services import Endpoint
from labkit.waiting import wait_until
from stack.home.api import Api, ApiSettings
from stack.parts.api import create_app
from stack.runtime import SettingsError, load
from tests.stack.home.running import Running, addresses, running


@pytest.fixture(scope="module")
def service(broker: Endpoint, influx: Endpoint) -> Iterator[Running]:
    with running("stack.home.api", **addresses(broker, influx) | {"INFLUX_BUCKET": "made-at-start"}) as service:
        service.wait_healthy()
        yield service


def test_it_makes_its_bucket_and_says_that_it_is_well(service: Running) -> None:
    health = service.get("/health").json()
    assert (health["service"], health["status"], health["mine"]) == ("home-api", "pass", False)
    assert set(health["checks"]) == {"mqtt", "influxdb"}
    assert service.post("/database/write", {"measurement": "m", "fields": {"v": 1}}).status_code == 201


def test_its_metrics_count_what_was_served_and_what_was_refused(service: Running) -> None:
    def count(name: str) -> float:
        start = f'iot_stage_{name}_total{{service="home-api"}}'
        lines = service.get("/metrics").text.splitlines()
        return float(next(text for text in lines if text.startswith(start)).split()[1])

    received, rejected = count("received"), count("rejected")
    service.post("/mqtt/publish", {"topic": "x", "message": 1})
    service.post("/mqtt/publish", {"topic": "#", "message": 1})
    assert (count("received") - received, count("rejected") - rejected) == (2, 1)


def test_it_is_described_for_programs_and_for_people(service: Running) -> None:
    assert service.get("/openapi.json").json()["openapi"].startswith("3.1")
    page = service.get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "/devices/{device_id}/history" in page.text


def test_a_second_copy_sees_what_the_first_one_wrote(service: Running, broker: Endpoint, influx: Endpoint) -> None:
    service.post("/database/write", {"measurement": "sensors", "fields": {"value": 7}, "tags": {
        "device_id": "copy-001", "type": "temperature"}})
    second = create_app(broker, dataclasses.replace(influx, bucket="made-at-start"))
    assert second.test_client().get("/devices/copy-001/latest").json["value"] == 7
    second.extensions["database"].close()


def test_it_waits_for_a_database_that_is_not_there_and_says_so(broker: Endpoint, influx: Endpoint) -> None:
    with running("stack.home.api", **addresses(broker, influx) | {"INFLUX_URL": "http://127.0.0.1:1"}) as service:
        wait_until(lambda: "waiting" in str(service.get("/health").json()["last_error"]), 60, what="it waits")
        answer = service.get("/health")
        assert answer.status_code == 503
        assert answer.json()["checks"]["influxdb"]["status"] == "fail"
        assert service.get("/devices").status_code == 503
        assert service.end() == 0


def test_a_setting_that_is_wrong_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQTT_PORT", "0")
    with pytest.raises(SettingsError) as refused:
        load(ApiSettings)
    assert "INFLUX_TOKEN is not set" in str(refused.value)
    assert "MQTT_PORT is '0'" in str(refused.value)


def test_the_port_and_the_bucket_are_those_of_the_course() -> None:
    settings = load(ApiSettings, {"influx_token": "t"})
    assert (settings.http_port, settings.influx_bucket, settings.influx_org) == (5000, "iot-data", "iot-org")


def test_counts_are_right_with_many_threads(influx: Endpoint) -> None:
    app = Flask("toy")
    service = Api(app, influx)  # type: ignore[arg-type]
    threads = [threading.Thread(target=lambda: [app.test_client().get("/x") for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.stats == {"received": 400, "stored": 0, "rejected": 400}
    service.stop()
