"""The processor: measurements, dead letters, and a batch that is done again."""

from __future__ import annotations

import itertools

import psycopg
import pytest

from labkit.waiting import wait_until
from stack.f2.kafka import Outbox
from stack.parts import f2
from tests.stack.f2.conftest import MAC, TEMPERATURE, Log, settled

ENERGY = f"cmnd/f2-{MAC}/rs485/3/energy-meter-10"


@pytest.fixture
def processor(log: Log, parameters_dsn: str):
    """A processor that takes its batches from the test."""
    processor = f2.Processor(log.bootstrap, parameters_dsn, raw_topic=log.raw, decoded_topic=log.decoded,
                             dead_letter_topic=log.dead, group=log.group)
    processor.outbox = Outbox(log.bootstrap)
    processor.commit = lambda _records: None
    yield processor
    processor.disconnect()


def process(processor: f2.Processor, log: Log) -> dict[str, int]:
    counts = processor.handle(log.records(log.raw))
    assert processor.outbox.empty(processor.stopping)
    return counts


def test_a_message_becomes_a_measurement(processor, log):
    log.publish((TEMPERATURE, b"00D7"), first=1_760_000_000_123_456)
    assert process(processor, log) == {"received": 1, "stored": 1, "rejected": 0}
    assert log.documents(log.decoded) == [{
        "timestamp": "2025-10-09T08:53:20.123456Z", "device_id": f"f2-{MAC}", "connector_mode": "analog",
        "component_type": "temperature", "pin_position": "1:1", "value": 21.5, "unit": "°C", "topic": TEMPERATURE}]


def test_a_payload_with_four_values_becomes_four_measurements(processor, log):
    log.publish((ENERGY, bytes.fromhex("00004366 00004000 11f80000 00640000")))
    process(processor, log)
    assert {(each["component_type"], each["value"], each["unit"]) for each in log.documents(log.decoded)} == {
        ("energy-meter.voltage", 230.0, "V"), ("energy-meter.current", 2.0, "A"),
        ("energy-meter.power", 460.0, "W"), ("energy-meter.energy", 1.0, "kWh")}


@pytest.mark.parametrize(("topic", "payload", "code", "point"), [
    ("cmnd/nonsense", b"1", "BAD_LEVELS", None),
    ("", b"1", "BAD_PREFIX", None),
    ("cmnd/f2-ffffffffffff/analog/1/temperature-1", b"00D7", "UNKNOWN_DEVICE", None),
    (f"cmnd/f2-{MAC}/analog/1/temperature-9", b"00D7", "UNKNOWN_PIN", None),
    (f"cmnd/f2-{MAC}/analog/1/humidity-1", b"00D7", "UNKNOWN_PIN", None),
    (f"cmnd/f2-{MAC}/analog/1/temperature-{'9' * 5000}", b"00D7", "UNKNOWN_PIN", None),
    (TEMPERATURE, b"00D", "BAD_HEX", 1),
    (TEMPERATURE, b"", "EMPTY_PAYLOAD", 1),
    (TEMPERATURE, b"7FFF", "WHOLE_NUMBER_OVERFLOW", 1),
    (f"cmnd/f2-{MAC}/rs485/3/label-13", b"\x00\xff", "OUT_OF_RANGE", 11),
])
def test_a_message_that_cannot_be_read_is_kept_with_its_reason(processor, log, topic, payload, code, point):
    log.publish((topic, payload))
    assert process(processor, log) == {"received": 1, "stored": 0, "rejected": 1}
    [letter] = log.documents(log.dead)
    assert (letter["code"], letter["topic"], letter["DataPointId"]) == (code, topic, point)
    assert bytes.fromhex(letter["payload_hex"]) == payload
    assert letter["reason"]


def test_one_value_that_cannot_be_read_does_not_take_the_others_with_it(processor, log):
    log.publish((ENERGY, bytes.fromhex("00004366 00007f80 11f80000 00640000")))
    assert process(processor, log) == {"received": 1, "stored": 3, "rejected": 1}
    [letter] = log.documents(log.dead)
    assert (letter["code"], letter["DataPointId"]) == ("NOT_FINITE", 4)


def test_a_wrong_row_is_named_in_the_dead_letter(processor, log, parameters_dsn):
    log.publish((TEMPERATURE, b"00D7"))
    with psycopg.connect(parameters_dsn, autocommit=True) as conn:
        conn.execute('UPDATE "DataPoint" SET "DataEncoding" = \'INT16/ABCD\' WHERE "DataPointId" = 1')
        try:
            process(processor, log)
        finally:
            conn.execute('UPDATE "DataPoint" SET "DataEncoding" = \'INT16/AB\' WHERE "DataPointId" = 1')
    assert [(each["code"], each["DataPointId"]) for each in log.documents(log.dead)] == [("BAD_ORDER", 1)]


def test_records_of_others_have_a_time_that_is_the_same_in_every_repeat(processor, log):
    """Without a header, or with one that is no time."""
    log.produce(log.raw, [("k", b"0001", [("topic", TEMPERATURE)])] * 3
                + [("k", b"0001", [("topic", TEMPERATURE), ("time", "9" * 30)])])
    process(processor, log)
    process(processor, log)
    times = [each["timestamp"] for each in log.documents(log.decoded)]
    assert len(times) == 8
    assert len(set(times)) == 4


@pytest.mark.parametrize("headers", [None, [("topic", None)], [("topic", None), ("time", None)]])
def test_a_record_without_headers_is_a_dead_letter(processor, log, headers):
    log.produce(log.raw, [(None, b"00D7", headers)])
    process(processor, log)
    assert [each["code"] for each in log.documents(log.dead)] == ["BAD_PREFIX"]


def test_a_text_that_is_too_long_for_a_record_is_a_dead_letter_and_stops_nothing(processor, log, parameters_dsn):
    """As a measurement it is twice as long: the raw record fits into Kafka, the decoded one would not."""
    log.publish((TEMPERATURE, b"\xab" * 600_000), (TEMPERATURE, b"\xab"))
    with psycopg.connect(parameters_dsn, autocommit=True) as conn:
        columns = '"DataFormat", "DataEncoding", "Length"'
        [before] = conn.execute(f'SELECT {columns} FROM "DataPoint" WHERE "DataPointId" = 1')
        change = f'UPDATE "DataPoint" SET ({columns}) = (%s, %s, %s) WHERE "DataPointId" = 1'
        conn.execute(change, ["BINARY", "HEXSTR", 0])
        try:
            counts = process(processor, log)
        finally:
            conn.execute(change, before)
    assert counts == {"received": 2, "stored": 1, "rejected": 1}
    [letter] = log.documents(log.dead)
    assert (letter["code"], letter["DataPointId"], letter["payload_bytes"]) == ("TOO_LARGE", 1, 600_000)


def test_a_dead_letter_keeps_the_beginning_of_a_long_payload(processor, log):
    log.publish((TEMPERATURE, b"z" * 200_000))
    process(processor, log)
    [letter] = log.documents(log.dead)
    assert letter["payload_bytes"] == 200_000
    assert bytes.fromhex(letter["payload_hex"]) == b"z" * 65_536


def test_a_batch_is_done_again_when_the_database_was_away(log, parameters_dsn):
    """The processor's connection is cut; what it does not know from before waits, and it says what is wrong."""
    numbers = itertools.count(1)

    def one_more() -> None:
        number = next(numbers)
        log.publish((TEMPERATURE, b"%04X" % number), first=1_760_000_000_000_000 + number)

    processor = f2.Processor(log.bootstrap, parameters_dsn, raw_topic=log.raw, decoded_topic=log.decoded,
                             dead_letter_topic=log.dead, group=log.group)
    one_more()
    processor.start()
    try:
        settled(processor.stats, stored=1)
        processor.dsn = "host=127.0.0.1 port=1 connect_timeout=1"
        with psycopg.connect(parameters_dsn, autocommit=True) as conn:
            conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                         "WHERE pid <> pg_backend_pid() AND datname = current_database()")
        wait_until(lambda: processor.stats["error"] or one_more(), 60, what="an error in the stats")
        one_more()
        processor.dsn = parameters_dsn
        count = next(numbers) - 1
        settled(processor.stats, stored=count, rejected=0)
        wait_until(lambda: processor.stats["error"] is None and processor.stats["lag"] == 0, 60, what="no lag")
    finally:
        processor.stop()
    assert [each["value"] for each in log.documents(log.decoded)] == [number / 10 for number in range(1, count + 1)]


def test_offsets_are_committed_after_the_output_is_delivered(log, parameters_dsn):
    """A processor that stops after the output and before the commit leaves the records to the next one."""
    log.publish(*((TEMPERATURE, b"%04X" % number) for number in range(50)))
    first, second = (f2.Processor(log.bootstrap, parameters_dsn, raw_topic=log.raw, decoded_topic=log.decoded,
                                  dead_letter_topic=log.dead, group=log.group) for _ in range(2))
    first.start()
    first.outbox = Stuck(log.bootstrap)  # long before the group has given it a partition
    wait_until(lambda: first.outbox.asked, 60, what="a batch")
    first.stop()
    second.start()
    try:
        settled(second.stats, received=50, stored=50)
    finally:
        second.stop()
    assert len({each["timestamp"] for each in log.documents(log.decoded)}) == 50


def test_a_stage_that_could_not_start_can_be_stopped(parameters_dsn):
    processor = f2.Processor("127.0.0.1:1", parameters_dsn)
    with pytest.raises(ConnectionError):
        processor.start()
    processor.stop()


@pytest.mark.parametrize(("returned", "error"), [
    (None, "handle() returned None, not a dict of counts"), ({"received": 1, "mine": 2}, None),
])
def test_what_was_done_is_not_done_again_for_a_wrong_count(processor, monkeypatch, returned, error):
    monkeypatch.setattr(processor, "handle", lambda _records: returned)
    assert processor.done([])
    assert processor.stats["error"] == error


def test_a_batch_at_which_the_part_fails_is_tried_ever_later(processor, monkeypatch):
    """What it has sent before it raised comes again each time: Kafka must not be flooded."""
    waits: list[float] = []

    def handle(_records: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(processor, "handle", handle)
    monkeypatch.setattr(processor, "measure_lag", lambda: None)
    monkeypatch.setattr(processor.stopping, "wait", waits.append)
    assert [processor.done([]) for _ in range(9)] == [False] * 9
    assert waits[1::2] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert processor.stats["error"].startswith("KeyError: 'x' (in handle, line ")
    monkeypatch.setattr(processor, "handle", lambda _records: {"received": 1})
    assert processor.done([])
    assert processor.pause == 0.1


def test_an_error_in_a_delivery_report_is_told_and_the_records_go_on(log, parameters_dsn):
    """A report of what was sent beside a batch: nobody waits for it, the stage hears of it later."""
    processor = f2.Processor(log.bootstrap, parameters_dsn, raw_topic=log.raw, decoded_topic=log.decoded,
                             dead_letter_topic=log.dead, group=log.group)
    processor.start()
    try:
        processor.outbox.raised = ValueError("in a report")
        wait_until(lambda: "ValueError: in a report" in str(processor.stats["error"]), 60, what="the error")
        log.publish((TEMPERATURE, b"00D7"))
        settled(processor.stats, stored=1)
        assert processor.stats["error"] is None
    finally:
        processor.stop()
    assert not processor.thread.is_alive()


class Stuck(Outbox):
    """An outbox that never learns that Kafka has its records, as at the moment of a crash."""

    asked = False

    def empty(self, stopping):
        self.asked = True
        stopping.wait(30)
        return False
