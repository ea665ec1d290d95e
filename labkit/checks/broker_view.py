"""The check's own eyes on an MQTT broker: publish, listen, look at retained messages."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt

from labkit.checks.broker_client import connected, ended, subscribed
from labkit.errors import KitError
from labkit.services import Endpoint

_PATIENCE = 10.0
"""Seconds for the broker to answer the check's own packets."""
MOST = 20_000
"""Messages that a listener keeps."""
LARGEST = 32 * 1024 * 1024
"""Bytes of payload that a listener keeps."""


@dataclass(frozen=True)
class Message:
    """One message as it arrived.

    Args:
        topic: its topic.
        payload: its bytes.
        qos: quality of service of the delivery, 0 to 2.
        retain: whether the broker sent it from its store.
    """

    topic: str
    payload: bytes
    qos: int
    retain: bool

    @property
    def text(self) -> str:
        """The payload as text; bytes that are not UTF-8 become `\\xNN`."""
        return self.payload.decode("utf-8", "backslashreplace")

    def json(self) -> Any:
        """The payload as JSON, or None if it is not JSON."""
        try:
            return json.loads(self.payload)
        except ValueError:
            return None

    def __repr__(self) -> str:
        return f"<{self.topic}: {self.text[:80]}, QoS {self.qos}{', retained' if self.retain else ''}>"


class Listener:
    """Messages that arrive on a topic filter, in order, over a connection of its own. Of a flood it keeps the head.

    Args:
        broker: where to listen.
        topic_filter: what to subscribe to.
        qos: the highest quality of service of the deliveries.

    Raises:
        KitError: the broker cannot be reached or refuses the subscription.
    """

    def __init__(self, broker: Endpoint, topic_filter: str, qos: int = 1) -> None:
        self.topic_filter = topic_filter
        self._messages: list[Message] = []
        self._room = LARGEST
        self._mark = ""
        self._marked = False
        self._news = threading.Condition()
        self._client = connected(broker, "listener")
        self._client.on_message = self._on_message
        try:
            subscribed(self._client, topic_filter, qos)
        except BaseException:
            self.close()
            raise

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        with self._news:
            self._marked |= message.topic == self._mark
            if len(self._messages) < MOST and len(message.payload) <= self._room:
                self._room -= len(message.payload)
                self._messages.append(Message(message.topic, bytes(message.payload), message.qos, bool(message.retain)))
            self._news.notify_all()

    @property
    def messages(self) -> list[Message]:
        """What has arrived until now, in order."""
        with self._news:
            return list(self._messages)

    def wait(self, count: int, timeout: float = 5.0) -> list[Message]:
        """Wait until so many messages have arrived, or the time is over.

        Args:
            count: how many in all, since listening began.
            timeout: how long to wait, in seconds.

        Returns:
            What has arrived, perhaps fewer, perhaps more.
        """
        with self._news:
            self._news.wait_for(lambda: len(self._messages) >= count, timeout)
            return list(self._messages)

    def quiet(self, seconds: float, timeout: float = 5.0) -> list[Message]:
        """Wait until nothing has arrived for a while: for counts that must not be exceeded.

        Args:
            seconds: how long it must be quiet.
            timeout: the longest wait, in seconds.
        """
        end = time.monotonic() + timeout
        with self._news:
            while (left := end - time.monotonic()) > 0 and self._news.wait(min(seconds, left)):
                pass
            return list(self._messages)

    def pass_through(self, timeout: float = 5.0) -> None:
        """Send a message through the broker and back: what the broker sent before has arrived.

        Args:
            timeout: the longest wait, in seconds.

        Raises:
            KitError: it did not come back.
        """
        with self._news:
            self._mark, self._marked = f"labkit/mark/{uuid.uuid4().hex[:12]}", False
        subscribed(self._client, self._mark, 0)
        self._client.publish(self._mark, b"mark")
        with self._news:
            if not self._news.wait_for(lambda: self._marked, timeout):
                raise KitError(f"A message of the check did not come back within {timeout:g} s.", fix="run it again.")

    def close(self) -> None:
        """Disconnect. A second call does nothing."""
        ended(self._client)

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class BrokerView:
    """An MQTT broker as a check sees it, from outside the student's code.

    Args:
        broker: the broker.
    """

    def __init__(self, broker: Endpoint) -> None:
        self.endpoint = broker
        self._client: mqtt.Client | None = None
        self._open: list[Listener] = []
        self._retained: set[str] = set()

    def publish(self, topic: str, payload: bytes | str | dict[str, Any], qos: int = 1, retain: bool = False) -> None:
        """Publish and wait until the broker has it (QoS 1 and 2) or it is sent (QoS 0).

        Args:
            topic: where to.
            payload: bytes; text is encoded as UTF-8, a dict as JSON.
            qos: 0, 1 or 2.
            retain: whether the broker keeps it; it is cleared after the check.

        Raises:
            KitError: the broker did not take it.
        """
        if self._client is None:
            self._client = connected(self.endpoint, "view")
        data = json.dumps(payload) if isinstance(payload, dict) else payload
        if retain and data:
            self._retained.add(topic)
        sent = self._client.publish(topic, data, qos=qos, retain=retain)
        with contextlib.suppress(RuntimeError, ValueError):
            sent.wait_for_publish(_PATIENCE)
        if not sent.is_published():
            raise KitError(
                f"The check could not publish to {topic!r} on {self.endpoint!r}.", fix="run the check again."
            )

    def listen(self, topic_filter: str, qos: int = 1) -> Listener:
        """Subscribe, and return a Listener (also a context manager) once the broker has confirmed.

        Args:
            topic_filter: what to subscribe to.
            qos: the highest quality of service of the deliveries.

        Raises:
            KitError: the broker cannot be reached or refuses the subscription.
        """
        listener = Listener(self.endpoint, topic_filter, qos)
        self._open.append(listener)
        return listener

    def retained(self, topic_filter: str, timeout: float = 5.0) -> dict[str, bytes]:
        """Return the retained messages that match.

        The broker sends them after a subscription, and a message that the same connection sends itself comes back
        behind them. For a broker that does not keep this order, nothing more may arrive shortly after it.

        Args:
            topic_filter: which ones.
            timeout: the longest wait, in seconds.

        Raises:
            KitError: the broker does not answer.
        """
        # Without acknowledgements: of more than 20 messages with QoS 1, the mark would overtake some.
        with Listener(self.endpoint, topic_filter, 0) as listener:
            listener.pass_through(timeout)
            return {message.topic: message.payload for message in listener.quiet(0.05, timeout) if message.retain}

    def clear(self, topic: str) -> None:
        """Delete the retained message of a topic."""
        self.publish(topic, b"", retain=True)
        self._retained.discard(topic)

    def close(self, clear_named: frozenset[str] = frozenset()) -> None:
        """Disconnect everything, and delete the retained messages that this check left.

        Args:
            clear_named: parts of topics; a retained message whose topic contains one is deleted too.
        """
        try:
            for listener in self._open:
                listener.close()
            stale = set(self._retained)
            if clear_named:
                stale |= {topic for topic in self.retained("#") if any(name in topic for name in clear_named)}
            for topic in stale:
                self.clear(topic)
        finally:
            self._open.clear()
            if self._client is not None:
                ended(self._client)
                self._client = None


@contextlib.contextmanager
def viewing(broker: Endpoint) -> Iterator[BrokerView]:
    """Give a BrokerView and close it after the block."""
    view = BrokerView(broker)
    try:
        yield view
    finally:
        view.close()
