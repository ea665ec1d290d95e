"""The samples of stack/contracts/meter.md are what the part and the simulated meters do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labkit.devices.fleet import simulate
from labkit.devices.meter import build
from stack.parts import devices
from stack.runtime import ObjectStore
from tests.stack.meter.conftest import NOW, objects

CONTRACTS = Path(devices.__file__).parents[1] / "contracts"
TOPIC = "iot/power-001/telemetry"


def sample(name: str) -> bytes:
    return (CONTRACTS / f"meter.{name}").read_bytes()


def test_the_sample_of_a_reading_gives_those_of_its_object_and_its_point() -> None:
    reading = devices.parse_message(TOPIC, sample("reading.json"))
    assert devices.object_body(reading) == sample("object.json")
    assert devices.line_of(reading).encode() == sample("point.lp")


def test_the_sample_of_a_dead_letter_is_what_is_buried(store: ObjectStore) -> None:
    payload = json.loads(sample("dead-letter.json"))["payload"].encode()
    with pytest.raises(ValueError, match="the reading is of") as refusal:
        devices.parse_message(TOPIC, payload)
    with devices.Archive(store) as archive:
        key = archive.bury(TOPIC, payload, str(refusal.value))
    assert objects(store) == {key: sample("dead-letter.json")}


def test_every_message_of_the_simulated_meters_is_a_reading_with_the_keys_of_the_sample() -> None:
    example = json.loads(sample("reading.json"))
    for interval in (0.25, 5):
        for message in simulate(build(6, interval, 1, NOW), start=NOW, seconds=20 * interval):
            reading = devices.parse_message(message.topic, message.payload)
            assert (message.qos, message.retain) == (1, False)
            assert reading.keys() - {"battery"} == example.keys()
            if reading["type"] == "power":
                assert reading["sensors"].keys() == example["sensors"].keys()


def test_the_collectors_topic_filter_leaves_the_nodes_of_the_esp32_system_alone() -> None:
    from paho.mqtt.client import topic_matches_sub

    assert topic_matches_sub("iot/+/telemetry", TOPIC)
    assert not topic_matches_sub("iot/+/telemetry", "iot/node/01/telemetry")
