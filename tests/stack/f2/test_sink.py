"""The sink: batches into the hypertable, each measurement once."""

from __future__ import annotations

import json
import os
from typing import Any

import psycopg
import pytest

from labkit.services import start
from stack.f2.kafka import Outbox
from stack.parts import f2
from stack.runtime import migrate
from tests.conftest import stand_in
from tests.stack.f2.conftest import MAC, MIGRATIONS, TEMPERATURE, Log, settled

COLUMNS = ("timestamp", "device_id", "connector_mode", "component_type", "pin_position", "value", "unit", "topic")


def measurement(number: int = 0, **changes: Any) -> dict[str, Any]:
    return {"timestamp": f"2026-11-21T11:00:00.{number:06d}Z", "device_id": f"f2-{MAC}", "connector_mode": "analog",
            "component_type": "temperature", "pin_position": "1:1", "value": number / 10, "unit": "°C",
            "topic": TEMPERATURE} | changes


def decoded(*documents: dict[str, Any] | bytes) -> list[tuple[str, bytes, None]]:
    return [(f"f2-{MAC}", each if isinstance(each, bytes) else json.dumps(each).encode(), None) for each in documents]


@pytest.fixture
def sink(log: Log, timeseries_dsn: str):
    """A sink that takes its batches from the test."""
    sink = f2.Sink(log.bootstrap, timeseries_dsn, decoded_topic=log.decoded, dead_letter_topic=log.dead)
    sink.outbox = Outbox(log.bootstrap)
    sink.commit = lambda _records: None
    yield sink
    sink.disconnect()


def write(sink: f2.Sink, log: Log) -> dict[str, int]:
    counts = sink.handle(log.records(log.decoded))
    assert sink.outbox.empty(sink.stopping)
    return counts


def rows(dsn: str, table: str = "iot_measurements") -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as conn:
        return conn.execute(f"SELECT pin_position, value FROM {table} ORDER BY timestamp, pin_position").fetchall()


def test_the_table_has_the_columns_and_the_key_of_the_seed(timeseries_dsn):
    with psycopg.connect(timeseries_dsn) as conn:
        columns = conn.execute("SELECT column_name FROM information_schema.columns "
                               "WHERE table_name = 'iot_measurements' ORDER BY ordinal_position").fetchall()
        key = conn.execute("SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
                           "AND a.attnum = ANY(i.indkey) WHERE i.indrelid = 'iot_measurements'::regclass "
                           "AND i.indisprimary ORDER BY a.attnum").fetchall()
    assert tuple(name for name, in columns) == COLUMNS
    assert tuple(name for name, in key) == COLUMNS[:5]


def test_a_repeated_record_is_stored_once(sink, log, timeseries_dsn):
    log.produce(log.decoded, decoded(measurement(1), measurement(2), measurement(1)))
    assert write(sink, log) == {"received": 3, "stored": 2, "rejected": 0, "duplicates": 1}
    assert write(sink, log) == {"received": 3, "stored": 0, "rejected": 0, "duplicates": 3}
    assert rows(timeseries_dsn) == [("1:1", 0.1), ("1:1", 0.2)]


def test_equal_components_of_two_connectors_are_two_rows(sink, log, timeseries_dsn):
    log.produce(log.decoded, decoded(measurement(1, pin_position="1:3"), measurement(1, pin_position="2:3", value=9.5)))
    write(sink, log)
    assert rows(timeseries_dsn) == [("1:3", 0.1), ("2:3", 9.5)]


def test_texts_have_a_table_of_their_own(sink, log, timeseries_dsn):
    log.produce(log.decoded, decoded(measurement(1, value="02f2"), measurement(2)))
    assert write(sink, log)["stored"] == 2
    assert rows(timeseries_dsn, "iot_texts") == [("1:1", "02f2")]
    assert rows(timeseries_dsn) == [("1:1", 0.2)]


@pytest.mark.parametrize("bad", [
    b"", b"\xff", b"[1]", b"null", b"[" * 100_000, measurement(value=None), measurement(value=True),
    measurement(value=[1]), json.dumps(measurement(value=float("nan"))).encode(), measurement(timestamp="yesterday"),
    measurement(timestamp="2026-11-21T11:00:00"), measurement(timestamp=17), measurement(device_id=None),
    measurement(unit="\0"), measurement(value="a\0b"), measurement(device_id="x" * 65), {"value": 1},
    measurement(value=10**400), measurement(topic="\ud800"),
], ids=lambda bad: str(bad)[:40])
def test_a_record_that_is_no_measurement_goes_to_the_dead_letters(sink, log, timeseries_dsn, bad):
    log.produce(log.decoded, decoded(measurement(1), bad, measurement(2)))
    assert write(sink, log) == {"received": 3, "stored": 2, "rejected": 1, "duplicates": 0}
    assert len(rows(timeseries_dsn)) == 2
    [letter] = log.documents(log.dead)
    assert letter["code"] in ("BAD_RECORD", "REFUSED")
    assert bytes.fromhex(letter["payload_hex"]) == decoded(bad)[0][1][:65_536]


def test_the_way_of_a_measurement_is_observed_in_seconds(sink, log):
    seen: list[float] = []
    sink.observe = seen.append
    log.produce(log.decoded, decoded(measurement(1, timestamp="1970-01-01T00:00:10Z"), measurement(2)))
    write(sink, log)
    assert seen[0] - seen[1] == pytest.approx(1_795_258_790, abs=1)


def test_two_sinks_share_the_work(log, timeseries_dsn):
    sinks = [f2.Sink(log.bootstrap, timeseries_dsn, decoded_topic=log.decoded, dead_letter_topic=log.dead,
                     group=log.group) for _ in range(2)]
    for sink in sinks:
        sink.start()
    try:
        log.produce(log.decoded, [(str(number), *decoded(measurement(number))[0][1:]) for number in range(500)])
        together = Sum(sinks)
        settled(together, stored=500, rejected=0)
    finally:
        for sink in sinks:
            sink.stop()
    assert len(rows(timeseries_dsn)) == 500


class Sum(dict):
    """The counts of several stages together."""

    def __init__(self, stages: list[Any]) -> None:
        super().__init__()
        self.stages = stages

    def __getitem__(self, name: str) -> int:
        return sum(stage.stats[name] for stage in self.stages)


@pytest.mark.docker("timescaledb")
def test_on_timescaledb_the_table_is_a_hypertable(log, monkeypatch):
    if not os.environ.get("LABKIT_TEST_OFFICIAL_IMAGES"):
        monkeypatch.setenv("LABKIT_IMAGE_TIMESCALEDB", stand_in("timescaledb"))
    with start("timescaledb", provider="docker") as services:
        migrate(services.timescaledb.dsn, MIGRATIONS / "timeseries", "timeseries")
        sink = f2.Sink(log.bootstrap, services.timescaledb.dsn, decoded_topic=log.decoded, dead_letter_topic=log.dead)
        sink.outbox = Outbox(log.bootstrap)
        sink.commit = lambda _records: None
        log.produce(log.decoded, decoded(measurement(1), measurement(2), measurement(1)))
        assert write(sink, log)["stored"] == 2
        assert write(sink, log)["stored"] == 0
        sink.disconnect()
        with psycopg.connect(services.timescaledb.dsn) as conn:
            found = conn.execute("SELECT hypertable_name FROM timescaledb_information.hypertables").fetchall()
            assert sorted(found) == [("iot_measurements",), ("iot_texts",)]


def test_the_kits_plain_layer_takes_the_same_migrations(log):
    with start("timescaledb", provider="embedded") as services:
        assert migrate(services.timescaledb.dsn, MIGRATIONS / "timeseries", "timeseries") == ["001_measurements.sql"]
        with psycopg.connect(services.timescaledb.dsn) as conn:
            assert conn.execute("SELECT count(*) FROM iot_measurements").fetchone() == (0,)
