"""The fleet as a table, batches, and the configuration of Telegraf."""

from __future__ import annotations

import dataclasses
import json
import random
import time
import tomllib
import zlib
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.services import Endpoint
from stack.parts import collector, fleet
from stack.runtime import ensure_bucket

Reading = dict[str, Any]


def store(influx: Endpoint, bucket: str, readings: list[Reading], rooms: dict[str, str] | None = None) -> Endpoint:
    place = dataclasses.replace(influx, bucket=bucket)
    ensure_bucket(place)  # type: ignore[arg-type]
    collector.write_batch(place, [collector.line_of(reading, rooms or {}) for reading in readings])
    return place


def reading(node: str, age: float, rssi: int = -60, **sensors: float) -> dict[str, Any]:
    return {"node_id": node, "timestamp": int(time.time() - age), "wifi_rssi": rssi, "uptime": 5,
            "sensors": {"temperature": 21.5, **sensors}}


def test_the_table_says_who_is_there_and_how_well(influx: Endpoint) -> None:
    place = store(influx, "table", [
        *(reading("node_01", age, -60 - age) for age in range(0, 60, 5)),
        *(reading("node_02", age, battery=40 + age / 100) for age in range(300, 600, 10)),
        reading("node_03", 2),
    ], {"node_01": "kitchen"})
    store(influx, "table", [reading("node_01", 70)], {"node_01": "attic"})  # it was moved: another series
    table = fleet.fleet_table(place, 900)
    assert list(table.index) == ["node_01", "node_02", "node_03"]
    assert list(table.columns) == ["online", "last_seen", "rssi", "battery", "rate"]
    assert table.online.to_list() == [True, False, True]
    assert table.rssi.to_list() == [-60, -60, -60]
    assert table.battery["node_02"] == pytest.approx(43, abs=0.1)
    assert table.battery.isna().to_list() == [True, False, True]
    assert table.rate["node_01"] == pytest.approx(60 * 12 / 70, rel=0.05)
    assert table.rate["node_02"] == pytest.approx(6, rel=0.05)
    assert pd.isna(table.rate["node_03"])
    assert str(table.last_seen.dt.tz) == "UTC"
    assert (pd.Timestamp.now("UTC") - table.last_seen["node_01"]).total_seconds() < 30


def test_a_window_leaves_out_what_is_older(influx: Endpoint) -> None:
    place = store(influx, "window", [reading("node_01", 5), reading("node_02", 3000)])
    assert list(fleet.fleet_table(place, 60).index) == ["node_01"]
    assert list(fleet.fleet_table(place, 3600).index) == ["node_01", "node_02"]


def test_an_empty_fleet_is_an_empty_table_of_the_same_shape(influx: Endpoint) -> None:
    table = fleet.fleet_table(store(influx, "empty", []), 60)
    assert table.empty
    assert table.index.name == "node_id"
    assert {name: str(kind) for name, kind in table.dtypes.items()} == {
        "online": "bool", "last_seen": "datetime64[ns, UTC]",
        "rssi": "float64", "battery": "float64", "rate": "float64"}


@pytest.mark.parametrize("window", [0, -1, True, "1h", float("nan"), 1e12])
def test_a_window_that_is_none_is_refused(influx: Endpoint, window: Any) -> None:
    with pytest.raises(ValueError, match="window"):
        fleet.fleet_table(influx, window)


def series(count: int) -> list[dict[str, Any]]:
    noise = random.Random(1)
    return [{"node_id": "node_01", "timestamp": 1_704_844_800 + i, "uptime": i, "wifi_rssi": -65 + noise.randint(-2, 2),
             "sensors": {"temperature": 22 + round(noise.gauss(0, 2)) / 10, "humidity": 45.5 + noise.randint(-5, 5)}}
            for i in range(count)]


def test_a_batch_unpacks_to_what_went_in() -> None:
    readings = series(50)
    del readings[3]["sensors"]["humidity"]
    readings[7]["sensors"]["battery"] = 80.5
    readings[9]["timestamp"] += 0.25
    assert fleet.unbatch(fleet.batch(readings)) == readings


numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
names = st.text(max_size=5)


@given(st.lists(st.tuples(st.dictionaries(names, numbers, max_size=3),
                          st.dictionaries(names.filter(lambda n: n not in ("node_id", "sensors") and "." not in n),
                                          numbers, max_size=3)), min_size=1, max_size=5))
def test_any_readings_of_numbers_survive(cells: list[tuple[dict[str, float], dict[str, float]]]) -> None:
    readings = [{"uptime": 1, **top, "node_id": "n", "sensors": sensors} for sensors, top in cells]
    assert fleet.unbatch(fleet.batch(readings)) == readings


def test_a_batch_of_a_hundred_saves_most_of_the_bytes_and_one_alone_little() -> None:
    assert fleet.saving(series(100)) > 0.9
    assert fleet.saving(series(10)) > 0.7
    assert fleet.saving(series(1)) < 0.3
    assert len(fleet.batch(series(100))) < 0.1 * sum(len(json.dumps(r)) for r in series(100))


@pytest.mark.parametrize(("readings", "word"), [
    ([], "at least one"),
    ([series(1)[0], {**series(1)[0], "node_id": "node_02"}], "is of 'node_02'"),
    ([{"node_id": "n"}], "not a telemetry reading"),
    ([5], "not a telemetry reading"),
    ([{"node_id": "n", "sensors": [1]}], "not a telemetry reading"),
    ([{"node_id": "n", "sensors": {}}], "has no number"),
    ([{"node_id": "n", "sensors": {"t": None}}], "not a number"),
    ([{"node_id": "n", "sensors": {"t": True}}], "not a number"),
    ([{"node_id": "n", "sensors": {"t": float("nan")}}], "not a number"),
    ([{"node_id": "n", "sensors": {}, "uptime": "5"}], "not a number"),
])
def test_what_cannot_be_packed_is_refused(readings: Any, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        fleet.batch(readings)


GOOD = fleet.batch(series(3))


@pytest.mark.parametrize("payload", [
    b"", b"x", GOOD[:-1], GOOD[:10], b'{"node_id": "n"}',
    zlib.compress(b"{}"), zlib.compress(b"[1]"), zlib.compress(b"{"),
    zlib.compress(b'{"node_id": "n", "count": 2, "columns": {"uptime": [1]}}'),
    zlib.compress(b'{"node_id": "n", "count": "2", "columns": {}}'),
    zlib.compress(b'{"node_id": "n", "count": 1, "columns": [1]}'),
    zlib.compress(b'{"node_id": "n", "count": 1000000000000, "columns": {}}'),
    zlib.compress(b" " * 100_000_000), zlib.compress(b"[" * 900_000),
])
def test_what_is_no_batch_is_refused_and_a_bomb_is_not_unpacked(payload: bytes) -> None:
    with pytest.raises(ValueError, match="not a batch"):
        fleet.unbatch(payload)


def test_the_configuration_of_telegraf_is_toml_with_what_it_was_given(broker: Endpoint, influx: Endpoint) -> None:
    odd = dataclasses.replace(influx, token='a"b\\c\n', org="my org é", bucket="b")
    found = tomllib.loads(fleet.telegraf_config(dataclasses.replace(broker, username="u", password="p\x7f"), odd))
    (consumer,), (output,) = found["inputs"]["mqtt_consumer"], found["outputs"]["influxdb_v2"]
    assert consumer["servers"] == [f"tcp://{broker.host}:{broker.port}"]
    assert (consumer["username"], consumer["password"]) == ("u", "p\x7f")
    assert (consumer["qos"], consumer["persistent_session"], bool(consumer["client_id"])) == (1, True, True)
    assert (output["token"], output["organization"], output["bucket"]) == ('a"b\\c\n', "my org é", "b")
