"""The connector: every message once in Kafka, through lost connections, kills and repeats."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labkit.services import Endpoint, faults, start
from labkit.waiting import wait_until
from stack.parts import f2
from tests.brokers import PROVIDER
from tests.stack.f2.conftest import MAC, TEMPERATURE, Controller, Log, settled

Make = Callable[..., f2.Connector]


@pytest.fixture
def connector(broker: Endpoint, log: Log) -> Iterator[Make]:
    """Makes connectors that are started, and stopped after the test."""
    made = []

    def make(place: Endpoint = broker, **options: Any) -> f2.Connector:
        options = {"client_id": log.group, "topic_filter": "cmnd/#"} | options
        connector = f2.Connector(place, log.bootstrap, raw_topic=log.raw, dead_letter_topic=log.dead, **options)
        connector.start()
        made.append(connector)
        return connector

    yield make
    for each in made:
        if each.thread.is_alive():
            each.client.on_message = None
            each.client.unsubscribe("cmnd/#")
            each.stop()


def crash(connector: f2.Connector) -> None:
    """End a connector as kill -9 does: no last acknowledgement, no goodbye; its connection breaks."""
    connector.client.disconnect = lambda *_: None
    connector.acks.send = lambda *_: None
    connector.stop()
    connector.client.socket().close()


def payloads(log: Log) -> list[bytes]:
    return sorted(record.value() for record in log.records(log.raw))


def test_a_message_goes_to_kafka_as_it_is_keyed_by_its_controller(connector, controller, log):
    running = connector()
    controller.publish((TEMPERATURE.replace(MAC, MAC.upper()), b"\x00\xff"), ("cmnd/nonsense", b""))
    settled(running.stats, received=2, stored=2)
    records = {record.key(): (record.value(), dict(record.headers())) for record in log.records(log.raw)}
    value, headers = records[f"f2-{MAC}".encode()]
    assert value == b"\x00\xff"
    assert headers["topic"].decode() == TEMPERATURE.replace(MAC, MAC.upper())
    assert abs(int(headers["time"]) - time.time() * 1e6) < 60e6
    assert records[None][1]["topic"] == b"cmnd/nonsense", "a topic that cannot be read is the processor's to refuse"


def test_two_messages_never_have_the_same_time(connector, controller, log):
    running = connector()
    controller.publish(*[(TEMPERATURE, b"same")] * 300)
    settled(running.stats, stored=300, duplicates=0)
    assert len({dict(record.headers())["time"] for record in log.records(log.raw)}) == 300


def test_what_is_published_while_no_connector_runs_is_not_lost(connector, controller, log):
    connector().stop()
    controller.publish(*((TEMPERATURE, b"%d" % number) for number in range(50)))
    settled(connector().stats, stored=50)
    assert len(payloads(log)) == 50


def test_a_message_is_acknowledged_only_when_kafka_has_it(connector, controller, log, monkeypatch):
    """Kafka's reports are held back: nothing is acknowledged, and a next connector gets it all again."""
    running = connector()
    monkeypatch.setattr(running.outbox, "send", lambda *_, **__: None)
    controller.publish(*((TEMPERATURE, b"%d" % number) for number in range(20)))
    settled(running.stats, received=20, stored=0)
    assert len(running.waiting) == 20
    crash(running)
    again = connector()
    settled(again.stats, received=20, stored=20, duplicates=0)
    assert len(payloads(log)) == 20


def test_a_killed_connectors_messages_are_not_in_kafka_twice(connector, controller, log):
    """Kafka has them, the broker was not told: it delivers them again, and the next connector knows them."""
    running = connector()
    running.acks.send = lambda *_: None
    controller.publish(*((TEMPERATURE, b"%d" % (number % 3)) for number in range(20)))
    settled(running.stats, stored=20)
    crash(running)
    again = connector()
    settled(again.stats, received=20, duplicates=20, stored=0)
    wait_until(lambda: not again.waiting, 60, what="acknowledgements")
    assert len(payloads(log)) == 20


def test_a_message_that_the_killed_connector_had_not_sent_is_new(connector, controller, log, monkeypatch):
    running = connector()
    controller.publish((TEMPERATURE, b"1"))
    settled(running.stats, stored=1)
    monkeypatch.setattr(running.outbox, "send", lambda *_, **__: None)
    controller.publish((TEMPERATURE, b"1"))
    settled(running.stats, received=2)
    crash(running)
    settled(connector().stats, received=1, stored=1, duplicates=0)
    assert payloads(log) == [b"1", b"1"]


def test_a_connection_that_breaks_is_made_again_and_repeats_are_known(connector, controller, log):
    running = connector()
    running.acks.send = lambda *_: None
    controller.publish(*((TEMPERATURE, b"%d" % number) for number in range(10)))
    settled(running.stats, stored=10)
    del running.acks.send
    running.client.socket().shutdown(socket.SHUT_RDWR)
    settled(running.stats, received=20, duplicates=10, stored=10)
    controller.publish((TEMPERATURE, b"new"))
    settled(running.stats, stored=11)
    assert len(payloads(log)) == 11


def test_two_connectors_with_one_name_do_not_storm_the_broker(connector):
    """The broker closes the connection of the other one each time."""
    began = time.monotonic()
    both: list[f2.Connector] = []

    def connected() -> bool:
        with contextlib.suppress(ConnectionError):  # the first one may be back before it has subscribed: try again
            both.append(connector())
        return len(both) == 2

    wait_until(connected, 60, what="two connectors")
    wait_until(lambda: sum(each.connection for each in both) >= 8, 60, what="eight connections")
    assert time.monotonic() - began > 0.4, "eight connections without a pause"


def test_an_error_of_our_own_does_not_end_the_connector(connector, controller, log, monkeypatch):
    """The message at fault is not acknowledged, and comes again."""
    running = connector()
    send, failures = running.outbox.send, iter([RuntimeError("out of luck")])

    def fails_once(*each: Any, **others: Any) -> None:
        for failure in failures:
            raise failure
        send(*each, **others)

    monkeypatch.setattr(running.outbox, "send", fails_once)
    controller.publish((TEMPERATURE, b"1"), (TEMPERATURE, b"2"))
    settled(running.stats, stored=2)
    assert payloads(log) == [b"1", b"2"]


def test_an_error_in_a_delivery_report_is_told_with_its_line_and_does_not_end_the_connector(
        connector, controller, monkeypatch):
    """Kafka's client makes a SystemError of what a callback raises."""

    def take(taken: Any) -> None:
        running.outbox.send(running.raw_topic, None, taken.payload, delivered=lambda: [][taken.number])

    running = connector()
    monkeypatch.setattr(running, "take", take)
    controller.publish((TEMPERATURE, b"1"))
    wait_until(lambda: "IndexError" in str(running.stats["error"]), 60, what="the error in the stats")
    assert "IndexError: list index out of range (in <lambda>, line " in running.stats["error"]
    monkeypatch.undo()
    controller.publish((TEMPERATURE, b"2"))
    settled(running.stats, stored=1)


def test_a_payload_that_kafka_never_takes_is_a_dead_letter(connector, controller, log):
    running = connector()
    controller.publish((TEMPERATURE, b"x" * 1_500_000), (TEMPERATURE, b"after"))
    settled(running.stats, stored=1, rejected=1)
    wait_until(lambda: not running.waiting, 60, what="acknowledgements")
    [letter] = log.documents(log.dead)
    assert (letter["code"], letter["topic"], letter["payload_bytes"]) == ("TOO_LARGE", TEMPERATURE, 1_500_000)


def test_no_more_is_read_than_the_window_allows(connector, controller, log, monkeypatch):
    running = connector(window=10)
    send = running.outbox.send
    held: list[tuple[Any, Any]] = []
    monkeypatch.setattr(running.outbox, "send", lambda *each, **others: held.append((each, others)))
    controller.publish(*((TEMPERATURE, b"%d" % number) for number in range(200)))
    wait_until(lambda: running.stats["received"] >= 10, 60, what="a full window")
    assert running.stats["received"] < 10 + 50, "one burst of packets at most"
    monkeypatch.setattr(running.outbox, "send", send)
    for each, others in held[:]:
        send(*each, **others)
    settled(running.stats, stored=200)


def test_connectors_that_share_a_subscription_share_the_messages(connector, controller, log):
    if PROVIDER == "embedded":
        pytest.skip("mosquitto is not installed: sudo apt install mosquitto")
    filters = f"$share/{log.group}/cmnd/#"
    pair = [connector(topic_filter=filters, client_id=f"{log.group}-{number}") for number in range(2)]
    controller.publish(*((TEMPERATURE, b"%d" % number) for number in range(100)))
    wait_until(lambda: sum(each.stats["stored"] for each in pair) >= 100, 60, what="all messages")
    assert all(each.stats["stored"] > 10 for each in pair)
    # The end of a topic that two producers have just written to may be shown a moment later.
    wait_until(lambda: len(payloads(log)) >= 100, 60, what="all records")
    assert len(payloads(log)) == 100


@pytest.mark.mosquitto
def test_a_controller_that_sends_again_after_a_broker_died_is_stored_once(connector, log):
    """What it had sent just before and was not told of; a new value is new, and so is what it says after that."""
    with start("mqtt", provider="native") as services:
        running = connector(services.mqtt)
        before = Controller(services.mqtt)
        before.publish((TEMPERATURE, b"1"), (TEMPERATURE, b"2"), (TEMPERATURE, b"3"))
        settled(running.stats, stored=3)
        before.close()
        faults.restart(services, "mqtt")
        wait_until(lambda: running.connection == 2 and running.subscribed, 60, what="a new connection")
        after = Controller(services.mqtt)
        wait_until(lambda: running.stats["error"] is None, 60, what="no error")
        after.publish((TEMPERATURE, b"2"), (TEMPERATURE, b"3"), (TEMPERATURE, b"4"), (TEMPERATURE, b"3"))
        after.close()
        wait_until(lambda: running.stats["duplicates"] >= 2, 60, what="the repeats")  # the broker may add its own
        settled(running.stats, stored=5)
        running.stop()
    assert payloads(log) == [b"1", b"2", b"3", b"3", b"4"]


def test_nobody_listens_at_the_brokers_address(bootstrap):
    place = type("Nowhere", (), {"host": "127.0.0.1", "port": 1, "username": "", "password": ""})()
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:1"):
        f2.Connector(place, bootstrap).start()


def test_nobody_listens_at_kafkas_address(broker):
    with pytest.raises(ConnectionError, match=r"no Kafka at 127\.0\.0\.1:1"):
        f2.Connector(broker, "127.0.0.1:1").start()


def test_a_dead_letter_is_json(log):
    letter = f2.dead_letter("BAD_HEX", "why", "topic", b"\xff", "2026-01-01T00:00:00Z", point=3, source="raw/0/1")
    assert json.loads(letter) == {
        "code": "BAD_HEX", "reason": "why", "topic": "topic", "DataPointId": 3, "timestamp": "2026-01-01T00:00:00Z",
        "source": "raw/0/1", "payload_hex": "ff", "payload_bytes": 1}
