"""ESP32 nodes of the house (seed 001): telemetry, status, last will, commands with acknowledgement, firmware updates.

| topic | direction | QoS, retained | payload |
|---|---|---|---|
| `iot/node/{id}/telemetry` | out | 1, no | `stack/contracts/telemetry.md` |
| `iot/node/{id}/status` | out | 1, yes | `{"node_id","status","uptime","wifi_rssi","firmware"}`; will: the first two |
| `iot/node/{id}/command` | in | 1, no | `{"id","command","params"}`, see `esp32_commands` |
| `iot/node/{id}/status` | out | 1, no | `{"node_id","ack":{"id","command","ok"}}`, refused: with `"reason"` |

The node written in C++ is in `firmware/`; this one is for fleets. It does not fetch the image of a firmware update: it
checks the manifest, and then says that it runs the new version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from labkit.devices import esp32_commands as commands
from labkit.devices.device import Device, Message
from labkit.devices.esp32_commands import Command, RefusedError
from labkit.devices.nodes import telemetry
from labkit.devices.registry import FleetKind
from labkit.devices.signals import Room, Sample

FIRMWARE = "1.0.0"
"""The version that a new node runs."""
STATUS_EVERY = 60.0
"""Seconds between two status messages."""
BOOT_SECONDS = 3.0
"""How long a restart takes."""


class Esp32Node(Device):
    """A board with a DHT22 and an LED.

    Args:
        number: 1 for node_01, and so on.
        interval: seconds between two readings.
        seed: of the whole fleet.
        start: the first moment, seconds since 1970, UTC.
        firmware: the version that it runs.
    """

    def __init__(self, number: int, interval: float = 5.0, seed: int = 1, start: float = 0.0,
                 firmware: str = FIRMWARE) -> None:
        super().__init__("esp32", f"node_{number:02d}", interval, seed)
        self.topic = f"iot/node/{number:02d}"
        self.subscriptions = (f"{self.topic}/command",)
        self.will = Message(f"{self.topic}/status", _json({"node_id": self.id, "status": "offline"}), retain=True)
        self.firmware, self.earlier_firmware = firmware, ""
        self.led_on, self.brightness = False, 255
        self._room = Room(self.id, seed, start)
        self._rssi = self.random.uniform(-75.0, -50.0)
        self._booted = start
        self._status_due = start + STATUS_EVERY
        self._answered: tuple[Command, Message] | None = None

    def connected(self, now: float) -> Iterable[Message]:
        """Its status, retained: whoever subscribes later sees it too."""
        return [self._status(now)]

    def step(self, now: float) -> Iterable[Message]:
        """A reading, and every minute the status; nothing while it starts again."""
        self._rssi = min(-40.0, max(-85.0, self._rssi + self.random.gauss(0, 0.5)))
        sample = self._room.sample(now)  # the room goes on while the node is off
        if now < self._booted:
            return
        if now >= self._status_due:
            yield self._status(now)
        shown = Sample(round(self.measured("temperature", sample.temperature, now), 1),
                       min(max(round(self.measured("humidity", sample.humidity, now), 1), 0.0), 100.0))
        reading = telemetry(self.id, int(self.stamp(now)), shown, rssi=round(self._rssi), uptime=self._uptime(now))
        yield Message(f"{self.topic}/telemetry", _json(reading), time=now)

    def receive(self, topic: str, payload: bytes, now: float) -> Iterable[Message]:  # noqa: ARG002 - it has one topic
        """Carry a command out, or refuse it; either is acknowledged. One that comes twice is carried out once."""
        command = commands.parse_command(payload)
        if self._answered is not None and command.id and self._answered[0] == command:
            return [self._answered[1]]
        further: list[Message] = []
        refusal = command.refusal
        if not refusal:
            try:
                further = self._carry_out(command, now)
            except RefusedError as error:
                refusal = str(error)
        answer = self._acknowledge(command, refusal, now)
        self._answered = command, answer
        return [answer, *further]

    def receive_retained(self, topic: str, payload: bytes, now: float) -> Iterable[Message]:  # noqa: ARG002
        """Refuse a retained command: it would be carried out again after each new connection."""
        return [self._acknowledge(commands.parse_command(payload), "a command must not be retained", now)]

    def leaving(self, now: float) -> Iterable[Message]:
        """Its status, as the will has it: it is switched off in order."""
        return [self._offline(now)]

    def _carry_out(self, command: Command, now: float) -> list[Message]:
        if now < self._booted:
            raise RefusedError("the node is about to restart")
        actions: dict[str, Callable[[Mapping[str, Any], float], list[Message]]] = {
            "set_led": self._set_led, "set_interval": self._set_interval, "restart": self._restart,
            "update_firmware": self._update, "rollback_firmware": self._roll_back,
        }
        if command.name not in actions:
            raise RefusedError(f"unknown command '{command.name}'")
        return actions[command.name](command.params, now)

    def _set_led(self, params: Mapping[str, Any], _now: float) -> list[Message]:
        self.led_on, self.brightness = commands.read_led(params, self.brightness)
        return []

    def _set_interval(self, params: Mapping[str, Any], now: float) -> list[Message]:
        self.interval = commands.read_interval(params)
        self.next_step = now + self.interval
        return []

    def _restart(self, params: Mapping[str, Any], now: float) -> list[Message]:
        commands.check_keys(params)
        return self._boot(now)

    def _update(self, params: Mapping[str, Any], now: float) -> list[Message]:
        version = commands.check_manifest(params, self.firmware)
        self.earlier_firmware, self.firmware = self.firmware, version
        return self._boot(now)

    def _roll_back(self, params: Mapping[str, Any], now: float) -> list[Message]:
        commands.check_keys(params)
        if not self.earlier_firmware:
            raise RefusedError("there is no earlier firmware")
        self.firmware, self.earlier_firmware = self.earlier_firmware, ""
        return self._boot(now)

    def _boot(self, now: float) -> list[Message]:
        self._booted = self._status_due = self.next_step = now + BOOT_SECONDS
        return [self._offline(now)]

    def _uptime(self, now: float) -> int:
        return max(0, int(now - self._booted))

    def _status(self, now: float) -> Message:
        self._status_due = now + STATUS_EVERY
        document = {"node_id": self.id, "status": "online", "uptime": self._uptime(now),
                    "wifi_rssi": round(self._rssi), "firmware": self.firmware}
        return Message(f"{self.topic}/status", _json(document), retain=True, time=now)

    def _offline(self, now: float) -> Message:
        assert self.will is not None
        return Message(self.will.topic, self.will.payload, retain=True, time=now)

    def _acknowledge(self, command: Command, refusal: str, now: float) -> Message:
        ack: dict[str, Any] = {"id": command.id} if command.id else {}
        ack |= {"command": command.name} if command.name else {}
        ack |= {"ok": False, "reason": refusal} if refusal else {"ok": True}
        return Message(f"{self.topic}/status", _json({"node_id": self.id, "ack": ack}), time=now)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def build(count: int, interval: float, seed: int, start: float) -> Sequence[Esp32Node]:
    """Make the nodes of a house.

    Args:
        count: how many.
        interval: seconds between two readings of a node.
        seed: of the whole fleet.
        start: the first moment, seconds since 1970, UTC.
    """
    return [Esp32Node(number, interval, seed, start) for number in range(1, count + 1)]


FLEET = FleetKind(
    name="esp32", title="ESP32 nodes with temperature and humidity", count=3, interval=5.0, build=build,
)
