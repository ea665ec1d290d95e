"""A gateway's voice, a collector that stops by itself, and what the database holds."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from labkit.services import Endpoint
from labkit.waiting import wait_until
from stack.parts.shelly import ShellyCollector, ask_database

Point = tuple[str, str, float]
"""Sensor, moment (ISO), value."""


def publish(broker: Endpoint, messages: Iterable[tuple[str, bytes]], qos: int = 1) -> int:
    """Publish, and return how many when the broker has them all; at QoS 0, when they are under way."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(broker.username or None, broker.password or None)
    client.connect(broker.host, broker.port)
    client.loop_start()
    sent = [client.publish(topic, payload, qos=qos) for topic, payload in messages]
    for each in sent:
        each.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()
    return len(sent)


@contextmanager
def collecting(broker: Any, influx: Any, **options: Any) -> Iterator[ShellyCollector]:
    """A collector with a session of its own, until the block ends."""
    options.setdefault("client_id", f"test-{uuid.uuid4().hex[:8]}")
    collector = ShellyCollector(broker, influx, **options)
    collector.start()
    try:
        yield collector
    finally:
        collector.stop()


def settle(collector: ShellyCollector, received: int) -> dict[str, Any]:
    """Wait until so many messages came in and nothing waits; return the counts."""
    wait_until(lambda: collector.stats["received"] >= received and not collector.stats["lag"], 60,
               what=f"{received} messages: {collector.stats}")
    return collector.stats


def points(influx: Endpoint, measurement: str, field: str = "value") -> list[Point]:
    flux = """from(bucket: asked_bucket) |> range(start: 0, stop: 2200-01-01T00:00:00Z)
        |> filter(fn: (r) => r._measurement == asked_measurement and r._field == asked_field)"""
    records = ask_database(influx, flux, asked_measurement=measurement, asked_field=field)
    return sorted((each.values.get("sensor_id", ""), each.get_time().isoformat(), each.get_value()) for each in records)


def dead_letters(influx: Endpoint) -> list[dict[str, Any]]:
    flux = """from(bucket: asked_bucket) |> range(start: 0) |> filter(fn: (r) => r._measurement == "dead_letter")
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> group() |> sort(columns: ["_time"])"""
    return [each.values for each in ask_database(influx, flux)]
