"""A small paho client for the tests: connect, publish, subscribe, and a queue of what arrives."""

from __future__ import annotations

import queue
import threading
from types import TracebackType
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from labkit.services import Endpoint

TIMEOUT = 60.0


class RefusedError(Exception):
    """The broker did not let the client in; the message is its reason."""


class Client:
    def __init__(
        self, endpoint: Endpoint, *, name: str = "", clean: bool = True, version: int = 4,
        login: tuple[str, str] | None = None, will: tuple[str, bytes] | None = None,
    ) -> None:
        options: dict[str, Any] = {} if version == 5 else {"clean_session": clean or not name}
        self.messages: queue.Queue[paho.MQTTMessage] = queue.Queue()
        self._answered, self._reason = threading.Event(), "no CONNACK"
        self._acknowledged: queue.Queue[list[Any]] = queue.Queue()
        self.paho = paho.Client(CallbackAPIVersion.VERSION2, client_id=name,
                                protocol=MQTTProtocolVersion(version), **options)
        user, password = login if login is not None else (endpoint.username, endpoint.password)
        if user:
            self.paho.username_pw_set(user, password)
        if will:
            self.paho.will_set(will[0], will[1], qos=1)
        self.paho.on_connect = self._connected
        self.paho.on_disconnect = lambda *_: self._answered.set()
        self.paho.on_message = lambda _client, _data, message: self.messages.put(message)
        self.paho.on_subscribe = lambda _client, _data, _mid, codes, _properties: self._acknowledged.put(codes)
        self._endpoint = endpoint

    def _connected(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._reason = "" if not code.is_failure else str(code)
        self._answered.set()

    def __enter__(self) -> Client:
        self.paho.connect(self._endpoint.host, self._endpoint.port, keepalive=30)
        self.paho.loop_start()
        self._answered.wait(TIMEOUT)
        if self._reason:
            self.paho.loop_stop()
            raise RefusedError(self._reason)
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None,
                 _trace: TracebackType | None) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def subscribe(self, topic_filter: str, qos: int = 1) -> int:
        """The granted QoS; 128 when the broker refuses."""
        self.paho.subscribe(topic_filter, qos)
        return int(self._acknowledged.get(timeout=TIMEOUT)[0].value)

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        self.paho.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(TIMEOUT)

    def receive(self, count: int = 1, timeout: float = TIMEOUT) -> list[tuple[str, bytes]]:
        """The next messages; `queue.Empty` when they do not come."""
        messages = [self.messages.get(timeout=timeout) for _ in range(count)]
        return [(message.topic, message.payload) for message in messages]

    def cut(self) -> None:
        """Lose the connection without a DISCONNECT, as a node does that loses its power."""
        self.paho.loop_stop()
        self.paho.socket().close()
