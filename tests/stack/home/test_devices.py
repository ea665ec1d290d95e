"""The simulated sensors of the home: believable, and the same again for the same seed."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections import defaultdict

import pytest

from labkit.devices.device import Message
from labkit.devices.home import FLEET, KINDS, HomeSensor, build
from labkit.devices.home_influx import InfluxSink, influx_sink
from labkit.errors import StudentError
from labkit.services import Endpoint
from labkit.waiting import wait_until

START = 1_763_337_600  # Monday 2025-11-17 00:00 UTC
Values = dict[str, list[tuple[int, float]]]


def day(count: int = 32, seed: int = 1, days: int = 3, every: int = 90) -> Values:
    devices = build(count, every, seed, START)
    values: Values = defaultdict(list)
    for moment in range(START, START + days * 86_400, every):
        for device in devices:
            for message in device.step(moment):
                reading = json.loads(message.payload)
                values[reading["device_id"]].append((moment % 86_400 // 3600, reading["value"]))
    return values


@pytest.fixture(scope="module")
def week() -> Values:
    return day()


def mean(series: list[tuple[int, float]], *hours: int) -> float:
    return statistics.mean(value for hour, value in series if hour in hours)


def test_a_fleet_has_every_type_and_ids_of_its_own() -> None:
    devices = build(20, 5, 1, START)
    assert [d.topic for d in devices[:2]] == ["sensors/temperature/temp-001", "sensors/humidity/hum-001"]
    assert devices[8].topic == "sensors/temperature/temp-002"
    assert len({d.id for d in devices}) == 20
    assert {d.type for d in devices} == set(KINDS)
    assert FLEET.interval == 5


def test_the_same_seed_measures_the_same_and_another_does_not() -> None:
    assert day(8, days=1) == day(8, days=1)
    assert day(8, days=1) != day(8, seed=2, days=1)


def test_nobody_moves_at_night_or_while_all_are_out(week: Values) -> None:
    motion = [pair for name, series in week.items() if name.startswith("motion") for pair in series]
    assert mean(motion, 23, 0, 1, 2, 3, 4, 5, 6) == 0
    assert mean(motion, 9, 10, 11, 12, 13, 14, 15) == 0
    assert mean(motion, 18, 19, 20, 21) > 0.05
    assert {value for _, value in motion} == {0, 1}


def test_carbon_dioxide_rises_in_the_bedroom_at_night_and_falls_in_the_empty_home(week: Values) -> None:
    bedroom = week["co2-003"]
    assert mean(bedroom, 5, 6) > mean(bedroom, 22) + 200
    assert mean(bedroom, 15, 16) < 700
    assert all(400 < value < 1500 for name in week if name.startswith("co2") for _, value in week[name])


def test_light_follows_the_sun_and_the_lamps(week: Values) -> None:
    assert mean(week["light-001"], 11, 12) > 100 > mean(week["light-001"], 2, 3)
    assert max(value for hour, value in week["light-001"] if hour == 20) > 120


def test_the_kitchen_uses_most_at_meals(week: Values) -> None:
    kitchen = week["power-002"]
    assert mean(kitchen, 18) > 2 * mean(kitchen, 3)
    assert all(20 < value < 6000 for _, value in kitchen)


def test_climate_is_that_of_a_home(week: Values) -> None:
    assert all(14 < value < 26 for name in week if name.startswith("temp") for _, value in week[name])
    assert all(5 <= value <= 100 for name in week if name.startswith("hum") for _, value in week[name])


def test_a_door_is_open_now_and_then(week: Values) -> None:
    doors = [value for name, series in week.items() if name.startswith("door") for _, value in series]
    assert 0 < statistics.mean(doors) < 0.2


def test_a_lamp_is_switched_by_a_command_and_tells_it_at_once() -> None:
    lamp = next(device for device in build(8, 5, 1, START) if device.type == "lamp")
    assert lamp.subscriptions == ("commands/lamp/lamp-001",)
    for state, value in (("on", 1), ("on", 1), ("off", 0)):
        (answer,) = lamp.receive("commands/lamp/lamp-001", json.dumps({"state": state}).encode(), START + 1)
        assert json.loads(answer.payload)["value"] == value
    for nonsense in (b"", b"on", b"{", b"[]", b"null", b'{"state": 1}', b'{"state": {}}', b"\xff", b"[" * 100_000):
        assert lamp.receive("commands/lamp/lamp-001", nonsense, START + 2) == ()


def test_a_thousand_devices_step_in_a_fraction_of_their_interval() -> None:
    import time

    devices = build(1000, 5, 1, START)
    list(map(lambda device: device.step(START), devices))  # noqa: C417
    began = time.process_time()
    for second in range(5, 55, 5):
        for device in devices:
            device.step(START + second)
    assert (time.process_time() - began) / 10 < 1.0


def test_drift_moves_what_is_shown() -> None:
    from labkit.devices.faults import with_faults

    good, bad = build(1, 5, 1, START)[0], with_faults(build(1, 5, 1, START)[0], {"drift": 24.0})

    def shown(device: HomeSensor, moment: int) -> float:
        (message,) = device.step(moment)
        return float(json.loads(message.payload)["value"])

    shown(good, START), shown(bad, START)
    assert shown(bad, START + 3600) - shown(good, START + 3600) == pytest.approx(1.0, abs=0.11)


def message(device: str, value: float, second: int) -> Message:
    reading = {"device_id": device, "type": "temperature", "value": value, "unit": "°C", "room": "my room",
               "timestamp": START + second}
    return Message(f"sensors/temperature/{device}", json.dumps(reading).encode())


def count(influx: Endpoint, bucket: str) -> int:
    from influxdb_client import InfluxDBClient

    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        tables = client.query_api().query(
            f'from(bucket: "{bucket}") |> range(start: 0) |> filter(fn: (r) => r.room == "my room") |> count()'
        )
    return sum(int(record.get_value()) for table in tables for record in table.records)


def test_the_sink_writes_to_a_bucket_that_it_makes_and_repeats_are_one(influx: Endpoint) -> None:
    sink = InfluxSink(influx.url, influx.token, influx.org, "made-by-the-sink")
    sink.write([message("a", 20, second) for second in range(2500)])
    sink.write([message("a", 20, 0), Message("other/topic", b"not ours")])
    sink.close()
    assert count(influx, "made-by-the-sink") == 2500
    assert sink.stats == {"stored": 2501, "dropped": 0}


def test_the_sink_keeps_up_with_a_fleet_in_fast_motion(influx: Endpoint) -> None:
    sink = InfluxSink(influx.url, influx.token, influx.org, "fast")
    for hundred in range(150):  # 15,000 readings at once are many seconds at a batch a second
        sink.write([message("a", 20, hundred * 100 + second) for second in range(100)])
    wait_until(lambda: sink.stats["stored"] >= 14_000, 60, what="all full batches are stored")
    sink.close()
    assert sink.stats == {"stored": 15_000, "dropped": 0}


def test_the_sink_neither_blocks_nor_fails_while_the_database_is_away() -> None:
    sink = InfluxSink("http://127.0.0.1:1", "t", "iot-org", "b")
    sink.write([message("a", 20, second) for second in range(30_000)])
    sink.close()
    assert sink.stats == {"stored": 0, "dropped": 30_000}


def test_the_sink_catches_up_when_the_database_comes_back(influx: Endpoint) -> None:
    sink = InfluxSink("http://127.0.0.1:1", influx.token, influx.org, "late")
    sink.write([message("a", 20, 0)])
    wait_until(lambda: sink._away, 60, what="the sink knows that the database is away")
    sink._client.api_client.configuration.host = influx.url
    sink.write([message("a", 21, 1)])
    wait_until(lambda: sink.stats["stored"] == 2, 60, what="both readings are stored")
    sink.close()
    assert count(influx, "late") == 2


def test_the_sink_is_what_the_environment_asks_for(influx: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert influx_sink({}) is None
    with pytest.raises(StudentError, match="INFLUX_TOKEN is not"):
        influx_sink({"INFLUX_URL": influx.url})
    secret = tmp_path_factory.mktemp("secret") / "token"
    with pytest.raises(StudentError, match="INFLUX_TOKEN_FILE"):
        influx_sink({"INFLUX_URL": influx.url, "INFLUX_TOKEN_FILE": str(secret)})
    secret.write_text(influx.token + "\n")
    sink = influx_sink({"INFLUX_URL": influx.url, "INFLUX_TOKEN_FILE": str(secret), "INFLUX_ORG": influx.org})
    assert sink is not None
    sink.write([message("b", 20, 0)])
    sink.close()
    assert count(dataclasses.replace(influx), "iot-data") >= 1
