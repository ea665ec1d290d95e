from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from labkit.checks.fake_broker import fake_endpoint
from labkit.services import Endpoint, Services, start
from labkit.waiting import wait_until
from labkit.widgets import log_view

JARS = os.environ.get("LABKIT_KAFKA_JARS") or str(Path.home() / ".cache" / "labkit-test" / "kafka")
PATIENCE = 60.0


PROVIDERS = ["embedded", pytest.param("native", marks=pytest.mark.kafka_java)]


@contextlib.contextmanager
def running(provider: str) -> Iterator[Services]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_KAFKA_JARS", JARS)
        patch.setattr("labkit.services.session._running", {})  # one of its own: a test stops it
        with start("kafka", provider=provider) as services:
            yield services


@pytest.fixture(scope="module", params=PROVIDERS)
def kafka(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    with running(request.param) as services:
        yield services.kafka


def create(kafka: Endpoint, name: str, partitions: int) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result()


def topic_with(kafka: Endpoint, keys: list[str], partitions: int = 2) -> str:
    """A topic whose record number N, of the key in that place, lies in the partition N modulo their number."""
    name = f"raw-{uuid.uuid4().hex[:6]}"
    create(kafka, name, partitions)
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    for number, key in enumerate(keys):
        producer.produce(name, b"value", key=key, partition=number % partitions)
    producer.flush()
    return name


def commit(kafka: Endpoint, group: str, *places: TopicPartition) -> None:
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": group})
    consumer.commit(offsets=list(places), asynchronous=False)
    consumer.close()


def test_it_shows_records_ends_and_what_a_group_has_committed(kafka: Endpoint) -> None:
    topic = topic_with(kafka, ["f2-00000000000A", "<b>", "f2-00000000000A"])
    with log_view(kafka, topic, "readers") as view:
        # A partition is seen a moment before its records are.
        for line in (f"{topic} 0: end 2, nothing committed; keys of its last 2 records: f2-00000000000A",
                     f"{topic} 1: end 1, nothing committed; keys of its last 1 record: <b>"):
            wait_until(lambda line=line: line in repr(view), PATIENCE, what=line)
        commit(kafka, "readers", TopicPartition(topic, 0, 1))
        wait_until(lambda: "end 2, committed 1, lag 1" in repr(view), PATIENCE, what="the committed offset")
        assert re.search(r"group readers.*, lag 1\n", repr(view))
        markup = view._repr_mimebundle_()["text/html"]
        assert "<svg role='img' aria-label='Log view: " in markup
        assert [found.replace("✓ ", "*") for found in re.findall(r">((?:✓ )?\d+)</text>", markup)] == ["*0", "1", "0"]
        assert "offset 0, key &lt;b&gt;, 5 bytes" in markup


def test_a_topic_appears_as_soon_as_it_is_there(kafka: Endpoint) -> None:
    name = f"later-{uuid.uuid4().hex[:6]}"
    with log_view(kafka, [name]) as view:
        assert f"{name}: there is no such topic yet" in repr(view)
        create(kafka, name, 3)
        wait_until(lambda: f"{name} 2: end 0" in repr(view), PATIENCE, what="the topic")
        assert "committed" not in repr(view)


def test_of_many_records_it_shows_the_newest(kafka: Endpoint) -> None:
    topic = topic_with(kafka, ["k"] * 3000, partitions=1)
    with log_view(kafka, topic) as view:
        wait_until(lambda: "end 3000" in repr(view) and ">2999</text>" in view._html(), PATIENCE, what="the last one")
        assert "last 12 records" in repr(view)
        assert "…</text>" in view._html()


def test_it_takes_nothing_from_the_group_that_it_shows(kafka: Endpoint) -> None:
    topic = topic_with(kafka, list("abcdef"))
    # Tansu lets a group begin after half of its session's time.
    own = {"bootstrap.servers": kafka.bootstrap, "group.id": "all", "auto.offset.reset": "earliest",
           "session.timeout.ms": 6000}
    with log_view(kafka, topic, "all") as view:
        consumer = Consumer(own)
        consumer.subscribe([topic])
        found: list[bytes] = []
        wait_until(lambda: found.extend(m.key() for m in consumer.consume(10, 0.2)) or len(found) == 6, PATIENCE,
                   what="all records")
        if kafka.engine == "kafka":  # Tansu does not tell a group's members
            wait_until(lambda: "read by member A" in repr(view), PATIENCE, what="the member")
            assert "group all (1 member)" in repr(view)
            assert "member B" not in repr(view)
        consumer.close()
    assert sorted(found) == [b"a", b"b", b"c", b"d", b"e", b"f"]


def test_where_nobody_listens_it_says_so() -> None:
    view = log_view(fake_endpoint(1), "raw")
    wait_until(lambda: not view.alive, PATIENCE, what="the end")
    assert "Kafka cannot be reached" in repr(view)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_broker_that_goes_away_is_waited_for(provider: str) -> None:
    with running(provider) as services:
        topic = topic_with(services.kafka, ["a"])
        with log_view(services.kafka, topic, "some") as view:
            wait_until(lambda: f"{topic} 0: end 1" in repr(view), PATIENCE, what="the record")
            services.stop()
            wait_until(lambda: "Kafka does not answer now: as last seen" in repr(view), PATIENCE, what="the word")
            assert view.alive
            assert f"{topic} 0: end 1" in repr(view)
