"""The frame of the connector: it keeps the connection to the broker, reads, and knows repeats.

What a message becomes in Kafka, and when it is acknowledged, is the part's business.
"""

from __future__ import annotations

import select
import threading
import time
from collections import deque
from typing import Any, NamedTuple, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from stack.f2.acks import Acks
from stack.f2.kafka import Outbox, make_topics
from stack.f2.letters import dead_letter, to_iso
from stack.f2.problems import described
from stack.f2.repeats import Repeats, Taken

PATIENCE = 10.0
"""Seconds that Kafka may take for what was read, when the connector is to stop."""


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str


class Arrival(NamedTuple):
    """A message that is not acknowledged yet. Several arrivals of one message have the same `taken`."""

    taken: Taken
    mid: int
    qos: int
    connection: int  # a message is acknowledged on the connection that brought it


class Intake:
    """Read messages from MQTT, each handed to `take`; `acknowledge` is called again and again. One thread does it all.

    Args:
        broker: where the broker is: host, port, username, password.
        bootstrap: where Kafka is: host:port.
        topic_filter: what to subscribe to. Several connectors share `$share/f2/cmnd/#`.
        client_id: the name under which the broker keeps the session; each connector has its own.
        raw_topic: the Kafka topic that gets the messages.
        dead_letter_topic: the Kafka topic that gets what no record can hold.
        window: most messages that may be unacknowledged; with so many, no more are read.
        repeat_window: seconds; 0: never take a message for a controller's repeat.
    """

    name = "f2-connector"

    def __init__(
        self, broker: Broker, bootstrap: str, *, topic_filter: str = "cmnd/#", client_id: str = "f2-connector",
        raw_topic: str = "raw_iot_data", dead_letter_topic: str = "dead_letter_iot_data",
        window: int = 5000, repeat_window: float = 2.0,
    ) -> None:
        self.broker, self.bootstrap, self.topic_filter, self.client_id = broker, bootstrap, topic_filter, client_id
        self.raw_topic, self.dead_letter_topic = raw_topic, dead_letter_topic
        self.window, self.repeat_window = window, repeat_window
        self.stats: dict[str, Any] = {"received": 0, "stored": 0, "rejected": 0, "duplicates": 0, "error": None}
        self.stopping = threading.Event()
        self.thread: threading.Thread | None = None
        self.fault: str | None = None  # what the part has raised, until a message is acknowledged
        self.waiting: deque[Arrival] = deque()  # messages that are not acknowledged yet, oldest first

    def take(self, taken: Taken) -> None:
        """Hand a new message to Kafka."""
        raise NotImplementedError

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has."""
        raise NotImplementedError

    # What `take` and `acknowledge` use.

    def put_aside(self, taken: Taken, key: str | None) -> None:
        """Send a dead letter in place of a message that is too large for Kafka."""

        def rejected() -> None:
            taken.delivered = True
            self.stats["rejected"] += 1

        reason = f"Kafka takes no record of {len(taken.payload)} bytes"
        letter = dead_letter("TOO_LARGE", reason, taken.topic, taken.payload, to_iso(taken.time))
        self.outbox.send(self.dead_letter_topic, key, letter, delivered=rejected)

    def ack(self, arrival: Arrival) -> None:
        """Tell the broker that a message is safe, if it still is the connection that brought it."""
        if arrival.connection == self.connection:
            if arrival.qos:  # subscribed with QoS 1, so never 2
                self.acks.add(arrival.mid)
            self.fault = self.stats["error"] = None

    # The frame.

    def start(self) -> None:
        """Connect, subscribe, and begin to move messages.

        Raises:
            ConnectionError: the broker or Kafka does not answer within 5 s, or the broker refuses.
        """
        make_topics(self.bootstrap, self.raw_topic, self.dead_letter_topic)
        self.outbox = Outbox(self.bootstrap, self.raw_topic, self.dead_letter_topic)
        self.repeats = Repeats(self.client_id, self.repeat_window)
        self.repeats.recall(self.bootstrap, self.raw_topic, 4 * self.window)
        self.waiting.clear()
        self.acks = Acks()
        self.connection = 1  # counts connections
        self.since, self.pause = time.monotonic(), 0.0  # when the last connection was made; seconds before the next
        self.refusal = ""
        self.subscribed = False
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=self.client_id, clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(self.broker.username or None, self.broker.password or None)
        self.client.on_connect, self.client.on_subscribe = self.on_connect, self.on_subscribe
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port, keepalive=20)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        deadline = time.monotonic() + 5
        while not self.subscribed:
            lost = self.read(0.1)
            if self.refusal or lost or time.monotonic() > deadline:
                self.client.disconnect()
                why = self.refusal or (mqtt.error_string(lost) if lost else "no subscription within 5 s")
                raise ConnectionError(f"the broker at {place}: {why}")
        self.stopping.clear()
        self.thread = threading.Thread(target=self.run, name=self.name, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Let Kafka have what was read, acknowledge it, and disconnect."""
        self.stopping.set()
        if self.thread is None:  # it was never started, or the broker was away then
            return
        self.thread.join(PATIENCE)
        if self.thread.is_alive():
            self.stats["error"] = f"it did not stop within {PATIENCE:g} s: does every loop of it end?"

    def run(self) -> None:
        """Read, and acknowledge what Kafka has, until the connector stops."""
        while not self.stopping.is_set():
            try:
                if lost := self.step():
                    self.reconnect(self.away(mqtt.error_string(lost)))
            except Exception as error:  # ours: what is not acknowledged comes again on a new connection
                self.fault = self.stats["error"] = described(error)
                self.client.disconnect()
                self.stopping.wait(0.5)
                self.reconnect(self.fault)
        self.outbox.producer.flush(5)
        try:
            self.outbox.serve()
            self.acknowledge()
            self.acks.send(self.client)
        except Exception as error:  # ours: what is not acknowledged comes again to the next connector
            self.stats["error"] = described(error)
        self.client.disconnect()

    def step(self) -> int:
        """Read some messages and acknowledge some; paho's number of what is wrong with the connection, or 0."""
        if len(self.waiting) < self.window:
            lost = self.read(0.002 if self.waiting else 0.1)
        else:  # Kafka is slow or away: what is not read, the broker keeps
            lost = self.client.loop_misc()
            self.outbox.serve(0.05)
        self.outbox.serve()
        self.acknowledge()
        self.acks.send(self.client)
        if self.waiting and time.time() - self.waiting[0].taken.time / 1e6 > 3:
            self.stats["error"] = self.outbox.mend() or self.stats["error"]
        return lost

    def read(self, timeout: float) -> int:
        """Wait for packets, and handle some; paho's `loop` would wait again before each.

        Returns:
            0, or paho's number of what is wrong with the connection.
        """
        try:
            if (connected := self.client.socket()) is None:
                return int(mqtt.MQTT_ERR_NO_CONN)
            select.select([connected], [], [], timeout)
        except (ValueError, OSError):  # it was closed
            return int(mqtt.MQTT_ERR_NO_CONN)
        for _ in range(50):
            before = self.stats["received"]
            if lost := self.client.loop_read():
                return lost
            if self.stats["received"] == before:
                break
        return self.client.loop_write() if self.client.want_write() else self.client.loop_misc()

    def away(self, reason: object) -> str:
        """Say that there is no connection to the broker."""
        return f"no broker at {self.broker.host}:{self.broker.port}: {reason}"

    def reconnect(self, problem: str) -> None:
        """Connect again, as long as it takes: at once when the connection had held for a while, else ever later.

        A broker that lets us in and closes at once (wrong password, another client with our name) is not stormed.
        """
        self.repeats.suspect()
        if time.monotonic() - self.since > 10:
            self.pause = 0.0
        while not self.stopping.is_set():
            self.stats["error"] = problem
            try:
                self.outbox.serve()
            except Exception as error:
                self.fault = self.stats["error"] = problem = described(error)
            if self.stopping.wait(self.pause):
                return
            self.pause = min(2.0, 2 * self.pause or 0.1)
            self.connection += 1  # what the last one brought is acknowledged to nobody
            self.acks.clear()
            try:
                self.client.reconnect()
                self.since = time.monotonic()
                return
            except OSError as error:
                problem = self.away(error)

    # What paho calls, from `read`.

    def on_connect(self, client: Any, _userdata: Any, flags: Any, reason: Any, _properties: Any) -> None:
        """Subscribe, also to a session that is still there: Mosquitto 2.0 forgets shared subscriptions when it ends."""
        if reason.is_failure:
            self.refusal = self.stats["error"] = str(reason)
            return
        self.subscribed = False  # what was granted on the last connection says nothing of this one
        if not flags.session_present:
            self.repeats.forget_packets()
        client.subscribe(self.topic_filter, qos=1)
        self.stats["error"] = self.fault

    def on_subscribe(self, _client: Any, _userdata: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        """Note whether the broker grants the subscription."""
        if reasons[0].is_failure:
            self.refusal = f"refused the subscription to {self.topic_filter}: {reasons[0]}"
        self.subscribed = not reasons[0].is_failure

    def on_message(self, _client: Any, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        """Hand a message to `take`, unless it is a repeat of one that was taken before."""
        self.stats["received"] += 1
        payload = bytes(message.payload)
        try:
            topic = message.topic
        except UnicodeDecodeError:  # a broker should not let it through
            topic = ""
        mid = message.mid if message.qos else 0
        taken = self.repeats.find(topic, payload, mid, marked=message.dup, retained=message.retain)
        if taken:
            self.stats["duplicates"] += 1
        else:
            taken = self.repeats.new(topic, payload, mid)
            self.take(taken)
        self.repeats.remember(mid, taken)
        self.waiting.append(Arrival(taken, message.mid, message.qos, self.connection))
