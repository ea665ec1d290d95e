# Part 'api' of the house. It moves into lab 07 when that lab is written; then `grader release` makes this file.

"""REST for the house: MQTT, the time series and the devices behind one HTTP interface."""

import base64
import json
import math
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from flask import Flask, Response, jsonify, request
from influxdb_client import InfluxDBClient, Point, WritePrecision
from influxdb_client.client.flux_csv_parser import FluxQueryException
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError
from werkzeug.exceptions import HTTPException


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str


class Influx(Protocol):
    """Where an InfluxDB is, how to log in, and the bucket of the house: anything with these attributes."""

    url: str
    token: str
    org: str
    bucket: str


class RequestError(Exception):
    """A request that cannot be served: its status and why.

    Args:
        status: of the HTTP answer.
        message: what is wrong, for the person who sent the request.
        retry_after: seconds after which it may go better, None when it will not.
    """

    def __init__(self, status: int, message: str, retry_after: int | None = None):
        super().__init__(message)
        self.status, self.message, self.retry_after = status, message, retry_after


LARGEST_BODY = 1_000_000  # bytes
LONGEST_WAIT = 25.0  # seconds of /mqtt/subscribe; less than a proxy waits
MOST_MESSAGES = 1_000
MOST_POINTS = 5_000
MOST_ROWS = 10_000
LONGEST_QUERY = 10_000  # characters
PATIENCE = 5.0  # seconds that the broker has for one answer, and the database for one request
REMEMBERED = timedelta(days=30)  # a device that was silent for longer is no longer listed
RETRY_AFTER = 2  # seconds


def create_app(broker: Broker, influx: Influx, *, max_waiting: int = 8) -> Flask:
    """Make the application.

    It keeps nothing but its connections to the database: messages are in the broker and readings are in the database,
    so a second copy may run beside it.

    Args:
        broker: the MQTT broker.
        influx: the database; `influx.bucket` is the bucket that is written and that has the devices.
        max_waiting: how many requests may wait for MQTT messages at the same time. Each holds a thread of the HTTP
            server, and some threads must be left for the others.

    Returns:
        a WSGI application. `app.extensions["database"].close()` ends its connections.
    """
    app = Flask("api")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.json.ensure_ascii = False
    app.json.sort_keys = False
    database = app.extensions["database"] = Database(influx)
    waiting = threading.BoundedSemaphore(max_waiting)

    @app.errorhandler(RequestError)
    def problem(error: RequestError) -> Response:
        answer = jsonify(error=error.message)
        answer.status_code = error.status
        if error.retry_after is not None:
            answer.headers["Retry-After"] = str(error.retry_after)
        return answer

    @app.errorhandler(HTTPException)
    def http_problem(error: HTTPException) -> Response:
        answer = error.get_response()  # keeps the headers, such as Allow of a 405
        answer.data = json.dumps({"error": error.description})
        answer.content_type = "application/json"
        return answer

    @app.post("/mqtt/publish")
    def mqtt_publish():
        body = json_body()
        topic = topic_of(body)
        payload = payload_of(take(body, "message", (str, dict, list, int, float, bool, type(None))))
        publish(broker, topic, payload, qos_of(body, 1), take(body, "retain", (bool,), False))
        return jsonify(published=True, topic=topic, bytes=len(payload))

    @app.post("/mqtt/subscribe")
    def mqtt_subscribe():
        body = json_body()
        topic_filter = filter_of(body)
        count = int(number(body, "count", 1, least=1, most=MOST_MESSAGES, whole=True))
        seconds = number(body, "timeout", 5.0, least=0, most=LONGEST_WAIT)
        qos = qos_of(body, 1)
        if not waiting.acquire(blocking=False):
            raise RequestError(503, f"{max_waiting} requests wait for messages already", RETRY_AFTER)
        try:
            messages = collect(broker, topic_filter, qos, count, seconds)
        finally:
            waiting.release()
        return jsonify(messages=messages, complete=len(messages) == count)

    @app.post("/database/write")
    def database_write():
        body = json_body()
        written = database.write(points_of(body))
        return jsonify(written=written), 201

    @app.post("/database/query")
    def database_query():
        flux = read_only(take(json_body(), "query", (str,)))
        rows, truncated = database.rows(flux)
        return jsonify(rows=rows, truncated=truncated)

    @app.get("/devices")
    def devices():
        return jsonify(devices=database.devices())

    @app.get("/devices/<device_id>")
    def device(device_id: str):
        return jsonify(known(database, device_id))

    @app.get("/devices/<device_id>/latest")
    def latest(device_id: str):
        return jsonify(database.latest(device_id))

    @app.get("/devices/<device_id>/history")
    def history(device_id: str):
        minutes = number(arguments(), "minutes", 60, least=1, most=60 * 24 * REMEMBERED.days)
        limit = int(number(arguments(), "limit", 1_000, least=1, most=MOST_ROWS, whole=True))
        known(database, device_id)
        return jsonify(device_id=device_id, readings=database.history(device_id, timedelta(minutes=minutes), limit))

    @app.post("/devices/<device_id>/command")
    def command(device_id: str):
        body = json_body()
        found = known(database, device_id)
        topic = f"commands/{found['type']}/{device_id}"
        if not body:
            raise RequestError(422, 'a command is an object that says something, such as {"state": "on"}')
        check_topic(topic)
        publish(broker, topic, payload_of(body), 1, False)
        return jsonify(published=True, topic=topic), 202

    return app


def known(database: "Database", device_id: str) -> dict:
    """Find a device, or say that there is none."""
    found = database.devices(device_id)
    if not found:
        raise unknown(device_id)
    return found[0]


def unknown(device_id: str) -> RequestError:
    """Say that there is no such device."""
    return RequestError(404, f"no device {device_id!r} was seen in the last {REMEMBERED.days} days")


# --- what comes in -------------------------------------------------------------------------------------------------


def json_body() -> dict:
    """Read the request's body.

    Raises:
        RequestError: 400 when it is no JSON, 422 when it is JSON but no object.
    """
    def refuse(word: str):
        raise ValueError(f"{word} is not JSON")

    try:
        body = json.loads(request.get_data(), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise RequestError(422, f"the body is {name_of(body)}, not an object")
    return body


def name_of(value: object) -> str:
    """Name a value's type as JSON does."""
    names = {dict: "an object", list: "an array", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


MISSING = object()


def take(body: dict, name: str, types: tuple[type, ...], default: Any = MISSING) -> Any:
    """Take a value of the request.

    Raises:
        RequestError: 422 when it is missing or of another type.
    """
    value = body.get(name, default)
    if value is MISSING:
        raise RequestError(422, f"{name!r} is missing")
    if value is default:
        return value
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        wanted = "a number" if float in types else name_of(types[0]())
        raise RequestError(422, f"{name!r} is {name_of(value)}, not {wanted}")
    return value


def number(body: dict, name: str, default: float, *, least: float, most: float, whole: bool = False) -> float:
    """Take a number within its limits."""
    value = take(body, name, (int, float), default)
    if not least <= value <= most or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise RequestError(422, f"{name!r} is {value}, not {kind} from {least} to {most}")
    return value


def arguments() -> dict:
    """Read the numbers behind the question mark of the address."""
    found: dict[str, Any] = {}
    for name, text in request.args.items():
        try:
            found[name] = float(text)
        except ValueError:
            found[name] = text  # `number` refuses it, by name
    return found


def qos_of(body: dict, default: int) -> int:
    """Take a quality of service."""
    return int(number(body, "qos", default, least=0, most=2, whole=True))


HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can name one; UTF-8 cannot write it


def check_topic(topic: str) -> None:
    """Refuse what is no topic, MQTT 3.1.1 section 4.7."""
    if not 0 < len(topic.encode("utf-8", "replace")) <= 65_535 or any(letter in topic for letter in "+#\0"):
        raise RequestError(422, f"{topic[:100]!r} is not a topic to publish on: no '+', no '#', not empty")
    if HALF_CHARACTER.search(topic):
        raise RequestError(422, "a topic is Unicode text without surrogates")


def topic_of(body: dict) -> str:
    """Take a topic to publish on."""
    topic = take(body, "topic", (str,))
    check_topic(topic)
    return topic


def filter_of(body: dict) -> str:
    """Take a topic filter: '+' is a whole level, '#' is the last one."""
    text = take(body, "topic", (str,))
    levels = text.split("/")
    wrong = any(("+" in level or "#" in level) and len(level) > 1 for level in levels) or "#" in levels[:-1]
    if wrong:
        raise RequestError(422, f"{text[:100]!r} is not a topic filter: '+' is a whole level, '#' is the last one")
    check_topic(text.replace("+", "x").replace("#", "x"))
    return text


def payload_of(message: Any) -> bytes:
    """Write a message as it goes to the broker: text as it is, all else as JSON."""
    try:
        text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False, allow_nan=False)
        return text.encode()
    except ValueError as error:  # half a character; a number such as 1e999
        raise RequestError(422, f"the message cannot be sent: {error}") from error


# --- MQTT ----------------------------------------------------------------------------------------------------------
# Each request has a connection of its own for as long as it lasts, and runs it in its own thread. So retained messages
# come once to each who asks, nothing is shared, and nothing is left behind when a request ends, however it ends.


class Session:
    """One connection to the broker, run by the thread that made it."""

    def __init__(self, broker: Broker):
        self.place = f"{broker.host}:{broker.port}"
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.username_pw_set(broker.username or None, broker.password or None)
        self.client.connect_timeout = PATIENCE
        try:
            self.client.connect(broker.host, broker.port)
        except OSError as error:
            raise RequestError(503, f"the broker at {self.place} cannot be reached: {error}", RETRY_AFTER) from error

    def run(self, done, seconds: float) -> bool:
        """Send and receive until `done()` is true, or the time is over.

        Raises:
            RequestError: the connection broke.
        """
        deadline = time.monotonic() + seconds
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self.client.loop(timeout=left) != mqtt.MQTT_ERR_SUCCESS and not done():
                raise RequestError(503, f"the broker at {self.place} closed the connection", RETRY_AFTER)
        return True

    def must(self, done, what: str) -> None:
        """Run until the broker has answered."""
        if not self.run(done, PATIENCE):
            raise RequestError(503, f"the broker at {self.place} did not {what} within {PATIENCE:g} s", RETRY_AFTER)

    def close(self) -> None:
        """Disconnect, and close the socket."""
        self.client.disconnect()
        while self.client.want_write() and self.client.loop_write() == mqtt.MQTT_ERR_SUCCESS:
            pass  # the DISCONNECT itself; without it the broker would think that we died
        self.client.loop_misc()


@contextmanager
def session(broker: Broker) -> Iterator[Session]:
    """Connect for the length of a `with` block."""
    answers: list[mqtt.ReasonCode] = []
    one = Session(broker)
    one.client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(reason)
    try:
        one.must(lambda: answers, "answer")
        if answers[0].is_failure:
            raise RequestError(503, f"the broker at {one.place} refuses: {answers[0]}", RETRY_AFTER)
        yield one
    finally:
        one.close()


def publish(broker: Broker, topic: str, payload: bytes, qos: int, retain: bool) -> None:
    """Publish a message; return when the broker has acknowledged it (QoS 1 and 2), or when it is sent (QoS 0)."""
    with session(broker) as one:
        sent = one.client.publish(topic, payload, qos=qos, retain=retain)
        one.must(sent.is_published, "acknowledge the message")


def collect(broker: Broker, topic_filter: str, qos: int, count: int, seconds: float) -> list[dict]:
    """Collect messages until there are enough, or the time is over."""
    messages: list[dict] = []
    granted: list[mqtt.ReasonCode] = []

    def on_message(_client, _data, message):
        if len(messages) < count:
            messages.append({"topic": message.topic, **shown(message.payload), "qos": message.qos,
                             "retain": message.retain, "received": time.time()})

    with session(broker) as one:
        one.client.on_message = on_message
        one.client.on_subscribe = lambda _client, _data, _mid, reasons, _properties: granted.extend(reasons)
        one.client.subscribe(topic_filter, qos=qos)
        one.must(lambda: granted, "confirm the subscription")
        if granted[0].is_failure:
            raise RequestError(403, f"the broker refuses a subscription to {topic_filter!r}: {granted[0]}")
        one.run(lambda: len(messages) >= count, seconds)
    return messages


def shown(payload: bytes) -> dict:
    """Show a payload in JSON: what it says when it is JSON, else its text, else its bytes in base 64."""
    def refuse(word: str):
        raise ValueError(word)

    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return {"payload": None, "base64": base64.b64encode(payload).decode()}
    try:
        value = json.loads(text, parse_constant=refuse)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # 1e999 and half a character have no answer
    except (ValueError, RecursionError):
        return {"payload": text}
    return {"payload": value}


# --- the database --------------------------------------------------------------------------------------------------


def points_of(body: dict) -> list[Point]:
    """Read one point, or {"points": [...]}, out of a request.

    Numbers are stored as floats: 22 and 22.5 would otherwise be two types, and the database refuses the second.

    Raises:
        RequestError: 422, with the place of what is wrong.
    """
    many = "points" in body
    raw = take(body, "points", (list,)) if many else [body]
    if not 0 < len(raw) <= MOST_POINTS:
        raise RequestError(422, f"'points' has {len(raw)} points; 1 to {MOST_POINTS} can be written at once")
    points = []
    for position, item in enumerate(raw):
        try:
            if not isinstance(item, dict):
                raise RequestError(422, f"a point is an object, not {name_of(item)}")
            points.append(point_of(item))
        except RequestError as error:
            raise RequestError(422, f"point {position}: {error.message}" if many else error.message) from error
    return points


def point_of(item: dict) -> Point:
    """Read one point: measurement, tags, fields, timestamp in seconds since 1970 (now if it is not given)."""
    measurement = take(item, "measurement", (str,))
    tags, fields = take(item, "tags", (dict,), {}), take(item, "fields", (dict,))
    moment = number(item, "timestamp", time.time(), least=0, most=4_102_444_800)  # the year 2100
    point = Point(measurement).time(round(moment * 1_000_000), WritePrecision.US)
    if not fields:
        raise RequestError(422, "'fields' is empty: a point has at least one field")
    for name in (measurement, *tags, *fields):
        check_name(name)
    if measurement.startswith("#"):  # a line that begins so is a comment: it would be taken, and nothing stored
        raise RequestError(422, f"the measurement {measurement[:100]!r} begins with '#'")
    for name, value in tags.items():
        if not isinstance(value, str):
            raise RequestError(422, f"the tag {name!r} is {name_of(value)}, not a text")
        if value:  # an empty tag is a tag that is not there
            check_name(value)
            point.tag(name, value)
    for name, value in fields.items():
        if isinstance(value, str) and HALF_CHARACTER.search(value):
            raise RequestError(422, f"the field {name!r} is a text with half a character (a surrogate)")
        if isinstance(value, str | bool):
            point.field(name, value)
        elif isinstance(value, int | float) and abs(value) < 1e308:
            point.field(name, float(value))
        else:
            raise RequestError(422, f"the field {name!r} is {name_of(value)} that cannot be stored: "
                               "a field is a number below 1e308, a text, or true or false")
    return point


def check_name(name: str) -> None:
    """Refuse what line protocol cannot carry as a name or as the value of a tag."""
    wrong = not name or name.startswith("_") or name.endswith("\\") or any(letter < " " for letter in name)
    if wrong or HALF_CHARACTER.search(name):
        raise RequestError(422, f"{name[:100]!r} cannot be a name: it is empty, starts with '_', ends with a "
                           "backslash, or has a control character or half a character")


class Database:
    """The house's part of InfluxDB. Many threads may use it at once."""

    def __init__(self, influx: Influx):
        self.influx = influx
        self.client = InfluxDBClient(influx.url, influx.token, org=influx.org, timeout=int(PATIENCE * 1000),
                                     connection_pool_maxsize=32)
        self.writer = self.client.write_api(write_options=SYNCHRONOUS)
        self.reader = self.client.query_api()

    def close(self) -> None:
        """End all connections."""
        self.writer.close()
        self.client.close()

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Turn what the database or the network answers into a problem of the request."""
        place = f"the database at {self.influx.url}"
        try:
            yield
        except ApiException as error:
            message = error.message or f"status {error.status}"
            if error.status in (400, 404, 422):
                raise RequestError(422, f"the database refuses: {message}") from error
            if error.status in (401, 403):
                raise RequestError(502, f"{place} refuses this service's token") from error
            raise RequestError(503, f"{place} answered {error.status}", RETRY_AFTER) from error
        except FluxQueryException as error:  # it failed while its answer was on its way
            raise RequestError(422, f"the database refuses: {error.message}") from error
        except (HTTPError, OSError) as error:
            raise RequestError(503, f"{place} cannot be reached: {error}", RETRY_AFTER) from error

    def write(self, points: list[Point]) -> int:
        """Write points; return how many."""
        with self.asked():
            self.writer.write(self.influx.bucket, self.influx.org, points)
        return len(points)

    def rows(self, flux: str, most: int = MOST_ROWS, **params: Any) -> tuple[list[dict], bool]:
        """Run a query.

        Returns:
            its rows, and whether there were more than `most`.
        """
        rows: list[dict] = []
        with self.asked():
            records = self.reader.query_stream(flux, params=params)
            try:
                for record in records:
                    if len(rows) == most:
                        return rows, True
                    rows.append({name: plain(value) for name, value in record.values.items() if name != "table"})
            finally:
                records.close()  # ends the answer that is still on its way
        return rows, False

    def devices(self, device_id: str = "") -> list[dict]:
        """List the devices that were seen, or the one with this id."""
        # The tags are the register: a device is known when it has been heard, and nobody enters it by hand.
        chosen = "|> filter(fn: (r) => r.device_id == asked)" if device_id else ""
        rows, _ = self.rows(f"""{SEEN} {chosen}
              |> last() |> keep(columns: ["_time", "device_id", "type", "room", "unit"]) |> group()
              |> sort(columns: ["_time"])""", asked=device_id, **self.source())
        newest = {row["device_id"]: row for row in rows}  # one that was moved has several series
        return [
            {"device_id": name, "type": row["type"], "room": row.get("room"), "unit": row.get("unit"),
             "last_seen": row["_time"]}
            for name, row in sorted(newest.items())
        ]

    def latest(self, device_id: str) -> dict:
        """The newest reading of a device."""
        rows, _ = self.rows(f"""{SEEN} |> filter(fn: (r) => r.device_id == asked)
              |> last() |> group() |> sort(columns: ["_time"]) |> last()""", asked=device_id, **self.source())
        if not rows:
            raise unknown(device_id)
        return reading(rows[0])

    def history(self, device_id: str, span: timedelta, limit: int) -> list[dict]:
        """The newest readings of a device, oldest first."""
        rows, _ = self.rows(f"""{SEEN} |> filter(fn: (r) => r.device_id == asked)
              |> group() |> sort(columns: ["_time"]) |> tail(n: newest)""",
              asked=device_id, newest=limit, **self.source(span))
        return [reading(row) for row in rows]

    def source(self, span: timedelta = REMEMBERED) -> dict[str, Any]:
        """The parameters of `SEEN`: they are values and never become part of a query's text."""
        return {"bucket": self.influx.bucket, "begin": datetime.now().astimezone() - span}


SEEN = """from(bucket: bucket) |> range(start: begin)
  |> filter(fn: (r) => r._measurement == "sensors" and r._field == "value" and exists r.device_id and exists r.type)"""


def reading(row: dict) -> dict:
    """Show a row as a reading."""
    return {"device_id": row["device_id"], "type": row["type"], "value": row["_value"], "unit": row.get("unit"),
            "room": row.get("room"), "time": row["_time"]}


def plain(value: Any) -> Any:
    """Show a value of Flux in JSON, which has no dates, no durations and no NaN."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


# --- queries that only read ----------------------------------------------------------------------------------------

READING_PACKAGES = frozenset({
    "array", "date", "dict", "interpolate", "join", "math", "regexp", "strings", "timezone", "types",
    "experimental/aggregate", "experimental/array", "experimental/query", "experimental/table",
    "influxdata/influxdb/schema", "sampledata",
})
IMPORT = re.compile(r'\bimport\s+(?:[A-Za-z_]\w*\s+)?"([^"\\]*)"', re.ASCII)
COMMENT_LINE = re.compile(r'^[ \t]*//[^"$\r\n]*$', re.MULTILINE)


def read_only(flux: str) -> str:
    """Let a Flux query through when it can only read.

    What writes, sends or reaches out in Flux is the universal function `to`, the argument `host` of `from` and
    `buckets` (another server is asked, from inside our network), or stands in a package that must be imported. So a
    query may import what is on a list, and must not have the word `to`, nor the word `host` but for the column
    `r.host`, nor the escape `\\x`, which could write either. This looks at the text and not at its grammar: it also
    refuses a harmless query that has the word in a text, and it cannot be talked out of it by quotation marks,
    comments or escapes. A token that may only read is the second lock for `to`; there is none for `host`.

    Raises:
        RequestError: 403 when it could do more than read, 422 when it is empty or too long.
    """
    if not flux.strip() or len(flux) > LONGEST_QUERY:
        raise RequestError(422, f"'query' has {len(flux)} characters; a query has 1 to {LONGEST_QUERY}")
    # A line that begins with // and has no quotation mark and no ${ is a comment, or lies wholly inside a text.
    code = COMMENT_LINE.sub("", flux)
    packages = IMPORT.findall(code)
    if len(packages) < len(re.findall(r"\bimport\b", code, re.ASCII)):
        raise RequestError(403, "an import names its package as a plain text behind the word import")
    for package in packages:
        if package not in READING_PACKAGES:
            allowed = ", ".join(sorted(READING_PACKAGES))
            raise RequestError(403, f"the package {package!r} may do more than read; allowed: {allowed}")
    if re.search(r"\b(to|wideTo)\b", code, re.ASCII):
        raise RequestError(403, "the word 'to' is not allowed, since to() writes; only queries that read are run here")
    if re.search(r"(?<![A-Za-z0-9_]\.)\bhost\b|\\x", code, re.ASCII):
        raise RequestError(403, "the word 'host' (but for r.host) and the escape '\\x' are not allowed: "
                                "from(host:) would ask another server")
    return flux
