"""Who is in the fleet: read from the retained status messages, so that it is known at once and nobody enters it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from stack.runtime.settings import Broker

_PATIENCE = 5.0
"""Seconds that the broker has for an answer."""
TOPICS = "iot/node/+/status"


@dataclass(frozen=True, slots=True)
class Node:
    """What a node last said of itself.

    Args:
        node_id: its name, such as `"node_01"`.
        topic_id: its level of the topic, `"01"` or `"node_01"`.
        status: `"online"` or `"offline"`.
        firmware: version, None when it did not say.
        wifi_rssi: dBm.
        uptime: seconds.
        last_seen: when its last status arrived here, seconds since 1970. A retained one may be older.
    """

    node_id: str
    topic_id: str
    status: str
    firmware: str | None = None
    wifi_rssi: float | None = None
    uptime: float | None = None
    last_seen: float = 0.0

    def shown(self) -> dict[str, Any]:
        """The node as JSON."""
        return asdict(self)


def node_name(topic_id: str) -> str:
    """The name of a node that is called `01` or `node_01` in topics."""
    return topic_id if topic_id.startswith("node_") else f"node_{topic_id}"


def read_status(topic: str, payload: bytes, before: Node | None, now: float) -> Node | None:
    """Read a message of a status topic.

    Args:
        topic: `iot/node/{id}/status`.
        payload: the JSON of the contract, or the plain text `online` or `offline`.
        before: what was known of the node.
        now: seconds since 1970.

    Returns:
        what is known now; None for an acknowledgement, which says nothing of this, and for an empty payload.

    Raises:
        ValueError: it is no status.
    """
    topic_id = topic.split("/")[2]
    if not payload:  # a retained status that was deleted
        return None
    if payload in (b"online", b"offline"):
        known = before or Node(node_name(topic_id), topic_id, "")
        return replace(known, status=payload.decode(), last_seen=now)
    try:
        document = json.loads(payload)
    except RecursionError as error:
        raise ValueError("JSON within JSON without end") from error
    if not isinstance(document, dict):
        raise ValueError(f"a status is a JSON object, not {document!r:.100}")
    if "ack" in document:
        return None
    status = document.get("status")
    if status not in ("online", "offline"):
        raise ValueError(f"the status is {status!r:.100}, not online or offline")
    known = before or Node(node_name(topic_id), topic_id, "")
    # A will says no more than "offline": what was known before stays known.
    return replace(
        known, status=status, last_seen=now,
        node_id=_typed(document, "node_id", str, known.node_id),
        firmware=_typed(document, "firmware", str, known.firmware),
        wifi_rssi=_typed(document, "wifi_rssi", (int, float), known.wifi_rssi),
        uptime=_typed(document, "uptime", (int, float), known.uptime),
    )


def _typed(document: dict[str, Any], name: str, kind: Any, default: Any) -> Any:
    value = document.get(name, default)
    return value if isinstance(value, kind) and not isinstance(value, bool) else default


class Registry:
    """Follows the status topics of all nodes over a connection of its own.

    Args:
        broker: where to listen.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._nodes: dict[str, Node] = {}
        self._changed = threading.Condition()
        self._complete = threading.Event()
        self._refusal = ""
        self._subscribed = 0
        self.received = self.rejected = 0
        self._client: mqtt.Client | None = None

    def start(self) -> None:
        """Connect, and return when all nodes that the broker knows are known here.

        Raises:
            ConnectionError: the broker cannot be reached, refuses, or does not answer.
        """
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(self._broker.username or None, self._broker.password or None)
        client.reconnect_delay_set(1, 10)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        place = f"{self._broker.host}:{self._broker.port}"
        self._refusal = ""
        self._complete.clear()
        try:
            client.connect(self._broker.host, self._broker.port, keepalive=15)
        except OSError as error:
            raise ConnectionError(f"the broker at {place} cannot be reached: {error}") from error
        client.loop_start()
        self._client = client
        if not self._complete.wait(_PATIENCE) or self._refusal:
            self.stop()
            raise ConnectionError(f"the broker at {place} {self._refusal or 'does not answer'}")

    def stop(self) -> None:
        """Disconnect; no thread stays."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None

    @property
    def nodes(self) -> list[Node]:
        """Every node that is known, by its name."""
        with self._changed:
            return sorted(self._nodes.values(), key=lambda node: node.node_id)

    def find(self, name: str) -> Node | None:
        """A node by its name or by its level of the topic.

        Args:
            name: `"node_01"` or `"01"`.
        """
        with self._changed:
            return next((node for node in self._nodes.values() if name in (node.node_id, node.topic_id)), None)

    def wait_for(self, name: str, test: Callable[[Node], bool], timeout: float) -> bool:
        """Wait until a node is as wanted.

        Args:
            name: of the node.
            test: is asked whenever something has changed.
            timeout: seconds.
        """
        def wanted() -> bool:
            node = self._nodes.get(name) or next((n for n in self._nodes.values() if n.node_id == name), None)
            return node is not None and test(node)

        with self._changed:
            return self._changed.wait_for(wanted, timeout)

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._refusal = f"refuses: {reason}"
            self._complete.set()
            return
        # Twice: the broker works in order, so its second answer says that every retained status has been sent. First
        # without acknowledgements: with QoS 1 a broker sends some messages (Mosquitto 20) and keeps the others until
        # those are acknowledged, and its second answer overtakes them.
        self._subscribed = 0
        client.subscribe(TOPICS, qos=0)
        client.subscribe(TOPICS, qos=1)

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        self._subscribed += 1
        if reasons[0].is_failure:
            self._refusal = f"refuses the subscription to {TOPICS}"
        if self._subscribed == 2:
            self._complete.set()

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        topic_id = message.topic.split("/")[2]
        with self._changed:
            self.received += 1
            try:
                node = read_status(message.topic, bytes(message.payload), self._nodes.get(topic_id), time.time())
            except ValueError:
                self.rejected += 1
                return
            if node is not None:
                self._nodes[topic_id] = node
            elif not message.payload:
                self._nodes.pop(topic_id, None)
            self._changed.notify_all()
