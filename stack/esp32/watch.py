"""Watches the telemetry of all nodes, and keeps what does not keep the contract as dead letters.

What stores the readings (Telegraf, or the process `esp32-collector`) passes over what it cannot read. So this watcher
reads the same topic with a session of its own, and writes each malformed message, with the reason, to the measurement
`dead_letter`. A message is acknowledged when it is found to be good, or when the database has its dead letter.

While the database is away the broker keeps what was published at QoS 1. At QoS 0 it waits for nobody: of such messages
only so many wait here, and what comes then is let go and counted.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS, WriteApi
from influxdb_client.rest import ApiException
from paho.mqtt.enums import CallbackAPIVersion
from urllib3.exceptions import HTTPError

from stack.esp32.readings import MalformedError, check_reading
from stack.runtime import Broker, Influx, Stage

TOPICS = "iot/node/+/telemetry"
_PATIENCE = 5.0
"""Seconds that the broker has to confirm the subscription, and the database to take a request."""
_PAUSE = 0.5
"""Seconds between two tries to write."""
_BATCH = 500
MOST_WAITING = 20_000
"""Messages that may wait when another one comes at QoS 0: some 20 MB of readings."""
_MOST_PAYLOAD = 32_000
"""Bytes of a payload that are kept: a text field of InfluxDB holds 64 KB."""
_AT_FAULT = (400, 413, 422)
"""Answers of the database that say: these points, never."""
_CONTROLS = dict.fromkeys([*range(32), 127])
"""Control characters, for `str.translate`."""


@dataclass(slots=True)
class _Message:
    """A message that is not acknowledged yet; `letter` is None when there is nothing wrong with it."""

    letter: Point | None
    mid: int
    qos: int
    connection: int


class Watcher:
    """Reads the telemetry of all nodes beside those that store it.

    Args:
        broker: where the nodes publish.
        influx: where the dead letters go.
        stage: its log.
        client_id: the name under which the broker keeps the session.
        most_waiting: messages that may wait when another one comes at QoS 0.
    """

    def __init__(self, broker: Broker, influx: Influx, stage: Stage, client_id: str, *,
                 most_waiting: int = MOST_WAITING) -> None:
        self._broker, self._influx, self._stage, self._client_id = broker, influx, stage, client_id
        self._most_waiting = most_waiting
        self._client: mqtt.Client | None = None
        self._writer: threading.Thread | None = None
        self._connection = 0
        """Counts connections: a message is acknowledged on the one that brought it."""
        self._subscribed = threading.Event()
        self._changed = threading.Condition()
        self._waiting: list[_Message] = []
        self._stopping = False
        self._last_ns = 0
        self.received = self.rejected = self.dropped = 0
        self.error: str | None = None
        """Why dead letters cannot be written now; None when they can."""

    @property
    def lag(self) -> int:
        """Messages that are not acknowledged yet."""
        return len(self._waiting)

    def start(self) -> None:
        """Connect, subscribe, and begin to watch.

        Raises:
            ConnectionError: the broker cannot be reached, refuses, or does not answer.
        """
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=self._client_id, clean_session=False, manual_ack=True)
        client.username_pw_set(self._broker.username or None, self._broker.password or None)
        client.reconnect_delay_set(1, 10)
        client.on_connect = self._on_connect
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_message = self._on_message
        self._subscribed.clear()
        place = f"the broker at {self._broker.host}:{self._broker.port}"
        try:
            client.connect(self._broker.host, self._broker.port, keepalive=15)
        except OSError as error:
            raise ConnectionError(f"{place} cannot be reached: {error}") from error
        client.loop_start()
        if not self._subscribed.wait(_PATIENCE):
            client.disconnect()
            client.loop_stop()
            with self._changed:
                self._waiting.clear()  # their connection is gone; the broker sends them again
            raise ConnectionError(f"{place} does not confirm the subscription to {TOPICS}")
        self._client = client
        self._writer = threading.Thread(target=self._work, name="dead-letters", daemon=True)
        self._writer.start()

    def stop(self) -> None:
        """Disconnect; no thread stays. What is not acknowledged comes again after the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._writer is not None:
            self._writer.join()
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    # On paho's thread: judge, take note, and return at once.

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            self._connection += 1
            client.subscribe(TOPICS, qos=1)

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        if message.qos == 0 and len(self._waiting) >= self._most_waiting:
            self.received += 1
            self.dropped += 1
            return
        letter = None
        try:
            check_reading(bytes(message.payload))
        except MalformedError as error:
            letter = self._letter(message, error.reason, str(error))
        except Exception as error:  # whatever is wrong with one message, it must not stop the others
            letter = self._letter(message, "unexpected", repr(error))
        with self._changed:
            self.received += 1
            self._waiting.append(_Message(letter, message.mid, message.qos, self._connection))
            self._changed.notify_all()

    def _letter(self, message: mqtt.MQTTMessage, code: str, reason: str) -> Point:
        self._last_ns = max(time.time_ns(), self._last_ns + 1)  # two at one moment would be one point
        payload = bytes(message.payload)
        name, text = shown(payload[:_MOST_PAYLOAD])
        # The reason may quote what is no Unicode text.
        reason = reason[:1000].encode("utf-8", "backslashreplace").decode()
        point = Point("dead_letter").tag("code", code).field("topic", message.topic).field("reason", reason)
        return point.field("payload_bytes", len(payload)).field(name, text).time(self._last_ns)

    # On a thread of its own: write, acknowledge.

    def _work(self) -> None:
        with InfluxDBClient(self._influx.url, self._influx.token, org=self._influx.org,
                            timeout=int(1000 * _PATIENCE)) as client:
            api = client.write_api(write_options=SYNCHRONOUS)
            while batch := self._next():
                letters = [message.letter for message in batch if message.letter is not None]
                if letters and not self._store(api, letters):
                    return
                with self._changed:
                    del self._waiting[: len(batch)]
                    self.rejected += len(letters)
                assert self._client is not None
                for message in batch:
                    if message.connection == self._connection:
                        self._client.ack(message.mid, message.qos)

    def _next(self) -> list[_Message]:
        """Wait for messages; none says that the watcher stops."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            return [] if self._stopping else self._waiting[:_BATCH]

    def _store(self, api: WriteApi, letters: list[Point]) -> bool:
        """Write dead letters; False if the watcher stops before the database took them."""
        while True:
            try:
                api.write(bucket=self._influx.bucket, org=self._influx.org, record=letters)
            except (HTTPError, OSError, ApiException) as error:
                if isinstance(error, ApiException) and error.status in _AT_FAULT:
                    if len(letters) > 1:  # one is at fault: each goes alone
                        return all(self._store(api, [letter]) for letter in letters)
                    # Not even the dead letter can be kept: it must not stop the others.
                    self._stage.log.error("dead letter refused", letter=letters[0].to_line_protocol()[:2000])
                    return True
                with self._changed:
                    self.error = f"dead letters: {error}"
                    if self._changed.wait_for(lambda: self._stopping, timeout=_PAUSE):
                        return False
            else:
                self.error = None
                return True


def shown(payload: bytes) -> tuple[str, str]:
    """The name and the text of the field that keeps a payload.

    Args:
        payload: as it came, cut off after the bytes that a field holds.

    Returns:
        `payload` and its text; `payload_hex` and hexadecimal digits of its first half if it is no readable text.
    """
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if text.translate(_CONTROLS) == text.replace("\t", "").replace("\n", "").replace("\r", ""):
        return "payload", text
    return "payload_hex", payload[: _MOST_PAYLOAD // 2].hex()
