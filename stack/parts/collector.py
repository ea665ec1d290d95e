# Part 'collector' of the house: the cells `%%part collector` of solutions/02-time-series.
# Made by `grader release`. Edit it there, not here.

"""From broker to database: line protocol, batches, queries, and the collector that joins them."""

import json
import math
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import paho.mqtt.client as mqtt
import pandas as pd
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str


class Influx(Protocol):
    """Where an InfluxDB is, how to log in, and the bucket to write to: anything with these attributes."""

    url: str
    token: str
    org: str
    bucket: str


def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")


def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])


def latest(influx: Influx, bucket: str, room: str) -> float | None:
    """Find the newest temperature of a room.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        room: name of the room, any text.

    Returns:
        degrees Celsius, or None when the room has no temperature.
    """
    flux = """
        from(bucket: asked_bucket)
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == asked_room)
          |> last()
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": bucket, "asked_room": room})
    return tables[0].records[0].get_value() if tables else None


def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns")


def line_of(reading: dict, rooms: dict[str, str]) -> str:
    """Write a telemetry reading in line protocol, by the scheme of the house.

    Args:
        reading: the telemetry message: node_id, timestamp (seconds), sensors, wifi_rssi, uptime.
        rooms: the room of each node id.

    Raises:
        ValueError: it is not such a reading.
    """
    try:
        node_id = reading["node_id"]
        if not isinstance(node_id, str) or not node_id:
            raise ValueError(f"the node id is {node_id!r}")
        # Always floats: 22 and 22.5 must have one type.
        fields = {name: float(value) for name, value in reading["sensors"].items()}
        fields |= {"wifi_rssi": int(reading["wifi_rssi"]), "uptime": int(reading["uptime"])}
        time_ns = int(reading["timestamp"]) * 1_000_000_000
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a telemetry reading: {error!r}") from error
    tags = {"node_id": node_id, "room": rooms.get(node_id)}
    return to_line("iot_telemetry", tags, fields, time_ns)


class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone


def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: {every}}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false)
  |> to(bucket: "{target}")
"""
