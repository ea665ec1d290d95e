"""Real servers for the F2 stages, one of each for the session; every test has topics, groups and tables of its own."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from labkit.services import Endpoint, start
from labkit.waiting import wait_until
from stack.f2.kafka import Outbox, make_topics, tail
from stack.runtime import migrate
from tests.brokers import PROVIDER

MIGRATIONS = Path("stack/f2/migrations")
MAC = "02f200000001"
TEMPERATURE = f"cmnd/f2-{MAC}/analog/1/temperature-1"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def broker() -> Iterator[Endpoint]:
    with start("mqtt", provider=PROVIDER) as services:
        yield services.mqtt


@pytest.fixture(scope="session")
def bootstrap() -> Iterator[str]:
    with start("kafka", provider="embedded") as services:
        yield services.kafka.bootstrap


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Endpoint]:
    with start("postgresql", provider="embedded") as services:
        yield services.postgresql


@pytest.fixture(scope="session")
def parameters_dsn(postgresql: Endpoint) -> str:
    migrate(postgresql.dsn, MIGRATIONS / "device_params", "device_params")
    return make_conninfo(postgresql.dsn, dbname="device_params")


@pytest.fixture(scope="session")
def _timeseries(postgresql: Endpoint) -> str:
    migrate(postgresql.dsn, MIGRATIONS / "timeseries", "timeseries")
    return make_conninfo(postgresql.dsn, dbname="timeseries")


@pytest.fixture
def timeseries_dsn(_timeseries: str) -> str:
    """The database of measurements, empty, on PostgreSQL without TimescaleDB."""
    with psycopg.connect(_timeseries) as conn:
        conn.execute("TRUNCATE iot_measurements, iot_texts")
    return _timeseries


@dataclass(frozen=True)
class Log:
    """The Kafka topics of one test, and its consumer group."""

    bootstrap: str
    raw: str
    decoded: str
    dead: str
    group: str

    def produce(self, topic: str, records: Iterable[tuple[str | None, bytes, list[Any] | None]]) -> None:
        """Write records: key, value, headers."""
        outbox = Outbox(self.bootstrap)
        for key, value, headers in records:
            outbox.send(topic, key, value, headers)
        assert outbox.empty(threading.Event())

    def publish(self, *messages: tuple[str, bytes], first: int = 1_760_000_000_000_000) -> None:
        """Write raw records as the connector does."""
        self.produce(self.raw, [(None, payload, [("topic", topic), ("time", str(first + number))])
                                for number, (topic, payload) in enumerate(messages)])

    def records(self, topic: str) -> list[Any]:
        """All records of a topic."""
        return list(tail(self.bootstrap, topic, 1_000_000))

    def documents(self, topic: str) -> list[dict[str, Any]]:
        """All records of a topic, from JSON, by time."""
        documents = (json.loads(record.value()) for record in self.records(topic))
        return sorted(documents, key=lambda each: each["timestamp"])


@pytest.fixture
def log(bootstrap: str) -> Log:
    number = next(_numbers)
    log = Log(bootstrap, f"raw{number}", f"decoded{number}", f"dead{number}", f"group{number}")
    make_topics(bootstrap, log.raw, log.decoded, log.dead)
    return log


class Controller:
    """An MQTT client that publishes as a controller does, QoS 1."""

    def __init__(self, broker: Endpoint) -> None:
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()

    def publish(self, *messages: tuple[str, bytes], retain: bool = False) -> None:
        """Publish, and wait for the broker's acknowledgements."""
        for info in [self.client.publish(topic, payload, qos=1, retain=retain) for topic, payload in messages]:
            info.wait_for_publish(60)
            assert info.is_published(), "the broker did not acknowledge a message"

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def controller(broker: Endpoint) -> Iterator[Controller]:
    controller = Controller(broker)
    yield controller
    controller.close()


def settled(stats: dict[str, Any], timeout: float = 60, **wanted: int) -> None:
    """Wait until a stage has counted so much, and see that it counts no more."""
    wait_until(lambda: all(stats[name] >= count for name, count in wanted.items()), timeout,
               what=f"{wanted} in {stats}")
    assert {name: stats[name] for name in wanted} == wanted
