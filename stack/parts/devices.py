# Part 'devices' of the house. It moves into lab 06 when that lab is written; then `grader release` makes this file.

"""Storage and devices: a raw archive, a time series, a registry of devices, and the collector that feeds them."""

import base64
import hashlib
import json
import math
import queue
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from typing import Any, Protocol
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import psycopg
import urllib3
from flask import Flask, jsonify, request, url_for
from flask_cors import CORS
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from minio import Minio
from minio.error import MinioException, S3Error
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from urllib3.exceptions import HTTPError
from werkzeug.exceptions import HTTPException


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str


class Store(Protocol):
    """Where an S3 store is, how to log in, and the bucket of the archive: anything with these attributes."""

    url: str
    access_key: str
    secret_key: str
    bucket: str


class Influx(Protocol):
    """Where an InfluxDB is, how to log in, and the bucket of the time series: anything with these attributes."""

    url: str
    token: str
    org: str
    bucket: str


# A reading: what a meter says.

DEVICE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
DEAD_LETTERS, PACKS = "dead-letters", "packs"  # folders of the archive that are no devices
TYPES = ("temperature", "humidity", "power")
PACK = re.compile(r"packs/[0-9]{16}-[0-9a-f]{16}\.ndjson")
MOST_SENSORS = 32
MOST_BYTES = 64 * 1024


def check_device_id(device_id: str) -> str:
    """Return the id, when it is safe as a level of a topic, a folder of the archive and text in a query.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(device_id, str) or not DEVICE_ID.fullmatch(device_id) or device_id in (DEAD_LETTERS, PACKS):
        raise ValueError(
            f"not a device id: {device_id!r}: write 1 to 64 letters, digits, '.', '_' or '-', a letter or digit first"
        )
    return device_id


def microseconds(timestamp: float) -> int:
    """Return the microseconds since 1970 of a reading's `timestamp`, which is in seconds.

    Raises:
        ValueError: it is no number of seconds between 2001 and 2286; milliseconds are found out by that.
    """
    if isinstance(timestamp, bool) or not isinstance(timestamp, int | float) or not 10**9 <= timestamp < 10**10:
        raise ValueError(f"the timestamp must be seconds since 1970, between 2001 and 2286, not {timestamp!r}")
    return round(timestamp * 1_000_000)


def check_reading(device_id: str, reading: dict) -> None:
    """Check that a reading is one, and is of this device.

    Raises:
        ValueError: it is not; the message says what is wrong.
    """
    check_device_id(device_id)
    if not isinstance(reading, dict):
        raise ValueError(f"a reading is a JSON object, not {type(reading).__name__}")
    if reading.get("device_id") != device_id:
        raise ValueError(f"the reading is of {reading.get('device_id')!r}, not of {device_id!r}")
    microseconds(reading.get("timestamp"))
    if reading.get("type") not in TYPES:
        raise ValueError(f"the type must be one of {', '.join(TYPES)}, not {reading.get('type')!r}")
    sensors = reading.get("sensors")
    if not isinstance(sensors, dict) or not 1 <= len(sensors) <= MOST_SENSORS:
        raise ValueError(f"sensors must be an object of 1 to {MOST_SENSORS} numbers")
    extras = {name: reading[name] for name in ("rssi", "battery") if name in reading}
    for name, value in (*sensors.items(), *extras.items()):
        if not NAME.fullmatch(name):
            raise ValueError(f"not the name of a sensor: {name!r}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
            raise ValueError(f"{name} must be a finite number, not {value!r}")
        if name in extras and name in sensors:
            raise ValueError(f"{name} stands twice: in sensors and beside them")
    object_body(reading)  # and JSON can carry all the rest of it


def refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(f"{name} is not JSON")


def parse_message(topic: str, payload: bytes) -> dict:
    """Read a message of a meter.

    Args:
        topic: `iot/{device_id}/telemetry`.
        payload: the reading, JSON in UTF-8.

    Raises:
        ValueError: it is no such message; the message says why.
    """
    levels = topic.split("/")
    if len(levels) != 3 or levels[0] != "iot" or levels[2] != "telemetry":
        raise ValueError(f"not a topic of a meter: {topic!r}")
    try:
        reading = json.loads(payload.decode("utf-8"), parse_constant=refuse_constant)
    except RecursionError:
        raise ValueError("brackets in brackets without end") from None
    check_reading(levels[1], reading)
    return reading


# 6.1 The archive: every reading as it came, never changed.


class AlreadyArchivedError(ValueError):
    """The archive has another reading of this device with this time stamp."""


def object_key(device_id: str, timestamp: float) -> str:
    """Build the key of a reading: `{device_id}/{timestamp}.json`, without zeros at the end of a fraction.

    Raises:
        ValueError: the id or the time stamp is not one.
    """
    whole, fraction = divmod(microseconds(timestamp), 1_000_000)
    digits = f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{check_device_id(device_id)}/{whole}{digits}.json"


def key_time(key: str) -> float:
    """Return the time stamp in a key, in seconds.

    Raises:
        ValueError: `object_key` cannot have built it.
    """
    device_id, _, name = key.partition("/")
    text = name.removesuffix(".json")
    timestamp = float(text) if re.fullmatch(r"\d{10}(\.\d{1,6})?", text) else math.nan
    if object_key(device_id, timestamp) != key:
        raise ValueError(f"not the key of a reading: {key!r}")
    return timestamp


def is_key(key: str) -> bool:
    """Whether this is the key of a reading."""
    try:
        return bool(key_time(key))
    except ValueError:
        return False


def object_body(reading: dict) -> bytes:
    """Write a reading so that equal readings are equal bytes.

    Raises:
        ValueError: JSON in UTF-8 cannot carry it, or it is too large.
    """
    try:
        body = json.dumps(reading, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, RecursionError) as error:
        raise ValueError(f"JSON cannot carry the reading: {error}") from error
    if len(body) > MOST_BYTES:
        raise ValueError(f"a reading has at most {MOST_BYTES} bytes, not {len(body)}")
    return body


def archive(store: Store, device_id: str, reading: dict) -> str:
    """Put a reading into the archive. What is there already is never changed; the same reading again does no harm.

    Args:
        store: where the archive is: url, access_key, secret_key, bucket.
        device_id: whose reading it is.
        reading: the telemetry message.

    Returns:
        The key of its object.

    Raises:
        AlreadyArchivedError: there is another reading with this key.
        ValueError: it is not a reading of this device.
        ConnectionError: the store does not take it.
    """
    with Archive(store) as opened:
        opened.put(device_id, reading)
    return object_key(device_id, reading["timestamp"])


class Archive:
    """The archive with its connections kept open.

    Args:
        store: where it is: url, access_key, secret_key, bucket.
        connections: how many requests may run side by side.
    """

    def __init__(self, store: Store, *, connections: int = 8):
        url = urlsplit(store.url)
        self.place, self.bucket = store.url, store.bucket
        self.http = urllib3.PoolManager(
            maxsize=connections, retries=False, timeout=urllib3.Timeout(connect=2, read=10)
        )
        # With the region given, the client signs without asking the store first.
        self.client = Minio(
            url.netloc, store.access_key, store.secret_key,
            secure=url.scheme == "https", region="us-east-1", http_client=self.http,
        )
        self.guarded: bool | None = None  # whether the store itself refuses to overwrite; not known yet

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.clear()

    def make_bucket(self) -> None:
        """Make the bucket if it is missing.

        Raises:
            ConnectionError: the store does not answer, or refuses.
        """
        with self.reached():
            if not self.client.bucket_exists(self.bucket):
                try:
                    self.client.make_bucket(self.bucket)
                except S3Error as error:  # another collector was quicker
                    if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                        raise

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Turn every way in which a store can fail to answer into one error."""
        try:
            yield
        except (HTTPError, MinioException) as error:
            raise ConnectionError(f"the store at {self.place} does not answer: {error}") from error

    def send(self, method: str, key: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Send one signed request for an object; `put_object` of the client could not carry `If-None-Match`."""
        with self.reached():
            signed = self.client.get_presigned_url(method, self.bucket, key, expires=timedelta(minutes=10))
            answer = self.http.request(method, signed, body=body or None, headers=headers)
        if answer.status not in (200, 204, 404, 412) or (answer.status == 404 and b"NoSuchBucket" in answer.data):
            raise ConnectionError(f"the store at {self.place} answered {answer.status}: {answer.data[:200]!r}")
        return answer.status, answer.data

    def put(self, device_id: str, reading: dict) -> bool:
        """Archive a reading; see `archive`.

        Returns:
            Whether it is new: False when the same reading was there.
        """
        check_reading(device_id, reading)
        return self.put_new(object_key(device_id, reading["timestamp"]), object_body(reading))

    def put_new(self, key: str, body: bytes) -> bool:
        """Write an object that must not be there, or be the same; see `put`."""
        if not self.refuses_overwriting() and (there := self.get(key)) is not None:
            return self.same(key, there, body)
        status, _ = self.write(key, body)
        if status == 412:  # precondition failed: the object is there
            return self.same(key, self.get(key), body)
        return True

    def same(self, key: str, there: bytes | None, body: bytes) -> bool:
        """Return False: the object is not new. Or refuse, when it is another."""
        if there != body:
            raise AlreadyArchivedError(f"{key} is archived with other content, and the archive is never changed")
        return False

    def write(self, key: str, body: bytes) -> tuple[int, bytes]:
        """Write an object; a store that knows conditions refuses to overwrite one."""
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        headers = {"If-None-Match": "*", "Content-Type": "application/json", "Content-MD5": digest}
        return self.send("PUT", key, body, **headers)

    def refuses_overwriting(self) -> bool:
        """Whether the store knows `If-None-Match: *`. S3 and MinIO do; smaller stores take no notice of it.

        Where the store cannot, `put_new` looks before it writes. That is enough as long as a device sends no two
        different readings with one time stamp to two collectors in the same instant.
        """
        if self.guarded is None:
            probe = f"{DEAD_LETTERS}/probe-{uuid.uuid4().hex}"
            self.write(probe, b"1")
            self.guarded = self.write(probe, b"1")[0] == 412
            self.send("DELETE", probe)
        return self.guarded

    def get(self, key: str) -> bytes | None:
        """Read an object; None when there is none."""
        status, body = self.send("GET", key)
        return body if status == 200 else None

    def devices(self) -> list[str]:
        """The ids of the devices that have readings here, sorted."""
        with self.reached():
            folders = [each.object_name.rstrip("/") for each in self.client.list_objects(self.bucket) if each.is_dir]
        return sorted(name for name in folders if DEVICE_ID.fullmatch(name) and name not in (DEAD_LETTERS, PACKS))

    def keys(self, device_id: str, since: float = 10**9) -> Iterator[str]:
        """The keys of a device's readings, oldest first, from the time stamp `since` on. Other objects are none."""
        first = microseconds(since)
        with self.reached():
            # All seconds have ten digits, so the order of the keys is the order of the seconds.
            found = self.client.list_objects(
                self.bucket, f"{check_device_id(device_id)}/", recursive=True,
                start_after=f"{device_id}/{first // 1_000_000}",
            )
            # Within a second the store has ".5.json" before ".json": each second is sorted by itself.
            names = (each.object_name for each in found)
            for _, same_second in groupby(names, key=lambda name: name[: len(device_id) + 11]):
                readings = [key for key in same_second if is_key(key) and microseconds(key_time(key)) >= first]
                yield from sorted(readings, key=key_time)

    def pack(self, bodies: list[bytes]) -> str:
        """Put many readings into one object, in one request; `Collector.unpack` gives each its own object later.

        Returns:
            The key of the object: a line for each reading. Keys of packs are in the order of their making.
        """
        content = b"\n".join(bodies)
        key = f"{PACKS}/{time.time_ns() // 1000}-{hashlib.sha256(content).hexdigest()[:16]}.ndjson"
        self.write(key, content)
        return key

    def packs(self) -> list[str]:
        """The keys of the packs, oldest first."""
        with self.reached():
            found = [each.object_name for each in self.client.list_objects(self.bucket, f"{PACKS}/", recursive=True)]
        return [key for key in found if PACK.fullmatch(key)]

    def bury(self, topic: str, payload: bytes, reason: str) -> str:
        """Put what cannot be read into the dead-letter place; the same message again is the same object.

        Returns:
            The key of the object: JSON with `topic`, `reason`, `payload` (`payload_hex` if it is no UTF-8) and
            `payload_bytes`.
        """
        try:
            text = {"payload": payload.decode("utf-8")}
        except UnicodeDecodeError:
            text = {"payload_hex": payload.hex()}
        name = hashlib.sha256(topic.encode() + b"\0" + payload + b"\0" + reason.encode()).hexdigest()[:32]
        key = f"{DEAD_LETTERS}/{name}.json"
        letter = {"topic": topic, "reason": reason, **text, "payload_bytes": len(payload)}
        self.write(key, json.dumps(letter, ensure_ascii=False).encode())
        return key


# 6.2 The schema: devices, their configurations, their alerts. Each text is applied once, in order.

MIGRATIONS = {
    "001_devices.sql": """
CREATE TABLE devices (
    device_id  text PRIMARY KEY CHECK (device_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
                     AND device_id NOT IN ('dead-letters', 'packs')),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    type       text NOT NULL CHECK (type IN ('temperature', 'humidity', 'power')),
    location   text CHECK (char_length(location) BETWEEN 1 AND 100),
    status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'maintenance')),
    metadata   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now() CHECK (updated_at >= created_at)
);
CREATE INDEX devices_by_type ON devices (type, status);
""",
    "002_device_configs.sql": """
CREATE TABLE device_configs (
    device_id  text NOT NULL REFERENCES devices ON DELETE CASCADE,
    key        text NOT NULL CHECK (key ~ '^[A-Za-z][A-Za-z0-9_.-]{0,99}$'),
    value      jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device_id, key)
);
""",
    "003_device_alerts.sql": """
CREATE TABLE device_alerts (
    alert_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id       text NOT NULL REFERENCES devices ON DELETE CASCADE,
    sensor          text NOT NULL,
    bound           text NOT NULL CHECK (bound IN ('high', 'low')),
    threshold       double precision NOT NULL,
    value           double precision NOT NULL,
    raised_at       timestamptz NOT NULL,
    cleared_at      timestamptz CHECK (cleared_at >= raised_at),
    acknowledged_at timestamptz,
    UNIQUE (device_id, sensor, bound, raised_at)  -- a reading that comes again raises nothing new
);
-- A sensor is in one state: at most one of its alerts is open.
CREATE UNIQUE INDEX device_alerts_open ON device_alerts (device_id, sensor) WHERE cleared_at IS NULL;
CREATE INDEX device_alerts_by_time ON device_alerts (raised_at DESC);
""",
}


# 6.4 Two stores: at least once into both, once in effect.


def line_of(reading: dict) -> str:
    """Write a checked reading in line protocol. Its names need no escaping: `check_reading` let only plain ones in."""
    values = reading["sensors"] | {name: reading[name] for name in ("rssi", "battery") if name in reading}
    fields = ",".join(f"{name}={float(value)!r}" for name, value in values.items())  # floats: 22 and 22.5 have one type
    time_ns = microseconds(reading["timestamp"]) * 1000
    return f"iot_telemetry,device_id={reading['device_id']},type={reading['type']} {fields} {time_ns}"


class Series:
    """The time series in InfluxDB, with its connections kept open.

    Args:
        influx: where it is: url, token, org, bucket.
    """

    def __init__(self, influx: Influx):
        self.influx = influx
        self.client = InfluxDBClient(url=influx.url, token=influx.token, org=influx.org, timeout=10_000)
        self.writer = self.client.write_api(write_options=SYNCHRONOUS)

    def close(self) -> None:
        """Close the connections."""
        self.writer.close()
        self.client.close()

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Turn every way in which the database can fail to answer into one error."""
        try:
            yield
        except ApiException as error:
            raise ConnectionError(f"{self.influx.url} answered {error.status}: {error.message}") from error
        except HTTPError as error:
            raise ConnectionError(f"{self.influx.url} does not answer: {error}") from error

    def write(self, lines: list[str]) -> dict[int, str]:
        """Write points; a point that is there already is written over with itself.

        Returns:
            The reason for each line that the database refuses for good, by its number.

        Raises:
            ConnectionError: the database does not take the points now.
        """
        if not lines:
            return {}
        with self.reached():
            try:
                self.writer.write(bucket=self.influx.bucket, org=self.influx.org, record="\n".join(lines))
                return {}
            except ApiException as error:
                if error.status not in (400, 422):
                    raise
                if len(lines) == 1:
                    return {0: f"InfluxDB refuses the point: {error.message}"}
        half = len(lines) // 2  # halve until the lines at fault are alone: points may be written again
        second = self.write(lines[half:])
        return self.write(lines[:half]) | {half + number: reason for number, reason in second.items()}

    def query(self, flux: str, **values: Any) -> list[dict]:
        """Ask, with values that are bound and never part of the query's text; rows as dicts."""
        with self.reached():
            tables = self.client.query_api().query(flux, params={"asked_bucket": self.influx.bucket} | values)
        return [record.values for table in tables for record in table.records]


@dataclass
class Message:
    """A message on its way: whence it came, what it says, and how far it is."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    connection: int
    arrived: float
    reading: dict | None = None  # None for what cannot be read
    reason: str = ""  # why it goes to the dead letters
    outcome: str = ""  # "new" or "known", once the archive has it
    settled: bool = False  # whether both stores, or the dead letters, have it


class Collector:
    """Move readings from the broker into both stores: at least once into each, once in effect.

    A message is acknowledged when the archive *and* the time series have it. What fails is tried again with all that
    came after it; both stores take a repetition without harm. Several collectors may run: with a client id each, and
    a shared subscription (`$share/{group}/iot/+/telemetry`) as topic filter.

    An object for each reading costs a request each. When more readings come than the store can take so, a batch goes
    into the archive as one object, a pack, and is taken apart when there is time again.

    Args:
        broker: where the broker is: host, port, username, password.
        store: where the archive is: url, access_key, secret_key, bucket.
        influx: where the time series is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        client_id: the name under which the broker keeps the session: another one for each collector.
        batch_size: the most messages that are written together.
        writers: how many objects are written side by side.
        pack_above: a batch of more messages than this is archived as a pack; 0 for never.
        after: called with the readings of each batch that both stores have.
    """

    # Messages of QoS 0 above this number are dropped while a store is away: nobody promised them, and memory ends.
    MOST_WAITING = 100_000

    def __init__(
        self, broker: Broker, store: Store, influx: Influx, *, topic_filter: str = "iot/+/telemetry",
        client_id: str = "meter-collector", batch_size: int = 500, writers: int = 16, pack_above: int = 0,
        after: Callable[[list[dict]], None] | None = None,
    ):
        self.broker, self.topic_filter = broker, topic_filter
        self.batch_size, self.writers, self.pack_above, self.after = batch_size, writers, pack_above, after
        self.packed = False  # whether there are packs that are to be taken apart
        self.unpacking: Iterator[None] | None = None  # how far that is
        self.archive, self.series = Archive(store, connections=writers), Series(influx)
        self.stats = {"received": 0, "stored": 0, "duplicates": 0, "rejected": 0, "dropped": 0, "lag": 0, "error": None}
        self.waiting: list[Message] = []  # not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the threads share
        self.stopping = False
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)
        self.client.on_connect, self.client.on_subscribe = self.on_connect, self.on_subscribe
        self.client.on_message = self.on_message

    def start(self) -> None:
        """Connect, subscribe, and begin to collect. After an error it may be called again.

        Raises:
            ConnectionError: the broker or the archive does not answer, or refuses.
        """
        self.archive.make_bucket()
        self.packed = bool(self.archive.packs())  # those of an earlier run
        self.answer = queue.SimpleQueue()  # what the broker says: empty when we are subscribed
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        try:
            problem = self.answer.get(timeout=5)
        except queue.Empty:
            problem = "no answer within 5 s"
        if problem:
            self.client.disconnect()
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} does not let us subscribe: {problem}")
        self.pool = ThreadPoolExecutor(self.writers, thread_name_prefix="archive")
        self.writer = threading.Thread(target=self.write_batches, name="meter-collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Store and acknowledge what is waiting, if the stores take it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        if hasattr(self, "writer"):
            self.writer.join()
            self.pool.shutdown()
        self.client.disconnect()
        self.client.loop_stop()
        self.archive.close()
        self.series.close()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, _userdata, _flags, reason, _properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if reason.is_failure:
            self.answer.put(str(reason))
        else:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_subscribe(self, _client, _userdata, _mid, reasons, _properties):
        """Tell `start` what the broker says."""
        self.answer.put(str(reasons[0]) if reasons[0].is_failure else "")

    def on_message(self, _client, _userdata, message):
        """Put a message in the line."""
        with self.changed:
            self.stats["received"] += 1
            if message.qos == 0 and len(self.waiting) >= self.MOST_WAITING:
                self.stats["dropped"] += 1
                return
            self.waiting.append(
                Message(message.topic, message.payload, message.mid, message.qos, self.connection, time.time())
            )
            self.changed.notify_all()

    # On our own thread: take what waits, store it, acknowledge it.

    def write_batches(self):
        """Store batch after batch until the collector stops; when none waits, take packs apart."""
        while (batch := self.next_batch()) or not self.stopping:
            if not batch:
                self.unpack_some()
                continue
            for message in batch:
                self.read(message)
            pause = 0.1
            while not self.stored(batch):
                with self.changed:  # a store is away: keep the batch, try again, not too often
                    if self.changed.wait_for(lambda: self.stopping, timeout=pause):
                        return
                pause = min(2 * pause, 2.0)
            for message in batch:
                if message.connection == self.connection:
                    self.client.ack(message.mid, message.qos)
            if self.after:
                self.after([message.reading for message in batch if not message.reason])

    def next_batch(self) -> list[Message]:
        """Wait for messages. An empty batch says that the collector stops, or has time for packs.

        Nothing waits for a batch to fill: while one is written the next one grows, the more the busier it is.
        """
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping or self.packed)
            batch = self.waiting[: self.batch_size]
            del self.waiting[: len(batch)]
            self.stats["lag"] = len(self.waiting) + len(batch)
            return batch

    def read(self, message: Message) -> None:
        """Read a message; what is wrong with one never stops the others."""
        try:
            message.reading = parse_message(message.topic, message.payload)
        except ValueError as error:
            message.reason = str(error)

    def stored(self, batch: list[Message]) -> bool:
        """Bring a batch into both stores, from where an earlier try has stopped. False when one of them is away."""
        try:
            self.fill_archive([message for message in batch if not message.outcome and not message.reason])
            self.fill_series([message for message in batch if not message.settled and not message.reason])
            for message in batch:
                if message.reason and not message.settled:
                    self.archive.bury(message.topic, message.payload, message.reason)
                    message.settled = True
        except Exception as error:  # not only OSError: a thread that ends without a word would be the worst of all
            with self.changed:
                self.stats["error"] = str(error)
            return False
        with self.changed:
            for message in batch:
                count = "rejected" if message.reason else "stored" if message.outcome == "new" else "duplicates"
                self.stats[count] += 1
            self.stats["lag"] = len(self.waiting)
            self.stats["error"] = None
        return True

    def fill_archive(self, messages: list[Message]) -> None:
        """Archive messages: each in an object of its own, or, when there are too many, all in a pack."""
        if not 0 < self.pack_above < len(messages):
            self.put_readings(messages)
            return
        self.archive.pack([object_body(message.reading) for message in messages])
        self.packed = True
        for message in messages:
            message.outcome = "new"  # as far as one can know before the pack is taken apart

    def unpack_some(self) -> None:
        """Take the packs apart by one step more. Where a store is away, wait a moment and begin again."""
        try:
            if self.unpacking is None:
                self.unpacking = self.unpack()
            if next(self.unpacking, "end") == "end":
                self.unpacking = None
                self.packed = bool(self.archive.packs())
        except Exception as error:  # as in `stored`: whatever it is, the collector goes on
            self.unpacking = None
            with self.changed:
                self.stats["error"] = str(error)
                self.changed.wait_for(lambda: self.stopping, timeout=1.0)
        else:
            with self.changed:
                self.stats["error"] = None

    def unpack(self) -> Iterator[None]:
        """Give each reading of the packs its own object, and remove the packs, in steps that keep no message waiting.

        Doing it twice does no harm: it may end anywhere, and another collector may do the same.
        """
        for key in self.archive.packs():
            bodies = (self.archive.get(key) or b"").split(b"\n")  # empty: another collector was quicker
            messages = [unpacked(key, body) for body in bodies if body]
            good = [message for message in messages if not message.reason]
            for first in range(0, len(good), 2 * self.writers):
                self.put_readings(good[first : first + 2 * self.writers])
                yield
            for message in messages:
                if message.reason:
                    self.archive.bury(message.topic, message.payload, message.reason)
                if message.reason and message.reading:  # another reading came first: its point must be what stays
                    first_one = self.archive.get(object_key(message.reading["device_id"], message.reading["timestamp"]))
                    self.series.write([line_of(json.loads(first_one))])
            self.archive.send("DELETE", key)

    def put_readings(self, messages: list[Message]) -> None:
        """Archive messages side by side; those with one key one after the other, so that the first one counts."""
        by_key: dict[str, list[Message]] = {}
        for message in messages:
            key = object_key(message.reading["device_id"], message.reading["timestamp"])
            by_key.setdefault(key, []).append(message)
        work = list(by_key.items())
        # A slice for each thread: a task for each object would cost more than it gives.
        tasks = [self.pool.submit(self.put_all, work[first :: self.writers]) for first in range(self.writers)]
        problems = [task.exception() for task in tasks]
        for problem in problems:
            if problem:
                raise problem

    def put_all(self, work: Iterable[tuple[str, list[Message]]]) -> None:
        """Archive the messages of some keys."""
        for key, messages in work:
            for message in messages:
                try:
                    new = self.archive.put_new(key, object_body(message.reading))
                    message.outcome = "new" if new else "known"
                except AlreadyArchivedError as error:
                    message.reason = str(error)

    def fill_series(self, messages: list[Message]) -> None:
        """Write the points of archived messages."""
        refused = self.series.write([line_of(message.reading) for message in messages])
        for number, message in enumerate(messages):
            message.reason = refused.get(number, "")
            message.settled = not message.reason


def unpacked(key: str, body: bytes) -> Message:
    """Read a line of a pack."""
    message = Message(key, body, 0, 0, 0, 0.0)
    try:
        reading = json.loads(body)
        check_reading(reading["device_id"], reading)
        message.reading = reading
    except (ValueError, KeyError, TypeError, RecursionError) as error:  # somebody else has put it there
        message.reason = f"not a reading: {error!r}"
    return message


# 6.5 The archive is the truth: the time series can be made again from it.


def rebuild(store: Store, influx: Influx, since: float) -> int:
    """Write the points of all archived readings again. Points that are there stay as they are.

    Args:
        store: where the archive is: url, access_key, secret_key, bucket.
        influx: where the time series is: url, token, org, bucket.
        since: the first time stamp, in seconds since 1970.

    Returns:
        How many points were written.

    Raises:
        ConnectionError: a store does not answer.
        ValueError: an object is not a reading, or its point is refused; all others are written before that is said. Or
            there are packs: nothing is written then.
    """
    written, faults = 0, []
    archived, series = Archive(store), Series(influx)
    try:
        if packs := archived.packs():
            raise ValueError(f"{len(packs)} packs are not taken apart yet, first {packs[0]}: let a collector run first")
        with ThreadPoolExecutor(8) as pool:
            for device_id in archived.devices():
                keys = archived.keys(device_id, since)
                while some := list(islice(keys, 500)):
                    lines = []
                    for key, body in zip(some, pool.map(archived.get, some), strict=True):
                        try:
                            lines.append(line_of(parse_message(f"iot/{device_id}/telemetry", body or b"")))
                        except ValueError as error:
                            faults.append(f"{key}: {error}")
                    refused = series.write(lines)
                    faults += refused.values()
                    written += len(lines) - len(refused)
    finally:
        archived.close()
        series.close()
    if faults:
        raise ValueError(f"{written} points written, {len(faults)} objects are no readings, first {faults[0]}")
    return written


# 6.6 Alerts: a threshold with hysteresis, so that a value that trembles at it raises one alert, not a hundred.


@dataclass(frozen=True)
class Threshold:
    """When a sensor's value is too high or too low.

    Args:
        high: an alert is raised above it; None for no such bound.
        low: an alert is raised below it; None for no such bound.
        hysteresis: how far the value must come back, past the bound, before the alert is cleared; 0 or more.

    Raises:
        ValueError: a number is not one, or the bounds leave no room for the value in which it is normal.
    """

    high: float | None = None
    low: float | None = None
    hysteresis: float = 0.0

    def __post_init__(self):
        for name in ("high", "low", "hysteresis"):
            value = getattr(self, name)
            known = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
            if not known and (value is not None or name == "hysteresis"):
                raise ValueError(f"{name} must be a number, not {value!r}")
        if self.high is None and self.low is None:
            raise ValueError("a threshold needs high or low")
        if self.hysteresis < 0:
            raise ValueError(f"hysteresis must be 0 or more, not {self.hysteresis!r}")
        if None not in (self.high, self.low) and self.high - self.hysteresis < self.low + self.hysteresis:
            raise ValueError("high and low are too near for this hysteresis: no alert could be cleared")

    def state(self, before: str, value: float) -> str:
        """Return the state that follows: `"normal"`, `"high"` or `"low"`.

        Args:
            before: the state so far.
            value: what was measured now.
        """
        if self.high is not None and value > self.high - (self.hysteresis if before == "high" else 0):
            return "high"
        if self.low is not None and value < self.low + (self.hysteresis if before == "low" else 0):
            return "low"
        return "normal"


def threshold(rule: object) -> Threshold:
    """Read a rule, the value of a configuration `alert.{sensor}`.

    Raises:
        ValueError: it is not a JSON object with `high`, `low`, `hysteresis`, or its numbers do not fit.
    """
    if not isinstance(rule, dict) or not rule.keys() <= {"high", "low", "hysteresis"}:
        raise ValueError("a threshold is an object of high, low and hysteresis")
    return Threshold(**rule)


class AlertWatch:
    """Compare readings with the thresholds of their devices, and keep `device_alerts` up to date.

    The state of a sensor is its open alert in the database: a new process goes on where the last one ended.

    Args:
        dsn: the database with the tables of MIGRATIONS, as libpq takes it.
        register: whether a device that is not known yet is entered.
        fresh: seconds for which thresholds and open alerts are remembered.
    """

    def __init__(self, dsn: str, *, register: bool = False, fresh: float = 2.0):
        self.dsn, self.register, self.fresh = dsn, register, fresh
        self.known_until = 0.0
        self.known: set[str] = set()
        self.rules: dict[tuple[str, str], Threshold] = {}
        self.open: dict[tuple[str, str], tuple[int, str, datetime]] = {}
        self.newest: dict[str, float] = {}

    def watch(self, readings: list[dict]) -> int:
        """Raise and clear alerts. A reading that is older than the last one of its device says nothing new.

        Args:
            readings: checked readings, in any order.

        Returns:
            How many alerts were raised or cleared.

        Raises:
            psycopg.OperationalError: the database does not answer; the same readings may be given again.
        """
        changes = 0
        if not readings:
            return changes
        if time.monotonic() >= self.known_until or any(each["device_id"] not in self.known for each in readings):
            self.load(readings)
        for reading in sorted(readings, key=lambda each: each["timestamp"]):
            device_id, timestamp = reading["device_id"], reading["timestamp"]
            if timestamp <= self.newest.get(device_id, 0):
                continue
            for sensor, value in reading["sensors"].items():
                rule, alert = self.rules.get((device_id, sensor)), self.open.get((device_id, sensor))
                before = alert[1] if alert else "normal"
                if rule and (after := rule.state(before, value)) != before:
                    changes += self.change(device_id, sensor, after, rule, value, timestamp)
            self.newest[device_id] = timestamp
        return changes

    def load(self, readings: list[dict]) -> None:
        """Read thresholds and open alerts; enter devices that are not known."""
        with psycopg.connect(self.dsn) as connection:
            if self.register:
                types = {each["device_id"]: each["type"] for each in readings if each["device_id"] not in self.known}
                connection.cursor().executemany(
                    "INSERT INTO devices (device_id, name, type) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    [(device_id, device_id, kind) for device_id, kind in sorted(types.items())],
                )
            rows = connection.execute("SELECT device_id, key, value FROM device_configs WHERE key LIKE 'alert.%'")
            self.rules = {(device_id, key.removeprefix("alert.")): rule for device_id, key, value in rows
                          if (rule := readable(value))}
            rows = connection.execute(
                "SELECT device_id, sensor, alert_id, bound, raised_at FROM device_alerts WHERE cleared_at IS NULL")
            self.open = {(device_id, sensor): tuple(rest) for device_id, sensor, *rest in rows}
        self.known |= {each["device_id"] for each in readings}
        self.known_until = time.monotonic() + self.fresh

    def change(self, device_id: str, sensor: str, state: str, rule: Threshold, value: float, timestamp: float) -> int:
        """Clear the open alert of a sensor, and raise the next one if its state asks for it."""
        moment = datetime.fromtimestamp(timestamp, UTC)
        alert = self.open.get((device_id, sensor))
        if alert and moment < alert[2]:
            return 0  # older than what raised the alert
        with psycopg.connect(self.dsn) as connection:
            if alert:
                connection.execute(
                    "UPDATE device_alerts SET cleared_at = %s WHERE alert_id = %s AND cleared_at IS NULL",
                    [moment, alert[0]])
            row = connection.execute(
                "INSERT INTO device_alerts (device_id, sensor, bound, threshold, value, raised_at)"
                " SELECT device_id, %s, %s, %s, %s, %s FROM devices WHERE device_id = %s"
                " ON CONFLICT DO NOTHING RETURNING alert_id",
                [sensor, state, rule.high if state == "high" else rule.low, value, moment, device_id],
            ).fetchone() if state != "normal" else None
        self.open.pop((device_id, sensor), None)
        if row:
            self.open[device_id, sensor] = (row[0], state, moment)
        return bool(alert) + bool(row)


def readable(rule: object) -> Threshold | None:
    """Read a rule; None for one that was put into the database by other ways and is none."""
    try:
        return threshold(rule)
    except ValueError:
        return None


# 6.3 The Device Manager: one API for the registry, the time series and the archive.

STATUSES = ("active", "inactive", "maintenance")
FUNCTIONS = ("mean", "min", "max", "sum", "count", "first", "last")
CONFIG_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class RefusedError(Exception):
    """A request that gets an error as its answer: status, a word for programs, a sentence for people."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def wrong(message: str) -> RefusedError:
    """An input that can be read, but does not fit."""
    return RefusedError(422, "invalid", message)


def json_body() -> object:
    """Return the JSON of a request's body."""
    if request.mimetype != "application/json":
        raise RefusedError(415, "unsupported_media_type", "send JSON, with Content-Type: application/json")
    try:
        document = json.loads(request.get_data().decode("utf-8"), parse_constant=refuse_constant)
        written = json.dumps(document, ensure_ascii=False, allow_nan=False)
        written.encode()  # half a character is none
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "bad_json", f"the body is not JSON: {error}") from error
    if "\\u0000" in written:
        raise wrong("text must not contain the character NUL")
    return document


def json_object(*names: str) -> dict:
    """Return the JSON object of a request's body, with no other names in it."""
    document = json_body()
    if not isinstance(document, dict):
        raise wrong("the body must be a JSON object")
    if unknown := sorted(document.keys() - set(names)):
        raise wrong(f"unknown: {', '.join(unknown)}; known are {', '.join(names)}")
    return document


def whole_number(name: str, default: int, most: int, least: int = 1) -> int:
    """Return a whole number of the query string."""
    text = request.args.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise wrong(f"{name} must be a whole number from {least} to {most}, not {text!r}")
    return int(text)


def one_of(name: str, known: Iterable[str]) -> str | None:
    """Return a word of the query string; None when it is not there."""
    text = request.args.get(name)
    if text is not None and text not in known:
        raise wrong(f"{name} must be one of {', '.join(known)}, not {text!r}")
    return text


def moment(name: str, default: float) -> float:
    """Return a moment of the query string in seconds since 1970: given so, or as ISO 8601 with its zone."""
    text = request.args.get(name)
    try:
        if text is None:
            seconds = default
        elif re.fullmatch(r"[0-9]{10}(\.[0-9]{1,6})?", text):
            seconds = float(text)
        else:
            # In a query string a plus is a space: 2026-01-01T00:00:00+01:00 arrives so when it was not escaped.
            when = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
            seconds = when.timestamp() if when.tzinfo else math.nan
        microseconds(seconds)
    except (ValueError, OverflowError):
        raise wrong(f"{name} must be seconds since 1970 or a time as in 2026-01-31T12:00:00Z, not {text!r}") from None
    return seconds


def time_range() -> tuple[float, float]:
    """Return start and stop of the query string; the last hour if they are not there."""
    now = time.time()
    start, stop = moment("start", now - 3600), moment("stop", now)
    if start >= stop:
        raise wrong("start must be before stop")
    return start, stop


def utc(seconds: float) -> datetime:
    """The moment as a datetime."""
    return datetime.fromtimestamp(seconds, UTC)


def checked_device(device: dict) -> dict:
    """Check the columns of a device.

    Raises:
        RefusedError: one does not fit.
    """
    try:
        check_device_id(device.get("device_id"))
    except ValueError as error:
        raise wrong(str(error)) from None
    for name in ("name", "location"):
        text = device.get(name)
        if not (isinstance(text, str) and 1 <= len(text) <= 100) and not (name == "location" and text is None):
            raise wrong(f"{name} must be a text of 1 to 100 characters, not {text!r}")
    for name, known in (("type", TYPES), ("status", STATUSES)):
        if device.get(name) not in known:
            raise wrong(f"{name} must be one of {', '.join(known)}, not {device.get(name)!r}")
    if not isinstance(device.get("metadata"), dict):
        raise wrong("metadata must be a JSON object")
    return device


COLUMNS = ("name", "type", "location", "status", "metadata")
EMPTY = {"location": None, "status": "active", "metadata": {}}


def create_app(dsn: str, store: Store, influx: Influx) -> Flask:
    """Make the Device Manager.

    Errors are JSON: `{"error": {"code": …, "message": …}}`. Lists come in pages: `limit` and `offset`, or `next`.

    Args:
        dsn: the database with the tables of MIGRATIONS, as libpq takes it.
        store: the archive: url, access_key, secret_key, bucket.
        influx: the time series: url, token, org, bucket.
    """
    app = Flask("device-manager")
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.url_map.merge_slashes = False
    app.json.default = lambda value: value.isoformat() if isinstance(value, datetime) else str(value)
    CORS(app, send_wildcard=True)
    archived, series = Archive(store, connections=32), Series(influx)
    app.extensions["close"] = lambda: (archived.close(), series.close())

    def database():
        """A transaction: committed at the end of a `with` block, undone by an error."""
        return psycopg.connect(dsn, row_factory=dict_row)

    def found(connection, device_id: str, lock: str = "") -> dict:
        """The row of a device."""
        known = DEVICE_ID.fullmatch(device_id)
        row = known and connection.execute(f"SELECT * FROM devices WHERE device_id = %s {lock}", [device_id]).fetchone()
        if not row:
            raise RefusedError(404, "not_found", f"there is no device {device_id!r}")
        return row

    def page(connection, table: str, where: str, order: str, values: dict) -> Any:
        """One page of the rows of a table; the texts are ours, the values are bound."""
        limit, offset = whole_number("limit", 100, 1000), whole_number("offset", 0, 10**9, 0)
        total = connection.execute(f"SELECT count(*) AS n FROM {table} WHERE {where}", values).fetchone()["n"]
        rows = connection.execute(
            f"SELECT * FROM {table} WHERE {where} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s",
            values | {"limit": limit, "offset": offset},
        ).fetchall()
        return jsonify(items=rows, total=total, limit=limit, offset=offset)

    @app.errorhandler(RefusedError)
    def refused(error):
        return jsonify(error={"code": error.code, "message": error.message}), error.status

    @app.errorhandler(HTTPException)
    def http_error(error):
        code = error.name.lower().replace(" ", "_")
        answer = jsonify(error={"code": code, "message": error.description})
        return answer, error.code, [each for each in error.get_headers() if each[0] == "Allow"]

    @app.errorhandler(psycopg.OperationalError)
    @app.errorhandler(ConnectionError)
    def away(error):
        what = "PostgreSQL does not answer" if isinstance(error, psycopg.Error) else str(error)
        return jsonify(error={"code": "unavailable", "message": what}), 503, {"Retry-After": "5"}

    @app.errorhandler(Exception)
    def unexpected(error):
        app.logger.error("the request failed", exc_info=error)
        return jsonify(error={"code": "internal", "message": "this is a fault of the service, not of the request"}), 500

    # Devices

    @app.get("/devices")
    def list_devices():
        values = {"type": one_of("type", TYPES), "status": one_of("status", STATUSES)}
        where = ("(%(type)s::text IS NULL OR type = %(type)s) AND (%(status)s::text IS NULL OR status = %(status)s)")
        with database() as connection:
            return page(connection, "devices", where, "device_id", values)

    @app.post("/devices")
    def create_device():
        device = checked_device(EMPTY | json_object("device_id", *COLUMNS))
        with database() as connection:
            row = connection.execute(
                "INSERT INTO devices (device_id, name, type, location, status, metadata)"
                " VALUES (%(device_id)s, %(name)s, %(type)s, %(location)s, %(status)s, %(metadata)s)"
                " ON CONFLICT DO NOTHING RETURNING *",
                device | {"metadata": Jsonb(device["metadata"])},
            ).fetchone()
        if row is None:
            raise RefusedError(409, "exists", f"there is a device {device['device_id']!r} already")
        return jsonify(row), 201, {"Location": url_for("get_device", device_id=row["device_id"])}

    @app.get("/devices/<device_id>")
    def get_device(device_id):
        with database() as connection:
            return jsonify(found(connection, device_id))

    @app.put("/devices/<device_id>")
    @app.patch("/devices/<device_id>")
    def change_device(device_id):
        with database() as connection:
            row = found(connection, device_id, "FOR UPDATE")
            given = json_object("device_id", *COLUMNS)
            if given.setdefault("device_id", device_id) != device_id:
                raise wrong("the id of a device cannot be changed")
            device = checked_device((EMPTY if request.method == "PUT" else row) | given)
            row = connection.execute(
                "UPDATE devices SET name = %(name)s, type = %(type)s, location = %(location)s, status = %(status)s,"
                " metadata = %(metadata)s, updated_at = now() WHERE device_id = %(device_id)s RETURNING *",
                device | {"metadata": Jsonb(device["metadata"])},
            ).fetchone()
            return jsonify(row)

    @app.delete("/devices/<device_id>")
    def delete_device(device_id):
        """Forget a device with its configurations and alerts. Its readings stay in the archive."""
        with database() as connection:
            found(connection, device_id, "FOR UPDATE")
            connection.execute("DELETE FROM devices WHERE device_id = %s", [device_id])
        return "", 204

    # Configurations

    @app.get("/devices/<device_id>/configs")
    def list_configs(device_id):
        with database() as connection:
            found(connection, device_id)
            return page(connection, "device_configs", "device_id = %(id)s", "key", {"id": device_id})

    @app.get("/devices/<device_id>/configs/<key>")
    def get_config(device_id, key):
        with database() as connection:
            found(connection, device_id)
            row = CONFIG_KEY.fullmatch(key) and connection.execute(
                "SELECT * FROM device_configs WHERE device_id = %s AND key = %s", [device_id, key]).fetchone()
        if not row:
            raise RefusedError(404, "not_found", f"the device {device_id!r} has no configuration {key!r}")
        return jsonify(row)

    @app.put("/devices/<device_id>/configs/<key>")
    def put_config(device_id, key):
        with database() as connection:
            found(connection, device_id)
            if not CONFIG_KEY.fullmatch(key):
                raise wrong("a key has 1 to 100 letters, digits, '.', '_' or '-', and a letter first")
            document = json_object("value")
            if "value" not in document:
                raise wrong("the body must be {\"value\": …}")
            if key.startswith("alert."):
                try:
                    threshold(document["value"])
                except ValueError as error:
                    raise wrong(str(error)) from None
            row = connection.execute(
                "INSERT INTO device_configs (device_id, key, value) VALUES (%s, %s, %s)"
                " ON CONFLICT (device_id, key) DO UPDATE SET value = excluded.value, updated_at = now() RETURNING *",
                [device_id, key, Jsonb(document["value"])]).fetchone()
            return jsonify(row)

    @app.delete("/devices/<device_id>/configs/<key>")
    def delete_config(device_id, key):
        get_config(device_id, key)
        with database() as connection:
            connection.execute("DELETE FROM device_configs WHERE device_id = %s AND key = %s", [device_id, key])
        return "", 204

    # Readings

    @app.get("/devices/<device_id>/metrics")
    def metrics(device_id):
        with database() as connection:
            found(connection, device_id)
        (start, stop), limit = time_range(), whole_number("limit", 1000, 10_000)
        field, function = request.args.get("field"), one_of("fn", FUNCTIONS) or "mean"
        if field is not None and not NAME.fullmatch(field):
            raise wrong(f"field must be the name of a sensor, not {field!r}")
        every = request.args.get("every")
        if every is not None and not re.fullmatch(r"[1-9][0-9]{0,4}[smhd]", every):
            raise wrong(f"every must be a duration as in 30s, 5m, 1h or 1d, not {every!r}")
        window = timedelta(**{UNITS[every[-1]]: int(every[:-1])}) if every else timedelta(0)
        # Of the request, only values that were checked against a list or a pattern choose the text of the query.
        rows = series.query(
            f"""
            from(bucket: asked_bucket)
              |> range(start: begin, stop: end)
              |> filter(fn: (r) => r._measurement == "iot_telemetry" and r.device_id == asked_device)
              {'|> filter(fn: (r) => r._field == asked_field)' if field else ''}
              |> group(columns: ["_field"])
              {f'|> aggregateWindow(every: asked_window, fn: {function}, createEmpty: false)' if every else ''}
              |> group()
              |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
              |> sort(columns: ["_time"])
              |> limit(n: asked_rows)
            """,
            begin=utc(start), end=utc(stop), asked_device=device_id, asked_field=field or "",
            asked_window=window, asked_rows=limit + 1,
        )
        fields = [{name: row[name] for name in sorted(row) if name not in ("result", "table", "_time")} for row in rows]
        items = [{"time": row["_time"]} | values for row, values in zip(rows, fields, strict=True)]
        following = items[limit]["time"] if len(items) > limit else None
        return jsonify(items=items[:limit], limit=limit, next=following)

    @app.get("/devices/<device_id>/raw")
    def raw(device_id):
        with database() as connection:
            found(connection, device_id)
        (start, stop), limit = time_range(), whole_number("limit", 50, 500)
        keys = list(islice(archived.keys(device_id, start), limit + 1))
        keys = [key for key in keys if key_time(key) < stop]
        with ThreadPoolExecutor(8) as pool:
            bodies = list(pool.map(archived.get, keys[:limit]))
        items = [{"key": key, "reading": json.loads(body)} for key, body in zip(keys, bodies, strict=False) if body]
        following = key_time(keys[limit]) if len(keys) > limit else None
        return jsonify(items=items, limit=limit, next=following)

    @app.get("/devices/<device_id>/raw/<timestamp>")
    def raw_object(device_id, timestamp):
        with database() as connection:
            found(connection, device_id)
        key = f"{device_id}/{timestamp}.json"
        body = archived.get(key) if is_key(key) else None
        if body is None:
            raise RefusedError(404, "not_found", f"the archive has no reading {key!r}")
        return app.response_class(body, mimetype="application/json")  # as it was archived, byte for byte

    # Alerts

    @app.get("/alerts")
    def list_alerts():
        values = {"open": one_of("open", ("true", "false")), "id": request.args.get("device_id")}
        where = "(%(open)s::text IS NULL OR (cleared_at IS NULL) = %(open)s::boolean)"
        with database() as connection:
            if values["id"] is not None:
                found(connection, values["id"])
                where += " AND device_id = %(id)s"
            return page(connection, "device_alerts", where, "raised_at DESC, alert_id DESC", values)

    @app.get("/devices/<device_id>/alerts")
    def list_device_alerts(device_id):
        with database() as connection:
            found(connection, device_id)
            return page(connection, "device_alerts", "device_id = %(id)s", "raised_at DESC, alert_id DESC",
                        {"id": device_id})

    @app.patch("/alerts/<int:alert_id>")
    def acknowledge_alert(alert_id):
        acknowledged = json_object("acknowledged").get("acknowledged")
        if not isinstance(acknowledged, bool):
            raise wrong("acknowledged must be true or false")
        with database() as connection:
            row = alert_id < 2**63 and connection.execute(
                "UPDATE device_alerts SET acknowledged_at = CASE WHEN %s THEN coalesce(acknowledged_at, now()) END"
                " WHERE alert_id = %s RETURNING *", [acknowledged, alert_id]).fetchone()
        if not row:
            raise RefusedError(404, "not_found", f"there is no alert {alert_id}")
        return jsonify(row)

    # Statistics

    @app.get("/statistics")
    def statistics():
        with database() as connection:
            devices = connection.execute(
                "SELECT type, status, count(*) AS n FROM devices GROUP BY type, status").fetchall()
            alerts = connection.execute(
                "SELECT count(*) AS total, count(*) FILTER (WHERE cleared_at IS NULL) AS open,"
                " count(*) FILTER (WHERE raised_at > now() - interval '1 day') AS last_day"
                " FROM device_alerts").fetchone()
        start, stop = time_range()
        span = {"begin": utc(start), "end": utc(stop)}
        source = """
            from(bucket: asked_bucket)
              |> range(start: begin, stop: end)
              |> filter(fn: (r) => r._measurement == "iot_telemetry")
              |> group(columns: ["device_id", "_field"])
        """
        counts: dict[str, int] = {}  # a reading has a point in each of its fields: the fullest field counts it
        for row in series.query(source + "|> count()", **span):
            counts[row["device_id"]] = max(row["_value"], counts.get(row["device_id"], 0))
        newest = [row["_time"] for row in series.query(source + '|> sort(columns: ["_time"]) |> last()', **span)]
        return jsonify(
            devices={
                "total": sum(row["n"] for row in devices),
                "by_type": {kind: sum(row["n"] for row in devices if row["type"] == kind) for kind in TYPES},
                "by_status": {each: sum(row["n"] for row in devices if row["status"] == each) for each in STATUSES},
            },
            alerts=alerts,
            readings={"start": utc(start), "stop": utc(stop), "count": sum(counts.values()),
                      "devices": len(counts), "newest": max(newest, default=None)},
        )

    return app
