"""Telemetry that does not keep its contract: judged, kept with its reason, and no hindrance to what comes after it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client import InfluxDBClient
from paho.mqtt import publish

from labkit.checks.broker_view import viewing
from labkit.services import Endpoint, start
from labkit.services.faults import kill, restart
from labkit.waiting import wait_until
from stack.esp32.readings import MalformedError, check_reading
from stack.esp32.watch import Watcher, shown
from stack.parts.collector import line_of
from stack.runtime import Stage, ensure_bucket
from tests.stack.home.running import addresses, running

SAMPLE = (Path(__file__).parents[3] / "stack/contracts/telemetry.json").read_bytes()
READING = json.loads(SAMPLE)
TOPIC = "iot/node/01/telemetry"


def reading(**changes: Any) -> bytes:
    return json.dumps(READING | changes).encode()


MALFORMED = [
    (b"", "not_json"), (b"no JSON", "not_json"), (b"\xff\xfe", "not_json"), (b"[]", "not_json"), (b"null", "not_json"),
    (b"[" * 100_000, "not_json"), (b'{"timestamp": ' + b"9" * 5000 + b"}", "not_json"), (SAMPLE[:-3], "not_json"),
    (reading(timestamp=float("nan")), "not_json"), (b"{}", "bad_node_id"),
    (reading(node_id=""), "bad_node_id"), (reading(node_id=1), "bad_node_id"), (reading(node_id="a\nb"), "bad_node_id"),
    (reading(node_id="a\\"), "bad_node_id"), (reading(node_id="\ud800"), "bad_node_id"),
    (reading(node_id="x" * 1001), "bad_node_id"),
    (reading(timestamp="1704844800"), "bad_timestamp"), (reading(timestamp=True), "bad_timestamp"),
    (reading(timestamp=-1), "bad_timestamp"), (reading(timestamp=9_223_372_036), "bad_timestamp"),
    (reading(timestamp=10**400), "bad_timestamp"), (SAMPLE.replace(b"1704844800", b"1e999"), "bad_timestamp"),
    (reading(sensors=None), "bad_sensors"), (reading(sensors=[21.5]), "bad_sensors"),
    (reading(sensors={"temperature": "22.5"}), "bad_sensors"), (reading(sensors={"temperature": None}), "bad_sensors"),
    (reading(sensors={"temperature": True}), "bad_sensors"), (reading(sensors={"": 1.0}), "bad_sensors"),
    (reading(sensors={"temperature": 10**400}), "bad_sensors"),
    (reading(wifi_rssi="-65"), "bad_wifi_rssi"), (reading(wifi_rssi=-65.5), "bad_wifi_rssi"),
    (reading(uptime=2**63), "bad_uptime"), (reading(uptime={}), "bad_uptime"),
    *((json.dumps({key: value for key, value in READING.items() if key != left_out}).encode(), f"bad_{left_out}")
      for left_out in READING),
]


@pytest.mark.parametrize(("payload", "reason"), MALFORMED, ids=[f"{i}-{r}" for i, (_, r) in enumerate(MALFORMED)])
def test_a_reading_that_does_not_keep_the_contract_has_a_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(MalformedError) as found:
        check_reading(payload)
    assert found.value.reason == reason
    assert 5 < len(str(found.value)) < 400


@pytest.mark.parametrize("payload", [
    SAMPLE, reading(timestamp=1704844800.25), reading(timestamp=0), reading(sensors={}), reading(uptime=3600.0),
    reading(sensors={"temperature": 22, "battery": 80}), reading(more="is passed over"), reading(node_id="Küche, 1 =")])
def test_what_keeps_the_contract_passes(payload: bytes) -> None:
    check_reading(payload)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@given(st.dictionaries(st.sampled_from(list(READING)), JSON))
def test_no_message_is_lost_between_the_collector_and_the_dead_letters(changes: dict[str, Any]) -> None:
    """What passes here, the collector can store: else it would be counted there and kept nowhere."""
    payload = reading(**changes)
    try:
        check_reading(payload)
    except MalformedError:
        return
    line_of(json.loads(payload), {})


@pytest.mark.parametrize(("payload", "field"), [
    (b"plain", ("payload", "plain")), ("Küche\n\t".encode(), ("payload", "Küche\n\t")), (b"", ("payload", "")),
    (b"\xff", ("payload_hex", "ff")), (b"a\0", ("payload_hex", "6100")), (b"\x7f", ("payload_hex", "7f"))])
def test_a_payload_is_kept_as_text_where_a_person_can_read_it(payload: bytes, field: tuple[str, str]) -> None:
    assert shown(payload) == field


def letters(influx: Endpoint, bucket: str) -> list[dict[str, Any]]:
    query = (f'from(bucket: "{bucket}") |> range(start: 0) |> filter(fn: (r) => r._measurement == "dead_letter")'
             ' |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value") |> group()')
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        return [record.values for table in client.query_api().query(query) for record in table.records]


def test_a_letter_has_code_reason_topic_and_payload_and_good_readings_make_none(
    broker: Endpoint, influx: Endpoint
) -> None:
    places = addresses(broker, dataclasses.replace(influx, bucket="dead-letters"))
    long = b"x" * 40_000
    with running("stack.esp32.manager", CLIENT_ID="dead-letters", **places) as manager, viewing(broker) as view:
        manager.wait_healthy()
        before = manager.get("/health").json()
        for payload in (b"no \"JSON\",\\ at=all\n", SAMPLE, b"\xff\x00", reading(uptime="1"), long, SAMPLE):
            view.publish(TOPIC, payload)
        wait_until(lambda: len(letters(influx, "dead-letters")) >= 4, 60, what="the letters are stored")
        wait_until(lambda: manager.get("/health").json()["lag"] == 0, 60, what="all is acknowledged")
        health = manager.get("/health").json()
    found = letters(influx, "dead-letters")
    # Which of `payload` and `payload_hex` a letter has is its own; both are columns of the table.
    assert {(one["code"], one.get("payload") or one["payload_hex"], one["payload_bytes"], one["topic"])
            for one in found} == {
        ("not_json", "no \"JSON\",\\ at=all\n", 19, TOPIC), ("not_json", "ff00", 2, TOPIC),
        ("bad_uptime", reading(uptime="1").decode(), len(reading(uptime="1")), TOPIC),
        ("not_json", "x" * 32_000, 40_000, TOPIC)}
    assert all(one["reason"] for one in found)
    assert [health[name] - before[name] for name in ("received", "stored", "rejected")] == [6, 2, 4]


def test_what_is_malformed_waits_while_the_database_is_away(broker: Endpoint) -> None:
    with start("influxdb", provider="embedded", influxdb=["durable"]) as services:
        influx = dataclasses.replace(services.influxdb, bucket="iot-esp32")
        ensure_bucket(influx)  # type: ignore[arg-type]
        watcher = Watcher(broker, influx, Stage("test"), "away")  # type: ignore[arg-type]
        watcher.start()
        try:
            kill(services, "influxdb")
            with viewing(broker) as view:
                for number in range(50):
                    view.publish(TOPIC, b"%d is no reading" % number)
                    view.publish(TOPIC, SAMPLE)
                wait_until(lambda: bool(watcher.error), 60, what="the watcher says that it cannot write")
                assert watcher.rejected == 0
                restart(services, "influxdb")
                wait_until(lambda: watcher.rejected == 50, 60, what="every letter is stored")
            wait_until(lambda: watcher.lag == 0, 60, what="all is acknowledged")
            assert watcher.error is None
            assert {one["payload"] for one in letters(influx, "iot-esp32")} == {
                f"{number} is no reading" for number in range(50)}
        finally:
            watcher.stop()


def test_a_letter_that_was_not_written_comes_again_after_the_end_of_the_watch(
    broker: Endpoint, influx: Endpoint
) -> None:
    place = dataclasses.replace(influx, bucket="comes-again")
    ensure_bucket(place)  # type: ignore[arg-type]
    away = dataclasses.replace(place, url="http://127.0.0.1:1")
    watcher = Watcher(broker, away, Stage("test"), "comes-again")  # type: ignore[arg-type]
    watcher.start()
    with viewing(broker) as view:
        view.publish(TOPIC, b"again")
        wait_until(lambda: bool(watcher.error), 60, what="it has tried to write")
        watcher.stop()
        second = Watcher(broker, place, Stage("test"), "comes-again")  # type: ignore[arg-type]
        second.start()
        try:
            wait_until(lambda: bool(letters(influx, "comes-again")), 60, what="the letter is stored")
        finally:
            second.stop()
    assert [one["payload"] for one in letters(influx, "comes-again")] == ["again"]


def test_at_qos_0_only_so_many_wait_for_the_database_and_the_others_are_counted(
    broker: Endpoint, influx: Endpoint
) -> None:
    away = dataclasses.replace(influx, url="http://127.0.0.1:1")
    watcher = Watcher(broker, away, Stage("test"), "qos-0", most_waiting=10)  # type: ignore[arg-type]
    watcher.start()
    try:
        publish.multiple([(TOPIC, b"%d is no reading" % number, 0, False) for number in range(30)],
                         hostname=broker.host, port=broker.port)
        wait_until(lambda: watcher.received >= 30, 60, what="all have come")
        assert (watcher.lag, watcher.dropped) == (10, watcher.received - 10)
    finally:
        watcher.stop()


def test_a_watch_that_finds_no_broker_can_be_started_again(broker: Endpoint, influx: Endpoint) -> None:
    away = dataclasses.replace(broker, host="127.0.0.1", port=1)
    with pytest.raises(ConnectionError, match="cannot be reached"):
        Watcher(away, influx, Stage("test"), "nobody").start()  # type: ignore[arg-type]
