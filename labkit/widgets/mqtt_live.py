"""Live widgets that are fed by an MQTT subscription: topic explorer and live chart."""

from __future__ import annotations

import time
import uuid
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from labkit.widgets.live import TICK, Live

if TYPE_CHECKING:
    from labkit.services import Endpoint


class MqttLive(Live):
    """A live widget that shows what is published.

    Args:
        title: what it is, for people.
        broker: where to listen.
        topic_filter: what to subscribe to.
        seconds: after how long it ends by itself.
        key: live widgets of one key replace each other.
    """

    def __init__(self, title: str, broker: Endpoint, topic_filter: str, *, seconds: float, key: str) -> None:
        self.broker = broker
        self.topic_filter = topic_filter
        super().__init__(title, seconds=seconds, key=key, subscribes=True)

    @abstractmethod
    def take(self, topic: str, payload: bytes, moment: float) -> None:
        """Note a message; the lock is held.

        Args:
            topic: its topic.
            payload: its bytes.
            moment: when it came, seconds since 1970.
        """

    def unreachable(self, error: OSError) -> str:
        """Return what people read when there is no broker."""
        return f"The broker cannot be reached ({error}). Start the services of this notebook, and run this cell again."

    def listen(self) -> None:
        """Take messages until it is stopped or the broker closes the connection."""
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"labkit-live-{uuid.uuid4().hex[:8]}")
        if self.broker.username:
            client.username_pw_set(self.broker.username, self.broker.password)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.connect(self.broker.host, self.broker.port, keepalive=30)
        try:
            while self.going():
                if client.loop(timeout=TICK / 2) != mqtt.MQTT_ERR_SUCCESS:
                    self.note = self.note or "The broker closed the connection. Run the cell again when it is back."
                    return
        finally:
            client.disconnect()

    def _on_connect(self, client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.note = f"The broker refused the connection: {reason}."
            self._end.set()
        else:
            client.subscribe(self.topic_filter, 0)

    def _on_subscribe(self, _client: Any, _userdata: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self.note = f"The broker refused the subscription to {self.topic_filter!r}: {reasons[0]}."
            self._end.set()
        self.subscribed()

    def _on_message(self, _client: Any, _userdata: Any, message: Any) -> None:
        with self._lock:
            self.take(message.topic, bytes(message.payload), time.time())
        self.changed()
