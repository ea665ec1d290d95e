"""The check's eyes on Kafka, PostgreSQL and TimescaleDB, and its proxy in front of Kafka."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, KafkaException, Producer

from labkit.checks import World
from labkit.checks.student_side import connect, plain
from labkit.errors import KitError
from labkit.services import Endpoint, start


@pytest.fixture(scope="module")
def services() -> Iterator[dict[str, Endpoint]]:
    with start("kafka", "postgresql", "timescaledb", provider="embedded") as started:
        yield {name: started[name] for name in ("kafka", "postgresql", "timescaledb")}


@pytest.fixture
def world(services: dict[str, Endpoint]) -> Iterator[World]:
    with World(services) as world:
        yield world


def test_records_are_seen_with_key_headers_and_place(world: World) -> None:
    raw, other = world.kafka.new_topics("raw", "other")
    world.kafka.produce(raw, [("a", b"1", {"topic": "t"}), ("a", b"2", {})])
    world.kafka.produce(raw, [(None, None, {})], partition=3)
    found = world.kafka.records(raw)
    assert sorted((each.key or "", each.value, each.headers) for each in found) == [
        ("", b"", {}), ("a", b"1", {"topic": b"t"}), ("a", b"2", {})]
    first, second = (each for each in found if each.key == "a")
    assert (first.partition, first.offset + 1) == (second.partition, second.offset)
    assert world.kafka.records(other) == []
    world.kafka.produce(raw, [("b", b"3", {})])
    assert len(world.kafka.wait(raw, 4, 30)) == 4


def test_what_a_group_has_committed_is_seen(world: World) -> None:
    [raw] = world.kafka.new_topics("raw")
    group = world.kafka.new_group()
    world.kafka.produce(raw, [("a", b"%d" % number, {}) for number in range(5)])
    assert set(world.kafka.committed(group, raw).values()) == {0}
    assert world.kafka.lag(group, raw) == 5
    consumer = Consumer({"bootstrap.servers": world.kafka.bootstrap, "group.id": group, "session.timeout.ms": 6000,
                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([raw])
    taken: list[object] = []
    assert world.wait_until(lambda: (taken.extend(consumer.consume(5, 0.2)), len(taken) >= 5)[1], 30)
    consumer.commit(asynchronous=False)
    consumer.close()
    assert sum(world.kafka.committed(group, raw).values()) == 5
    assert world.kafka.lag(group, raw) == 0


def test_a_held_request_waits_at_the_proxy(world: World) -> None:
    [raw] = world.kafka.new_topics("raw")
    front = world.kafka_front()
    producer = Producer({"bootstrap.servers": front.bootstrap})
    # A client goes where the answers send it: to the proxy.
    assert {broker.port for broker in producer.list_topics(timeout=30).brokers.values()} == {front.port}
    front.hold("Produce")
    producer.produce(raw, b"held")
    assert world.wait_until(lambda: front.waiting("Produce"), 30)
    assert (front.asked("Produce"), front.answered("Produce")) == (1, 0)
    assert world.kafka.records(raw) == []
    front.open()
    assert producer.flush(30) == 0
    assert [record.value for record in world.kafka.records(raw)] == [b"held"]


def test_a_closed_proxy_lets_nobody_in_until_it_is_opened(world: World) -> None:
    [raw] = world.kafka.new_topics("raw")
    front = world.kafka_front()
    front.close()
    producer = Producer({"bootstrap.servers": front.bootstrap, "log_level": 0})
    with pytest.raises(KafkaException):
        producer.list_topics(timeout=0.3)
    front.open()
    producer.produce(raw, b"late")
    assert producer.flush(30) == 0


def test_each_check_has_tables_of_its_own(world: World, services: dict[str, Endpoint]) -> None:
    one, two = world.timescale.schema("timeseries"), world.timescale.schema("timeseries")
    one.execute("INSERT INTO iot_measurements VALUES (now(), 'd', 'm', 'c', '1:2', %s, 'u', 't')", [1.5])
    with connect(one.dsn) as student:
        assert student.execute("SELECT value FROM iot_measurements").fetchall() == [(1.5,)]
    assert two.rows("SELECT * FROM iot_measurements") == []
    name = one.name
    world.close()
    with World(services) as later:
        left = later.timescale.schema("timeseries").rows(
            "SELECT 1 FROM pg_namespace WHERE nspname = %s", [name])
    assert left == []


def test_the_tables_of_parameters_have_no_devices_yet(world: World) -> None:
    schema = world.postgres.schema("device_params")
    assert schema.rows("SELECT * FROM device_parameters") == []
    with pytest.raises(KitError, match="could not run its query"):
        schema.rows("SELECT nothing FROM nowhere")


def test_nothing_is_left_of_a_world(services: dict[str, Endpoint]) -> None:
    before = set(threading.enumerate())
    with World(services) as world:
        topics = world.kafka.new_topics("raw")
        world.kafka.records(topics[0])
        world.kafka_front()
    assert set(threading.enumerate()) <= before
    there = Producer({"bootstrap.servers": services["kafka"].bootstrap}).list_topics(timeout=30).topics
    assert topics[0] not in there


def test_plain_shows_dataclasses_by_their_fields(services: dict[str, Endpoint]) -> None:
    shown = plain({(1, "a"): [services["kafka"], (2, None)]})
    assert shown[(1, "a")][0]["service"] == "kafka"
    assert shown[(1, "a")][1] == (2, None)
