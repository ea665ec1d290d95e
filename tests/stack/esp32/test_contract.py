from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labkit.devices.esp32 import build
from labkit.services import Endpoint
from stack.esp32.registry import read_status
from stack.parts import fleet

CONTRACTS = Path(__file__).resolve().parents[3] / "stack" / "contracts"


def sample(name: str) -> str:
    return (CONTRACTS / f"esp32.{name}.json").read_text(encoding="utf-8").strip()


def shape(document: dict[str, Any]) -> dict[str, str]:
    kinds = {int: "number", float: "number", str: "text"}
    return {name: kinds[type(value)] for name, value in document.items()}


def test_a_simulated_node_speaks_the_samples() -> None:
    (node,) = build(1, 5.0, 1, 0.0)
    assert node.will is not None
    assert (node.will.topic, node.will.payload.decode()) == ("iot/node/01/status", sample("will"))
    assert (node.will.qos, node.will.retain) == (1, True)
    (status,) = node.connected(3600.0)
    assert (status.topic, status.retain, shape(json.loads(status.payload))) == (
        "iot/node/01/status", True, shape(json.loads(sample("status"))))
    (ack, *_) = node.receive("iot/node/01/command", sample("command").encode(), 3600.0)
    assert (ack.payload.decode(), ack.retain, ack.topic) == (sample("ack"), False, "iot/node/01/status")
    wrong = sample("command").replace("128", "300")
    (refused, *_) = node.receive("iot/node/01/command", wrong.replace("c-17", "c-18").encode(), 3600.0)
    assert refused.payload.decode() == sample("refused").replace("c-17", "c-18")


def test_the_registry_reads_the_samples_and_the_plain_text_of_lab_01() -> None:
    topic = "iot/node/01/status"
    online = read_status(topic, sample("status").encode(), None, 5.0)
    assert online is not None
    assert online.shown() == {"node_id": "node_01", "topic_id": "01", "status": "online", "firmware": "1.0.0",
                              "wifi_rssi": -65, "uptime": 3600, "last_seen": 5.0}
    for payload in (sample("will").encode(), b"offline"):
        offline = read_status(topic, payload, online, 6.0)
        assert offline is not None
        assert (offline.status, offline.firmware, offline.last_seen) == ("offline", "1.0.0", 6.0)
    assert read_status(topic, sample("ack").encode(), online, 7.0) is None
    plain = read_status("iot/node/node_07/status", b"online", None, 1.0)
    assert plain is not None
    assert (plain.node_id, plain.topic_id, plain.status) == ("node_07", "node_07", "online")


def test_the_brokers_health_has_the_shape_of_the_samples(broker: Endpoint) -> None:
    health = fleet.broker_health(broker)
    assert list(health["status"]) == list(json.loads(sample("broker-status")))
    assert list(health["stats"]) == list(json.loads(sample("broker-stats")))
