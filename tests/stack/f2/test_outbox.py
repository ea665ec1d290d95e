"""`Outbox`, with a Kafka that is killed and knows nothing afterwards."""

from __future__ import annotations

import threading

import pytest

from labkit.services import faults, start
from labkit.waiting import wait_until
from stack.f2.kafka import Outbox, make_topics, tail


@pytest.fixture
def services(monkeypatch):
    """A Kafka of its own: others must not lose their records."""
    monkeypatch.setattr("labkit.services.session._running", {})
    with start("kafka", provider="embedded") as services:
        yield services


def test_what_a_kafka_acknowledges_that_has_forgotten_its_topics_can_be_read(services):
    """Tansu acknowledges records of topics that it does not have, and shows them to nobody."""
    bootstrap = services.kafka.bootstrap
    make_topics(bootstrap, "raw")
    outbox, delivered = Outbox(bootstrap, "raw"), []
    outbox.send("raw", "key", b"before", delivered=lambda: delivered.append(b"before"))
    assert outbox.empty(threading.Event())
    faults.restart(services, "kafka")
    wanted = [b"%d" % number for number in range(400)]
    for value in wanted:
        outbox.send("raw", value.decode(), value, delivered=lambda value=value: delivered.append(value))

    def all_delivered() -> bool:
        outbox.serve(0.05)
        return len(delivered) == 401

    wait_until(all_delivered, 60, what="Kafka has all records")
    assert sorted(record.value() for record in tail(bootstrap, "raw", 1000)) == sorted(wanted)


def test_records_wait_while_kafka_is_away(services):
    bootstrap = services.kafka.bootstrap
    make_topics(bootstrap, "raw")
    outbox, delivered = Outbox(bootstrap, "raw"), []
    faults.kill(services, "kafka")

    def lost() -> bool:
        outbox.serve(0.05)
        return outbox.lost

    wait_until(lost, 60, what="the outbox hears of it")
    outbox.send("raw", "key", b"1", delivered=lambda: delivered.append(b"1"))
    stopping = threading.Event()
    stopping.set()
    assert not outbox.empty(stopping)
    assert not delivered
    faults.restart(services, "kafka")
    assert outbox.empty(threading.Event())
    assert delivered == [b"1"]
