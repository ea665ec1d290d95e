from __future__ import annotations

import threading
import time

import pytest

from labkit.checks.broker_view import viewing
from labkit.checks.fake_broker import FakeBroker, fake_endpoint
from labkit.devices import ROOMS, history, reference_node
from labkit.errors import KitError
from labkit.services import Endpoint


def test_a_node_publishes_the_telemetry_of_the_data_format(broker: Endpoint) -> None:
    with (viewing(broker) as view, view.listen("iot/node/981/#") as heard,
          reference_node(broker, "981", interval=0.05)):
        messages = heard.wait(3, 60)
    reading = messages[0].json()
    assert messages[0].topic == "iot/node/981/telemetry"  # small numbers have statuses of other tests here
    assert list(reading) == ["node_id", "timestamp", "sensors", "wifi_rssi", "uptime"]
    assert reading["node_id"] == "node_981"
    assert abs(reading["timestamp"] - time.time()) < 60
    assert set(reading["sensors"]) == {"temperature", "humidity"}
    assert -90 < reading["wifi_rssi"] < -30
    assert reading["uptime"] >= 0


def test_a_full_node_id_is_taken_as_it_is(broker: Endpoint) -> None:
    with reference_node(broker, "node_07", interval=9) as node:
        assert (node.topic, node.node_id) == ("iot/node/node_07/telemetry", "node_07")


def test_stopping_ends_the_messages_and_every_thread(broker: Endpoint) -> None:
    before = set(threading.enumerate())
    node = reference_node(broker, "02", interval=0.02)
    node.stop()
    node.stop()
    count = node.published
    assert set(threading.enumerate()) <= before
    assert node.published == count
    assert "stopped" in repr(node)


def test_the_same_node_started_again_replaces_the_first(broker: Endpoint) -> None:
    first = reference_node(broker, "04", interval=9)
    with reference_node(broker, "04", interval=9) as second, reference_node(broker, "05", interval=9):
        assert "stopped" in repr(first)
        assert "publishes" in repr(second)


def test_the_rate_is_that_of_the_clock(broker: Endpoint) -> None:
    with viewing(broker) as view, view.listen("iot/node/03/telemetry") as heard:
        started = time.monotonic()
        with reference_node(broker, "03", interval=0.1):
            assert len(heard.wait(11, 60)) >= 11
        assert time.monotonic() - started > 0.7


@pytest.mark.parametrize("interval", [0, -1])
def test_an_interval_that_is_none_is_refused(broker: Endpoint, interval: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        reference_node(broker, interval=interval)


def test_a_broker_that_is_not_there_or_refuses_is_told() -> None:
    before = set(threading.enumerate())
    with pytest.raises(KitError, match="could not reach"):
        reference_node(fake_endpoint(1))
    with FakeBroker(5) as fake, pytest.raises(KitError, match="Not authorized"):
        reference_node(fake.endpoint)
    assert set(threading.enumerate()) <= before


def test_a_history_is_complete_but_for_the_lost_frames() -> None:
    readings = list(history(2, ROOMS, 300, seed=4, end=1_763_683_200))
    assert 0.98 < len(readings) / (2 * 288 * 4) <= 1
    assert {reading["room"] for reading in readings} == set(ROOMS)
    assert [r["timestamp"] for r in readings] == sorted(r["timestamp"] for r in readings)
    assert readings[0]["timestamp"] >= 1_763_683_200 - 2 * 86_400
    assert readings[-1]["timestamp"] < 1_763_683_200
    assert len(list(history(1, ["kitchen"], 3600, lost=0, end=1_763_683_200))) == 24
