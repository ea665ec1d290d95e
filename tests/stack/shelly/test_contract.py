"""Devices and part against the samples of stack/contracts: they meet on the wire, not in an import."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from labkit.devices.shelly_ble import PRESS, Packet, encrypted, plain
from labkit.devices.shelly_gateway import Gateway
from labkit.devices.shelly_sensor import Advertisement, Air
from labkit.services import Endpoint
from stack.parts.shelly import Components, Deduplicator, ShellyCollector, create_api, parse_gateway_frame, plain_bthome
from tests.stack.shelly.frames import SCRIPT, SENSOR

CONTRACTS = Path(__file__).resolve().parents[3] / "stack" / "contracts"
BLE = json.loads((CONTRACTS / "shelly.ble.json").read_text())
MOMENT = 1700000000.12
PACKET = Packet(17, 97, 48, 21.7)


def sample(name: str) -> bytes:
    return (CONTRACTS / f"shelly.{name}.json").read_bytes().rstrip(b"\n")


class StillAir(Air):
    """Nothing walks and nothing is lost: one advertisement, at -70 dBm."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = data

    def heard(self, gateway: str, now: float) -> list[tuple[Advertisement, int]]:  # noqa: ARG002
        return [(Advertisement(SENSOR, self._data, MOMENT), -70)]


def heard(way: Any, data: bytes, **options: Any) -> tuple[Gateway, list[bytes]]:
    """A gateway that has heard one advertisement, and what it published."""
    gateway = Gateway(SCRIPT, StillAir(data), way, paired=[(SENSOR, "Living room")], **options)
    return gateway, [message.payload for message in gateway.step(MOMENT)]


def test_the_sensor_speaks_the_samples_to_the_byte() -> None:
    key = bytes.fromhex(BLE["key"])
    assert plain(PACKET).hex() == BLE["plain"]
    assert plain(Packet(18, 97, 48, 21.7, PRESS)).hex() == BLE["button"]
    assert encrypted(PACKET, BLE["address"], key, BLE["counter"]).hex() == BLE["encrypted"]


@pytest.mark.parametrize(("name", "way", "data"), [
    ("script", "script", "plain"), ("native", "native", "plain"), ("forward", "forward", "encrypted"),
])
def test_the_gateway_speaks_the_samples_to_the_byte(name: str, way: str, data: str) -> None:
    assert heard(way, bytes.fromhex(BLE[data]), joined=True)[1] == [sample(name)]


def test_the_gateway_answers_as_the_samples() -> None:
    gateway, _ = heard("native", bytes.fromhex(BLE["plain"]), joined=True)
    (answer,) = gateway.receive(f"{SCRIPT}/rpc", sample("request"), MOMENT)
    assert (answer.topic, answer.payload) == ("shelly-ask-0123456789ab/rpc", sample("answer"))
    online, full = gateway.connected(MOMENT)
    assert (online.topic, online.payload, online.retain) == (f"{SCRIPT}/online", b"true", True)
    assert full.payload == sample("full-status")


def collector(broker: Endpoint, influx: Endpoint) -> ShellyCollector:
    made = ShellyCollector(broker, influx, locations={SENSOR: "living room"})
    made.seen = Deduplicator()
    return made


def test_the_script_s_sample_becomes_the_sample_of_points(broker: Endpoint, influx: Endpoint) -> None:
    (reading,) = parse_gateway_frame(f"{SCRIPT}/events/rpc", sample("script"), {})
    assert "\n".join(collector(broker, influx).points(reading)) + "\n" == (CONTRACTS / "shelly.lp").read_text()


@pytest.mark.parametrize(("name", "channel"), [("native", "rpc"), ("full-status", "rpc"), ("forward", "ble")])
def test_the_other_samples_say_the_same(name: str, channel: str) -> None:
    components = Components(json.loads(sample("answer"))["result"], {SENSOR: BLE["key"]})
    (reading,) = parse_gateway_frame(f"{SCRIPT}/events/{channel}", sample(name), components)
    assert (reading.sensor_id, reading.temperature, reading.humidity, reading.battery, reading.packet_id) == (
        SENSOR, 21.7, 48.0, 97, 17)


def test_the_samples_of_bluetooth_say_the_same() -> None:
    found = {"packet_id": 17, "battery": 97, "humidity": 48, "temperature": 21.7}
    assert plain_bthome(bytes.fromhex(BLE["plain"]), SENSOR, {}) == found
    assert plain_bthome(bytes.fromhex(BLE["button"]), SENSOR, {}) == found | {"packet_id": 18, "button": "press"}


def test_the_page_names_every_route_and_every_metric(influx: Endpoint) -> None:
    text = (CONTRACTS / "shelly.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(/[^`]+)`", text, re.MULTILINE)) == set(create_api(influx).openapi()["paths"])
    samples = {path.name for path in CONTRACTS.glob("shelly.*") if path.suffix != ".md"}
    assert set(re.findall(r"`(shelly\.[a-z-]+(?:\.json)?)` \|$", text, re.MULTILINE)) == samples
