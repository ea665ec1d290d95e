"""`create_api` over real HTTP, on the embedded InfluxDB."""

from __future__ import annotations

import csv
import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import uvicorn
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from prometheus_client.parser import text_string_to_metric_families

from labkit.services import Endpoint
from labkit.waiting import wait_until
from stack.parts.shelly import create_api
from tests.stack.shelly.frames import NOON, SENSOR

OTHER = "f8:44:77:22:33:cc"


class Client:
    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, **params: Any) -> requests.Response:
        return requests.get(self.url + path, params=params, timeout=60)


@contextmanager
def serving(influx: Any) -> Iterator[Client]:
    server = uvicorn.Server(uvicorn.Config(create_api(influx), port=0, log_level="warning", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, 60, what="the API")
        yield Client(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def stored(database: Endpoint) -> Endpoint:
    """A bucket with two sensors; one moved from one room to another."""
    influx = dataclasses.replace(database, bucket="shelly-api")
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        client.buckets_api().create_bucket(bucket_name=influx.bucket, org=influx.org)
        lines = []
        for minute in range(100):
            moment = (int(NOON) + 60 * minute) * 10**9
            place = "kitchen" if minute < 90 else r"living\ room\,\ east"
            tags = f"sensor_id={SENSOR},location={place}"
            lines += [f"temperature,{tags} value={20 + minute / 10},battery_level=97 {moment}",
                      f"humidity,{tags} value={40 + minute % 10},battery_level=97 {moment}"]
        lines += [f"temperature,sensor_id={OTHER},location=unknown value=-21.3 {(int(NOON) - 86400) * 10**9}",
                  f'dead_letter,reason=not_json payload="x",topic="t" {int(NOON) * 10**9}',
                  f"temperature,node_id=node_01 value=1 {int(NOON) * 10**9}"]
        client.write_api(write_options=SYNCHRONOUS).write(influx.bucket, influx.org, lines)
    return influx


@pytest.fixture(scope="module")
def client(stored: Endpoint) -> Iterator[Client]:
    with serving(stored) as client:
        yield client


@pytest.fixture(scope="module")
def empty(database: Endpoint) -> Iterator[Client]:
    with InfluxDBClient(database.url, database.token, org=database.org) as client:
        client.buckets_api().create_bucket(bucket_name="shelly-empty", org=database.org)
    with serving(dataclasses.replace(database, bucket="shelly-empty")) as client:
        yield client


@pytest.fixture(scope="module")
def away(database: Endpoint) -> Iterator[Client]:
    """The API while nobody listens where the database should be."""
    with serving(dataclasses.replace(database, url="http://127.0.0.1:1")) as client:
        yield client


def test_sensors_are_listed_with_what_they_said_last(client: Client) -> None:
    assert client.get("/api/v1/sensors").json() == [
        {"sensor_id": SENSOR, "location": "living room, east", "temperature": 29.9, "humidity": 49.0,
         "battery_level": 97.0, "last_seen": "2023-11-15T13:39:00Z"},
        {"sensor_id": OTHER, "location": "unknown", "temperature": -21.3, "humidity": None, "battery_level": None,
         "last_seen": "2023-11-14T12:00:00Z"},
    ]


def test_data_are_the_readings_oldest_first(client: Client) -> None:
    found = client.get(f"/api/v1/data/{SENSOR}").json()
    assert (found["sensor_id"], found["location"], found["count"]) == (SENSOR, "living room, east", 100)
    assert found["readings"][0] == {
        "time": "2023-11-15T12:00:00Z", "temperature": 20.0, "humidity": 40.0, "battery_level": 97.0}
    times = [each["time"] for each in found["readings"]]
    assert times == sorted(times)


@pytest.mark.parametrize(("params", "temperatures"), [
    ({"limit": 2}, [29.8, 29.9]),
    ({"limit": 1}, [29.9]),
    ({"limit": 3, "stop": "2023-11-15T12:05:00Z"}, [20.2, 20.3, 20.4]),
    ({"start": "2023-11-15T13:38:00Z"}, [29.8, 29.9]),
    ({"start": "2023-11-15T13:38:00"}, [29.8, 29.9]),
    ({"start": "2023-11-15T14:38:00+01:00"}, [29.8, 29.9]),
    ({"start": "2023-11-15T12:00:00Z", "stop": "2023-11-15T12:02:00Z"}, [20.0, 20.1]),
    ({"start": int(NOON), "stop": int(NOON) + 1}, [20.0]),
    ({"start": "2023-11-15T13:29:00Z", "stop": "2023-11-15T13:31:00Z"}, [28.9, 29.0]),
    ({"start": "2024-01-01T00:00:00Z"}, []),
    ({"stop": "2023-01-01T00:00:00Z"}, []),
])
def test_a_range_has_its_start_and_not_its_stop(
    client: Client, params: dict[str, Any], temperatures: list[float]
) -> None:
    answer = client.get(f"/api/v1/data/{SENSOR}", **params)
    assert answer.status_code == 200
    assert [each["temperature"] for each in answer.json()["readings"]] == temperatures
    assert answer.json()["count"] == len(temperatures)


def test_data_can_be_had_as_a_table(client: Client) -> None:
    answer = client.get(f"/api/v1/data/{SENSOR}", limit=1, format="csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert list(csv.reader(answer.text.splitlines())) == [
        ["time", "temperature", "humidity", "battery_level"], ["2023-11-15T13:39:00+00:00", "29.9", "49.0", "97.0"]]


@pytest.mark.parametrize("sensor", ["7c:c6:b6:7f:48:ee", "nosuch", "node_01", "a" * 64, SENSOR.upper()])
def test_a_sensor_that_is_not_there_is_404(client: Client, sensor: str) -> None:
    answer = client.get(f"/api/v1/data/{sensor}")
    assert answer.status_code == 404
    assert sensor in answer.json()["detail"]


@pytest.mark.parametrize("sensor", [
    "a" * 65, "%20", '%22)%20%7C%3E%20drop()', "a%0Ab", "${x}", "ä", "a%00", 'x"%20or%20true', "a,b", "*",
])
def test_an_impossible_sensor_is_422(client: Client, sensor: str) -> None:
    assert client.get(f"/api/v1/data/{sensor}").status_code == 422


@pytest.mark.parametrize("params", [
    {"limit": 0}, {"limit": -1}, {"limit": 10_001}, {"limit": "many"}, {"limit": 1.5}, {"limit": ""},
    {"start": "yesterday"}, {"start": "-1h"}, {"stop": "2023-13-01"}, {"start": ""},
    {"start": "2024-01-01T00:00:00Z", "stop": "2023-01-01T00:00:00Z"},
    {"start": "2023-01-01T00:00:00Z", "stop": "2023-01-01T00:00:00Z"},
    {"start": "1969-12-31T23:59:59Z"}, {"stop": "2200-01-01T00:00:01Z"}, {"stop": "9999-12-31T23:59:59-14:00"},
    {"start": "0001-01-01T00:00:00+14:00"},
    {"format": "xml"},
])
def test_a_question_that_makes_no_sense_is_422(client: Client, params: dict[str, Any]) -> None:
    answer = client.get(f"/api/v1/data/{SENSOR}", **params)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]


def test_metrics_are_what_prometheus_reads(client: Client) -> None:
    answer = client.get("/api/v1/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {name: family.type for name, family in families.items()} == dict.fromkeys(
        ["shelly_temperature_celsius", "shelly_humidity_percent", "shelly_battery_level", "shelly_sensor_last_seen"],
        "gauge")
    found = {(each.name, each.labels["sensor_id"], each.labels["location"]): each.value
             for family in families.values() for each in family.samples}
    east, unknown = (SENSOR, "living room, east"), (OTHER, "unknown")
    assert found == {
        ("shelly_temperature_celsius", *east): 29.9, ("shelly_temperature_celsius", *unknown): -21.3,
        ("shelly_humidity_percent", *east): 49.0, ("shelly_battery_level", *east): 97.0,
        ("shelly_sensor_last_seen", *east): NOON + 99 * 60, ("shelly_sensor_last_seen", *unknown): NOON - 86400,
    }


def test_an_empty_database_is_no_error(empty: Client) -> None:
    assert empty.get("/api/v1/sensors").json() == []
    assert empty.get(f"/api/v1/data/{SENSOR}").status_code == 404
    families = list(text_string_to_metric_families(empty.get("/api/v1/metrics").text))
    assert len(families) == 4
    assert not any(family.samples for family in families)


@pytest.mark.parametrize("path", ["/api/v1/sensors", f"/api/v1/data/{SENSOR}", "/api/v1/metrics"])
def test_without_a_database_it_is_503(away: Client, path: str) -> None:
    answer = away.get(path)
    assert answer.status_code == 503
    assert "the database cannot be asked" in answer.json()["detail"]


def test_a_bad_token_and_a_missing_bucket_are_503(database: Endpoint) -> None:
    for change in ({"token": "wrong"}, {"bucket": "nosuch"}):
        with serving(dataclasses.replace(database, **change)) as client:  # type: ignore[arg-type]
            assert client.get("/api/v1/sensors").status_code == 503


def test_the_description_names_every_route(client: Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/api/v1/sensors", "/api/v1/data/{sensor_id}", "/api/v1/metrics"}


@pytest.mark.parametrize("path", ["/api/v1/data/", "/api/v1/data", "/api/v1/nothing", "/"])
def test_another_path_is_404(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
