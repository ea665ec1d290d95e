"""The ESP32 node says what the contract says, and does or refuses what it is asked."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from labkit.checks.broker_view import viewing
from labkit.devices import esp32
from labkit.devices.device import Message
from labkit.devices.esp32_commands import check_manifest
from labkit.devices.faults import parse, with_faults
from labkit.devices.fleet import Fleet, simulate
from labkit.devices.health import HealthServer, report
from labkit.devices.transport import Address
from labkit.errors import StudentError
from labkit.services.endpoint import Endpoint
from labkit.waiting import wait_until

START = 1_767_225_600.0
CONTRACT = Path(__file__).parents[2] / "stack" / "contracts" / "telemetry.json"
MANIFEST = {"name": "esp32-node", "version": "1.1.0", "size": 900_000, "sha256": "ab" * 32, "url": "http://house/f.bin"}


def node(**settings: Any) -> esp32.Esp32Node:
    return esp32.Esp32Node(1, start=START, **settings)


def ask(device: esp32.Esp32Node, command: Any, now: float = START) -> list[Message]:
    payload = command if isinstance(command, bytes) else json.dumps(command).encode()
    return list(device.receive("iot/node/01/command", payload, now))


def ack(messages: Sequence[Message]) -> dict[str, Any]:
    document = json.loads(messages[0].payload)
    assert (messages[0].topic, messages[0].qos, messages[0].retain) == ("iot/node/01/status", 1, False)
    assert list(document) == ["node_id", "ack"]
    assert document["node_id"] == "node_01"
    found: dict[str, Any] = document["ack"]
    return found


def test_telemetry_has_the_keys_and_types_of_the_contract() -> None:
    sample = json.loads(CONTRACT.read_text(encoding="utf-8"))
    found = [m for m in simulate([node()], start=START, seconds=30) if m.topic == "iot/node/01/telemetry"]
    assert len(found) == 6
    for index, message in enumerate(found):
        reading = json.loads(message.payload)
        assert list(reading) == list(sample)
        assert reading["timestamp"] == START + 5 * index
        assert reading["uptime"] == 5 * index
        assert reading["node_id"] == "node_01"
        assert set(reading["sensors"]) == {"temperature", "humidity"}
        assert all(isinstance(value, float) for value in reading["sensors"].values())
        assert (message.qos, message.retain) == (1, False)


def test_the_status_is_retained_when_it_connects_and_every_minute_and_the_will_is_its_offline() -> None:
    device = node()
    found = [m for m in simulate([device], start=START, seconds=125) if m.topic == "iot/node/01/status"]
    assert [m.time - START for m in found] == [0, 60, 120]
    assert all(m.retain and m.qos == 1 for m in found)
    status = json.loads(found[1].payload)
    assert list(status) == ["node_id", "status", "uptime", "wifi_rssi", "firmware"]
    assert (status["status"], status["uptime"], status["firmware"]) == ("online", 60, "1.0.0")
    assert device.will is not None
    assert json.loads(device.will.payload) == {"node_id": "node_01", "status": "offline"}
    assert (device.will.topic, device.will.retain, device.will.qos) == ("iot/node/01/status", True, 1)
    assert [m.payload for m in device.leaving(START)] == [device.will.payload]


def test_a_command_is_carried_out_and_acknowledged_with_its_id() -> None:
    device = node()
    led = {"id": "c-17", "command": "set_led", "params": {"state": "on", "brightness": 128}}
    assert ack(ask(device, led)) == {"id": "c-17", "command": "set_led", "ok": True}
    assert (device.led_on, device.brightness) == (True, 128)
    assert ack(ask(device, {"command": "set_led", "params": {"state": "off"}})) == {"command": "set_led", "ok": True}
    assert (device.led_on, device.brightness) == (False, 128)
    ask(device, {"id": "c-18", "command": "set_interval", "params": {"seconds": 30}})
    assert (device.interval, device.next_step) == (30, START + 30)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (b"", "malformed JSON at byte 0"),
        (b"{", "malformed JSON at byte 1"),
        (b"\xff\xfe", "malformed JSON at byte 0"),
        (b"[" * 1000, "malformed JSON at byte 0"),
        (b"[1]", "a command must be a JSON object"),
        (b" " * 1025, "message is longer than 1024 bytes"),
        ({}, "key 'command' is missing"),
        ({"command": 7}, "command must be text of 1 to 24 bytes"),
        ({"id": 7, "command": "restart"}, "id must be text of 1 to 32 bytes"),
        ({"command": "restart", "params": []}, "params must be a JSON object"),
        ({"command": "fly"}, "unknown command 'fly'"),
        ({"command": "set_led"}, "key 'state' is missing"),
        ({"command": "set_led", "params": {"state": "blue"}}, "state must be on or off"),
        ({"command": "set_led", "params": {"state": []}}, "state must be on or off"),
        ({"command": "set_led", "params": {"state": "on", "brightness": 256}}, "brightness must be 0 to 255"),
        ({"command": "set_led", "params": {"state": "on", "brightness": True}}, "brightness must be 0 to 255"),
        ({"command": "set_led", "params": {"state": "on", "colour": 1}}, "unknown key 'colour'"),
        ({"command": "set_interval", "params": {"seconds": 0}}, "seconds must be a whole number from 1 to 3600"),
        ({"command": "set_interval", "params": {"seconds": 1.5}}, "seconds must be a whole number from 1 to 3600"),
        ({"command": "restart", "params": {"now": True}}, "unknown key 'now'"),
        ({"command": "rollback_firmware"}, "there is no earlier firmware"),
    ],
)
def test_a_command_that_cannot_be_is_refused_with_its_reason(command: Any, reason: str) -> None:
    device = node()
    answers = ask(device, command)
    assert len(answers) == 1
    found = ack(answers)
    assert (found["ok"], found["reason"]) == (False, reason)
    assert (device.led_on, device.brightness, device.interval, device.firmware) == (False, 255, 5.0, "1.0.0")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "toaster"}, "name must be esp32-node"),
        ({"version": "1.1"}, "version must be like 1.2.3"),
        ({"version": 2}, "version must be like 1.2.3"),
        ({"version": "1.0.0"}, "version must be newer than 1.0.0"),
        ({"version": "1.0.0-rc.1"}, "version must be newer than 1.0.0"),
        ({"min_version": "1.0.5"}, "this step needs at least version 1.0.5"),
        ({"min_version": "new"}, "min_version must be like 1.2.3"),
        ({"size": 0}, "size must be 1 to 1966080"),
        ({"size": 1966081}, "size must be 1 to 1966080"),
        ({"sha256": "ab"}, "sha256 must be 64 hexadecimal digits"),
        ({"sha256": None}, "sha256 must be 64 hexadecimal digits"),
        ({"url": "ftp://house"}, "url must be a web address of at most 191 bytes"),
        ({"url": "http://" + "h" * 200}, "url must be a web address of at most 191 bytes"),
        ({"more": 1}, "unknown key 'more'"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused_with_its_reason(change: dict[str, Any], reason: str) -> None:
    device = node()
    found = ack(ask(device, {"id": "c", "command": "update_firmware", "params": MANIFEST | change}))
    assert found["reason"] == reason
    assert device.firmware == "1.0.0"


def test_versions_are_ordered_as_semantic_versioning_orders_them() -> None:
    # semver.org 2.0.0, section 11
    order = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
             "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]
    for older, newer in itertools.pairwise(order):
        assert check_manifest(MANIFEST | {"version": newer}, older) == newer


def test_a_firmware_update_restarts_the_node_with_the_new_version_and_a_rollback_with_the_old() -> None:
    device = node()
    list(device.step(START))
    answers = ask(device, {"id": "c-1", "command": "update_firmware", "params": MANIFEST}, START + 10)
    assert ack(answers)["ok"] is True
    assert json.loads(answers[1].payload) == {"node_id": "node_01", "status": "offline"}
    assert device.next_step == START + 13
    assert list(device.step(START + 12)) == [], "it says nothing while it starts"
    assert ack(ask(device, {"id": "c-2", "command": "restart"}, START + 12))["reason"] == "the node is about to restart"
    status, reading = device.step(START + 15)
    assert json.loads(status.payload)["firmware"] == "1.1.0"
    assert status.retain
    assert json.loads(reading.payload)["uptime"] == 2
    assert ack(ask(device, {"id": "c-3", "command": "rollback_firmware"}, START + 20))["ok"] is True
    assert device.firmware == "1.0.0"


def test_a_command_that_comes_twice_is_carried_out_once_and_answered_twice() -> None:
    device = node()
    update = {"id": "c-1", "command": "update_firmware", "params": MANIFEST}
    first, second = ask(device, update, START + 1), ask(device, update, START + 2)
    assert second == first[:1]
    assert device.earlier_firmware == "1.0.0"


def test_a_retained_command_is_refused() -> None:
    device = node()
    found = ack(list(device.receive_retained("iot/node/01/command", b'{"id":"c","command":"restart"}', START)))
    assert found == {"id": "c", "command": "restart", "ok": False, "reason": "a command must not be retained"}


def test_faults_reach_the_nodes_readings() -> None:
    def readings(*faults: str) -> list[dict[str, Any]]:
        device = with_faults(node(), parse(faults))
        return [json.loads(m.payload) for m in simulate([device], start=START, seconds=3600)
                if m.topic.endswith("telemetry")]

    good = readings()
    assert [r["timestamp"] for r in readings("clock_error:-7200")] == [r["timestamp"] - 7200 for r in good]
    assert len({r["sensors"]["temperature"] for r in readings("stuck:1")}) == 1
    hot = readings("drift:240")
    assert hot[-1]["sensors"]["temperature"] - good[-1]["sensors"]["temperature"] == pytest.approx(10, abs=0.2)
    assert len(readings("drop_out:0.5")) < 0.7 * len(good)


def test_the_process_runs_a_fleet_says_that_it_is_ready_and_ends_by_itself(broker: Endpoint) -> None:
    with viewing(broker) as view, view.listen("iot/node/#") as heard:
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "labkit.devices", "esp32", "--count", "20", "--interval", "10",
             "--speed", "50", "--for", "1", "--seed", "3", "--start", "1767225600", "--fault", "duplicate:0.1"],
            env=_environment(broker), capture_output=True, text=True, timeout=60, check=False,
        )
        assert (ended.returncode, ended.stdout) == (0, '{"ready": true, "devices": 20}\n'), ended.stderr
        assert ended.stderr.startswith("esp32: 100 steps, ")

        def telemetry() -> list[dict[str, Any]]:
            return [message.json() for message in heard.messages if message.topic.endswith("telemetry")]

        wait_until(lambda: len(telemetry()) > 100, 60, what="100 readings and some twice, behind the statuses")
    assert {t["timestamp"] - 1767225600 for t in telemetry()} <= set(range(50))


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_the_process_ends_in_order_when_it_is_asked_to(broker: Endpoint, name: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "labkit.devices", "esp32"],
        env=_environment(broker), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"ready": True, "devices": 3}
        process.send_signal(getattr(signal, name))
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert " messages, 0 lost" in errors


def test_a_fleet_that_is_given_a_port_serves_its_health(broker: Endpoint) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "labkit.devices", "esp32", "--interval", "0.1"],
        env=_environment(broker) | {"HTTP_PORT": "0"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]

        def health() -> dict[str, Any]:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                return found

        wait_until(lambda: health()["sent"] > 10, 60, what="messages")
        found = health()
        assert (found["service"], found["status"], found["devices"], found["lost"]) == ("esp32", "pass", 3, 0)
        assert found["checks"] == {"mqtt": {"status": "pass", "detail": ""}}
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/other", timeout=60)
        assert caught.value.code == 404
        caught.value.close()
        process.terminate()
        assert process.wait(60) == 0 or os.name == "nt"
    finally:
        process.kill()
        process.communicate()


def test_health_fails_while_the_broker_is_away() -> None:
    fleet = Fleet([node()], Address("127.0.0.1", 1))
    found = report("esp32", fleet)
    assert (found["status"], found["checks"]["mqtt"]["detail"]) == ("fail", "1 of 1 devices are not connected")


@pytest.mark.parametrize("port", ["x", "70000", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(StudentError, match="HTTP_PORT is"):
        HealthServer("esp32", Fleet([node()], Address("127.0.0.1", 1)), {"HTTP_PORT": port})


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["esp32", "--speed", "1001"], 2, "from 0.001 to 1000"),
        (["esp32", "--speed", "nan"], 2, "from 0.001 to 1000"),
        (["esp32", "--count", "0"], 2, "whole number from 1"),
        (["esp32", "--count", "1.5"], 2, "whole number from 1"),
        (["esp32", "--interval", "-1"], 2, "from 0.001"),
        (["esp32", "--fault", "fire"], 2, "There is no fault 'fire'"),
        (["esp32", "--fault", "low_battery"], 2, "have no battery"),
        (["cars"], 2, "invalid choice"),
        (["esp32"], 1, "could not reach the broker at 127.0.0.1:1"),
    ],
)
def test_a_wrong_command_is_refused(words: list[str], status: int, said: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "labkit.devices", *words],
        env=os.environ | {"MQTT_HOST": "127.0.0.1", "MQTT_PORT": "1"}, capture_output=True, text=True, timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (status, "")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def _environment(broker: Endpoint) -> dict[str, str]:
    return os.environ | {"MQTT_HOST": broker.host, "MQTT_PORT": str(broker.port), "MQTT_USERNAME": broker.username,
                         "MQTT_PASSWORD": broker.password}
