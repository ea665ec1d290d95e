"""The two services as processes, and a fleet before them: from a meter to every page of the Device Manager."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
import pytest
import requests
from paho.mqtt.enums import CallbackAPIVersion
from psycopg.conninfo import conninfo_to_dict

from labkit.services import Endpoint, start
from labkit.waiting import wait_until
from stack.parts import devices
from stack.runtime import Broker, Influx, ObjectStore
from tests.stack.meter.conftest import NOW, client, objects, points, reading
from tests.stack.refusal import refusal

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def environment(
    broker: Broker, influx: Influx, store: ObjectStore, postgres_server: str, tmp_path: Path
) -> dict[str, str]:
    """As the kit sets it, with a secret in a file; neither bucket nor database are there yet."""
    place = conninfo_to_dict(postgres_server)
    (tmp_path / "password").write_text(f"{place['password']}\n")
    client(store).remove_bucket(store.bucket)
    name = uuid.uuid4().hex[:8]
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "MQTT_HOST": broker.host,
        "MQTT_PORT": str(broker.port),
        "MQTT_USERNAME": broker.username,
        "MQTT_PASSWORD": broker.password,
        "INFLUX_URL": influx.url,
        "INFLUX_TOKEN": influx.token,
        "INFLUX_ORG": influx.org,
        "INFLUX_BUCKET": f"{influx.bucket}-new",
        "S3_URL": store.url,
        "S3_ACCESS_KEY": store.access_key,
        "S3_SECRET_KEY": store.secret_key,
        "S3_BUCKET": store.bucket,
        "POSTGRES_HOST": str(place["host"]),
        "POSTGRES_PORT": str(place["port"]),
        "POSTGRES_USER": str(place["user"]),
        "POSTGRES_PASSWORD_FILE": str(tmp_path / "password"),
        "POSTGRES_DATABASE": f"services_{name}",
        "CLIENT_ID": f"services-{name}",
    }


def popen(module: str, environment: dict[str, str]) -> tuple[subprocess.Popen[str], str]:
    """A service in a process of its own, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        env=environment,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    return process, f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"


@contextlib.contextmanager
def service(module: str, environment: dict[str, str]) -> Iterator[str]:
    """A service, healthy; its address. It must end with status 0 when asked to."""
    process, url = popen(module, environment)
    try:
        wait_until(lambda: requests.get(url + "/health", timeout=60).ok, 60, what=f"{module} is healthy")
        yield url
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        out, log = process.communicate()
    assert "Traceback" not in log, log
    assert "passw" not in out + log


def run_fleet(environment: dict[str, str], *options: str) -> None:
    fleet = subprocess.run(
        [sys.executable, "-m", "labkit.devices", "meter", *options],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert fleet.returncode == 0, fleet.stderr


@pytest.mark.slow
def test_from_a_fleet_of_meters_to_every_page_of_the_device_manager(
    environment: dict[str, str], influx: Influx, store: ObjectStore
) -> None:
    with service("stack.meter.collector", environment) as collector, service("stack.meter.api", environment) as api:
        run_fleet(environment, "--count", "6", "--interval", "5", "--speed", "20", "--for", "3")

        def get(path: str, **query: object) -> dict[str, object]:
            answer = requests.get(api + path, params=query, timeout=60)  # type: ignore[arg-type]
            assert answer.status_code == 200, answer.text
            document: dict[str, object] = answer.json()
            return document

        def health() -> dict[str, object]:
            document: dict[str, object] = requests.get(collector + "/health", timeout=60).json()
            return document

        wait_until(lambda: health()["stored"] == 72, 60, what="72 readings are stored")
        report = health()
        assert (report["received"], report["rejected"], report["duplicates"], report["lag"]) == (72, 0, 0, 0)
        metrics = requests.get(collector + "/metrics", timeout=60).text
        assert 'iot_stage_stored_total{service="meter-collector"} 72.0' in metrics

        wait_until(lambda: get("/devices")["total"] == 6, 60, what="the meters are registered")
        far = {"start": 1_000_000_000, "stop": 4_000_000_000}
        series = get("/devices/power-002/metrics", **far, field="power")["items"]
        raw = get("/devices/power-002/raw", **far)["items"]
        assert isinstance(series, list)
        assert isinstance(raw, list)
        assert [each["power"] for each in series] == [each["reading"]["sensors"]["power"] for each in raw]
        assert len(raw) == 12
        statistics = get("/statistics", **far)
        assert statistics["readings"]["count"] == 72  # type: ignore[index]
        assert statistics["devices"]["by_type"] == {"temperature": 2, "humidity": 2, "power": 2}  # type: ignore[index]
        assert get("/openapi.json")["openapi"] == "3.1.0"
        assert len(objects(store)) == 72

        # A threshold that is passed by every reading to come; these are of an hour later.
        rule = {"value": {"high": 100, "hysteresis": 5}}
        answer = requests.put(f"{api}/devices/power-001/configs/alert.voltage", json=rule, timeout=60)
        assert answer.status_code == 200
        later = str(int(time.time()) + 3600)
        run_fleet(environment, "--count", "3", "--interval", "60", "--start", later, "--speed", "200", "--for", "4")
        wait_until(lambda: get("/alerts", open="true")["total"] == 1, 60, what="an alert is raised")
        (alert,) = get("/devices/power-001/alerts")["items"]  # type: ignore[misc]
        assert (alert["sensor"], alert["bound"], alert["threshold"]) == ("voltage", "high", 100)


def names(store: ObjectStore) -> list[str]:
    return [str(each.object_name) for each in client(store).list_objects(store.bucket, recursive=True)]


@pytest.mark.slow
def test_a_collector_that_is_killed_under_load_while_it_packs_loses_nothing_and_stores_nothing_twice(
    environment: dict[str, str], broker: Broker, store: ObjectStore, influx: Influx
) -> None:
    """One that archives messages one by one is killed in tests/faults/test_meter.py."""
    sent = [reading(f"power-{step % 10:03d}", NOW + step // 10, sensors={"power": step}) for step in range(400)]
    environment |= {"PACK_ABOVE": "30", "BATCH_SIZE": "60", "CLIENT_ID": f"killed-{uuid.uuid4().hex[:8]}"}
    publisher = mqtt.Client(CallbackAPIVersion.VERSION2)
    publisher.username_pw_set(broker.username or None, broker.password or None)
    publisher.connect(broker.host, broker.port)
    publisher.loop_start()
    process, url = popen("stack.meter.collector", environment)
    try:
        wait_until(lambda: requests.get(url + "/health", timeout=60).status_code == 200, 60, what="it is healthy")
        waiting = [publisher.publish(f"iot/{each['device_id']}/telemetry", json.dumps(each), qos=1) for each in sent]
        wait_until(lambda: requests.get(url + "/health", timeout=60).json()["received"] > 100, 30, what="it is at work")
    finally:
        process.kill()
        process.communicate()
    for each in waiting:
        each.wait_for_publish(60)
    publisher.disconnect()
    publisher.loop_stop()
    with service("stack.meter.collector", environment) as again:
        wait_until(lambda: len(names(store)) == 400, 90, what="all readings are archived")
        wait_until(lambda: requests.get(again + "/health", timeout=60).json()["lag"] == 0, 60, what="nothing waits")
        assert requests.get(again + "/health", timeout=60).json()["rejected"] == 0
    expected = {devices.object_key(each["device_id"], each["timestamp"]): devices.object_body(each) for each in sent}
    assert objects(store) == expected
    found = points(replace(influx, bucket=environment["INFLUX_BUCKET"]))
    assert [each[2:] for each in found if each[1] == "power"] == [
        (each["timestamp"], each["sensors"]["power"])
        for each in sorted(sent, key=lambda each: (each["device_id"], each["timestamp"]))
    ]


def test_a_service_waits_for_what_is_not_there_and_says_so(environment: dict[str, str]) -> None:
    for module in ("stack.meter.collector", "stack.meter.api"):
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            env=environment | {"POSTGRES_PORT": "9"},
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout is not None
        try:
            url = f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
            wait_until(
                lambda url=url: "127.0.0.1" in (requests.get(url + "/health", timeout=60).json()["last_error"] or ""),
                60,  # type: ignore[misc]
                what="it says what it waits for",
            )
            answer = requests.get(url + "/health", timeout=60)
            assert answer.status_code == 503
            assert answer.json()["checks"]["postgresql"]["status"] == "fail"
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.communicate()


@pytest.mark.parametrize(
    ("name", "value"), [("SHARE", "a/b"), ("BATCH_SIZE", "0"), ("WRITERS", "x"), ("S3_URL", "here")]
)
def test_a_bad_setting_is_refused_by_name(environment: dict[str, str], name: str, value: str) -> None:
    said = refusal("stack.meter.collector", environment | {name: value})
    assert said.startswith(f"meter-collector: {name} is {value!r}")


def test_thresholds_wait_while_postgresql_is_away_and_end_when_asked(environment: dict[str, str]) -> None:
    from stack.meter.collector import Watcher
    from stack.runtime import Stage

    given: list[dict[str, object]] = []
    away = [True]

    def watch(readings: list[dict[str, object]]) -> None:
        if away[0]:
            raise psycopg.OperationalError("away")
        given.extend(readings)

    watcher = Watcher(watch, Stage("test"))
    watcher.start()
    watcher.take([{"n": 1}])
    watcher.take([{"n": 2}])
    away[0] = False
    wait_until(lambda: len(given) == 2, 60, what="they are watched in their order")
    assert given == [{"n": 1}, {"n": 2}]
    away[0] = True
    watcher.take([{"n": 3}])
    watcher.stop()


@pytest.mark.minio
def test_minio_itself_refuses_to_overwrite() -> None:
    with start("s3", provider="native") as services:
        place: Endpoint = services.s3
        store = ObjectStore(place.url, place.username, place.password, place.bucket)
        with devices.Archive(store) as archive:
            assert archive.refuses_overwriting()
        devices.archive(store, "power-001", reading())
        devices.archive(store, "power-001", reading())
        with pytest.raises(devices.AlreadyArchivedError):
            devices.archive(store, "power-001", reading(rssi=-1))
        with devices.Archive(store) as archive:
            assert archive.devices() == ["power-001"]
            assert archive.write("power-001/1767225600.json", b"x")[0] == 412
