"""The sensors of the home (seed 000): eight types, JSON on `sensors/{type}/{id}`, the same readings to InfluxDB.

The wire is stack/contracts/home.md. How the signals come about: facts of the course, chapter "believable home".
Everybody in the house lives by one day plan (`Household`): motion, light, carbon dioxide and power tell the same story.
"""

from __future__ import annotations

import functools
import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from labkit.devices.device import Device, Message
from labkit.devices.home_influx import influx_sink
from labkit.devices.registry import FleetKind
from labkit.devices.signals import Room

_DAY = 86_400.0
ROOMS = ("living", "kitchen", "bedroom", "bathroom")
"""Rooms that sensors hang in, in this order, again and again."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of device.

    Args:
        prefix: of its ids, such as `"temp"` for `temp-001`.
        unit: of its values; empty for those that are 0 or 1.
    """

    prefix: str
    unit: str


KINDS: Mapping[str, Kind] = {
    "temperature": Kind("temp", "°C"),
    "humidity": Kind("hum", "%"),
    "motion": Kind("motion", ""),
    "light": Kind("light", "lx"),
    "co2": Kind("co2", "ppm"),
    "power": Kind("power", "W"),
    "door": Kind("door", ""),
    "lamp": Kind("lamp", ""),
}
"""The types, in the order in which a fleet gets them."""


class Household:
    """Who is where, and when: the day plan of the people of a home.

    Args:
        seed: of the home. The same seed lives the same days.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    @functools.lru_cache(maxsize=512)  # noqa: B019 - a household lives as long as its fleet
    def _chance(self, room: str, slot: int) -> float:
        return random.Random(f"household:{self._seed}:{room}:{slot}").random()

    def people(self, now: float) -> int:
        """How many people are in the home and awake: none on a weekday from 8 to 17 h, none from 23 to 7 h."""
        hour, weekend = now % _DAY / 3600.0, int(now // _DAY + 4) % 7 in (0, 6)  # 1 January 1970 was a Thursday
        if hour < 7 or hour >= 23 or (8 <= hour < 17 and not weekend):
            return 0
        # At the weekend somebody is out every third hour.
        return 1 if weekend and self._chance("home", int(now // 3600)) < 0.33 else 2

    def present(self, room: str, now: float) -> bool:
        """Whether somebody is in a room. They stay in one for ten minutes at least.

        Args:
            room: its name.
            now: seconds since 1970, UTC.
        """
        hour = now % _DAY / 3600.0
        share = {"living": 0.6, "kitchen": 0.3, "bathroom": 0.1}.get(room, 0.15)
        if room == "kitchen" and (7 <= hour < 8 or 18 <= hour < 19.5):
            share = 0.8
        return self.people(now) > 0 and self._chance(room, int(now // 600)) < share

    def sleeping(self, now: float) -> bool:
        """Whether the people sleep: from 23 to 7 h."""
        hour = now % _DAY / 3600.0
        return hour < 7 or hour >= 23


@functools.lru_cache(maxsize=64)
def _household(seed: int) -> Household:
    return Household(seed)


class HomeSensor(Device):
    """One device of the home; each step publishes its value.

    Args:
        type: a key of `KINDS`.
        number: of the device among those of its type, from 1.
        interval: seconds between two readings.
        seed: of the whole home.
        start: the first moment, seconds since 1970, UTC.
    """

    def __init__(self, type: str, number: int, interval: float, seed: int, start: float) -> None:
        super().__init__("home", f"{KINDS[type].prefix}-{number:03d}", interval, seed)
        self.type = type
        self.room = ROOMS[(number - 1) % len(ROOMS)]
        self.topic = f"sensors/{type}/{self.id}"
        self._household = _household(seed)
        self._last = start
        self._noise = 0.0
        self._prepare(start)

    def _prepare(self, start: float) -> None:
        """Set up the signal."""

    def _value(self, now: float) -> float:
        """The truth at a moment, in the type's unit."""
        raise NotImplementedError

    def _wander(self, size: float) -> float:
        """A small slow noise (AR(1)): a sensor does not jump about from one reading to the next."""
        self._noise = 0.9 * self._noise + self.random.gauss(0, size)
        return self._noise

    def step(self, now: float) -> Iterable[Message]:
        """Publish a reading."""
        value = self._value(now)
        self._last = now
        return (self._reading(value, now),)

    def _reading(self, value: float, now: float) -> Message:
        document = {
            "device_id": self.id,
            "type": self.type,
            "value": self._shown(self.measured("value", value, now)),
            "unit": KINDS[self.type].unit,
            "room": self.room,
            "timestamp": int(self.stamp(now)),
        }
        return Message(self.topic, json.dumps(document, ensure_ascii=False).encode(), time=now)

    def _shown(self, value: float) -> float:
        """A value in the steps of the sensor."""
        return round(value, 1) + 0.0  # no -0.0


class Climate(HomeSensor):
    """Temperature or humidity. Both sensors of one room tell of the same air."""

    def _prepare(self, start: float) -> None:
        self._air = Room(self.room, self.seed, start)

    def _value(self, now: float) -> float:
        sample = self._air.sample(now)
        return sample.temperature if self.type == "temperature" else sample.humidity


class Motion(HomeSensor):
    """1 when somebody moved since the last reading: a Poisson process while somebody is there, about once in 20 s."""

    def _value(self, now: float) -> float:
        if not self._household.present(self.room, now):
            return 0.0
        return float(self.random.random() < 1.0 - math.exp(-max(now - self._last, self.interval) / 20.0))

    def _shown(self, value: float) -> float:
        return int(value >= 0.5)


class Light(HomeSensor):
    """Daylight through a window, clouds, and a lamp of 150 lx while somebody is there and it is dark."""

    def _value(self, now: float) -> float:
        hour = now % _DAY / 3600.0
        sun = max(0.0, math.sin(math.pi * (hour - 7.0) / 10.0)) if 7 < hour < 17 else 0.0
        clouds = 0.6 + 0.4 * math.sin(2 * math.pi * now / (self.seed % 7 + 20) / 3600.0)
        daylight = 600.0 * sun * clouds
        lamp = 150.0 if daylight < 100 and self._household.present(self.room, now) else 0.0
        return max(0.0, (daylight + lamp + 1.0) * (1.0 + self._wander(0.01)))

    def _shown(self, value: float) -> float:
        return round(value)


class CarbonDioxide(HomeSensor):
    """Air that people breathe out and air that leaks in: towards 1,320 ppm or 420 ppm, with a lag of two hours."""

    def _prepare(self, start: float) -> None:
        self._ppm = 420.0 + (500.0 if self.room == "bedroom" and self._household.sleeping(start) else 100.0)

    def _value(self, now: float) -> float:
        if self._household.sleeping(now):
            people = 1 if self.room == "bedroom" else 0
        else:
            people = int(self._household.present(self.room, now))
        level = 420.0 + people * 900.0
        self._ppm += (level - self._ppm) * (1.0 - math.exp(-max(0.0, now - self._last) / 7200.0))
        return self._ppm + self._wander(1.0)

    def _shown(self, value: float) -> float:
        return round(value)


class Power(HomeSensor):
    """A circuit's meter: base load, a fridge that runs 15 min of 45, a kettle, an oven at meals, a television."""

    def _prepare(self, start: float) -> None:
        self._base, self._shift = self.random.uniform(50, 150), self.random.uniform(0, 2700)
        self._kettle_until = start

    def _value(self, now: float) -> float:
        watts = self._base
        present = self._household.present(self.room, now)
        if self.room == "kitchen":
            watts += 110.0 if (now + self._shift) % 2700 < 900 else 0.0
            if present and now >= self._kettle_until and self.random.random() < max(0.0, now - self._last) / 3600.0:
                self._kettle_until = now + self.random.uniform(120, 240)
            watts += 2200.0 if now < self._kettle_until else 0.0
            meal = 18 <= now % _DAY / 3600.0 < 19
            watts += 2300.0 if meal and present and now % 300 < 180 else 0.0  # its thermostat cycles
        elif self.room == "living" and present:
            watts += 100.0
        return max(0.0, watts + self._wander(1.0))


class Door(HomeSensor):
    """1 while open. The door of a room is opened when somebody comes or goes, for about a minute."""

    def _value(self, now: float) -> float:
        changed = self._household.present(self.room, now) != self._household.present(self.room, now - 60.0)
        return float(changed)

    def _shown(self, value: float) -> float:
        return int(value >= 0.5)


class Lamp(HomeSensor):
    """A lamp that can be switched: it tells its state on its topic and obeys `commands/lamp/{id}`."""

    def _prepare(self, start: float) -> None:  # noqa: ARG002 - it starts switched off, whenever that is
        self.on = False
        self.subscriptions = (f"commands/lamp/{self.id}",)

    def _value(self, now: float) -> float:  # noqa: ARG002 - it stays as it was switched
        return float(self.on)

    def _shown(self, value: float) -> float:
        return int(value >= 0.5)

    def receive(self, topic: str, payload: bytes, now: float) -> Iterable[Message]:  # noqa: ARG002
        """Obey `{"state": "on"}` or `{"state": "off"}` and tell the new state at once; all else is not understood."""
        try:
            wanted = json.loads(payload)["state"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return ()
        if wanted not in ("on", "off"):
            return ()
        self.on = wanted == "on"
        return (self._reading(float(self.on), now),)


CLASSES: Mapping[str, type[HomeSensor]] = {
    "temperature": Climate, "humidity": Climate, "motion": Motion, "light": Light,
    "co2": CarbonDioxide, "power": Power, "door": Door, "lamp": Lamp,
}


def build(count: int, interval: float, seed: int, start: float) -> Sequence[HomeSensor]:
    """Make the devices of a home: one of each type, then a second of each, and so on.

    Args:
        count: how many.
        interval: seconds between two readings of a device.
        seed: of the whole home.
        start: the first moment, seconds since 1970, UTC.
    """
    types = list(KINDS)
    kinds = ((types[position % len(types)], position // len(types) + 1) for position in range(count))
    return [CLASSES[type](type, number, interval, seed, start) for type, number in kinds]


FLEET = FleetKind(
    name="home",
    title="The sensors of a home: temperature, humidity, motion, light, CO2, power, doors, lamps",
    count=16,
    interval=5.0,
    build=build,
    sink=influx_sink,
)
