"""The meters (seed 003): temperature, humidity and power, JSON on `iot/{device_id}/telemetry`.

The wire is stack/contracts/meter.md. A reading has the time of the measurement in whole seconds; with an interval below
a second it has milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from labkit.devices.appliances import Household
from labkit.devices.device import Device, Message
from labkit.devices.registry import FleetKind
from labkit.devices.signals import Room

ROOMS = ("kitchen", "living", "bedroom", "bathroom")
"""Rooms of the sensors, again and again."""
_DAY = 86_400.0


class Meter(Device):
    """One meter.

    Args:
        type: `"temperature"`, `"humidity"` or `"power"`.
        number: of the meter among those of its type, from 1.
        interval: seconds between two readings.
        seed: of the whole fleet.
        start: the first moment, seconds since 1970, UTC.
    """

    type = ""
    prefix = ""

    def __init__(self, number: int, interval: float, seed: int, start: float) -> None:
        super().__init__("meter", f"{self.prefix}-{number:03d}", interval, seed)
        self.topic = f"iot/{self.id}/telemetry"
        self._start = start
        self._rssi = self.random.uniform(-75.0, -50.0)
        self._life = self.random.uniform(365.0, 730.0) * _DAY
        self._charge = self.random.uniform(60.0, 100.0)
        self._prepare(number, start)

    def _prepare(self, number: int, start: float) -> None:
        """Set up the signal."""

    def _sensors(self, now: float) -> Mapping[str, float]:
        """What is shown at a moment."""
        raise NotImplementedError

    def step(self, now: float) -> Iterable[Message]:
        """Publish a reading."""
        self._rssi = min(-40.0, max(-85.0, self._rssi + self.random.gauss(0, 0.3)))
        stamp = self.stamp(now)
        reading = {
            "device_id": self.id,
            "type": self.type,
            "timestamp": int(stamp) if self.interval >= 1 else round(stamp, 3),
            "sensors": dict(self._sensors(now)),
            "rssi": round(self._rssi),
        }
        if self.battery_powered:
            left = self._charge - 100.0 * (now - self._start) / self._life
            reading["battery"] = round(self.charge(max(left, 0.0)))
        return (Message(self.topic, json.dumps(reading).encode(), time=now),)


class TemperatureSensor(Meter):
    """A sensor in a room, on a battery, in steps of 0.1 °C."""

    type, prefix = "temperature", "temperature"
    battery_powered = True

    def _prepare(self, number: int, start: float) -> None:
        self._room = Room(f"{ROOMS[(number - 1) % len(ROOMS)]}:{number}", self.seed, start)

    def _sensors(self, now: float) -> Mapping[str, float]:
        return {"temperature": round(self.measured("temperature", self._room.sample(now).temperature, now), 1) + 0.0}


class HumiditySensor(Meter):
    """A sensor in a room, on a battery, in steps of 0.1 % relative humidity."""

    type, prefix = "humidity", "humidity"
    battery_powered = True

    def _prepare(self, number: int, start: float) -> None:
        self._room = Room(f"{ROOMS[(number - 1) % len(ROOMS)]}:{number}", self.seed, start)

    def _sensors(self, now: float) -> Mapping[str, float]:
        shown = self.measured("humidity", self._room.sample(now).humidity, now)
        return {"humidity": min(max(round(shown, 1), 0.0), 100.0)}


class PowerMeter(Meter):
    """The meter of a household's mains: power in W, voltage in V, current in A, energy so far in kWh."""

    type, prefix = "power", "power"

    def _prepare(self, number: int, start: float) -> None:
        self._household = Household(str(number), self.seed, start)
        self._voltage = 230.0

    def _sensors(self, now: float) -> Mapping[str, float]:
        power = self.measured("power", self._household.power(now), now)
        self._voltage += 0.05 * (230.0 - self._voltage) + self.random.gauss(0, 0.3)
        # A big load pulls the voltage down a little; motors and power supplies draw some current that does no work.
        voltage = self._voltage - 0.0008 * power
        return {
            "power": round(power, 1),
            "voltage": round(voltage, 1),
            "current": round(power / (0.95 * voltage), 2),
            "energy": round(self._household.energy, 3),
        }


KINDS = (TemperatureSensor, HumiditySensor, PowerMeter)
"""The types, in the order in which a fleet gets them."""


def build(count: int, interval: float, seed: int, start: float) -> Sequence[Meter]:
    """Make meters, as many of each type as the number allows.

    Args:
        count: how many.
        interval: seconds between two readings of a meter.
        seed: of the whole fleet.
        start: the first moment, seconds since 1970, UTC.
    """
    return [KINDS[index % len(KINDS)](index // len(KINDS) + 1, interval, seed, start) for index in range(count)]


FLEET = FleetKind(name="meter", title="meters of temperature, humidity and power", count=6, interval=5.0, build=build)
