"""Questions to what a service depends on, for `Stage.depends`: each returns what is wrong, or an empty text."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from stack.runtime.settings import Broker, Influx

_PATIENCE = 1.5
"""Seconds: less than `Stage` waits, so that the answer is ours."""


def mqtt_problem(broker: Broker) -> str:
    """Ask a broker for a CONNACK, without a thread.

    Args:
        broker: where it is, and how to log in.
    """
    answers: list[Any] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(broker.username or None, broker.password or None)
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(reason)
    client.connect_timeout = _PATIENCE
    place = f"the broker at {broker.host}:{broker.port}"
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        return f"{place} cannot be reached: {error}"
    deadline = time.monotonic() + _PATIENCE
    while not answers and (left := deadline - time.monotonic()) > 0:
        if client.loop(left) != mqtt.MQTT_ERR_SUCCESS:
            break
    client.disconnect()
    client.loop_write()
    if not answers:
        return f"{place} does not answer"
    return f"{place} refuses: {answers[0]}" if answers[0].is_failure else ""


def influx_problem(influx: Influx) -> str:
    """Ask InfluxDB for its health.

    Args:
        influx: where it is.
    """
    try:
        with urllib.request.urlopen(f"{influx.url}/health", timeout=_PATIENCE) as answer:
            status = json.load(answer).get("status")
    except (OSError, ValueError) as error:
        return f"the database at {influx.url} cannot be reached: {error}"
    return "" if status == "pass" else f"the database at {influx.url} says {status!r}"
