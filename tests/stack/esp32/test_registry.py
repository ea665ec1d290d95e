from __future__ import annotations

import json

import paho.mqtt.client as mqtt

from labkit.services import Endpoint
from stack.esp32.registry import Registry


def test_a_registry_that_has_started_knows_every_node_however_many_there_are(
    broker: Endpoint, client: mqtt.Client
) -> None:
    """A broker has 20 messages on the way until some are acknowledged: a rollout once updated no more of a fleet."""
    statuses = {f"iot/node/{number}/status": {"node_id": f"node_{number}", "status": "offline", "firmware": "1.0.0"}
                for number in range(8000, 8060)}
    names = {status["node_id"] for status in statuses.values()}
    try:
        for topic, status in statuses.items():
            client.publish(topic, json.dumps(status), qos=1, retain=True).wait_for_publish(30)
        registry = Registry(broker)
        registry.start()
        known = {node.node_id for node in registry.nodes}
        registry.stop()
    finally:
        for topic in statuses:
            client.publish(topic, b"", qos=1, retain=True).wait_for_publish(30)
    assert names <= known
