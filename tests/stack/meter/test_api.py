"""The Device Manager on real databases: what it answers, what it refuses, and that its description is true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import jsonschema
import openapi_spec_validator
import psycopg
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from labkit.services import Endpoint
from stack.meter.openapi import DOCUMENT, PATHS, SCHEMAS
from stack.parts import devices
from stack.runtime import Influx, ObjectStore
from tests.stack.meter.conftest import NOW, new_bucket, new_database, new_store, points, reading, rows

DEVICE = {"device_id": "power-001", "name": "Meter in the hall", "type": "power"}
RANGE = f"start={NOW}&stop={NOW + 3600}"


@pytest.fixture
def api(dsn: str, store: ObjectStore, influx: Influx) -> Iterator[FlaskClient]:
    app = devices.create_app(dsn, store, influx)
    yield app.test_client()
    app.extensions["close"]()


def fill(api: FlaskClient, store: ObjectStore, influx: Influx) -> None:
    """Enter a device with ten readings in both stores, a minute apart."""
    assert api.post("/devices", json=DEVICE).status_code == 201
    series = devices.Series(influx)
    for step in range(10):
        each = reading(timestamp=NOW + 60 * step, sensors={"power": 100.0 + step, "energy": 7.5})
        devices.archive(store, "power-001", each)
        assert series.write([devices.line_of(each)]) == {}
    series.close()


@pytest.fixture(scope="module")
def place(
    postgres_server: str, s3_server: ObjectStore, influx_server: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    """Databases for tests that only read."""
    return SimpleNamespace(
        dsn=new_database(postgres_server, tmp_path_factory.mktemp("migrations")),
        store=new_store(s3_server),
        influx=new_bucket(influx_server),
    )


@pytest.fixture(scope="module")
def filled(place: SimpleNamespace) -> Iterator[FlaskClient]:
    app = devices.create_app(place.dsn, place.store, place.influx)
    fill(app.test_client(), place.store, place.influx)
    yield app.test_client()
    app.extensions["close"]()


def conforms(answer: TestResponse, schema: str) -> Any:
    document = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": SCHEMAS}}
    jsonschema.Draft202012Validator(document).validate(answer.json)
    return answer.json


def error(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, conforms(answer, "Error")["error"]["code"]


# The description


def test_the_description_is_openapi() -> None:
    openapi_spec_validator.validate(DOCUMENT)


def test_the_description_has_the_routes_of_the_application_and_no_others(api: FlaskClient) -> None:
    routes = {
        (re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in api.application.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, item in PATHS.items() for method in item if method != "parameters"}
    assert described == routes


def test_the_description_and_the_part_know_the_same_words() -> None:
    columns = SCHEMAS["NewDevice"]["properties"]
    assert columns["type"]["enum"] == list(devices.TYPES)
    assert columns["status"]["enum"] == list(devices.STATUSES)
    assert columns["device_id"]["pattern"] == f"^{devices.DEVICE_ID.pattern}$"
    assert set(columns) == {"device_id", *devices.COLUMNS}


# Devices


def test_a_device_is_created_read_changed_and_deleted(api: FlaskClient) -> None:
    answer = api.post("/devices", json=DEVICE)
    assert (answer.status_code, answer.headers["Location"]) == (201, "/devices/power-001")
    device = conforms(answer, "Device")
    assert device == DEVICE | {
        "location": None,
        "status": "active",
        "metadata": {},
        "created_at": device["created_at"],
        "updated_at": device["created_at"],
    }
    assert conforms(api.get("/devices/power-001"), "Device") == device
    changed = conforms(
        api.patch("/devices/power-001", json={"status": "maintenance", "metadata": {"a": [1]}}), "Device"
    )
    assert (changed["status"], changed["metadata"], changed["name"]) == ("maintenance", {"a": [1]}, DEVICE["name"])
    assert changed["updated_at"] > device["updated_at"]
    replaced = conforms(api.put("/devices/power-001", json={"name": "New", "type": "power"}), "Device")
    assert (replaced["status"], replaced["metadata"], replaced["name"]) == ("active", {}, "New")
    assert api.delete("/devices/power-001").status_code == 204
    assert error(api.get("/devices/power-001")) == (404, "not_found")
    assert error(api.delete("/devices/power-001")) == (404, "not_found")


def test_a_second_device_of_one_id_is_refused(api: FlaskClient) -> None:
    api.post("/devices", json=DEVICE)
    assert error(api.post("/devices", json=DEVICE | {"name": "Other"})) == (409, "exists")
    assert api.get("/devices/power-001").json["name"] == DEVICE["name"]  # type: ignore[index]


def test_devices_come_in_pages_and_by_type_and_status(api: FlaskClient) -> None:
    for number in range(7):
        api.post(
            "/devices",
            json={
                "device_id": f"d{number}",
                "name": "x",
                "type": devices.TYPES[number % 3],
                "status": devices.STATUSES[number % 2],
            },
        )
    page = conforms(api.get("/devices?limit=3&offset=3"), "Devices")
    assert [each["device_id"] for each in page["items"]] == ["d3", "d4", "d5"]
    assert (page["total"], page["limit"], page["offset"]) == (7, 3, 3)
    assert conforms(api.get("/devices?offset=99"), "Devices")["items"] == []
    found = conforms(api.get("/devices?type=temperature&status=inactive"), "Devices")
    assert [each["device_id"] for each in found["items"]] == ["d3"]


# Configurations


def test_configurations_are_set_listed_changed_and_removed(api: FlaskClient) -> None:
    api.post("/devices", json=DEVICE)
    for key, value in (("interval", 30), ("alert.power", {"high": 3000, "hysteresis": 100}), ("note", None)):
        assert conforms(api.put(f"/devices/power-001/configs/{key}", json={"value": value}), "Config")["value"] == value
    page = conforms(api.get("/devices/power-001/configs"), "Configs")
    assert [each["key"] for each in page["items"]] == ["alert.power", "interval", "note"]
    api.put("/devices/power-001/configs/interval", json={"value": 60})
    assert conforms(api.get("/devices/power-001/configs/interval"), "Config")["value"] == 60
    assert api.delete("/devices/power-001/configs/interval").status_code == 204
    assert error(api.get("/devices/power-001/configs/interval")) == (404, "not_found")
    assert error(api.delete("/devices/power-001/configs/interval")) == (404, "not_found")


# Metrics and raw readings


def test_metrics_come_from_the_time_series_in_pages(filled: FlaskClient) -> None:
    page = conforms(filled.get(f"/devices/power-001/metrics?{RANGE}&limit=6"), "Metrics")
    assert page["items"][0] == {"time": "2026-01-01T00:00:00+00:00", "power": 100.0, "energy": 7.5, "rssi": -61.0}
    assert [each["power"] for each in page["items"]] == [100, 101, 102, 103, 104, 105]
    rest = conforms(
        filled.get("/devices/power-001/metrics", query_string={"start": page["next"], "stop": NOW + 3600}), "Metrics"
    )
    assert [each["power"] for each in rest["items"]] == [106, 107, 108, 109]
    assert rest["next"] is None


def test_metrics_are_told_by_window_and_by_field(filled: FlaskClient) -> None:
    def told(query: str) -> list[float]:
        page = conforms(
            filled.get(f"/devices/power-001/metrics?start={NOW}&stop={NOW + 600}&field=power&{query}"), "Metrics"
        )
        assert all(set(each) == {"time", "power"} for each in page["items"])
        return [each["power"] for each in page["items"]]

    assert told("") == [100 + step for step in range(10)]
    assert told("every=5m") == [102, 107]
    assert told("every=5m&fn=max") == [104, 109]
    assert told("every=1h&fn=count") == [10]
    assert told("every=5m&fn=sum") == [510, 535]


def test_raw_readings_come_from_the_archive_in_pages(filled: FlaskClient) -> None:
    page = conforms(filled.get(f"/devices/power-001/raw?{RANGE}&limit=7"), "Raw")
    assert [each["reading"]["sensors"]["power"] for each in page["items"]] == [100, 101, 102, 103, 104, 105, 106]
    assert page["items"][0]["key"] == f"power-001/{NOW}.json"
    rest = conforms(filled.get(f"/devices/power-001/raw?start={page['next']}&stop={NOW + 480}"), "Raw")
    assert [each["reading"]["sensors"]["power"] for each in rest["items"]] == [107]
    assert rest["next"] is None


def test_one_raw_reading_is_given_byte_for_byte(filled: FlaskClient) -> None:
    answer = filled.get(f"/devices/power-001/raw/{NOW + 60}")
    assert answer.mimetype == "application/json"
    assert answer.data == devices.object_body(conforms(answer, "Reading"))
    for missing in (str(NOW + 61), "x", "..%2f..", f"{NOW}.0", "%00"):
        assert error(filled.get(f"/devices/power-001/raw/{missing}"))[0] == 404


def test_moments_are_seconds_or_iso_8601_with_a_zone(filled: FlaskClient) -> None:
    for start in (str(NOW + 300), "2026-01-01T00:05:00Z", "2026-01-01T01:05:00+01:00", "2026-01-01T01:05:00%2B01:00"):
        page = conforms(filled.get(f"/devices/power-001/raw?start={start}&stop={NOW + 3600}"), "Raw")
        assert len(page["items"]) == 5, start


# Alerts and statistics


def test_alerts_are_listed_and_acknowledged(api: FlaskClient, dsn: str) -> None:
    for name in ("a-1", "b-1"):
        api.post("/devices", json=DEVICE | {"device_id": name})
        api.put(f"/devices/{name}/configs/alert.power", json={"value": {"high": 3000}})
    watch = devices.AlertWatch(dsn)
    watch.watch(
        [
            reading("a-1", NOW, sensors={"power": 3001}),
            reading("b-1", NOW + 1, sensors={"power": 4000}),
            reading("a-1", NOW + 2, sensors={"power": 5}),
        ]
    )
    page = conforms(api.get("/alerts"), "Alerts")
    assert [(each["device_id"], each["value"], each["cleared_at"] is None) for each in page["items"]] == [
        ("b-1", 4000, True),
        ("a-1", 3001, False),
    ]
    assert [each["device_id"] for each in conforms(api.get("/alerts?open=true"), "Alerts")["items"]] == ["b-1"]
    assert [each["device_id"] for each in conforms(api.get("/alerts?open=false"), "Alerts")["items"]] == ["a-1"]
    assert conforms(api.get("/alerts?device_id=a-1"), "Alerts")["total"] == 1
    assert conforms(api.get("/devices/b-1/alerts?limit=1"), "Alerts")["total"] == 1
    number = page["items"][0]["alert_id"]
    seen = conforms(api.patch(f"/alerts/{number}", json={"acknowledged": True}), "Alert")["acknowledged_at"]
    assert seen is not None
    again = conforms(api.patch(f"/alerts/{number}", json={"acknowledged": True}), "Alert")["acknowledged_at"]
    assert again == seen
    assert conforms(api.patch(f"/alerts/{number}", json={"acknowledged": False}), "Alert")["acknowledged_at"] is None


def test_statistics_count_devices_alerts_and_readings(api: FlaskClient, store: ObjectStore, influx: Influx) -> None:
    fill(api, store, influx)
    api.post("/devices", json={"device_id": "t-1", "name": "x", "type": "temperature", "status": "inactive"})
    found = conforms(api.get(f"/statistics?{RANGE}"), "Statistics")
    assert found["devices"] == {
        "total": 2,
        "by_type": {"temperature": 1, "humidity": 0, "power": 1},
        "by_status": {"active": 1, "inactive": 1, "maintenance": 0},
    }
    assert found["alerts"] == {"total": 0, "open": 0, "last_day": 0}
    assert (found["readings"]["count"], found["readings"]["devices"]) == (10, 1)
    assert found["readings"]["newest"] == "2026-01-01T00:09:00+00:00"
    assert conforms(api.get("/statistics"), "Statistics")["readings"]["count"] == 0


# What is refused

BODIES = [
    ("POST", "/devices"),
    ("PUT", "/devices/power-001"),
    ("PATCH", "/devices/power-001"),
    ("PUT", "/devices/power-001/configs/key"),
    ("PATCH", "/alerts/1"),
]


@pytest.mark.parametrize(("method", "path"), BODIES)
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"a":NaN}', "application/json", 400),
        (b'{"a":1e999}', "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 9000, "application/json", 400),
        (b'{"name":"\\ud800"}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b'"' + b"x" * 70_000 + b'"', "application/json", 413),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'{"unknown":1}', "application/json", 422),
        (b'{"name":"a\\u0000b"}', "application/json", 422),
        (b'{"value":{"a\\u0000":1}}', "application/json", 422),
    ],
)
def test_a_bad_body_is_refused_everywhere(
    filled: FlaskClient, method: str, path: str, body: bytes, kind: str, status: int
) -> None:
    assert error(filled.open(path, method=method, data=body, content_type=kind))[0] == status


@pytest.mark.parametrize(
    "change",
    [
        {"device_id": "a/b"},
        {"device_id": "../x"},
        {"device_id": "dead-letters"},
        {"device_id": ""},
        {"device_id": 7},
        {"device_id": None},
        {"device_id": "x'; DROP TABLE devices; --"},
        {"name": ""},
        {"name": "x" * 101},
        {"name": None},
        {"name": ["x"]},
        {"type": "gas"},
        {"type": None},
        {"type": ["power"]},
        {"type": {}},
        {"status": "broken"},
        {"status": None},
        {"status": []},
        {"location": ""},
        {"location": 5},
        {"metadata": []},
        {"metadata": None},
        {"metadata": "x"},
        {"created_at": "2020-01-01"},
    ],
)
def test_a_device_that_does_not_fit_is_refused(api: FlaskClient, dsn: str, change: dict[str, Any]) -> None:
    assert error(api.post("/devices", json=DEVICE | change)) == (422, "invalid")
    assert rows(dsn, "SELECT * FROM devices") == []
    api.post("/devices", json=DEVICE)
    assert error(api.patch("/devices/power-001", json=change)) == (422, "invalid")
    assert error(api.put("/devices/power-001", json=DEVICE | change)) == (422, "invalid")


@pytest.mark.parametrize(
    "rule",
    [
        None,
        5,
        {},
        {"high": "3"},
        {"high": True},
        {"high": 1, "more": 2},
        {"high": 1, "hysteresis": -1},
        {"high": 1, "low": 1, "hysteresis": 1},
        {"hysteresis": 1},
        {"high": 1, "hysteresis": None},
    ],
)
def test_a_threshold_that_is_none_is_refused(api: FlaskClient, rule: object) -> None:
    api.post("/devices", json=DEVICE)
    assert error(api.put("/devices/power-001/configs/alert.power", json={"value": rule})) == (422, "invalid")


UNKNOWN = ("nobody", "power-001'--", "a%00b", "..", "%2e%2e", "x" * 100, "power-001%20OR%201=1", "%F0%9F%98%80")


@pytest.mark.parametrize("device_id", UNKNOWN)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/configs"),
        ("GET", "/configs/k"),
        ("PUT", "/configs/k"),
        ("DELETE", "/configs/k"),
        ("GET", "/metrics"),
        ("GET", "/raw"),
        ("GET", f"/raw/{NOW}"),
        ("GET", "/alerts"),
    ],
)
def test_an_unknown_device_is_not_found_everywhere(filled: FlaskClient, method: str, path: str, device_id: str) -> None:
    body = {"json": {"name": "x", "type": "power"}} if method in ("PUT", "PATCH") else {}
    assert error(filled.open(f"/devices/{device_id}{path}", method=method, **body))[0] == 404  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        (path, bad)
        for path, kinds in {
            "/devices": ["page", "type=gas", "status=x"],
            "/devices/power-001/configs": ["page"],
            "/devices/power-001/alerts": ["page"],
            "/alerts": ["page", "open=yes", "open="],
            "/devices/power-001/metrics": [
                "range",
                "limit=0",
                "limit=10001",
                "limit=x",
                "fn=drop",
                "fn=mean)|>yield(",
                "field=",
                "field=a%20b",
                'field=x")|>drop(',
                "every=0m",
                "every=-5m",
                "every=5",
                "every=1y",
                "every=999999s",
            ],
            "/devices/power-001/raw": ["range", "limit=501", "limit=0"],
            "/statistics": ["range"],
        }.items()
        for kind in kinds
        for bad in {
            "page": [
                "limit=0",
                "limit=1001",
                "limit=-1",
                "limit=x",
                "limit=1.5",
                "limit=",
                "offset=-1",
                "offset=1e3",
                "offset=99999999999",
                "limit=1;DROP%20TABLE%20devices",
                "limit=%D9%A3",
            ],
            "range": [
                "start=x",
                "start=",
                "start=0",
                "start=-1h",
                "start=now()",
                "start=2026-01-01T00:00:00",
                "start=2026-13-01T00:00:00Z",
                f"start={NOW}000",
                f"start={NOW}&stop={NOW}",
                f"start={NOW}&stop=nan",
                f"start={NOW + 1}&stop={NOW}",
                "start=9999-12-31T23:59:59-23:59",
                'start=0)|>drop(columns:["x"])//',
            ],
        }.get(kind, [kind])
    ],
)
def test_a_bad_query_string_is_refused(filled: FlaskClient, path: str, bad: str) -> None:
    assert error(filled.get(f"{path}?{bad}")) == (422, "invalid")


def test_other_errors_are_json_too(api: FlaskClient) -> None:
    assert error(api.get("/nowhere")) == (404, "not_found")
    answer = api.delete("/devices")
    assert error(answer) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert error(api.patch("/alerts/99", json={"acknowledged": True})) == (404, "not_found")
    assert error(api.patch(f"/alerts/{2**70}", json={"acknowledged": True})) == (404, "not_found")
    assert error(api.patch("/alerts/1", json={"acknowledged": 1})) == (422, "invalid")
    assert error(api.patch("/alerts/x", json={"acknowledged": True}))[0] == 404
    assert error(api.get("/alerts?device_id=nobody")) == (404, "not_found")
    api.post("/devices", json=DEVICE)
    assert error(api.put("/devices/power-001/configs/1st", json={"value": 1})) == (422, "invalid")
    assert error(api.put("/devices/power-001/configs/a%20b", json={"value": 1})) == (422, "invalid")
    assert error(api.put("/devices/power-001/configs/a", json={})) == (422, "invalid")
    assert error(api.patch("/devices/power-001", json={"device_id": "power-002"})) == (422, "invalid")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["device_id", "name", "type", "value", "acknowledged", "metadata"]) | st.text(),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_no_json_body_is_a_fault_of_the_service(api: FlaskClient, document: object) -> None:
    api.post("/devices", json=DEVICE)
    body = json.dumps(document)
    for method, path in BODIES:
        answer = api.open(path, method=method, data=body, content_type="application/json")
        assert answer.status_code in (200, 201, 400, 404, 409, 422), answer.json


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(["start", "stop", "field", "fn", "every", "limit", "offset", "type", "open", "device_id"]),
    st.text(),
)
def test_no_query_string_is_a_fault_of_the_service(filled: FlaskClient, name: str, text: str) -> None:
    for path in ("/devices", "/alerts", "/devices/power-001/metrics", "/devices/power-001/raw", "/statistics"):
        assert filled.get(path, query_string={name: text}).status_code in (200, 404, 422)


PARAMETERS = {
    "/devices": ("type", "status", "limit", "offset"),
    "/alerts": ("open", "device_id", "limit", "offset"),
    "/devices/power-001/metrics": ("field", "fn", "every", "start", "stop", "limit"),
    "/devices/power-001/raw": ("start", "stop", "limit"),
    "/statistics": ("start", "stop"),
}


def test_the_parameters_that_are_tried_are_those_of_the_description() -> None:
    known = {
        path: [each["name"] for each in PATHS[path.replace("power-001", "{device_id}")]["get"]["parameters"]]
        for path in PARAMETERS
    }
    assert {path: sorted(names) for path, names in known.items()} == {
        path: sorted(names) for path, names in PARAMETERS.items()
    }


def test_an_injection_into_sql_or_flux_is_refused_and_changes_nothing(
    filled: FlaskClient, place: SimpleNamespace
) -> None:
    before = rows(place.dsn, "SELECT * FROM devices"), points(place.influx)
    for text in ("'; DROP TABLE devices; --", "' OR '1'='1", '") |> drop(columns: ["_value"]) //'):
        for path, names in PARAMETERS.items():
            for name in names:
                wanted = 404 if name == "device_id" else 422
                assert filled.get(path, query_string={name: text}).status_code == wanted, (path, name)
        inside = quote(text)
        for path in (f"/devices/{inside}", f"/devices/{inside}/metrics", f"/devices/power-001/configs/{inside}"):
            assert filled.get(path).status_code == 404
    assert (rows(place.dsn, "SELECT * FROM devices"), points(place.influx)) == before


# Around it


def test_a_page_of_another_origin_may_ask(api: FlaskClient) -> None:
    assert api.get("/devices", headers={"Origin": "http://elsewhere"}).headers["Access-Control-Allow-Origin"] == "*"
    answer = api.options("/devices", headers={"Origin": "http://elsewhere", "Access-Control-Request-Method": "DELETE"})
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("down", "path"),
    [
        ("dsn", "/devices"),
        ("dsn", "/statistics"),
        ("influx", "/devices/power-001/metrics"),
        ("influx", "/statistics"),
        ("store", "/devices/power-001/raw"),
        ("store", f"/devices/power-001/raw/{NOW}"),
    ],
)
def test_a_database_that_is_away_is_503_with_a_time_to_come_back(
    filled: FlaskClient, place: SimpleNamespace, down: str, path: str
) -> None:
    nowhere = {
        "dsn": "host=127.0.0.1 port=9 dbname=x user=x",
        "influx": replace(place.influx, url="http://127.0.0.1:9"),
        "store": replace(place.store, url="http://127.0.0.1:9"),
    }
    app = devices.create_app(**(vars(place) | {down: nowhere[down]}))
    answer = app.test_client().get(path)
    app.extensions["close"]()
    assert error(answer) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


# The schema itself refuses what would get past the API


NEW_ALERT = "INSERT INTO device_alerts (device_id, sensor, bound, threshold, value, raised_at) VALUES"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO devices (device_id, name, type) VALUES ('a/b', 'x', 'power')",
        "INSERT INTO devices (device_id, name, type) VALUES ('dead-letters', 'x', 'power')",
        "INSERT INTO devices (device_id, name, type) VALUES ('a', '', 'power')",
        "INSERT INTO devices (device_id, name, type) VALUES ('a', 'x', 'gas')",
        "INSERT INTO devices (device_id, name, type, metadata) VALUES ('a', 'x', 'power', '[]')",
        "INSERT INTO devices (device_id, name, type) VALUES ('d', 'x', 'power')",
        "INSERT INTO device_configs (device_id, key, value) VALUES ('nobody', 'k', '1')",
        "INSERT INTO device_configs (device_id, key, value) VALUES ('d', '1', '1')",
        f"{NEW_ALERT} ('nobody', 's', 'high', 1, 2, now())",
        f"{NEW_ALERT} ('d', 's', 'odd', 1, 2, now())",
        f"{NEW_ALERT} ('d', 'open', 'low', 1, 2, now())",
        "UPDATE device_alerts SET cleared_at = raised_at - interval '1 s'",
    ],
)
def test_the_schema_refuses(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO devices (device_id, name, type) VALUES ('d', 'x', 'power')")
        connection.execute(
            "INSERT INTO device_alerts (device_id, sensor, bound, threshold, value, raised_at)"
            " VALUES ('d', 'open', 'high', 1, 2, '2026-01-01')"
        )
        connection.commit()
        with pytest.raises(psycopg.IntegrityError):
            connection.execute(statement)  # type: ignore[call-overload]
