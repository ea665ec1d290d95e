"""The second way of the home's readings: straight to InfluxDB, as the simulator of seed 000 does it.

A fleet must not wait for a database. So lines go into a queue, a thread writes them, and while the database is away the
newest are kept. The point is stack/contracts/home.md.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence

from influxdb_client import InfluxDBClient, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from labkit.devices.device import Message
from labkit.devices.transport import secret
from labkit.errors import StudentError

log = logging.getLogger("labkit.devices.home")

_KEPT = 20_000
"""Lines that are kept while the database is away: half an hour of a fleet of fifty."""
_BATCH = 1_000
_PAUSE = 1.0
"""Seconds between two writes, at most."""


def line(payload: bytes) -> str:
    """Write a reading of the home in line protocol, time in seconds.

    Args:
        payload: of a message on `sensors/{type}/{id}`.
    """
    reading = json.loads(payload)
    names = ("device_id", "room", "type", "unit")
    tags = "".join(f",{name}={_escape(reading[name])}" for name in names if reading[name])
    return f"sensors{tags} value={float(reading['value'])!r} {int(reading['timestamp'])}"


def _escape(text: str) -> str:
    return "".join("\\" + letter if letter in ",= " else letter for letter in text)


class InfluxSink:
    """Writes readings to InfluxDB from a thread of its own.

    Args:
        url: of the database.
        token: may write, and make the bucket if it is missing.
        org: organization.
        bucket: where to write.
    """

    def __init__(self, url: str, token: str, org: str, bucket: str) -> None:
        self.stats = {"stored": 0, "dropped": 0}
        self._bucket, self._org = bucket, org
        self._client = InfluxDBClient(url, token, org=org, timeout=5_000)
        self._lines: deque[str] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._away = False
        self._thread = threading.Thread(target=self._run, name="home-influx", daemon=True)
        self._thread.start()

    def write(self, messages: Sequence[Message]) -> None:
        """Take readings; never waits for the database."""
        lines = [line(message.payload) for message in messages if message.topic.startswith("sensors/")]
        with self._changed:
            self._lines.extend(lines)
            while len(self._lines) > _KEPT:
                self._lines.popleft()
                self.stats["dropped"] += 1
            if len(self._lines) >= _BATCH:
                self._changed.notify_all()

    def close(self) -> None:
        """Write what is left, if the database takes it, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(15)
        self._client.close()

    def _run(self) -> None:
        batch: list[str] = []
        while True:
            with self._changed:
                self._changed.wait_for(self._must_write, timeout=_PAUSE)
                closing = self._closing
                while self._lines and len(batch) < _BATCH:
                    batch.append(self._lines.popleft())
            stored = bool(batch) and self._stored(batch)
            if stored:
                self.stats["stored"] += len(batch)
                batch.clear()
            if closing and not (stored and self._lines):
                self.stats["dropped"] += len(batch) + len(self._lines)
                return

    def _must_write(self) -> bool:
        # A full batch does not wait, unless the database is away: then a try a second is enough.
        return self._closing or (len(self._lines) >= _BATCH and not self._away)

    def _stored(self, batch: list[str]) -> bool:
        """Write a batch. False when the database is away; it is tried again with the next ones."""
        problem = ""
        try:
            try:
                self._send(batch)
            except ApiException as error:
                if error.status != 404:
                    raise
                self._client.buckets_api().create_bucket(bucket_name=self._bucket, org=self._org)
                self._send(batch)
        except ApiException as error:
            problem = f"{error.status} {error.message}"
        except HTTPError as error:
            problem = str(error)
        # Said when it changes, not once a second.
        if problem and not self._away:
            log.warning("InfluxDB does not take the readings of the home: %s", problem)
        self._away = bool(problem)
        return not problem

    def _send(self, batch: list[str]) -> None:
        api = self._client.write_api(write_options=SYNCHRONOUS)
        api.write(self._bucket, self._org, batch, write_precision=WritePrecision.S)


def influx_sink(environment: Mapping[str, str]) -> InfluxSink | None:
    """Make the sink that the environment asks for: None when it has no INFLUX_URL.

    Args:
        environment: INFLUX_URL, INFLUX_TOKEN or INFLUX_TOKEN_FILE, INFLUX_ORG, INFLUX_BUCKET.

    Raises:
        StudentError: INFLUX_URL is there and no token, or the token's file cannot be read.
    """
    url = environment.get("INFLUX_URL", "")
    if not url:
        return None
    token = secret(environment, "INFLUX_TOKEN")
    if not token:
        raise StudentError("INFLUX_URL is set, INFLUX_TOKEN is not.", "set INFLUX_TOKEN to a token of that database.")
    org, bucket = environment.get("INFLUX_ORG", "iot-org"), environment.get("INFLUX_BUCKET", "iot-data")
    return InfluxSink(url, token, org, bucket)
