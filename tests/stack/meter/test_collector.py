"""The collector on real servers: both stores, outages of either, poison, repetitions, several copies."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from labkit.waiting import wait_until
from stack.parts import devices
from stack.runtime import Broker, Influx, ObjectStore
from tests.stack.meter.conftest import NOW, objects, points, reading
from tests.stack.meter.door import Door

Publish = Callable[..., None]
Collect = Callable[..., contextlib.AbstractContextManager[devices.Collector]]


@pytest.fixture
def publish(broker: Broker) -> Iterator[Publish]:
    """Publishes with QoS 1, and returns when the broker has it all."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"meter-{uuid.uuid4().hex[:8]}")
    client.username_pw_set(broker.username or None, broker.password or None)
    client.connect(broker.host, broker.port)
    client.loop_start()

    def send(*messages: Any, qos: int = 1) -> None:
        sent = []
        for message in messages:
            topic, payload = (
                message
                if isinstance(message, tuple)
                else (f"iot/{message['device_id']}/telemetry", json.dumps(message).encode())
            )
            sent.append(client.publish(topic, payload, qos=qos))
        for each in sent:
            each.wait_for_publish(60)
            assert each.is_published()

    yield send
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def collect(broker: Broker, store: ObjectStore, influx: Influx) -> Iterator[Collect]:
    """Runs a collector with a session of its own; at the end the broker forgets the session."""
    name = f"collector-{uuid.uuid4().hex[:8]}"
    used: set[str] = set()

    @contextlib.contextmanager
    def running(**changes: Any) -> Iterator[devices.Collector]:
        place = {"broker": broker, "store": store, "influx": influx, "client_id": name} | changes
        used.add(str(place["client_id"]))
        collector = devices.Collector(place.pop("broker"), place.pop("store"), place.pop("influx"), **place)  # type: ignore[arg-type]
        collector.start()
        try:
            yield collector
        finally:
            collector.stop()

    yield running
    for each in used:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=each, clean_session=True)
        client.username_pw_set(broker.username or None, broker.password or None)
        client.connect(broker.host, broker.port)
        client.loop_start()
        wait_until(client.is_connected, 60, what="the session's end")
        client.disconnect()
        client.loop_stop()


def settled(collector: devices.Collector, count: int) -> None:
    wait_until(
        lambda: sum(collector.stats[name] for name in ("stored", "duplicates", "rejected")) >= count,
        60,
        what=f"{count} messages are settled, {collector.stats}",
    )


def readings(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        reading(f"power-{step % 7:03d}", NOW + step // 7, sensors={"power": step / 4}, **changes)
        for step in range(count)
    ]


def expected_points(given: list[dict[str, Any]]) -> list[tuple[str, str, float, Any]]:
    return sorted(
        (each["device_id"], name, float(each["timestamp"]), float(value))
        for each in given
        for name, value in (*each["sensors"].items(), ("rssi", each["rssi"]))
    )


def test_every_reading_is_in_both_stores(
    publish: Publish, collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    sent = readings(50)
    with collect() as collector:
        publish(*sent)
        settled(collector, 50)
        assert collector.stats | {"lag": 0} == {
            "received": 50,
            "stored": 50,
            "duplicates": 0,
            "rejected": 0,
            "dropped": 0,
            "lag": 0,
            "error": None,
        }
    assert points(influx) == expected_points(sent)
    found = objects(store)
    assert found == {
        devices.object_key(each["device_id"], each["timestamp"]): devices.object_body(each) for each in sent
    }


def test_a_repeated_reading_is_stored_once(
    publish: Publish, collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    sent = readings(10)
    with collect() as collector:
        publish(*sent, *sent)
        settled(collector, 20)
        publish(*sent)
        settled(collector, 30)
        assert (collector.stats["stored"], collector.stats["duplicates"]) == (10, 20)
    assert len(objects(store)) == 10
    assert points(influx) == expected_points(sent)


@pytest.mark.parametrize("down", ["store", "influx"])
def test_an_outage_of_either_store_loses_nothing_and_stores_nothing_twice(
    publish: Publish, collect: Collect, store: ObjectStore, influx: Influx, down: str
) -> None:
    place = {"store": store, "influx": influx}[down]
    host, port = place.url.removeprefix("http://").split(":")
    door = Door(host, int(port))
    before, during, after = readings(20), readings(20, rssi=-62), readings(20, rssi=-63)
    for number, each in enumerate(during + after):
        each["timestamp"] += 1000 + number
    try:
        with collect(**{down: replace(place, url=door.url)}) as collector:
            publish(*before)
            settled(collector, 20)
            door.shut()
            publish(*during)
            wait_until(lambda: collector.stats["error"], 60, what="the collector notices the outage")
            assert collector.stats["stored"] < 40
            door.open()
            publish(*after)
            settled(collector, 60)
            assert collector.stats["stored"] == 60, collector.stats
            assert collector.stats["error"] is None
    finally:
        door.shut()
    sent = before + during + after
    assert len(objects(store)) == 60
    assert points(influx) == expected_points(sent)


def test_what_was_not_acknowledged_comes_to_the_next_collector(
    publish: Publish, collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    sent = readings(20)
    nowhere = replace(influx, url="http://127.0.0.1:9")
    with collect(influx=nowhere) as collector:
        publish(*sent)
        wait_until(lambda: collector.stats["error"], 60, what="the outage is noticed")
    assert points(influx) == []
    with collect() as collector:
        settled(collector, 20)
        assert collector.stats["rejected"] == 0
        assert collector.stats["duplicates"] >= 1  # the archive had them, the time series did not
    assert points(influx) == expected_points(sent)
    assert len(objects(store)) == 20


def test_poison_goes_to_the_dead_letters_with_reason_and_payload_and_stops_nothing(
    publish: Publish, collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    good = readings(3)
    poison = {
        ("iot/power-001/telemetry", b"{"): "Expecting property name",
        ("iot/power-001/telemetry", b"\xff\x00"): "utf-8",
        ("iot/power-001/telemetry", b""): "Expecting value",
        ("iot/power-001/telemetry", b"[" * 50_000): "brackets in brackets",
        ("iot/power-002/telemetry", json.dumps(good[0]).encode()): "the reading is of 'power-000', not of 'power-002'",
        ("iot/dead-letters/telemetry", json.dumps(reading("dead-letters")).encode()): "not a device id",
        ("iot/po wer/telemetry", json.dumps(reading("po wer")).encode()): "not a device id",
        (
            "iot/power-001/telemetry",
            json.dumps(reading(sensors={"power": "x"})).encode(),
        ): "power must be a finite number",
    }
    with collect() as collector:
        publish(*poison, *good, *poison)
        settled(collector, 2 * len(poison) + 3)
        assert (collector.stats["rejected"], collector.stats["stored"]) == (2 * len(poison), 3)
    letters = [json.loads(body) for body in objects(store, "dead-letters/").values()]
    assert len(letters) == len(poison)  # one that comes again is the same letter
    for (topic, payload), reason in poison.items():
        letter = next(each for each in letters if each["topic"] == topic and reason in each["reason"])
        told = letter["payload"].encode() if "payload" in letter else bytes.fromhex(letter["payload_hex"])
        assert (told, letter["payload_bytes"]) == (payload, len(payload))
    assert points(influx) == expected_points(good)


def test_another_reading_with_a_used_time_stamp_is_a_dead_letter(
    publish: Publish, collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    first, other = reading(), reading(sensors={"power": 1.0})
    with collect() as collector:
        publish(first, other, first)
        settled(collector, 3)
        assert {name: collector.stats[name] for name in ("stored", "duplicates", "rejected")} == {
            "stored": 1,
            "duplicates": 1,
            "rejected": 1,
        }
    (letter,) = (json.loads(body) for body in objects(store, "dead-letters/").values())
    assert "archived with other content" in letter["reason"]
    assert json.loads(letter["payload"]) == other
    assert points(influx) == expected_points([first])


def test_a_point_that_influxdb_refuses_is_a_dead_letter_and_the_others_are_stored(
    publish: Publish, collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    series = devices.Series(influx)
    series.write([f'iot_telemetry,device_id=x clash="text" {NOW}000000000'])
    series.close()
    sent = readings(5)
    with collect() as collector:
        publish(*sent[:2], reading("power-009", sensors={"clash": 1}), *sent[2:])
        settled(collector, 6)
        assert (collector.stats["stored"], collector.stats["rejected"]) == (5, 1)
    (letter,) = (json.loads(body) for body in objects(store, "dead-letters/").values())
    assert "InfluxDB refuses the point" in letter["reason"]
    assert [each for each in points(influx) if each[0] != "x"] == expected_points(sent)


def test_two_collectors_share_the_messages(
    publish: Publish, collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    sent = readings(60)
    group = f"$share/g{uuid.uuid4().hex[:6]}/iot/+/telemetry"
    with (
        collect(client_id=f"a-{uuid.uuid4().hex[:6]}", topic_filter=group) as one,
        collect(client_id=f"b-{uuid.uuid4().hex[:6]}", topic_filter=group) as two,
    ):
        publish(*sent)
        wait_until(lambda: one.stats["stored"] + two.stats["stored"] >= 60, 60, what="both have stored")
        assert one.stats["stored"] + two.stats["stored"] == 60
        assert min(one.stats["stored"], two.stats["stored"]) > 0
    assert len(objects(store)) == 60
    assert points(influx) == expected_points(sent)


def test_messages_of_qos_0_are_let_go_when_memory_would_end(
    publish: Publish, collect: Collect, influx: Influx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices.Collector, "MOST_WAITING", 5)
    with collect(influx=replace(influx, url="http://127.0.0.1:9"), batch_size=1) as collector:
        publish(*readings(40), qos=0)
        wait_until(lambda: collector.stats["received"] == 40, 60, what="all have come")
        assert collector.stats["dropped"] >= 30
        assert len(collector.waiting) <= 5


def test_a_collector_without_a_broker_or_a_store_says_so_and_may_be_started_again(
    broker: Broker, store: ObjectStore, influx: Influx
) -> None:
    for place in ((replace(broker, port=9), store), (broker, replace(store, url="http://127.0.0.1:9"))):
        collector = devices.Collector(*place, influx)
        for _ in range(2):
            with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:9"):
                collector.start()
        collector.stop()


def published_while_away(
    publish: Publish, collect: Collect, influx: Influx, sent: list[dict[str, Any]], **options: Any
) -> contextlib.AbstractContextManager[devices.Collector]:
    """A collector that finds many messages waiting for it: they came while it was away."""
    with collect(influx=replace(influx, url="http://127.0.0.1:9"), **options):
        pass
    publish(*sent)
    return collect(**options)


def test_what_comes_too_fast_is_packed_and_taken_apart_when_there_is_time(
    publish: Publish, collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    sent = readings(60)
    with published_while_away(publish, collect, influx, sent, pack_above=3) as collector:
        wait_until(lambda: collector.stats["stored"] == 60, 60, what="all are stored")
        wait_until(lambda: not collector.packed, 60, what="the packs are taken apart")
    assert objects(store) == {
        devices.object_key(each["device_id"], each["timestamp"]): devices.object_body(each) for each in sent
    }
    assert points(influx) == expected_points(sent)


def test_packs_that_are_left_are_taken_apart_by_the_next_collector(
    publish: Publish, collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    sent = readings(30)
    with devices.Archive(store) as archive:
        archive.pack([devices.object_body(each) for each in sent[:20]])
        archive.pack([devices.object_body(each) for each in sent[10:]])
        with pytest.raises(ValueError, match="2 packs are not taken apart"):
            devices.rebuild(store, influx, NOW)
        with collect() as collector:
            wait_until(lambda: not collector.packed, 60, what="the packs are taken apart")
        assert archive.packs() == []
    assert len(objects(store)) == 30
    assert devices.rebuild(store, influx, NOW) == 30
    assert points(influx) == expected_points(sent)


def test_of_two_readings_with_one_time_stamp_in_packs_the_first_one_stays_in_both_stores(
    collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    first, other = reading(), reading(sensors={"power": 1.0})
    series = devices.Series(influx)
    series.write([devices.line_of(first)])
    series.write([devices.line_of(other)])  # as the packs came: the later one has the point
    series.close()
    with devices.Archive(store) as archive:
        archive.pack([devices.object_body(first)])
        archive.pack([devices.object_body(other)])
    with collect() as collector:
        wait_until(lambda: not collector.packed, 60, what="the packs are taken apart")
    (letter,) = (json.loads(body) for body in objects(store, "dead-letters/").values())
    assert json.loads(letter["payload"]) == other
    assert objects(store, "power-001/") == {f"power-001/{NOW}.json": devices.object_body(first)}
    assert points(influx) == expected_points([first])


def test_a_pack_waits_while_the_store_is_away(collect: Collect, store: ObjectStore, influx: Influx) -> None:
    host, port = store.url.removeprefix("http://").split(":")
    door = Door(host, int(port))
    try:
        with collect(store=replace(store, url=door.url)) as collector:
            with devices.Archive(store) as archive:
                archive.pack([devices.object_body(reading())])
            door.shut()
            with collector.changed:
                collector.packed = True
                collector.changed.notify_all()
            wait_until(lambda: collector.stats["error"], 60, what="the outage is noticed")
            door.open()
            wait_until(lambda: not collector.packed, 60, what="the pack is taken apart")
    finally:
        door.shut()
    assert list(objects(store)) == [f"power-001/{NOW}.json"]


def test_lines_of_a_pack_that_are_no_readings_are_dead_letters(
    collect: Collect, store: ObjectStore, influx: Influx
) -> None:
    with devices.Archive(store) as archive:
        archive.pack([b"{", b"[]", b"{}", devices.object_body(reading())])
        archive.write("packs/notes.txt", b"\xff somebody's")
    with collect() as collector:
        wait_until(lambda: not collector.packed, 60, what="the packs are taken apart")
        assert collector.stats["error"] is None
    found = objects(store)
    assert sum(key.startswith("dead-letters/") for key in found) == 3
    assert f"power-001/{NOW}.json" in found
    assert found["packs/notes.txt"] == b"\xff somebody's"  # no pack: it is left alone
    assert len(found) == 5


@pytest.mark.parametrize("line", [b"[" * 100_000, b"no JSON", b"7", b"{}", b'{"device_id": 7}'])
def test_a_line_of_a_pack_that_is_no_reading_has_a_reason(line: bytes) -> None:
    message = devices.unpacked("packs/1767225600000000-0123456789abcdef.ndjson", line)
    assert message.reading is None
    assert message.reason.startswith("not a reading: ")
