"""MQTT connections of a fleet: one shared by the devices without a will, one each for the others, all in one thread."""

from __future__ import annotations

import contextlib
import functools
import random
import selectors
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from labkit.devices.device import Device, Message
from labkit.devices.nodes import Broker
from labkit.errors import KitError, StudentError

_PATIENCE = 10.0
"""Seconds that a broker may take for its next answer while it lets everybody in and confirms what they subscribe to:
1,000 devices take as long as they take. Also the time to acknowledge what is left at the end."""
_WINDOW = 1000
"""Messages of one connection that the broker has not acknowledged yet. A device that is not connected keeps as many."""
_LONGEST_PAUSE = 30.0
"""Seconds between two tries to connect, at most; they begin at a half and double, with jitter."""


@dataclass(frozen=True, slots=True)
class Address:
    """A broker's address.

    Args:
        host: host name or address.
        port: TCP port.
        username: empty when the broker asks for none.
        password: empty when the broker asks for none.
    """

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)


def secret(environment: Mapping[str, str], name: str) -> str:
    """The value of a variable, or of the file that `NAME_FILE` names; empty when neither is set.

    Raises:
        StudentError: the file cannot be read.
    """
    if path := environment.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            raise StudentError(f"{name}_FILE names {path}, which cannot be read: {error}.",
                               "name a text file.") from None
    return environment.get(name, "")


def broker_address(environment: Mapping[str, str]) -> Address:
    """The broker that MQTT_HOST, MQTT_PORT, MQTT_USERNAME and MQTT_PASSWORD (or …_FILE) name.

    Raises:
        StudentError: the port is no port.
    """
    text = environment.get("MQTT_PORT") or "1883"
    if not (text.isdecimal() and 0 < int(text) < 65_536):
        raise StudentError(f"MQTT_PORT is {text!r}, which is no port.", "give a number from 1 to 65535.")
    return Address(environment.get("MQTT_HOST") or "127.0.0.1", int(text),
                   secret(environment, "MQTT_USERNAME"), secret(environment, "MQTT_PASSWORD"))


class _Link:
    """One MQTT connection and the devices on it."""

    def __init__(self, links: Links, broker: Broker, devices: Sequence[Device], client_id: str) -> None:
        self.devices = devices
        self.up = self.news = False
        self.refusal = ""
        self.waiting = 0
        self.unconfirmed: dict[int, str] = {}  # topic filter by the identifier of the packet that asked for it
        self.retry_at, self.pause = 0.0, 0.5
        self._links, self._broker = links, broker
        self.filters = [(one, device) for device in devices for one in device.subscriptions]
        self.wanted = list(dict.fromkeys(name for name, _ in self.filters))
        client = self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        client.max_inflight_messages_set(_WINDOW)
        client.max_queued_messages_set(_WINDOW)
        if broker.username:
            client.username_pw_set(broker.username, broker.password)
        if len(devices) == 1 and (will := devices[0].will) is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish, client.on_message = self._on_publish, self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_socket_open, client.on_socket_close = self._on_socket_open, self._on_socket_close
        client.on_socket_register_write = client.on_socket_unregister_write = self._on_socket_wish

    @property
    def missing(self) -> int:
        """Answers of the broker that are to come: one to the connection, and one to each subscription."""
        return len(self.unconfirmed) if self.up else 1 + len(self.wanted)

    def connect(self) -> None:
        """Open the connection; the broker's answer comes later. Raises OSError."""
        self.client.connect(self._broker.host, self._broker.port, keepalive=60)

    def _on_connect(self, _c: Any, _u: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.refusal = f"did not let the devices in: {reason}" if reason.is_failure else ""
        if not self.refusal:
            self.up = self.news = True
            self.pause = 0.5
            self.unconfirmed.clear()  # of a connection that was lost
            for topic_filter in self.wanted:
                _, packet = self.client.subscribe(topic_filter, qos=1)
                if packet is not None:  # None: the connection is lost again
                    self.unconfirmed[packet] = topic_filter

    def _on_subscribe(self, _c: Any, _u: Any, packet: int, reasons: Sequence[Any], _properties: Any) -> None:
        topic_filter = self.unconfirmed.pop(packet, "")
        if refused := next((reason for reason in reasons if reason.is_failure), None):
            self.refusal = f"did not let the devices subscribe to {topic_filter}: {refused}"

    def _on_disconnect(self, _c: Any, _u: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        self.up = False
        self.retry_at = time.monotonic() + self.pause * random.uniform(0.5, 1.0)
        self.pause = min(2 * self.pause, _LONGEST_PAUSE)

    def _on_publish(self, *_: Any) -> None:
        self.waiting -= 1
        self._links.acknowledged += 1

    def _on_message(self, _c: Any, _u: Any, message: Any) -> None:
        for topic_filter, device in self.filters:
            if mqtt.topic_matches_sub(topic_filter, message.topic):
                hear = device.receive_retained if message.retain else device.receive
                self._links.inbox.append((device, functools.partial(hear, message.topic, message.payload)))

    def _on_socket_open(self, _c: Any, _u: Any, sock: Any) -> None:
        self._links.selector.register(sock, selectors.EVENT_READ, self)

    def _on_socket_close(self, _c: Any, _u: Any, sock: Any) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._links.selector.unregister(sock)

    def _on_socket_wish(self, client: Any, _u: Any, sock: Any) -> None:
        wish = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.want_write() else 0)
        with contextlib.suppress(KeyError, ValueError):
            self._links.selector.modify(sock, wish, self)


class Links:
    """All connections of a fleet. Not for several threads.

    Args:
        broker: where the devices publish.
        devices: the devices; those with a will get a connection of their own.

    Raises:
        KitError: the broker cannot be reached, does not let the devices in, or does not confirm what they subscribe to.
    """

    def __init__(self, broker: Broker, devices: Sequence[Device]) -> None:
        self.acknowledged = 0
        """Messages that the broker has (with QoS 0: that went to the network)."""
        self.lost = 0
        """Messages that no connection took: it was down, and its store was full."""
        self.inbox: list[tuple[Device, Callable[[float], Iterable[Message]]]] = []
        """What arrived for devices that listen: the device, and what asks it for its answer at a moment."""
        self.selector = selectors.DefaultSelector()
        self._broker = broker
        self._misc_at = 0.0
        # A fleet that is started twice must not throw itself out of the broker.
        run = uuid.uuid4().hex[:6]
        shared = [device for device in devices if device.will is None]
        self._links = [_Link(self, broker, [device], f"{device.id}-{run}") for device in devices if device.will]
        if shared:
            self._links.append(_Link(self, broker, shared, f"{shared[0].kind}-devices-{run}"))
        self._of = {device.id: link for link in self._links for device in link.devices}
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        try:
            _allow_open_files(len(self._links) + 64)
            for link in self._links:
                link.connect()
        except OSError as error:
            raise KitError(f"The devices could not reach the broker at {self._broker.host}:{self._broker.port}: "
                           f"{error}", fix="start the broker first.") from error
        # Who sends a command to a device that has just been started must be heard: not before the subscriptions count.
        missing = fewest = sum(link.missing for link in self._links)
        deadline = time.monotonic() + _PATIENCE
        while missing:
            self.pump(0.1)
            if refusal := next((link.refusal for link in self._links if link.refusal), ""):
                raise self._problem(refusal, "give the devices a login that may do so (MQTT_USERNAME, MQTT_PASSWORD).")
            missing = sum(link.missing for link in self._links)
            # The fewest so far: a broker that lets a device in and throws it out again and again gets nowhere.
            if missing < fewest:
                fewest, deadline = missing, time.monotonic() + _PATIENCE
            elif time.monotonic() > deadline:
                raise self._silence()

    def _silence(self) -> KitError:
        """What the broker owes an answer to: a connection first, then a subscription."""
        what = "did not let the devices in: no answer"
        if all(link.up for link in self._links):
            topic_filter = next(name for link in self._links for name in link.unconfirmed.values())
            what = f"let the devices in, but did not confirm that they subscribe to {topic_filter}: no answer"
        return self._problem(what, "look at the broker's log.")

    def _problem(self, what: str, fix: str) -> KitError:
        return KitError(f"The broker at {self._broker.host}:{self._broker.port} {what}.", fix=fix)

    def publish(self, device: Device, message: Message) -> None:
        """Send a message on the device's connection. Waits while the broker has too much to acknowledge."""
        link = self._of[device.id]
        while link.up and link.waiting >= _WINDOW:
            self.pump(0.1)
        link.waiting += 1
        sent = link.client.publish(message.topic, message.payload, message.qos, message.retain)
        kept = sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS or (
            message.qos > 0 and sent.rc == MQTTErrorCode.MQTT_ERR_NO_CONN)
        if not kept:
            link.waiting -= 1
            self.lost += 1

    def pump(self, seconds: float) -> None:
        """Let the network work.

        Args:
            seconds: how long to wait for something to happen.
        """
        for key, events in self.selector.select(seconds):
            client = key.data.client
            if events & selectors.EVENT_READ:
                client.loop_read()
            if events & selectors.EVENT_WRITE:
                client.loop_write()
        now = time.monotonic()
        if now < self._misc_at:
            return
        self._misc_at = now + 0.25
        for link in self._links:
            if link.client.socket() is not None:
                link.client.loop_misc()  # keep-alive
            elif now >= link.retry_at > 0:
                try:
                    link.client.reconnect()
                except OSError:
                    link._on_disconnect(None, None, None, None, None)

    def unconnected(self) -> int:
        """How many devices have no connection now."""
        return sum(len(link.devices) for link in self._links if not link.up)

    def connected_again(self) -> Iterable[Device]:
        """The devices whose connection was opened since this was last asked."""
        for link in self._links:
            if link.news:
                link.news = False
                yield from link.devices

    def flush(self) -> None:
        """Wait until the broker has what was published, for ten seconds at most."""
        deadline = time.monotonic() + _PATIENCE
        while any(link.up and link.waiting for link in self._links) and time.monotonic() < deadline:
            self.pump(0.05)

    def close(self) -> None:
        """Disconnect in order: no will is published. Safe to call twice."""
        for link in self._links:
            link.client.on_disconnect = None
            with contextlib.suppress(OSError, ValueError):
                link.client.disconnect()
        deadline = time.monotonic() + 1.0
        while any(link.client.socket() is not None for link in self._links) and time.monotonic() < deadline:
            self.pump(0.05)  # each is closed when its farewell is written
        self.selector.close()


def _allow_open_files(count: int) -> None:
    """Raise this process's limit of open files: 1,000 devices with a will are 1,000 sockets."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        with contextlib.suppress(ValueError, OSError):
            most = count if hard == resource.RLIM_INFINITY else min(count, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
