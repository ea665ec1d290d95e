from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from labkit.waiting import wait_until
from tests.stack.refusal import refusal

SERVICE = Path(__file__).with_name("service.py")
ROOT = Path(__file__).resolve().parents[3]


class Running:
    """A service in a process of its own, and the address it announced."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.url = f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=60)

    def end(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGTERM)
        out, log = self.process.communicate(timeout=60)
        return self.process.returncode, out, log


@contextmanager
def running(**environment: str) -> Iterator[Running]:
    process = popen(INFLUX_TOKEN="t", **environment)
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate()


def popen(**environment: str) -> subprocess.Popen[str]:
    path = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, str(SERVICE)], env=path | environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("app", ["", "flask", "fastapi"])
def test_every_kind_of_service_serves_health_and_metrics_beside_its_own_routes(app: str) -> None:
    with running(APP=app) as service:
        wait_until(lambda: service.get("/health").status_code == 200, 60, what="the service is healthy")
        report = service.get("/health").json()
        metrics = service.get("/metrics").text
        hello = service.get("/hello")
        code, out, log = service.end()
    assert report == {
        "service": "toy", "status": "pass", "checks": {"mqtt": {"status": "pass", "detail": ""}}, "received": 3,
        "stored": 2, "rejected": 1, "duplicates": 0, "lag": 7, "last_error": "a bad line", "mine": False,
    }
    assert 'iot_stage_received_total{service="toy"} 3.0' in metrics
    assert 'iot_stage_lag{service="toy"} 7.0' in metrics
    assert 'iot_stage_latency_seconds_count{service="toy"} 1.0' in metrics
    assert (hello.status_code, app in hello.text) == (200 if app else 404, True)
    assert (code, out.splitlines()[-1]) == (0, "stopped")
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["started", "ended"]


def test_a_service_waits_for_what_is_not_there_yet_and_says_so(tmp_path: Path) -> None:
    with running(NEEDS=str(tmp_path / "broker")) as service:
        first = service.get("/health")
        (tmp_path / "broker").touch()
        wait_until(lambda: service.get("/health").status_code == 200, 60, what="the service is healthy")
    assert first.status_code == 503
    assert "no broker yet" in first.json()["last_error"] or first.json()["last_error"] == "starting"


def test_a_dependency_that_fails_makes_the_service_unhealthy() -> None:
    with running(MQTT_PROBLEM="connection refused") as service:
        answer = service.get("/health")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"mqtt": {"status": "fail", "detail": "connection refused"}}


def test_a_service_that_is_asked_to_end_while_it_waits_ends_cleanly(tmp_path: Path) -> None:
    with running(NEEDS=str(tmp_path / "broker")) as service:
        assert service.end()[0] == 0


def test_a_fault_of_the_service_itself_ends_it_with_a_traceback_in_one_line_of_the_log() -> None:
    with running(BREAKS="1") as service:
        _, log = service.process.communicate(timeout=60)
        line = json.loads(log.splitlines()[-1])
    assert service.process.returncode == 1
    assert (line["event"], line["level"], line["service"]) == ("cannot go on", "error", "toy")
    assert "a fault of its own" in line["exception"]


def test_a_service_whose_setting_is_wrong_ends_with_status_2_and_no_traceback() -> None:
    process = popen()
    _, log = process.communicate(timeout=60)
    assert process.returncode == 2
    assert log == "toy: INFLUX_TOKEN is not set; set it, or INFLUX_TOKEN_FILE to a file that holds it.\n"


@pytest.mark.parametrize(("environment", "said"), [
    ({}, "INFLUX_TOKEN is not set; set it, or INFLUX_TOKEN_FILE to a file that holds it."),
    ({"INFLUX_TOKEN": "t", "MQTT_PORT": "many"}, "MQTT_PORT is 'many': input should be a valid integer"),
    ({"INFLUX_TOKEN": "t", "MQTT_PORT": "0"}, "MQTT_PORT is '0': input should be greater than or equal to 1"),
    ({"INFLUX_TOKEN": "t", "LOG_LEVEL": "loud"}, "LOG_LEVEL is 'loud': input should be 'DEBUG', 'INFO'"),
    ({"INFLUX_TOKEN": "t", "INFLUX_URL": "influx:8086"}, "INFLUX_URL is 'influx:8086': string should match pattern"),
    ({"INFLUX_TOKEN_FILE": "/nowhere/token"}, "INFLUX_TOKEN_FILE: /nowhere/token cannot be read"),
])
def test_a_wrong_setting_is_refused_by_name(environment: dict[str, str], said: str) -> None:
    assert said in refusal("tests.stack.runtime.service", environment)
