"""Manager, collector and command line as they are deployed, with three nodes."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.checks.broker_view import viewing
from labkit.services import Endpoint
from labkit.waiting import wait_until
from tests.stack.esp32.looking import manage, online
from tests.stack.home.running import ROOT, Running, addresses, running


@pytest.fixture(scope="module")
def places(broker: Endpoint, influx: Endpoint) -> dict[str, str]:
    return addresses(broker, dataclasses.replace(influx, bucket="esp32-services"))


@pytest.fixture(scope="module")
def manager(places: dict[str, str]) -> Iterator[Running]:
    with running("stack.esp32.manager", HEALTH_INTERVAL="0.3", **places) as service:
        service.wait_healthy()
        yield service


@pytest.fixture(scope="module")
def collector(places: dict[str, str]) -> Iterator[Running]:
    with running("stack.esp32.collector", CLIENT_ID="test-services", MAX_AGE="0.2", **places) as service:
        service.wait_healthy()
        yield service


@pytest.fixture(scope="module")
def three(places: dict[str, str], manager: Running, collector: Running) -> Iterator[Running]:
    with running("labkit.devices", "esp32", "--count", "3", "--interval", "0.5", **places) as nodes:
        assert (nodes.ready["ready"], nodes.ready["devices"]) == (True, 3)
        wait_until(lambda: len(online(manager)) == 3, 60, what="three nodes are online")
        yield nodes


def test_the_broker_is_looked_at_again_and_again(manager: Running, broker: Endpoint) -> None:
    with viewing(broker) as view, view.listen("iot/broker/+") as heard:
        messages = heard.wait(6, 60)
    assert {m.topic for m in messages} == {"iot/broker/status", "iot/broker/stats"}
    assert manager.get("/broker").json()["status"]["status"] == "online"


def test_three_nodes_arrive_in_the_registry_and_in_the_table(three: Running, manager: Running) -> None:
    assert online(manager) == ["node_01", "node_02", "node_03"]
    assert manager.get("/nodes/01").json() == manager.get("/nodes/node_01").json()
    assert manager.get("/nodes/nobody").status_code == 404

    def rows() -> list[dict[str, Any]]:
        return [row for row in manager.get("/fleet?window=60").json()["nodes"] if row["online"]]

    wait_until(lambda: len(rows()) == 3, 60, what="the table has three nodes")
    assert rows()[0]["battery"] is None
    assert rows()[0]["rssi"] < 0


def test_a_command_over_http_is_acknowledged_refused_or_times_out(three: Running, manager: Running) -> None:
    done = manager.post("/nodes/01/command", {"command": "set_led", "params": {"state": "on", "brightness": 128}})
    assert (done.status_code, done.json()["ok"], done.json()["node_id"]) == (200, True, "node_01")
    assert manager.post("/nodes/node_02/command", {"command": "set_led", "params": {"state": "off"}}).status_code == 200
    refused = manager.post("/nodes/01/command", {"command": "fly"})
    assert (refused.status_code, "unknown command" in refused.json()["reason"]) == (409, True)
    silent = manager.post("/nodes/nobody/command", {"command": "restart", "timeout": 0.3})
    assert (silent.status_code, "did not acknowledge" in silent.json()["error"]) == (504, True)


@pytest.mark.parametrize(("body", "status"), [
    (b"{", 400), (b"[]", 422), (b"{}", 422), (b'{"command": 5}', 422), (b'{"command": "x", "params": []}', 422),
    (b'{"command": "x", "timeout": 0}', 422), (b'{"command": "x", "timeout": "1"}', 422),
    (b'{"command": "x", "timeout": 31}', 422), (b'{"command": "x", "timeout": true}', 422), (b"x" * 200_000, 413),
])
def test_what_is_no_command_is_refused(manager: Running, body: bytes, status: int) -> None:
    import requests

    answer = requests.post(f"{manager.url}/nodes/01/command", data=body, timeout=60)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


def test_errors_of_http_are_json(manager: Running) -> None:
    assert manager.get("/nothing").json()["error"]
    window = manager.get("/fleet?window=x")
    assert window.status_code == 422
    assert "'window' is 'x'" in window.json()["error"]
    assert manager.get("/nodes/01/command").headers["Allow"]


def test_the_command_line_lists_commands_and_looks(three: Running, places: dict[str, str]) -> None:
    status, out, _ = manage(places, "nodes")
    lines = [line.split()[:3] for line in out.splitlines()[1:] if "offline" not in line]  # those of other tests
    assert (status, lines) == (0, [[f"node_0{i}", "online", "1.0.0"] for i in (1, 2, 3)])
    status, out, _ = manage(places, "command", "01", "set_led", "state=on", "brightness=12")
    assert (status, json.loads(out)["ok"]) == (0, True)
    status, out, _ = manage(places, "command", "01", "set_led", "state=on", "brightness=1000")
    assert (status, json.loads(out)["reason"]) == (1, "brightness must be 0 to 255")
    status, _, err = manage(places, "--timeout", "0.2", "command", "nobody", "restart")
    assert (status, "did not acknowledge" in err) == (1, True)
    status, out, _ = manage(places, "broker")
    assert (status, json.loads(out)["status"]["status"]) == (0, "online")
    status, _, err = manage(places | {"MQTT_PORT": "1"}, "nodes")
    assert (status, "cannot be reached" in err) == (1, True)
    assert manage(places | {"MQTT_PORT": "x"}, "nodes")[0] == 2
    assert manage(places, "command", "01", "set_led", "state")[0] == 2


def test_the_command_line_is_a_program(places: dict[str, str]) -> None:
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]} | places
    done = subprocess.run([sys.executable, "-m", "stack.esp32.manage", "broker"], env=environment, text=True,
                          capture_output=True, timeout=60, check=False)
    assert (done.returncode, json.loads(done.stdout)["status"]["status"]) == (0, "online"), done.stderr


def test_the_manager_waits_for_its_broker_and_ends_when_asked(places: dict[str, str]) -> None:
    with running("stack.esp32.manager", **places | {"MQTT_PORT": "1"}) as service:
        wait_until(lambda: "cannot be reached" in str(service.get("/health").json()["last_error"]), 60, what="it waits")
        assert service.get("/health").status_code == 503
        assert service.get("/broker").status_code == 503
        answer = service.post("/nodes/01/command", {"command": "restart"})
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
        began = time.monotonic()
        assert service.end() == 0
        assert time.monotonic() - began < 60
