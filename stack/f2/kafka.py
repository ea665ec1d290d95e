"""What the F2 stages need of Kafka: topics that are there, a producer that does not give up, the end of a topic."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 4
"""As many copies of a stage share the work."""


def make_topics(bootstrap: str, *names: str) -> None:
    """Make the Kafka topics that are missing.

    Args:
        bootstrap: where Kafka is: host:port.
        names: of the topics.

    Raises:
        ConnectionError: Kafka does not answer within 5 s.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        there = admin.list_topics(timeout=5).topics
        new = [NewTopic(name, num_partitions=PARTITIONS, replication_factor=1) for name in names if name not in there]
        for made in admin.create_topics(new).values() if new else ():
            try:
                made.result(timeout=5)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another stage was quicker
                    raise
    except KafkaException as error:
        raise ConnectionError(f"no Kafka at {bootstrap}: {error.args[0].str()}") from error


class Outbox:
    """A Kafka producer that tries until Kafka has a record. One that it sends twice is harmless: see the sink's key.

    After a lost connection it holds all records back until it has seen that Kafka has their topics: a Kafka without a
    disk forgets them. Tansu then acknowledges records of topics that it does not have, and shows them to nobody, not
    even when the topics are made later.

    Args:
        bootstrap: where Kafka is: host:port.
        topics: made again when Kafka has forgotten them.
    """

    def __init__(self, bootstrap: str, *topics: str) -> None:
        self.bootstrap, self.topics = bootstrap, topics
        self.mended = 0.0
        self.problem = ""  # why the topics could not be made
        self.lost = False
        self.raised: Exception | None = None  # by a callback: the producer would make a SystemError of it
        self.held: deque[Callable[[], None]] = deque()  # calls that send again what is held back
        self.producer = Producer({
            "bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 5, "message.timeout.ms": 0, "log_level": 0,
            "allow.auto.create.topics": False, "reconnect.backoff.ms": 500, "error_cb": self.on_error,
            "enable.sparse.connections": False,  # an idle producer, too, shall hear of a lost connection
        })

    def on_error(self, error: KafkaError) -> None:
        """Note that the connection is lost. The producer calls it, from `serve` and `empty`."""
        if error.code() in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN):
            self.lost = True

    def send(
        self, topic: str, key: str | bytes | None, value: bytes, headers: list[tuple[str, str]] | None = None, *,
        delivered: Callable[[], None] | None = None, too_large: Callable[[], None] | None = None,
    ) -> None:
        """Hand over a record, and return at once.

        Args:
            topic: the Kafka topic.
            key: records of one key keep their order.
            value: the record's bytes.
            headers: names and texts beside it.
            delivered: called when Kafka has it, from `serve` or `empty`.
            too_large: called instead when Kafka never takes a record of this size.
        """

        def again() -> None:
            self.send(topic, key, value, headers, delivered=delivered, too_large=too_large)

        def report(error: KafkaError | None, _record: Message) -> None:
            try:
                if error is None:
                    if delivered:
                        delivered()
                elif error.code() == KafkaError.MSG_SIZE_TOO_LARGE and too_large:
                    too_large()
                else:
                    again()
            except Exception as raised:
                self.raised = raised

        while not self.lost:
            try:
                self.producer.produce(topic, value, key, headers=headers, on_delivery=report)
                return
            except BufferError:  # the producer's memory is full
                self.producer.poll(0.1)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.MSG_SIZE_TOO_LARGE or not too_large:
                    raise
                too_large()
                return
        self.held.append(again)

    def serve(self, timeout: float = 0) -> None:
        """Call what waits for a delivery, and wait up to `timeout` seconds for that.

        Raises:
            Exception: what one of these calls has raised.
        """
        self.producer.poll(timeout)
        self.tell()
        if self.lost:
            self.resume()

    def empty(self, stopping: threading.Event) -> bool:
        """Wait until Kafka has all that was sent. False: it has not, and the stage must stop."""
        while self.producer.flush(0.5) or self.held:
            self.tell()
            if stopping.is_set():
                return False
            self.resume() if self.lost else self.mend()
        self.tell()
        return True

    def tell(self) -> None:
        """Raise what a callback has raised."""
        if self.raised is not None:
            raised, self.raised = self.raised, None
            raise raised

    def resume(self) -> None:
        """Send again what is held back, if Kafka answers and has the topics. At most once a second: it may be away."""
        self.producer.purge()  # `report` hears of it, and holds those records, too
        self.producer.poll(0)
        if time.monotonic() - self.mended < 1:
            return
        self.mended = 0.0
        if self.mend():
            return
        self.lost, held, self.held = False, self.held, deque()
        for again in held:
            again()

    def mend(self) -> str:
        """See, at most every 5 s, whether the topics are there, since a Kafka without a disk forgets them.

        Returns:
            What is wrong; empty when they are there now.
        """
        if time.monotonic() - self.mended > 5:
            try:
                make_topics(self.bootstrap, *self.topics)
                self.problem = ""
            except ConnectionError as error:
                self.problem = str(error)
            self.mended = time.monotonic()
        return self.problem


def tail(bootstrap: str, topic: str, count: int) -> Iterable[Message]:
    """Read the last `count` records of each partition.

    Args:
        bootstrap: where Kafka is: host:port.
        topic: a topic that is there.
        count: records of a partition.

    Raises:
        ConnectionError: Kafka stops to answer.
    """
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": "tail", "enable.auto.commit": False, "enable.partition.eof": True,
        "log_level": 0,
    })
    try:
        places = []
        for partition in consumer.list_topics(topic, timeout=5).topics[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=5)
            if high > low:
                places.append(TopicPartition(topic, partition, max(low, high - count)))
        consumer.assign(places)
        unread, patience = len(places), time.monotonic() + 10
        while unread:
            records = consumer.consume(1000, timeout=0.05)  # it waits so long for the thousandth
            if records:
                patience = time.monotonic() + 10
            elif time.monotonic() > patience:
                raise ConnectionError(f"Kafka at {bootstrap} does not give the end of {topic}")
            for record in records:
                if record.error() is None:
                    yield record
                elif record.error().code() == KafkaError._PARTITION_EOF:
                    unread -= 1
    except KafkaException as error:
        raise ConnectionError(f"no Kafka at {bootstrap}: {error.args[0].str()}") from error
    finally:
        consumer.close()
