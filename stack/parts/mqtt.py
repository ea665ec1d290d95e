# Part 'mqtt' of the house: the cells `%%part mqtt` of solutions/01-mqtt-basics.
# Made by `grader release`. Edit it there, not here.

"""MQTT for the house: connect, name topics, match filters, publish, collect, be present."""

import json
import logging
import queue
import threading
import time
from concurrent.futures import Future
from typing import Protocol

import paho.mqtt.client as mqtt

log = logging.getLogger("mqtt")


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str


ANSWER_TIMEOUT = 2.0  # how long to wait for an answer of the broker, in seconds


def connect(broker: Broker) -> mqtt.Client:
    """Connect to a broker.

    Args:
        broker: where it is, and how to log in.

    Returns:
        A client that the broker has accepted. Its network thread runs.

    Raises:
        ConnectionError: nobody listens, the broker refuses, or it does not answer.
    """
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    begin(client, broker)
    return client


def begin(client: mqtt.Client, broker: Broker, welcome=None) -> None:
    """Connect a client that was made before, and return once the broker has accepted it.

    Args:
        client: not connected yet.
        broker: where to connect, and how to log in.
        welcome: is called with the client after every CONNACK that accepts, so again after each reconnection.
    """
    answer: Future[str] = Future()  # empty text: accepted; else what is wrong

    def on_connect(client, userdata, flags, reason, properties):
        if welcome is not None and not reason.is_failure:
            welcome(client)
        if not answer.done():
            answer.set_result(str(reason) if reason.is_failure else "")

    def on_disconnect(client, userdata, flags, reason, properties):
        if not answer.done():
            answer.set_result("the broker closed the connection without an answer")

    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    client.on_connect, client.on_disconnect = on_connect, on_disconnect
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        problem = answer.result(timeout=ANSWER_TIMEOUT)
    except TimeoutError:
        problem = f"no answer within {ANSWER_TIMEOUT:g} s"
    except OSError as error:
        problem = str(error)
    if problem:
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {problem}")


KINDS = ("telemetry", "command", "status")


def node_topic(node_id: str, kind: str) -> str:
    """Build the topic of a node.

    Args:
        node_id: the node's id, one level of the topic.
        kind: one of KINDS.

    Raises:
        ValueError: the id cannot be a level of a topic, or the kind is unknown.
    """
    if not node_id or any(character in node_id for character in "+#/\0"):
        raise ValueError(f"not an id of a node: {node_id!r}")
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}: use one of {', '.join(KINDS)}")
    return f"iot/node/{node_id}/{kind}"


def parse_node_topic(topic: str) -> tuple[str, str]:
    """Take the topic of a node apart.

    Args:
        topic: such as "iot/node/node_01/telemetry".

    Returns:
        The node's id and the kind.

    Raises:
        ValueError: `node_topic` cannot have built it.
    """
    levels = topic.split("/")
    if len(levels) != 4 or levels[:2] != ["iot", "node"]:
        raise ValueError(f"not a topic of a node: {topic!r}")
    node_id, kind = levels[2:]
    node_topic(node_id, kind)  # refuses what is wrong with either
    return node_id, kind


def topic_matches(topic_filter: str, topic: str) -> bool:
    """Whether a subscription receives a message.

    Args:
        topic_filter: what was subscribed to.
        topic: the topic of the message.

    Raises:
        ValueError: the filter is malformed.
    """
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if not topic_filter or "\0" in topic_filter:
        raise ValueError(f"not a topic filter: {topic_filter!r}")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError(f"a wildcard must be a whole level: {topic_filter!r}")
    if "#" in wanted[:-1]:
        raise ValueError(f"'#' must be the last level: {topic_filter!r}")

    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)


def publish_reading(client: mqtt.Client, reading: dict, *, retain: bool = False) -> None:
    """Publish a reading as JSON, and return once the broker has acknowledged it.

    Args:
        client: connected.
        reading: the telemetry of a node, with its `node_id`.
        retain: whether the broker keeps it for later subscribers.

    Raises:
        ValueError: the reading has no node_id, or JSON cannot carry it.
        ConnectionError: the broker has not acknowledged it.
    """
    if "node_id" not in reading:
        raise ValueError(f"a reading needs a node_id: {reading!r}")
    topic = node_topic(reading["node_id"], "telemetry")
    payload = json.dumps(reading, ensure_ascii=False, allow_nan=False).encode()

    sent = client.publish(topic, payload, qos=1, retain=retain)
    try:
        sent.wait_for_publish(ANSWER_TIMEOUT)
        acknowledged = sent.is_published()
    except RuntimeError:  # so paho says that there is no connection
        acknowledged = False
    if not acknowledged:
        raise ConnectionError(f"the broker has not acknowledged a reading for {topic}")


def collect(broker: Broker, topic_filter: str, count: int, timeout: float) -> list[tuple[str, dict]]:
    """Gather readings.

    Args:
        broker: where to listen.
        topic_filter: what to subscribe to.
        count: how many readings to gather.
        timeout: the longest time to gather, in seconds.

    Returns:
        Topic and reading of each message, in order; fewer than `count` when the time is over.

    Raises:
        ValueError: `count` is less than 1, or the filter is malformed.
        ConnectionError: there is no broker, or it does not want us.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    readings: list[tuple[str, dict]] = []
    skipped = 0
    arrived: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
    end = time.monotonic() + timeout

    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                readings.append((message.topic, parse_reading(message.payload)))
            except ValueError:
                skipped += 1
    except queue.Empty:
        pass  # the time is over: what there is, is the result
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("%s: skipped %d malformed messages", topic_filter, skipped)
    return readings


def parse_reading(payload: bytes) -> dict:
    """Read a payload.

    Raises:
        ValueError: it is not a JSON object in UTF-8.
    """
    try:
        reading = json.loads(payload.decode("utf-8"), parse_constant=refuse_constant)
    except RecursionError:
        raise ValueError("brackets in brackets without end") from None
    if not isinstance(reading, dict):
        raise ValueError("JSON, but not an object")
    return reading


def refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(f"{name} is not JSON")


def presence(broker: Broker, node_id: str) -> mqtt.Client:
    """Connect a node that is seen to be online, seen to be offline, and loses no command.

    Args:
        broker: where to connect.
        node_id: the node's id, also its client id.

    Returns:
        The client. Its user data is a queue with the payloads of the node's commands.

    Raises:
        ConnectionError: there is no broker, or it does not want us.
        ValueError: this cannot be the id of a node.
    """
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client: mqtt.Client) -> None:
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Node(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Node(mqtt.Client):
    """A client that says `offline` before it leaves: after DISCONNECT the broker does not publish the will."""

    status: str

    def disconnect(self, *arguments, **options) -> mqtt.MQTTErrorCode:
        if self.is_connected():
            self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)
