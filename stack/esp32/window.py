"""A wider in-flight window: how many messages a broker sends before it waits for an acknowledgement.

A collector acknowledges a batch when the database has it, so a batch cannot be larger than this window. Over MQTT
3.1.1 it is the broker's setting (Mosquitto: 20); over MQTT 5 the client says it itself (Receive Maximum, MQTT 5.0
section 3.1.2.11.3).
"""

from __future__ import annotations

import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from stack.runtime.settings import Broker

NARROW = 20
"""Messages in flight that every broker allows over MQTT 3.1.1."""
_FOR_EVER = 0xFFFFFFFF
"""Session expiry that means: never."""
_PATIENCE = 3.0


def speaks_mqtt5(broker: Broker) -> bool:
    """Ask a broker whether it speaks MQTT 5; some refuse it, some hang up.

    Args:
        broker: where to ask.

    Raises:
        ConnectionError: nobody listens.
    """
    answers: list[Any] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set(broker.username or None, broker.password or None)
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(reason)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise ConnectionError(f"the broker at {broker.host}:{broker.port} cannot be reached: {error}") from error
    deadline = time.monotonic() + _PATIENCE
    while not answers and (left := deadline - time.monotonic()) > 0:
        if client.loop(left) != mqtt.MQTT_ERR_SUCCESS:
            break
    client.disconnect()
    client.loop_write()
    return bool(answers) and not answers[0].is_failure


class WideClient(mqtt.Client):
    """An MQTT 5 client that lets the broker send many messages at once, and whose session is kept.

    Args:
        client_id: the name under which the broker keeps the session.
        window: messages in flight.
    """

    def __init__(self, client_id: str, window: int) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, manual_ack=True)
        self._window = window

    def connect(self, host: str, port: int = 1883, *_: Any, **__: Any) -> MQTTErrorCode:
        """Connect as `mqtt.Client.connect` does, with the window and the session."""
        wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wishes.ReceiveMaximum = self._window
        wishes.SessionExpiryInterval = _FOR_EVER
        return super().connect(host, port, clean_start=False, properties=wishes)
