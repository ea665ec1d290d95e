"""The node in C++ and the simulated node of the kit are one device to whoever manages them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from labkit.devices.esp32 import Esp32Node
from labkit.waiting import wait_until
from stack.parts.fleet import send_command
from tests.firmware.conftest import StartBoards
from tests.firmware.virtual_board import Listener, Mosquitto

# The first test of a fresh checkout builds the node: a minute of one core, longer where many share it.
pytestmark = [pytest.mark.cpp, pytest.mark.mosquitto, pytest.mark.timeout(600)]

MANIFEST = {"name": "esp32-node", "version": "1.1.0", "size": 9, "sha256": "a" * 64, "url": "http://h/x"}
LED: dict[str, Any] = {"state": "on", "brightness": 128}
REFUSED: list[dict[str, Any]] = [
    {"command": "dance"},
    {"command": "ü" * 12},
    {"command": "x" * 25},
    {"command": ""},
    {"command": 7},
    {"params": {}},
    {"command": "set_led"},
    {"command": "set_led", "params": []},
    {"command": "set_led", "params": {"brightness": 1}},
    {"command": "set_led", "params": LED | {"state": "ON"}},
    {"command": "set_led", "params": LED | {"state": True}},
    {"command": "set_led", "params": LED | {"brightness": -1}},
    {"command": "set_led", "params": LED | {"brightness": 256}},
    {"command": "set_led", "params": LED | {"brightness": 1.0}},
    {"command": "set_led", "params": LED | {"brightness": True}},
    {"command": "set_led", "params": LED | {"brightness": None}},
    {"command": "set_led", "params": LED | {"colour": "red"}},
    {"command": "set_interval", "params": {"seconds": 0}},
    {"command": "set_interval", "params": {"seconds": 3601}},
    {"command": "set_interval", "params": {"seconds": "5"}},
    {"command": "restart", "params": {"now": True}},
    {"command": "rollback_firmware"},
    {"command": "update_firmware", "params": {}},
    *(
        {"command": "update_firmware", "params": MANIFEST | change}
        for change in (
            {"name": "lamp"},
            {"version": "1.1"},
            {"version": "0.9.9"},
            {"version": "1.0.0"},
            {"version": "1.0.0-rc.1"},
            {"min_version": "1.0.1"},
            {"min_version": "one"},
            {"size": 0},
            {"size": 10_000_000},
            {"size": "9"},
            {"sha256": "z" * 64},
            {"url": "ftp://h/x"},
            {"beta": True},
        )
    ),
]


def test_both_nodes_refuse_the_same_commands_with_the_same_words(
    shared_broker: Mosquitto, boards: StartBoards, listen: Callable[..., Listener]
) -> None:
    listener = listen(shared_broker.port)
    boards(shared_broker, "--id", "01").ready()
    simulated = Esp32Node(1)
    different = {}
    for number, command in enumerate(REFUSED):
        payload = json.dumps({"id": f"c-{number}"} | command).encode()
        firmware = listener.command("01", payload)
        assert firmware["ok"] is False
        kit = json.loads(next(iter(simulated.receive("iot/node/01/command", payload, 1e9))).payload)["ack"]
        if firmware != kit:
            different[payload] = (firmware, kit)
    assert different == {}


def test_the_fleets_managers_command_is_acknowledged(shared_broker: Mosquitto, boards: StartBoards) -> None:
    node = boards(shared_broker, "--id", "02")
    node.ready()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", shared_broker.port)
    client.loop_start()
    try:
        wait_until(client.is_connected, 60, what="the manager's session")
        ack = send_command(client, "02", "set_led", LED, timeout=60)
        assert (ack.ok, ack.reason) == (True, "")
        ack = send_command(client, "02", "set_led", LED | {"brightness": 300}, timeout=60)
        assert (ack.ok, ack.reason) == (False, "brightness must be 0 to 255")
    finally:
        client.disconnect()
        client.loop_stop()
    assert node.lines[-1]["led"] == LED
