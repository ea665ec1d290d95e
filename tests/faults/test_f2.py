from __future__ import annotations

import json
import uuid
from collections.abc import Iterable

import psycopg
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
from psycopg.conninfo import make_conninfo

from tests.faults.counting import MqttPipeline
from tests.faults.house import System
from tests.faults.load import Message

pytestmark = [pytest.mark.slow, pytest.mark.mosquitto, pytest.mark.kafka_java, pytest.mark.timeout(600)]
CONTROLLER = "cmnd/f2-02f200000099"


class F2(MqttPipeline):
    """A water meter of eight digits, so every message has a number of its own."""

    def message(self, number: int) -> Message:
        return f"{CONTROLLER}/rs485/3/water-meter-11", bytes.fromhex(f"{number:08d}")[::-1]

    def poison(self, number: int) -> Message:
        return f"{CONTROLLER}/rs485/3/water-meter-999", b"%d" % number

    def stored(self) -> Iterable[int]:
        server = self.system.server("timescaledb")
        with psycopg.connect(make_conninfo(server.dsn, dbname="timeseries")) as connection:
            rows = connection.execute("SELECT round(value * 1000)::int FROM iot_measurements "
                                      "WHERE device_id = 'f2-02f200000099'").fetchall()
        return [number for number, in rows]

    def dead_letters(self) -> Iterable[int]:
        consumer = Consumer({"bootstrap.servers": self.system.server("kafka").bootstrap, "group.id": uuid.uuid4().hex,
                             "enable.auto.commit": False, "enable.partition.eof": True})
        try:
            return self._read_to_the_end(consumer, "dead_letter_iot_data")
        finally:
            consumer.close()

    def _read_to_the_end(self, consumer: Consumer, topic: str) -> list[int]:
        partitions = consumer.list_topics(topic, timeout=60).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        found, ended = [], 0
        while ended < len(partitions):
            record = consumer.poll(10)
            assert record is not None, "the log does not answer"
            if error := record.error():  # others than this one pass: the client tries again by itself
                ended += error.code() == KafkaError._PARTITION_EOF
                continue
            letter = json.loads(record.value())
            assert letter["code"] == "UNKNOWN_PIN"
            assert letter["reason"]
            found.append(int(bytes.fromhex(letter["payload_hex"])))
        return found


def test_kills_lose_nothing_double_nothing_and_let_no_poison_stop_a_stage() -> None:
    with System("f2") as system:
        F2(system).survives("f2-connector", "f2-processor", "f2-sink", "timescaledb", "postgresql", "kafka", "mqtt")
