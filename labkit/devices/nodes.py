"""Simulated sensor nodes: the telemetry of the ESP32 system, live over MQTT or as a history."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from labkit.devices.signals import Room, Sample
from labkit.errors import KitError

_PATIENCE = 10.0
ROOMS = ("kitchen", "living", "bedroom", "bathroom")
"""The rooms of the course's house that have a sensor."""


class Broker(Protocol):
    """What a node needs to know of a broker; an `Endpoint` of `labkit.services` has it."""

    @property
    def host(self) -> str:
        """Host name or address."""

    @property
    def port(self) -> int:
        """TCP port."""

    @property
    def username(self) -> str:
        """Empty when the broker asks for none."""

    @property
    def password(self) -> str:
        """Empty when the broker asks for none."""


def telemetry(node_id: str, moment: int, sample: Sample, *, rssi: int, uptime: int) -> dict[str, Any]:
    """Return one reading in the telemetry format of the ESP32 system (seed 001, "Data Format").

    Args:
        node_id: such as `"node_01"`.
        moment: seconds since 1970, UTC.
        sample: what the sensor shows.
        rssi: strength of the radio signal in dBm.
        uptime: seconds since the node started.
    """
    return {
        "node_id": node_id,
        "timestamp": moment,
        "sensors": {"temperature": sample.temperature, "humidity": sample.humidity},
        "wifi_rssi": rssi,
        "uptime": uptime,
    }


class ReferenceNode:
    """A node that publishes a reading at fixed intervals until it is stopped.

    Args:
        broker: where to publish.
        node_id: `"01"` or `"node_01"`: the level of the topic `iot/node/{id}/telemetry`, as given. In the payload it
            always has the prefix `node_`.
        interval: seconds between two readings.
        seed: makes the signal; the same seed measures the same at the same moment.

    Raises:
        KitError: the broker cannot be reached or refuses.
        ValueError: the interval is not positive.
    """

    def __init__(self, broker: Broker, node_id: str = "01", interval: float = 1.0, seed: int = 1) -> None:
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        if interval <= 0:
            raise ValueError(f"interval is {interval}: it takes seconds, more than 0")
        self.node_id = node_id if node_id.startswith("node_") else f"node_{node_id}"
        self.topic = f"iot/node/{node_id}/telemetry"
        self.interval = interval
        self.published = 0
        self._random = random.Random(f"{node_id}:{seed}")
        self._now = int(time.time())
        self._room = Room(node_id, seed, self._now)
        self._stop = threading.Event()
        self._accepted = threading.Event()
        self._refusal = ""
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{self.node_id}-{uuid.uuid4().hex[:6]}")
        self._client.on_connect = self._on_connect
        if broker.username:
            self._client.username_pw_set(broker.username, broker.password)
        try:
            self._client.connect(broker.host, broker.port, keepalive=30)
        except OSError as error:
            raise KitError(
                f"The node {self.node_id} could not reach {broker!r}: {error}", fix="start the broker first."
            ) from error
        self._client.loop_start()
        if not self._accepted.wait(_PATIENCE) or self._refusal:
            self._client.loop_stop()
            raise KitError(f"{broker!r} did not let the node {self.node_id} in: {self._refusal or 'no answer'}.")
        self._thread = threading.Thread(target=self._run, name=f"labkit-{self.node_id}", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        state = "stopped" if self._stop.is_set() else f"publishes on {self.topic} every {self.interval:g} s"
        return f"<{self.node_id}: {state}, {self.published} readings so far>"

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._refusal = str(reason) if reason.is_failure else ""
        self._accepted.set()

    def _run(self) -> None:
        started = due = time.monotonic()
        rssi = -60.0
        while True:
            rssi = min(-40.0, max(-85.0, rssi + self._random.gauss(0, 0.5)))
            uptime = int(time.monotonic() - started)
            self._now = max(self._now, int(time.time()))  # the computer's clock may be set back
            reading = telemetry(
                self.node_id, self._now, self._room.sample(self._now), rssi=round(rssi), uptime=uptime
            )
            with contextlib.suppress(ValueError, RuntimeError):
                self._client.publish(self.topic, json.dumps(reading), qos=1)
                self.published += 1
            # By the clock, not by a pause: the rate stays the same however long a step takes.
            due += self.interval
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return

    def stop(self) -> None:
        """Stop publishing and disconnect; no thread stays. A second call does nothing."""
        self._stop.set()
        self._thread.join(_PATIENCE)
        with contextlib.suppress(OSError, ValueError):
            self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> ReferenceNode:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


_started: dict[tuple[str, int, str], ReferenceNode] = {}


def reference_node(broker: Broker, node_id: str = "01", interval: float = 1.0, seed: int = 1) -> ReferenceNode:
    """Start a node that publishes telemetry on `iot/node/{node_id}/telemetry` from a thread; see `ReferenceNode`.

    A node that an earlier call started on the same topic of the same broker is stopped: a cell that is run twice must
    not make two nodes, of which nobody can stop the first.

    Args:
        broker: where to publish.
        node_id: `"01"` or `"node_01"`.
        interval: seconds between two readings.
        seed: makes the signal.
    """
    place = (broker.host, broker.port, node_id)
    if (earlier := _started.pop(place, None)) is not None:
        earlier.stop()
    _started[place] = ReferenceNode(broker, node_id, interval, seed)
    return _started[place]


def history(
    days: float = 30.0,
    rooms: Sequence[str] = ROOMS,
    every: float = 60.0,
    seed: int = 1,
    *,
    end: float | None = None,
    lost: float = 0.003,
) -> Iterator[dict[str, Any]]:
    """Yield the readings of a home, oldest first: telemetry with the name of the room beside it.

    Args:
        days: how far back it goes.
        rooms: names of the rooms; room 1 has node_01, and so on.
        every: seconds between two readings of a room.
        seed: makes the signals and the gaps; the same seed yields the same readings.
        end: the moment after the last reading, seconds since 1970; the last full hour if not given.
        lost: share of readings that a radio loses, 0 to 1.
    """
    stop = int(end if end is not None else time.time() // 3600 * 3600)
    start = stop - int(days * 86_400)
    chance = random.Random(f"history:{seed}")
    homes = [Room(name, seed, start) for name in rooms]
    rssi = [chance.uniform(-75, -50) for _ in rooms]
    for step in range(int((stop - start) // every)):
        moment = int(start + step * every)
        for number, room in enumerate(homes):
            rssi[number] = min(-40.0, max(-85.0, rssi[number] + chance.gauss(0, 0.3)))
            sample, signal = room.sample(moment), round(rssi[number])
            reading = telemetry(f"node_{number + 1:02d}", moment, sample, rssi=signal, uptime=moment - start)
            if chance.random() >= lost:
                yield {**reading, "room": room.name}
