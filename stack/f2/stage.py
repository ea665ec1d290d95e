"""The frame of a stage between Kafka and Kafka or a database: what it does with a batch is the part's business."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from stack.f2.kafka import Outbox, make_topics
from stack.f2.problems import AWAY, described

PATIENCE = 10.0
"""Seconds that a batch in hand may take when the stage is to stop."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds, beside the usual half, before a batch at which the part itself failed is tried again."""


class StoppingError(Exception):
    """The stage must stop before Kafka has what it sent."""


class KafkaStage:
    """Take records in a consumer group, and hand each batch to `handle` until it returns.

    A stage that dies in between does the batch again. Whatever fails because something is away is tried again.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database.
        topics: what it reads, then what it writes.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
    """

    name = ""

    def __init__(self, bootstrap: str, dsn: str, *topics: str, group: str, batch: int, max_wait: float) -> None:
        self.bootstrap, self.dsn, self.topics, self.source = bootstrap, dsn, topics, topics[0]
        self.group, self.batch, self.max_wait = group, batch, max_wait
        self.stats: dict[str, Any] = {
            "received": 0, "stored": 0, "rejected": 0, "duplicates": 0, "lag": None, "error": None}
        self.stopping = threading.Event()
        self.conn: psycopg.Connection[Any] | None = None
        self.not_committed: str | None = None
        self.thread: threading.Thread | None = None
        self.pause = FIRST_PAUSE
        self.places: dict[int, int] = {}  # by partition: the first record that is not done

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Do the work of a stage: all of it, then `commit`.

        Args:
            records: a batch, in the order of each partition.

        Returns:
            What to add to `stats`.
        """
        raise NotImplementedError

    # What `handle` uses.

    def connected(self) -> psycopg.Connection[Any]:
        """The connection to the database; a new one after a failure."""
        if self.conn is None:
            self.conn = psycopg.connect(self.dsn, autocommit=True)
        return self.conn

    def wait_for_delivery(self) -> None:
        """Wait until Kafka has all that `outbox` was given.

        Raises:
            StoppingError: the stage must stop before that.
        """
        if not self.outbox.empty(self.stopping):
            raise StoppingError

    def commit(self, records: list[Message]) -> None:
        """Tell Kafka that a batch is done: no member of the group gets these records again."""
        after = {record.partition(): record.offset() + 1 for record in records}  # the last of each partition counts
        self.places |= after
        places = [TopicPartition(self.source, partition, offset) for partition, offset in after.items()]
        try:
            self.consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:  # the group gave the partition to another member: it does the batch again
            self.fail(error)
            self.not_committed = self.stats["error"]

    # The frame.

    def start(self) -> None:
        """Join the group and begin to work.

        Raises:
            ConnectionError: Kafka does not answer within 5 s.
        """
        make_topics(self.bootstrap, *self.topics[1:])  # the stage before makes the source
        self.outbox = Outbox(self.bootstrap, *self.topics[1:])
        self.consumer = Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": self.group, "enable.auto.commit": False,
            "auto.offset.reset": "earliest", "session.timeout.ms": 6000, "topic.metadata.refresh.interval.ms": 1000,
            "log_level": 0,
        })
        self.consumer.subscribe([self.source])
        self.places.clear()
        self.stopping.clear()
        self.thread = threading.Thread(target=self.run, name=self.name, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Finish the batch in hand, if what it needs is there, and leave the group."""
        self.stopping.set()
        if self.thread is None:  # it was never started, or Kafka was away then
            return
        self.thread.join(PATIENCE)
        if self.thread.is_alive():
            self.stats["error"] = f"it did not stop within {PATIENCE:g} s: does every loop of it end?"

    def run(self) -> None:
        """Do batch after batch until the stage stops."""
        try:
            while not self.stopping.is_set():
                self.step()
        finally:  # a member that does not leave keeps its partitions until its session times out
            self.consumer.close()
            self.disconnect()

    def step(self) -> None:
        """Take one batch, and do it until it is done."""
        try:
            records = self.consumer.consume(self.batch, self.max_wait)
        except KafkaException as error:
            self.fail(error)
            return
        try:
            self.outbox.serve()  # it hears of a lost connection before the next record is sent
        except Exception as error:  # a delivery report's callback: the records in hand go on
            self.fail(error)
        if not self.consumer.assignment() or any(record.error() for record in records):
            self.stats["error"] = self.outbox.mend() or self.stats["error"]
        if records := [record for record in records if record.error() is None]:
            self.places |= {record.partition(): record.offset() for record in reversed(records)}
            while not self.done(records) and not self.stopping.is_set():
                pass
        self.measure_lag()

    def done(self, records: list[Message]) -> bool:
        """Handle a batch. False: try again."""
        self.not_committed = None
        try:
            counts: Any = self.handle(records)
        except StoppingError:
            return False
        except Exception as error:  # a database that is away, or an error of ours: nothing is lost, the lag tells
            self.disconnect()
            self.fail(error)
            if not isinstance(error, AWAY):  # what it has sent before it raised is sent again each time
                self.stopping.wait(self.pause)
                self.pause = min(2 * self.pause, LONGEST_PAUSE)
            return False
        self.pause = FIRST_PAUSE
        self.stats["error"] = self.not_committed  # before the counts: who has waited for them reads it next
        try:
            for name, count in counts.items():
                self.stats[name] = self.stats.get(name, 0) + count
        except (AttributeError, TypeError):  # what was done is committed: it must not be done again for that
            self.stats["error"] = f"handle() returned {counts!r}, not a dict of counts"
        return True

    def disconnect(self) -> None:
        """Give up the connection: it may be broken."""
        if self.conn is not None:
            self.conn.close()
            self.conn = None

    def fail(self, error: Exception) -> None:
        """Say what is wrong, and wait a little."""
        self.stats["error"] = described(error)
        self.measure_lag()
        self.stopping.wait(0.5)

    def measure_lag(self) -> None:
        """Count the records that wait for this stage, as far as Kafka has told of them."""
        lag = 0
        try:
            for place in self.consumer.assignment():
                _, high = self.consumer.get_watermark_offsets(place, cached=True)
                lag += max(0, high - self.places.get(place.partition, high))
        except KafkaException:  # it has nothing to say yet: what was known stays
            return
        self.stats["lag"] = lag
