"""The samples in `stack/contracts/f2.*` against the code on both sides of the wire."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from labkit.devices.f2 import REGISTERED, build
from labkit.devices.fleet import simulate
from stack.f2.kafka import Outbox
from stack.parts import f2
from tests.stack.f2.conftest import MAC, TEMPERATURE, Log

CONTRACTS = Path("stack/contracts")
MESSAGES = json.loads(CONTRACTS.joinpath("f2.messages.json").read_text(encoding="utf-8"))
FIRST = 1_795_258_800_000_042  # 2026-11-21T11:00:00.000042Z
KEYS = ("component_type", "pin_position", "value", "unit")


@pytest.fixture
def process(log: Log, parameters_dsn: str):
    processor = f2.Processor(log.bootstrap, parameters_dsn, raw_topic=log.raw, decoded_topic=log.decoded,
                             dead_letter_topic=log.dead)
    processor.outbox = Outbox(log.bootstrap)
    processor.commit = lambda _records: None

    def run(*messages: tuple[str, bytes]) -> None:
        log.publish(*messages, first=FIRST)
        processor.handle(log.records(log.raw))
        assert processor.outbox.empty(processor.stopping)

    yield run
    processor.disconnect()


@pytest.mark.parametrize("sample", MESSAGES, ids=lambda sample: sample["topic"])
def test_a_sample_is_decoded_as_it_says(process, log, sample):
    process((sample["topic"], bytes.fromhex(sample["payload_hex"])))
    decoded = [{key: document[key] for key in KEYS} for document in log.documents(log.decoded)]
    by_name = sorted(sample["measurements"], key=lambda each: each["component_type"])
    assert sorted(decoded, key=lambda each: each["component_type"]) == by_name
    assert log.records(log.dead) == []


def test_the_samples_of_kafka_are_exact(process, log):
    process((TEMPERATURE, b"00D7"))
    [record] = log.records(log.decoded)
    assert record.value().decode() + "\n" == CONTRACTS.joinpath("f2.decoded.json").read_text(encoding="utf-8")


def test_the_sample_of_a_dead_letter_is_exact(process, log):
    process((TEMPERATURE, b"7FFF"))
    [record] = log.records(log.dead)
    sample = CONTRACTS.joinpath("f2.dead-letter.json").read_text(encoding="utf-8")
    source = json.loads(record.value())["source"]
    assert source.startswith(f"{log.raw}/")
    assert record.value().decode().replace(source, "raw_iot_data/2/17") + "\n" == sample
    assert datetime.fromisoformat(json.loads(sample)["timestamp"]).timestamp() == FIRST / 1e6


def test_simulated_controllers_send_what_the_samples_show():
    sent = {message.topic: message.payload for message in simulate(build(1, 5.0, 1, 1.76e9), start=1.76e9, seconds=6)}
    assert set(sent) == {sample["topic"] for sample in MESSAGES}
    assert sent[f"cmnd/f2-{MAC}/rs485/3/label-13"] == bytes.fromhex(MAC)


def test_everything_that_simulated_controllers_send_in_a_day_can_be_decoded(parameters_dsn):
    count = 0
    with psycopg.connect(parameters_dsn, autocommit=True) as conn:
        for message in simulate(build(3, 600.0, 7, 1.76e9), start=1.76e9, seconds=86_400):
            address = f2.parse_f2_topic(message.topic)
            parameters: Any = f2.load_parameters(conn, address.mac)
            for value in parameters[address.connector, address.component, address.id]:
                f2.decode(message.payload, value.point)
                count += 1
    assert count > 3 * 144 * 9


def test_the_database_knows_as_many_controllers_as_the_fleet_says(parameters_dsn):
    with psycopg.connect(parameters_dsn, autocommit=True) as conn:
        assert f2.load_parameters(conn, f"02f2{REGISTERED:08x}") != {}
        assert f2.load_parameters(conn, f"02f2{REGISTERED + 1:08x}") == {}
