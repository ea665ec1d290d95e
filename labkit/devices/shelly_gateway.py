"""A simulated Shelly Pro 2 as Bluetooth gateway: RPC frames over MQTT, in the ways in which sensors reach MQTT.

| way | who decodes | what it publishes |
|---|---|---|
| `script` | the official script ble-shelly-blu, with its faults | `NotifyEvent`, event `shelly-blu` |
| `native` | firmware 1.3 and later, for paired sensors | `NotifyStatus` of `bthomedevice` and `bthomesensor` |
| `forward` | nobody: a script passes on what it hears | `<prefix>/events/ble`, service data in hexadecimal |

Frames: shelly-api-docs, Gen2, Notifications and RPCProtocol; stack/contracts/shelly.md has samples.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from labkit.devices.device import Device, Message
from labkit.devices.shelly_ble import ENCRYPTED, SERVICE_UUID
from labkit.devices.shelly_rpc import Rpc
from labkit.devices.shelly_sensor import Advertisement, Air
from labkit.devices.shelly_status import FIRST, OBJECTS, PAIRED_MOST, Paired, switch, system

Way = Literal["script", "native", "forward"]
_RELAYS = 2
_PRESSES = {1: "single_push", 2: "double_push", 3: "triple_push", 4: "long_push", 0x80: "long_push"}
_FACTORS = {0x00: ("pid", 1, 1), 0x01: ("battery", 1, 1), 0x2E: ("humidity", 1, 1), 0x3A: ("button", 1, 1),
            0x45: ("temperature", 2, 0.1)}
"""The objects of a BLU H&T: name in the script, bytes, factor. Temperature is signed."""


class Gateway(Device):
    """A Shelly Pro 2 with an MQTT connection of its own.

    Args:
        id: its hardware id, `shellypro2-` and twelve hexadecimal digits, lower case.
        air: where it hears.
        way: how it passes sensors on.
        paired: address and name of the sensors of a native gateway; a script hears all.
        keys: of sensors that encrypt, by address, for a native gateway.
        prefix: of its topics, if it was renamed; it may contain `/`.
        joined: whether a native gateway says all of an advertisement in one frame, or each component in its own.
        status_ntf: whether it also publishes on `<prefix>/status/…`.
        interval: seconds between two looks at what was heard.
        seed: of the whole fleet.

    Raises:
        ValueError: more sensors than a gateway can be paired with.
    """

    battery_powered = True
    """It is not; but a fleet that shall have low batteries means its sensors, and must not be refused."""

    def __init__(self, id: str, air: Air, way: Way = "script", *, paired: Iterable[tuple[str, str | None]] = (),
                 keys: dict[str, bytes] | None = None, prefix: str | None = None, joined: bool = False,
                 status_ntf: bool = False, interval: float = 1.0, seed: int = 1) -> None:
        super().__init__("shelly", id, interval, seed)
        self.way, self.prefix, self.joined, self.status_ntf = way, prefix or id, joined, status_ntf
        self.keys = keys or {}
        self.paired = {
            address: Paired(address, name, FIRST + index, FIRST + index * len(OBJECTS))
            for index, (address, name) in enumerate(paired)
        }
        if len(self.paired) > PAIRED_MOST:
            raise ValueError(f"{len(self.paired)} sensors: a gateway can be paired with {PAIRED_MOST}")
        self.relays = [False] * _RELAYS
        self.revision = 1
        self.will = self._message("online", b"false", 0.0, retain=True)
        self.subscriptions = (f"{self.prefix}/rpc", f"{self.prefix}/command", f"{self.prefix}/command/+")
        self._air = air
        self._started: float | None = None
        self._last_pid = -1  # of the script: one for all sensors
        self._rpc = Rpc(self)
        air.listen(id)

    # What it says

    def connected(self, now: float) -> Iterable[Message]:
        """`online`, retained, and the status of everything."""
        yield self._message("online", b"true", now, retain=True)
        yield self.notify("NotifyFullStatus", self.status(now), now)

    def leaving(self, now: float) -> Iterable[Message]:
        """A Shelly that is switched off by its button says goodbye."""
        yield self._message("online", b"false", now, retain=True)

    def step(self, now: float) -> Iterable[Message]:
        """Pass on what was heard since the last step."""
        ways: dict[Way, Callable[[Advertisement, int, float], Iterable[Message]]] = {
            "script": self._script, "native": self._native, "forward": self._forward,
        }
        for advertisement, rssi in self._air.heard(self.id, now):
            yield from ways[self.way](advertisement, rssi, round(self.stamp(advertisement.time), 2))

    def receive(self, topic: str, payload: bytes, now: float) -> Iterable[Message]:
        """Answer RPC requests and commands; anything else is ignored, as the device does."""
        if topic == f"{self.prefix}/rpc":
            return self._rpc.answer(payload, now)
        return self._rpc.command(topic.removeprefix(f"{self.prefix}/command").lstrip("/"), payload, now)

    # The three ways

    def _script(self, advertisement: Advertisement, rssi: int, moment: float) -> Iterable[Message]:
        values = _decode(advertisement.service_data)
        if values is None:
            return  # encrypted: the script drops it
        # One variable for all sensors, as in the script: two sensors with one number in a row lose a reading, and
        # sensors that alternate let copies through.
        if values["pid"] == self._last_pid:
            return
        self._last_pid = values["pid"]
        data = {"encryption": False, "BTHome_version": 2, **values, "rssi": rssi, "address": advertisement.address}
        event = {"component": "script:1", "id": 1, "event": "shelly-blu", "data": data, "ts": moment}
        yield self.notify("NotifyEvent", {"events": [event]}, moment)

    def _native(self, advertisement: Advertisement, rssi: int, moment: float) -> Iterable[Message]:
        sensor = self.paired.get(advertisement.address)
        if sensor is None:
            return
        values = _decode(advertisement.service_data, advertisement.address, self.keys.get(advertisement.address))
        if values is None or values["pid"] == sensor.device.get("packet_id"):
            return
        # The firmware counts in decimals: 21.7, not 21.700000000000003.
        clean = {"battery": values["battery"], "humidity": values["humidity"], "packet_id": values["pid"],
                 "temperature": round(values["temperature"], 1)}
        sensor.heard(clean, rssi, int(moment))
        status = sensor.status()
        for part in [status] if self.joined else [{key: value} for key, value in status.items()]:
            yield self.notify("NotifyStatus", part, moment)
        if self.status_ntf:
            for key, value in status.items():
                yield self._message(f"status/{key}", _json(value), moment)
        if press := _PRESSES.get(values.get("button", 0)):
            event = {"component": f"bthomedevice:{sensor.number}", "id": sensor.number, "event": press, "idx": 0,
                     "ts": moment}
            yield self.notify("NotifyEvent", {"events": [event]}, moment)

    def _forward(self, advertisement: Advertisement, rssi: int, moment: float) -> Iterable[Message]:
        frame = {
            "scriptVersion": "1.0", "src": self.id, "srcScript": {"id": 1}, "ts": moment,
            "srcBle": {"mac": advertisement.address, "rssi": rssi}, "payload": advertisement.service_data.hex(),
        }
        yield self._message("events/ble", _json(frame), moment)

    # Frames

    def notify(self, method: str, params: dict[str, Any], now: float) -> Message:
        """Write a notification.

        Args:
            method: such as `"NotifyStatus"`.
            params: without `ts`.
            now: seconds since 1970, UTC, by the device's clock.
        """
        frame = {"src": self.id, "dst": f"{self.prefix}/events", "method": method,
                 "params": {"ts": round(now, 2), **params}}
        return self._message("events/rpc", _json(frame), now)

    def status(self, now: float) -> dict[str, Any]:
        """The status of all components.

        Args:
            now: seconds since 1970, UTC.
        """
        self._started = now if self._started is None else self._started
        script = {"id": 1, "running": self.way != "native", "mem_used": 4316, "mem_peak": 7142, "mem_free": 20884}
        return {
            "ble": {}, **{key: value for sensor in self.paired.values() for key, value in sensor.status().items()},
            "bthome": {}, "cloud": {"connected": False}, "mqtt": {"connected": True}, "script:1": script,
            **{f"switch:{number}": switch(number, output, "init") for number, output in enumerate(self.relays)},
            "sys": system(self.id, int(now - self._started), self.stamp(now), self.revision),
            "wifi": {"sta_ip": "192.168.1.30", "status": "got ip", "ssid": "house", "rssi": -57},
            "ws": {"connected": False},
        }

    def switch_relay(self, number: int, output: bool, now: float) -> Iterable[Message]:
        """Switch a relay, and say so.

        Args:
            number: 0 or 1.
            output: whether it shall be on.
            now: seconds since 1970, UTC.
        """
        self.relays[number] = output
        status = switch(number, output, "MQTT")
        yield self.notify("NotifyStatus", {f"switch:{number}": status}, self.stamp(now))
        if self.status_ntf:
            yield self._message(f"status/switch:{number}", _json(status), now)

    def _message(self, topic: str, payload: bytes, now: float, *, retain: bool = False) -> Message:
        return Message(f"{self.prefix}/{topic}", payload, qos=1, retain=retain, time=now)


def _json(frame: object) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def _decode(service_data: bytes, address: str = "", key: bytes | None = None) -> dict[str, Any] | None:
    """Decode what a BLU H&T sends, as the script does: raw times factor, whatever floating point makes of it.

    Returns:
        None for a frame that is encrypted and cannot be read, or plain although there is a key.
    """
    objects = service_data[1:]
    if (service_data[0] == ENCRYPTED) != (key is not None):
        return None
    if key is not None:
        nonce = bytes.fromhex(address.replace(":", "")) + SERVICE_UUID + service_data[:1] + service_data[-8:-4]
        try:
            objects = AESCCM(key, tag_length=4).decrypt(nonce, service_data[1:-8] + service_data[-4:], None)
        except InvalidTag:
            return None
    values: dict[str, Any] = {}
    while objects:
        name, size, factor = _FACTORS[objects[0]]
        raw = int.from_bytes(objects[1 : 1 + size], "little", signed=name == "temperature")
        values[name] = raw * factor
        objects = objects[1 + size :]
    return values
