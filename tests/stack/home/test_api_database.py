from __future__ import annotations

import json
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from labkit.checks.broker_view import viewing
from labkit.services import Endpoint
from stack.parts import api

NOW = int(time.time())


@pytest.fixture
def measurement() -> str:
    return f"m{uuid.uuid4().hex}"


def rows(client: FlaskClient, measurement: str, rest: str = "") -> list[dict[str, Any]]:
    query = (f'from(bucket: "iot-data") |> range(start: 0) |> filter(fn: (r) => r._measurement == "{measurement}")'
             f' {rest}')
    answer = client.post("/database/query", json={"query": query})
    assert answer.status_code == 200, answer.json
    assert answer.json["truncated"] is False
    found: list[dict[str, Any]] = answer.json["rows"]
    return found


def test_a_written_point_is_found_by_a_query(client: FlaskClient, measurement: str) -> None:
    answer = client.post("/database/write", json={"measurement": measurement, "tags": {"room": "attic, left=1"},
                                                  "fields": {"value": 22, "note": 'a "b" \\', "ok": True},
                                                  "timestamp": NOW + 0.25})
    assert (answer.status_code, answer.json) == (201, {"written": 1})
    found = {row["_field"]: row for row in rows(client, measurement)}
    assert {name: row["_value"] for name, row in found.items()} == {"value": 22.0, "note": 'a "b" \\', "ok": True}
    assert found["value"]["room"] == "attic, left=1"
    assert found["value"]["_time"].endswith(".250000Z")


def test_whole_and_broken_numbers_have_one_type(client: FlaskClient, measurement: str) -> None:
    points = [{"measurement": measurement, "fields": {"v": v}, "timestamp": NOW + i} for i, v in enumerate([22, 22.5])]
    assert client.post("/database/write", json={"points": points}).json == {"written": 2}
    assert [row["_value"] for row in rows(client, measurement)] == [22.0, 22.5]


def test_a_point_without_a_time_gets_the_present(client: FlaskClient, measurement: str) -> None:
    client.post("/database/write", json={"measurement": measurement, "fields": {"v": 1}})
    (row,) = rows(client, measurement, "|> map(fn: (r) => ({r with age: int(v: now()) - int(v: r._time)}))")
    assert abs(row["age"]) < 60_000_000_000


@pytest.mark.parametrize(("body", "word"), [
    ({}, "'measurement' is missing"),
    ({"measurement": "m"}, "'fields' is missing"),
    ({"measurement": "m", "fields": {}}, "at least one field"),
    ({"measurement": 1, "fields": {"v": 1}}, "'measurement' is a number"),
    ({"measurement": "", "fields": {"v": 1}}, "cannot be a name"),
    ({"measurement": "a\nb", "fields": {"v": 1}}, "cannot be a name"),
    ({"measurement": "m", "fields": {"_v": 1}}, "cannot be a name"),
    ({"measurement": "m", "fields": {"v": None}}, "'v' is null"),
    ({"measurement": "m", "fields": {"v": [1]}}, "'v' is an array"),
    ({"measurement": "m", "fields": {"v": 10**400}}, "'v' is a number that cannot be stored"),
    ({"measurement": "m", "fields": {"v": 1}, "tags": {"room": 1}}, "'room' is a number, not a text"),
    ({"measurement": "m", "fields": {"v": 1}, "tags": {"room": "a\\"}}, "cannot be a name"),
    ({"measurement": "m", "fields": {"v": 1}, "tags": []}, "'tags' is an array, not an object"),
    ({"measurement": "m", "fields": {"v": 1}, "timestamp": "now"}, "'timestamp' is a text, not a number"),
    ({"measurement": "m", "fields": {"v": 1}, "timestamp": -1}, "'timestamp' is -1"),
    ({"measurement": "#m", "fields": {"v": 1}}, "begins with '#'"),
    ({"measurement": "\ud800", "fields": {"v": 1}}, "half a character"),
    ({"measurement": "m", "fields": {"v": "\ud800"}}, "half a character"),
    ({"measurement": "m", "fields": {"v": 1}, "tags": {"room": "\ud800"}}, "half a character"),
    ({"points": []}, "has 0 points"),
    ({"points": [{"measurement": "m", "fields": {"v": 1}}, 5]}, "point 1: a point is an object, not a number"),
])
def test_what_is_no_point_is_a_422_that_says_why(client: FlaskClient, body: object, word: str) -> None:
    answer = client.post("/database/write", data=json.dumps(body))
    assert answer.status_code == 422
    assert word in answer.json["error"]


def test_what_the_database_refuses_is_a_422_with_its_words(client: FlaskClient, measurement: str) -> None:
    client.post("/database/write", json={"measurement": measurement, "fields": {"v": 1}})
    answer = client.post("/database/write", json={"measurement": measurement, "fields": {"v": "text"}})
    assert answer.status_code == 422
    assert "field type conflict" in answer.json["error"]
    for query, word in (('from(bucket: "none") |> range(start: 0)', "none"), ("from(", "error"),
                        ('from(bucket: "iot-data")', "error"),
                        ('from(bucket: "iot-data") |> range(start: 0) |> map(fn: (r) => ({r with x: die(msg: "no")}))',
                         "no")):
        answer = client.post("/database/query", json={"query": query})
        assert answer.status_code == 422, query
        assert word in answer.json["error"]


def test_a_token_that_the_database_refuses_is_the_services_fault(broker: Endpoint, influx: Endpoint) -> None:
    app = api.create_app(broker, replace(influx, token="wrong"))
    answer = app.test_client().post("/database/write", json={"measurement": "m", "fields": {"v": 1}})
    app.extensions["database"].close()
    assert answer.status_code == 502
    assert "token" in answer.json["error"]
    assert "wrong" not in answer.json["error"]


READS = [
    'from(bucket: "iot-data") |> range(start: -1h)',
    '// convert to Celsius\nfrom(bucket: "iot-data") |> range(start: -1h)',
    'import "math"\nimport "strings"\nfrom(bucket: "iot-data") |> range(start: -1h) |> tail(n: 2)',
    'import s "influxdata/influxdb/schema"\ns.measurements(bucket: "iot-data")',
    'from(bucket: "iot-data") |> range(start: -1h) |> yield(name: "total")',
    'from(bucket: "iot-data") |> range(start: -1h) |> filter(fn: (r) => exists r.host and r.host == "a")',
]
WRITES = [
    'from(bucket: "iot-data") |> range(start: -1h) |> to(bucket: "b")',
    'from(bucket: "iot-data") |> range(start: -1h) |>to (bucket: "b")',
    'from(bucket: "iot-data") |> range(start: -1h) |>\n\tto\n(bucket: "b")',
    'f = to\nfrom(bucket: "iot-data") |> range(start: -1h) |> f(bucket: "b")',
    'from(bucket: "iot-data") |> range(start: -1h) |> filter(fn: (r) => r.x =~ /"/) |> to(bucket: "b") // "',
    'x = "//" from(bucket: "iot-data") |> range(start: -1h) |> to(bucket: "b")',
    'x = "\n// " y = from(bucket: "iot-data") |> range(start: -1h) |> to(bucket: "b")',
    'x = "\n// ${from(bucket: "iot-data") |> range(start: -1h) |> to(bucket: b)}"',
    'x = "\n// ${string(v: 1)}"\n\nfrom(bucket: "iot-data") |> range(start: 0) |> to(bucket: "b")',
    '// harmless\nfrom(bucket: "iot-data") |> range(start: -1h) |> to(bucket: "b")',
    'import "experimental"\nfrom(bucket: "iot-data") |> range(start: -1h) |> experimental["t\\x6f"](bucket: "b")',
    'import "influxdata/influxdb"\nx = influxdb.wideTo',
    'import "http"\nhttp.post(url: "http://example.org")',
    'import h "http"\nh.post(url: "http://example.org")',
    'import "ht\\x74p"\nhttp.post(url: "http://example.org")',
    'import // here\n"http"\nhttp.post(url: "http://example.org")',
    'import"http"\nhttp.post(url: "http://example.org")',
    'import "math" import "sql"\nsql.from(driverName: "postgres")',
    'import "influxdata/influxdb/secrets"\nsecrets.get(key: "k")',
    'import "slack"',
    'import "influxdata/influxdb/sample"\nsample.data(set: "airSensor")',
    'from(bucket: "iot-data", host: "http://127.0.0.1:9", org: "o", token: "t") |> range(start: -1h)',
    'from(bucket: "iot-data", host // "\n: "http://127.0.0.1:9") |> range(start: -1h)',
    'from(bucket: "iot-data", "host": "http://127.0.0.1:9") |> range(start: -1h)',
    'from(bucket: "iot-data", "\\x68ost": "http://127.0.0.1:9") |> range(start: -1h)',
    'buckets(host: "http://127.0.0.1:9")',
    'import "universe"\nx = universe["t\\x6f"]',
]


@pytest.mark.parametrize("query", READS)
def test_a_query_that_reads_is_run(client: FlaskClient, query: str) -> None:
    assert api.read_only(query) == query
    assert client.post("/database/query", json={"query": query}).status_code == 200


@pytest.mark.parametrize("query", WRITES)
def test_a_query_that_could_do_more_than_read_is_a_403(client: FlaskClient, query: str) -> None:
    answer = client.post("/database/query", json={"query": query})
    assert answer.status_code == 403, answer.json
    assert answer.json["error"]


@pytest.mark.parametrize("query", ["", "  \n", "x" * 10_001])
def test_a_query_has_a_length(client: FlaskClient, query: str) -> None:
    assert client.post("/database/query", json={"query": query}).status_code == 422


def test_a_large_answer_is_cut_and_says_so(
    client: FlaskClient, app: Flask, measurement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [{"measurement": measurement, "fields": {"v": i}, "timestamp": NOW - i} for i in range(50)]
    client.post("/database/write", json={"points": points})
    database = app.extensions["database"]
    query = f'from(bucket: "iot-data") |> range(start: 0) |> filter(fn: (r) => r._measurement == "{measurement}")'
    files = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(20):
        found, truncated = database.rows(query, most=20)
        assert (len(found), truncated) == (20, True)
    assert len(os.listdir("/proc/self/fd")) < files + 20, "a connection each"  # noqa: PTH208
    assert database.rows(query, most=50)[1] is False


def test_what_json_does_not_have_is_shown_in_what_it_has(client: FlaskClient) -> None:
    query = ('import "array"\nimport "math"\n'
             'array.from(rows: [{t: 2026-01-02T03:04:05.5Z, n: math.NaN(), i: 9, d: string(v: 1m), b: true}])')
    (row,) = client.post("/database/query", json={"query": query}).json["rows"]
    del row["result"]
    assert row == {"t": "2026-01-02T03:04:05.500000Z", "n": None, "i": 9, "d": "1m", "b": True}


def write_reading(client: FlaskClient, device: str, value: float, moment: float, room: str = "attic") -> None:
    client.post("/database/write", json={
        "measurement": "sensors", "timestamp": moment, "fields": {"value": value},
        "tags": {"device_id": device, "type": "temperature", "room": room, "unit": "°C"},
    })


def test_a_device_is_known_when_it_was_heard(client: FlaskClient) -> None:
    device = f"d-{uuid.uuid4().hex}"
    assert client.get(f"/devices/{device}").status_code == 404
    write_reading(client, device, 20, NOW - 60, "cellar")
    write_reading(client, device, 21, NOW, "attic")  # it was moved
    found = client.get(f"/devices/{device}").json
    assert found.pop("last_seen").startswith("20")
    assert found == {"device_id": device, "type": "temperature", "room": "attic", "unit": "°C"}
    assert {d["device_id"]: d["room"] for d in client.get("/devices").json["devices"]}[device] == "attic"


def test_latest_and_history_of_a_device(client: FlaskClient) -> None:
    device = f"d-{uuid.uuid4().hex}"
    for i in range(5):
        write_reading(client, device, 20 + i, NOW - 3600 + i * 600, "cellar" if i < 2 else "attic")
    latest = client.get(f"/devices/{device}/latest").json
    assert (latest["value"], latest["room"], latest["type"], latest["unit"]) == (24.0, "attic", "temperature", "°C")
    history = client.get(f"/devices/{device}/history?minutes=120").json
    assert [r["value"] for r in history["readings"]] == [20.0, 21.0, 22.0, 23.0, 24.0]
    newest = client.get(f"/devices/{device}/history?limit=2&minutes=90").json["readings"]
    assert [r["value"] for r in newest] == [23, 24]
    assert client.get(f"/devices/{device}/history?minutes=1").json["readings"] == []


@pytest.mark.parametrize("path", ["", "/latest", "/history"])
def test_a_device_that_was_never_heard_is_a_404(client: FlaskClient, path: str) -> None:
    answer = client.get(f'/devices/no" or true/{path}'.replace("//", "/"))
    assert answer.status_code == 404
    assert client.post("/devices/nobody/command", json={"state": "on"}).status_code == 404


@pytest.mark.parametrize("query", ["minutes=0", "minutes=x", "limit=0", "limit=1.5", "limit=20000", "minutes=nan"])
def test_the_limits_of_a_history_are_checked(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/devices/temp-001/history?{query}")
    assert answer.status_code == 422
    assert query.split("=")[0] in answer.json["error"]


def test_a_command_goes_to_the_devices_topic(client: FlaskClient, broker: Endpoint) -> None:
    device = f"d-{uuid.uuid4().hex}"
    write_reading(client, device, 20, NOW)
    with viewing(broker) as view, view.listen("commands/#") as heard:
        answer = client.post(f"/devices/{device}/command", json={"state": "on"})
        (message,) = heard.wait(1, 60)
    assert (answer.status_code, answer.json["topic"]) == (202, f"commands/temperature/{device}")
    assert (message.topic, message.json()) == (f"commands/temperature/{device}", {"state": "on"})
    assert client.post(f"/devices/{device}/command", json={}).status_code == 422


def test_many_requests_at_once_are_all_written(app: Flask, measurement: str) -> None:
    def one(number: int) -> int:
        body = {"measurement": measurement, "fields": {"v": number}, "timestamp": NOW - number}
        return app.test_client().post("/database/write", json=body).status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(one, range(200))) == {201}
    assert len(rows(app.test_client(), measurement)) == 200


def test_devices_while_the_database_is_down_are_a_503(away: FlaskClient) -> None:
    for path in ("/devices", "/devices/a", "/devices/a/latest", "/devices/a/history"):
        answer = away.get(path)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
