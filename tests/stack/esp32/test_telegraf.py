"""The configuration that the part makes, run by a real Telegraf."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest
from influxdb_client import InfluxDBClient

from labkit.checks.broker_view import viewing
from labkit.services import Endpoint, start
from labkit.waiting import wait_until
from stack.parts import collector, fleet
from stack.runtime import ensure_bucket

pytestmark = pytest.mark.telegraf


def points(influx: Endpoint) -> dict[tuple[str, str, Any], Any]:
    """Every value of the bucket by node, field and time."""
    query = f'from(bucket: "{influx.bucket}") |> range(start: 0)'
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        tables = client.query_api().query(query)
    return {(record["node_id"], record.get_field(), record.get_time()): record.get_value()
            for table in tables for record in table.records}


def test_telegraf_stores_the_same_points_as_the_collector(broker: Endpoint, influx: Endpoint) -> None:
    theirs, ours = (dataclasses.replace(influx, bucket=f"telegraf-{who}") for who in ("theirs", "ours"))
    for place in (theirs, ours):
        ensure_bucket(place)  # type: ignore[arg-type]
    now = int(time.time())
    readings = [
        {"node_id": f"node_{node:02d}", "timestamp": now - second, "uptime": 3600 - second, "wifi_rssi": -65 - node,
         # Whole and broken numbers in one series, which must have one type; a battery that not every node has.
         "sensors": {"temperature": 22 if second % 2 else 22.5, **({"battery": 80} if node == 2 else {"humidity": 45})}}
        for second in range(10) for node in (1, 2)
    ]
    collector.write_batch(ours, [collector.line_of(reading, {}) for reading in readings])
    config = fleet.telegraf_config(broker, theirs)
    with viewing(broker) as view, start("telegraf", provider="native", config={"telegraf": config}):
        # Until its subscription is there, which only its answer shows; the same reading twice is one point.
        def subscribed() -> bool:
            view.publish("iot/node/01/telemetry", readings[0])
            return bool(points(theirs))

        wait_until(subscribed, 60, what="Telegraf has stored the first reading", most=0.5)
        view.publish("iot/node/01/telemetry", b"no JSON")
        for reading in readings:
            topic_id = reading["node_id"] if reading["node_id"] == "node_02" else "01"  # both forms of the topic
            view.publish(f"iot/node/{topic_id}/telemetry", reading)
        wait_until(lambda: len(points(theirs)) >= len(points(ours)), 60, what="Telegraf has stored every reading")
    assert points(theirs) == points(ours)
