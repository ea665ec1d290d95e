"""The check's own eyes on Kafka: topics of its own, every record with its place, what a group has committed."""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.errors import KitError
from labkit.services import Endpoint

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer
    from confluent_kafka.admin import AdminClient

PARTITIONS = 4
_ANSWER = 10.0
"""Longest wait for an answer of Kafka, in seconds."""
_silent = logging.getLogger("labkit.checks.kafka")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


@dataclass(frozen=True)
class Record:
    """A record and its place in the log.

    Args:
        partition: number of the partition.
        offset: place in the partition, from 0.
        key: as text; None if it has none.
        value: the bytes.
        headers: by name; the last one counts if a name comes twice.
    """

    partition: int
    offset: int
    key: str | None
    value: bytes
    headers: dict[str, bytes]


class _Reader:
    """Reads one topic from its first record on, and keeps what it has read."""

    def __init__(self, consumer: Consumer, topic: str, partitions: int) -> None:
        self._consumer, self._topic = consumer, topic
        self._next = dict.fromkeys(range(partitions), 0)
        self._at_end: set[int] = set()
        self.records: list[Record] = []

    def resume(self) -> None:
        """Ask for what comes behind what was read; the ends are told anew."""
        from confluent_kafka import TopicPartition

        self._at_end.clear()
        self._consumer.assign([TopicPartition(self._topic, number, place) for number, place in self._next.items()])

    def rest(self) -> None:
        """Ask for nothing: a consumer that nobody reads from would still ask Kafka fifty times a second."""
        self._consumer.unassign()

    def pump(self, timeout: float) -> None:
        """Take what has come."""
        from confluent_kafka import KafkaError

        found = self._consumer.consume(500, timeout)
        for message in found:
            error, partition = message.error(), message.partition()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF and partition is not None:
                    self._at_end.add(partition)
                continue
            assert partition is not None
            offset = message.offset()
            assert offset is not None
            if offset < self._next[partition]:
                continue
            self._at_end.discard(partition)
            self._next[partition] = offset + 1
            key = message.key()
            headers = {name: value if isinstance(value, bytes) else str(value or "").encode()
                       for name, value in message.headers() or []}
            self.records.append(Record(
                partition, offset, None if key is None else _text(key), _bytes(message.value()), headers))

    def catch_up(self) -> None:
        """Read to the ends that the partitions have now.

        Raises:
            TimeoutError: they are not reached.
        """
        deadline = time.monotonic() + _ANSWER
        while len(self._at_end) < len(self._next):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the end of {self._topic} was not reached within {_ANSWER:g} s")
            self.pump(0.02)

    def close(self) -> None:
        self._consumer.close()


class KafkaView:
    """A Kafka as a check sees it, from outside the student's code.

    Args:
        kafka: the broker.
    """

    def __init__(self, kafka: Endpoint) -> None:
        self.endpoint = kafka
        self._settings: dict[str, Any] = {"bootstrap.servers": kafka.bootstrap, "log_level": 0}
        self._open_admin: AdminClient | None = None
        self._open_producer: Producer | None = None
        self._topics: dict[str, int] = {}
        self._groups: list[str] = []
        self._readers: dict[str, _Reader] = {}
        self._lookers: dict[str, Consumer] = {}

    @property
    def bootstrap(self) -> str:
        """`host:port`, to hand to the student."""
        return self.endpoint.bootstrap

    @property
    def _admin(self) -> AdminClient:
        if self._open_admin is None:
            from confluent_kafka.admin import AdminClient

            self._open_admin = AdminClient(self._settings, logger=_silent)
        return self._open_admin

    def new_topics(self, *names: str, partitions: int = PARTITIONS) -> list[str]:
        """Make empty topics that are deleted after the check: all in one request.

        Args:
            names: how the name of each begins.
            partitions: how many each has.

        Returns:
            Their names.
        """
        from confluent_kafka.admin import NewTopic

        mark = uuid.uuid4().hex[:8]
        topics = [f"{name}-{mark}" for name in names]
        with self._as_kit(f"could not make the topics {', '.join(topics)}"):
            new = [NewTopic(topic, num_partitions=partitions, replication_factor=1) for topic in topics]
            for made in self._admin.create_topics(new).values():
                made.result(_ANSWER)
        self._topics |= dict.fromkeys(topics, partitions)
        return topics

    def new_group(self, prefix: str = "check") -> str:
        """Return a name for a consumer group that nobody else uses.

        Args:
            prefix: how it begins.
        """
        group = f"{prefix}-{uuid.uuid4().hex[:8]}"
        self._groups.append(group)
        return group

    def produce(
        self, topic: str, records: Iterable[tuple[str | None, bytes | None, dict[str, str]]], *,
        partition: int | None = None,
    ) -> None:
        """Write records; Kafka has them all when this returns.

        Args:
            topic: name of the topic.
            records: key, value and headers of each.
            partition: where they go; by the hash of their key if not given.
        """
        if self._open_producer is None:
            from confluent_kafka import Producer

            settings = {**self._settings, "acks": "all", "linger.ms": 2, "message.timeout.ms": int(_ANSWER * 1000)}
            self._open_producer = Producer(settings, logger=_silent)
        failed: list[str] = []
        place = {} if partition is None else {"partition": partition}
        with self._as_kit(f"could not write to {topic}"):
            for key, value, headers in records:
                self._open_producer.produce(
                    topic, value, key, headers=list(headers.items()),
                    on_delivery=lambda error, _: failed.append(str(error)) if error is not None else None, **place)
            left = self._open_producer.flush(_ANSWER)
            if left or failed:
                raise TimeoutError(failed[0] if failed else f"{left} records are not delivered")

    def records(self, topic: str) -> list[Record]:
        """Return all records that a topic has now; those of one partition are in order.

        Args:
            topic: name of a topic of this check.
        """
        reader = self._reader(topic)
        with self._as_kit(f"could not read {topic}"):
            reader.resume()
            reader.catch_up()
            reader.rest()
        return list(reader.records)

    def wait(self, topic: str, enough: int | Callable[[list[Record]], object], timeout: float) -> list[Record]:
        """Read until there is enough or the time is over. It never raises for the time.

        Args:
            topic: name of a topic of this check.
            enough: so many records, or what is true of them then.
            timeout: in seconds.

        Returns:
            All records until then.
        """
        reader, deadline = self._reader(topic), time.monotonic() + timeout
        wanted = enough if callable(enough) else lambda records: len(records) >= enough
        with self._as_kit(f"could not read {topic}"):
            reader.resume()
            while not wanted(reader.records) and (left := deadline - time.monotonic()) > 0:
                reader.pump(min(0.05, left))
            reader.rest()
        return list(reader.records)

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Return where a group goes on: by partition the offset that it has committed, 0 if none.

        Args:
            group: name of the consumer group.
            topic: name of a topic of this check.
        """
        from confluent_kafka import Consumer, TopicPartition

        # Not by the AdminClient: in librdkafka 2.16 its request crashes the process when the broker ends meanwhile.
        # A consumer that subscribes to nothing joins no group.
        if group not in self._lookers:
            self._lookers[group] = Consumer({**self._settings, "group.id": group, "enable.auto.commit": False},
                                            logger=_silent)
        places = [TopicPartition(topic, number) for number in range(self._topics[topic])]
        with self._as_kit(f"could not read the offsets of {group}"):
            told = self._lookers[group].committed(places, timeout=_ANSWER)
        return {place.partition: max(0, place.offset) for place in told}

    def lag(self, group: str, topic: str) -> int:
        """Count the records of a topic that a group has not committed.

        Args:
            group: name of the consumer group.
            topic: name of a topic of this check.
        """
        committed = self.committed(group, topic)
        return sum(record.offset >= committed.get(record.partition, 0) for record in self.records(topic))

    def _reader(self, topic: str) -> _Reader:
        if topic not in self._readers:
            from confluent_kafka import Consumer

            # A short wait for each fetch: the end of an empty partition is told at once.
            consumer = Consumer({**self._settings, "group.id": "labkit-check-view", "enable.auto.commit": False,
                                 "enable.partition.eof": True, "fetch.wait.max.ms": 20}, logger=_silent)
            self._readers[topic] = _Reader(consumer, topic, self._topics[topic])
        return self._readers[topic]

    def close(self) -> None:
        """Delete the topics of this check and its groups, and close the connections."""
        for open_one in (*self._readers.values(), *self._lookers.values()):
            open_one.close()
        self._readers.clear()
        self._lookers.clear()
        try:
            if self._open_admin is not None and self._topics:
                with self._as_kit("could not delete its topics"):
                    for gone in self._open_admin.delete_topics(list(self._topics)).values():
                        gone.result(_ANSWER)
                with contextlib.suppress(Exception):  # Tansu does not know this request; an empty group is little
                    for gone in self._open_admin.delete_consumer_groups(self._groups, request_timeout=1).values():
                        gone.exception(1)
        finally:
            self._topics.clear()
            self._groups.clear()
            self._open_admin = self._open_producer = None

    @contextlib.contextmanager
    def _as_kit(self, what: str) -> Iterator[None]:
        try:
            yield
        except KitError:
            raise
        except Exception as error:  # confluent-kafka raises its own, and TimeoutError of its futures
            raise KitError(
                f"The check {what} in {self.endpoint!r}.",
                tried=[f"{type(error).__name__}: {error}"[:600]],
                fix="run the check again; if it stays so, restart the kernel.",
            ) from error


def _text(key: bytes | str) -> str:
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else key


def _bytes(value: bytes | str | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""
