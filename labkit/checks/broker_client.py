"""A client of the check's own: connected, subscribed and ended for certain, or the kit says why not."""

from __future__ import annotations

import contextlib
import threading
import uuid
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from labkit.errors import KitError
from labkit.services import Endpoint

_PATIENCE = 10.0
"""Seconds for the broker to answer the check's own packets."""


def connected(broker: Endpoint, role: str) -> mqtt.Client:
    """Return a client of the check's own that the broker has accepted; its network thread runs.

    Args:
        broker: where to connect.
        role: a word for the client id.

    Raises:
        KitError: it cannot be reached, or it refuses.
    """
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"labkit-{role}-{uuid.uuid4().hex[:8]}")
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    answered = threading.Event()
    reasons: list[str] = []

    def on_connect(_client: mqtt.Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            reasons.append(str(reason))
        answered.set()

    client.on_connect = on_connect
    try:
        client.connect(broker.host, broker.port, keepalive=60)
    except OSError as error:
        raise KitError(
            f"The check could not reach {broker!r}: {error}", fix="restart the kernel and run the lab again."
        ) from error
    client.loop_start()
    if not answered.wait(_PATIENCE) or reasons:
        ended(client)
        raise KitError(
            f"{broker!r} did not accept the check's connection: {reasons[0] if reasons else 'no answer'}.",
            fix="restart the kernel and run the lab again.",
        )
    return client


def subscribed(client: mqtt.Client, topic_filter: str, qos: int) -> None:
    """Subscribe and wait for the broker's confirmation.

    Args:
        client: a connected client with a running network thread.
        topic_filter: what to subscribe to.
        qos: the highest quality of service.

    Raises:
        KitError: refused, or no answer.
    """
    granted = threading.Event()
    codes: list[Any] = []

    def on_subscribe(_client: mqtt.Client, _userdata: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        codes.extend(reasons)
        granted.set()

    client.on_subscribe = on_subscribe
    client.subscribe(topic_filter, qos)
    if not granted.wait(_PATIENCE) or any(code.is_failure for code in codes):
        raise KitError(
            f"The broker did not grant the check's subscription to {topic_filter!r}: {codes or 'no answer'}."
        )


def ended(client: mqtt.Client) -> None:
    """Disconnect a client and end its network thread; harmless if both are done."""
    with contextlib.suppress(OSError, ValueError):
        client.disconnect()
    # paho's thread forgets itself when it ends; if that is just now, loop_stop() finds None where it saw a thread.
    with contextlib.suppress(AttributeError):
        client.loop_stop()
