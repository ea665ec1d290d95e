"""The OpenAPI 3.1 description of the Device Manager. A test compares it with the routes and with real answers."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

DEVICE_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
TYPES = ["temperature", "humidity", "power"]
STATUSES = ["active", "inactive", "maintenance"]
FUNCTIONS = ["mean", "min", "max", "sum", "count", "first", "last"]


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: list[str], **properties: Schema) -> Schema:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _page(of: str) -> Schema:
    return _object(["items", "total", "limit", "offset"], items={"type": "array", "items": _ref(of)},
                   total={"type": "integer"}, limit={"type": "integer"}, offset={"type": "integer"})


_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_COUNT = {"type": "integer", "minimum": 0}
_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 100}
_COLUMNS: Schema = {
    "name": _NAME,
    "type": {"enum": TYPES},
    "location": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
    "status": {"enum": STATUSES},
    "metadata": {"type": "object"},
}

SCHEMAS: dict[str, Schema] = {
    "Error": _object(["error"], error=_object(["code", "message"], code=_TEXT, message=_TEXT)),
    "NewDevice": _object(["device_id", "name", "type"],
                         device_id={"type": "string", "pattern": DEVICE_ID_PATTERN}, **_COLUMNS),
    "DeviceReplacement": _object(["name", "type"], device_id={"type": "string"}, **_COLUMNS),
    "DeviceChange": _object([], device_id={"type": "string"}, **_COLUMNS),
    "Device": _object(["device_id", *_COLUMNS, "created_at", "updated_at"],
                      device_id={"type": "string"}, **_COLUMNS, created_at=_TIME, updated_at=_TIME),
    "Devices": _page("Device"),
    "Value": _object(["value"], value={}),
    "Config": _object(["device_id", "key", "value", "updated_at"], device_id={"type": "string"},
                      key={"type": "string"}, value={}, updated_at=_TIME),
    "Configs": _page("Config"),
    "Reading": {
        "type": "object", "required": ["device_id", "type", "timestamp", "sensors"],
        "properties": {"device_id": {"type": "string"}, "type": {"enum": TYPES},
                       "timestamp": {"type": "number", "description": "Seconds since 1970, UTC."},
                       "sensors": {"type": "object", "additionalProperties": {"type": "number"}, "minProperties": 1,
                                   "maxProperties": 32},
                       "rssi": {"type": "number", "description": "dBm"},
                       "battery": {"type": "number", "description": "Percent."}},
    },
    "Metrics": _object(
        ["items", "limit", "next"],
        items={"type": "array", "items": {"type": "object", "required": ["time"], "properties": {"time": _TIME},
                                          "additionalProperties": {"type": ["number", "null"]}}},
        limit={"type": "integer"}, next={**_MAYBE_TIME, "description": "`start` of the next page."}),
    "Raw": _object(
        ["items", "limit", "next"],
        items={"type": "array", "items": _object(["key", "reading"], key={"type": "string"}, reading=_ref("Reading"))},
        limit={"type": "integer"}, next={"type": ["number", "null"], "description": "`start` of the next page."}),
    "Alert": _object(
        ["alert_id", "device_id", "sensor", "bound", "threshold", "value", "raised_at", "cleared_at",
         "acknowledged_at"],
        alert_id={"type": "integer"}, device_id=_TEXT, sensor=_TEXT,
        bound={"enum": ["high", "low"]}, threshold={"type": "number"}, value={"type": "number"}, raised_at=_TIME,
        cleared_at=_MAYBE_TIME, acknowledged_at=_MAYBE_TIME),
    "Alerts": _page("Alert"),
    "Acknowledgement": _object(["acknowledged"], acknowledged={"type": "boolean"}),
    "Statistics": _object(
        ["devices", "alerts", "readings"],
        devices=_object(["total", "by_type", "by_status"], total=_COUNT,
                        by_type=_object(TYPES, **dict.fromkeys(TYPES, _COUNT)),
                        by_status=_object(STATUSES, **dict.fromkeys(STATUSES, _COUNT))),
        alerts=_object(["total", "open", "last_day"], total=_COUNT, open=_COUNT, last_day=_COUNT),
        readings=_object(["start", "stop", "count", "devices", "newest"], start=_TIME, stop=_TIME, count=_COUNT,
                         devices=_COUNT, newest=_MAYBE_TIME)),
}


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _limit(default: int, most: int) -> Schema:
    return _query("limit", {"type": "integer", "minimum": 1, "maximum": most, "default": default}, "Items of a page.")


_OFFSET = _query("offset", {"type": "integer", "minimum": 0, "default": 0}, "Items before the page.")
_PAGES = [_limit(100, 1000), _OFFSET]
_RANGE = [
    _query("start", {"type": "string"}, "First moment: seconds since 1970, or ISO 8601 with its zone. An hour ago."),
    _query("stop", {"type": "string"}, "The moment after the last, written likewise. Now."),
]
_PATH: dict[str, Schema] = {
    "device_id": {"type": "string", "pattern": DEVICE_ID_PATTERN},
    "key": {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$"},
    "timestamp": {"type": "string", "pattern": r"^[0-9]{10}(\.[0-9]{1,6})?$"},
    "alert_id": {"type": "integer", "minimum": 0},
}
_ERRORS = {
    400: "The body is not JSON.", 404: "There is no such thing.", 409: "It is there already.",
    413: "The body is too large.", 415: "The body is not called JSON.", 422: "A value does not fit.",
    503: "A database is away; see Retry-After.",
}


def _operation(
    name: str, summary: str, answer: str, *errors: int, status: int = 200, body: str = "",
    query: list[Schema] | None = None,
) -> Schema:
    content = {"application/json": {"schema": _ref(answer)}} if answer else None
    responses: Schema = {str(status): {"description": summary, **({"content": content} if content else {})}}
    error = {"application/json": {"schema": _ref("Error")}}
    reads = (400, 413, 415, 422) if body else ()
    for code in sorted({*errors, *reads, 503}):
        responses[str(code)] = {"description": _ERRORS[code], "content": error}
    found: Schema = {"operationId": name, "summary": summary, "responses": responses}
    if body:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    if query:
        found["parameters"] = query
    return found


def _path(*names: str, **operations: Schema) -> Schema:
    parameters = [{"name": name, "in": "path", "required": True, "schema": _PATH[name]} for name in names]
    return {**({"parameters": parameters} if parameters else {}), **operations}


PATHS: dict[str, Schema] = {
    "/devices": _path(
        get=_operation("listDevices", "The devices, by their id.", "Devices", 422, query=[
            _query("type", {"enum": TYPES}, "Only these."), _query("status", {"enum": STATUSES}, "Only these."),
            *_PAGES]),
        post=_operation("createDevice", "Enter a device.", "Device", 409, status=201, body="NewDevice")),
    "/devices/{device_id}": _path(
        "device_id",
        get=_operation("getDevice", "One device.", "Device", 404),
        put=_operation("replaceDevice", "Give a device new values; what is left out gets its default.", "Device", 404,
                       body="DeviceReplacement"),
        patch=_operation("changeDevice", "Change some values of a device.", "Device", 404, body="DeviceChange"),
        delete=_operation("deleteDevice", "Forget a device, its configurations and alerts; the archive keeps its "
                          "readings.", "", 404, status=204)),
    "/devices/{device_id}/configs": _path(
        "device_id", get=_operation("listConfigs", "The configurations of a device.", "Configs", 404, 422,
                                    query=_PAGES)),
    "/devices/{device_id}/configs/{key}": _path(
        "device_id", "key",
        get=_operation("getConfig", "One configuration.", "Config", 404),
        put=_operation("putConfig", "Set a configuration. `alert.{sensor}` is a threshold: an object of high, low and "
                       "hysteresis.", "Config", 404, body="Value"),
        delete=_operation("deleteConfig", "Remove a configuration.", "", 404, status=204)),
    "/devices/{device_id}/metrics": _path(
        "device_id",
        get=_operation("metrics", "The time series of a device, from InfluxDB.", "Metrics", 404, 422, query=[
            *_RANGE, _query("field", {"type": "string"}, "Only this sensor."),
            _query("every", {"type": "string", "pattern": "^[1-9][0-9]{0,4}[smhd]$"}, "Windows of this length."),
            _query("fn", {"enum": FUNCTIONS, "default": "mean"}, "What is told of a window."), _limit(1000, 10_000)])),
    "/devices/{device_id}/raw": _path(
        "device_id", get=_operation("rawReadings", "The archived readings of a device, from S3.", "Raw", 404, 422,
                                    query=[*_RANGE, _limit(50, 500)])),
    "/devices/{device_id}/raw/{timestamp}": _path(
        "device_id", "timestamp",
        get=_operation("rawReading", "One archived reading, byte for byte.", "Reading", 404)),
    "/devices/{device_id}/alerts": _path(
        "device_id", get=_operation("deviceAlerts", "The alerts of a device, the newest first.", "Alerts", 404, 422,
                                    query=_PAGES)),
    "/alerts": _path(get=_operation(
        "listAlerts", "The alerts, the newest first.", "Alerts", 404, 422, query=[
            _query("open", {"enum": ["true", "false"]}, "Only those that are not cleared, or that are."),
            _query("device_id", {"type": "string"}, "Only those of this device."), *_PAGES])),
    "/alerts/{alert_id}": _path(
        "alert_id", patch=_operation("acknowledgeAlert", "Say that somebody has seen an alert, or has not.", "Alert",
                                     404, body="Acknowledgement")),
    "/statistics": _path(get=_operation(
        "statistics", "Counts of devices, alerts, and readings in a range of time.", "Statistics", 422, query=_RANGE)),
}

DOCUMENT: Schema = {
    "openapi": "3.1.0",
    "info": {"title": "Device Manager", "version": "1.0.0",
             "description": "The registry of the meters, their time series, their archive and their alerts."},
    "paths": PATHS,
    "components": {"schemas": SCHEMAS},
}
