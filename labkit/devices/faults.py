"""Faults on demand: what goes wrong in sensors, clocks, batteries and radios, seeded.

| fault | where | its number means | if none is given |
|---|---|---|---|
| `drop_out` | radio | share of messages that are lost, in gaps of about three | 0.1 |
| `stuck` | sensor | share of measurements that repeat the last good one, in stretches of about ten | 0.1 |
| `drift` | sensor | what is added to every value in a day, in its unit | 1 |
| `duplicate` | radio | share of messages that are sent twice | 0.1 |
| `out_of_order` | radio | share of messages that are sent after the one that follows | 0.1 |
| `clock_error` | clock | seconds that the device's clock is ahead; negative: behind | 3600 |
| `low_battery` | battery | percent that the battery has at most | 5 |
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from labkit.errors import StudentError

if TYPE_CHECKING:
    from labkit.devices.device import Device, Message

_DAY = 86_400.0
_GAP = 3.0
"""Messages of a drop-out, on average."""
_STRETCH = 10.0
"""Measurements of a stuck value, on average."""
_SHARE = (0.0, 1.0, "a share from 0 to 1")

DeviceT = TypeVar("DeviceT", bound="Device")


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault that can be asked for.

    Args:
        default: its number when none is given.
        least: smallest number.
        most: largest number.
        unit: what the number is, for messages.
    """

    default: float
    least: float
    most: float
    unit: str


KINDS: Mapping[str, Kind] = {
    "drop_out": Kind(0.1, *_SHARE),
    "stuck": Kind(0.1, *_SHARE),
    "drift": Kind(1.0, -1e6, 1e6, "units a day"),
    "duplicate": Kind(0.1, *_SHARE),
    "out_of_order": Kind(0.1, *_SHARE),
    "clock_error": Kind(3600.0, -1e9, 1e9, "seconds"),
    "low_battery": Kind(5.0, 0.0, 100.0, "percent from 0 to 100"),
}
"""Every fault by its name."""


def parse(words: Iterable[str]) -> dict[str, float]:
    """Read faults as the command line has them: `drop_out` or `drop_out:0.2`.

    Args:
        words: a fault each.

    Returns:
        The number of each fault by its name.

    Raises:
        StudentError: a name is not known, comes twice, or its number does not fit.
    """
    found: dict[str, float] = {}
    for word in words:
        name, colon, text = word.partition(":")
        kind = KINDS.get(name)
        if kind is None:
            raise StudentError(f"There is no fault {name!r}.", f"use one of: {', '.join(KINDS)}.")
        if name in found:
            raise StudentError(f"The fault {name} is asked for twice.", "name each fault once.")
        try:
            number = float(text) if colon else kind.default
        except ValueError:
            number = math.nan
        if not kind.least <= number <= kind.most:
            raise StudentError(f"The fault {name} cannot have {text!r}.",
                               f"give it {kind.unit}: {name}:{kind.default:g}")
        found[name] = number
    return found


@dataclass
class _Spells:
    """A two-state chance: a share of moments is bad, and bad moments come in runs (a Gilbert model)."""

    share: float
    length: float
    random: random.Random
    bad: bool = False

    def next(self) -> bool:
        """Whether this moment is bad."""
        if self.share >= 1.0:
            return True
        if self.share <= 0.0:
            return False
        enter = self.share / (self.length * (1.0 - self.share))
        # A large share has no room for such short runs: then they get longer.
        leave = 1.0 / self.length if enter <= 1.0 else (1.0 - self.share) / self.share
        self.bad = self.random.random() < (1.0 - leave if self.bad else min(enter, 1.0))
        return self.bad


@dataclass
class _Sensor:
    """One quantity of one device."""

    since: float
    stuck: _Spells
    held: float = field(default=math.nan)


class Faults:
    """The faults of one device. Each draws from its own seeded numbers, so that the signal stays the same beneath.

    Args:
        kinds: number of each fault by its name, as `parse` returns them.
        owner: name of the device; with the seed it decides when a fault strikes.
        seed: of the whole fleet.

    Raises:
        StudentError: a fault is not known or its number does not fit.
    """

    def __init__(self, kinds: Mapping[str, float], owner: str = "", seed: int = 1) -> None:
        self.kinds = parse(f"{name}:{number!r}" for name, number in kinds.items())
        self._owner, self._seed = owner, seed
        self._gaps = _Spells(self.kinds.get("drop_out", 0.0), _GAP, self._numbers("drop_out"))
        self._twice, self._late = self._numbers("duplicate"), self._numbers("out_of_order")
        self._sensors: dict[str, _Sensor] = {}
        self._held: Message | None = None

    def _numbers(self, name: str) -> random.Random:
        return random.Random(f"fault:{name}:{self._owner}:{self._seed}")

    def sensor(self, name: str, value: float, now: float) -> float:
        """What a sensor shows where the truth is `value`; see `Device.measured`."""
        if "stuck" not in self.kinds and "drift" not in self.kinds:
            return value
        sensor = self._sensors.get(name)
        if sensor is None:
            spells = _Spells(self.kinds.get("stuck", 0.0), _STRETCH, self._numbers(f"stuck:{name}"))
            sensor = self._sensors[name] = _Sensor(now, spells)
        shown = value + self.kinds.get("drift", 0.0) * (now - sensor.since) / _DAY
        if not sensor.stuck.next() or math.isnan(sensor.held):
            sensor.held = shown
        return sensor.held

    def clock(self, now: float) -> float:
        """What the device's clock says; see `Device.stamp`."""
        return now + self.kinds.get("clock_error", 0.0)

    def battery(self, percent: float) -> float:
        """What the device says of its battery; see `Device.charge`."""
        return min(percent, self.kinds.get("low_battery", 100.0))

    def radio(self, messages: Iterable[Message]) -> list[Message]:
        """What really leaves a device that wants to send `messages`.

        Args:
            messages: of one step, in order.
        """
        if not self.kinds:
            return list(messages)
        sent: list[Message] = []
        for message in messages:
            if self._gaps.next():
                continue
            if self._held is None and self._late.random() < self.kinds.get("out_of_order", 0.0):
                self._held = message
                continue
            sent += [message] * (2 if self._twice.random() < self.kinds.get("duplicate", 0.0) else 1)
            if self._held is not None:
                sent.append(self._held)
                self._held = None
        return sent


NO_FAULTS = Faults({})
"""Everything works."""


def with_faults(device: DeviceT, kinds: Mapping[str, float]) -> DeviceT:
    """Give a device faults, instead of those that it had.

    Args:
        device: any device.
        kinds: number of each fault by its name, as `parse` returns them.

    Returns:
        The same device.

    Raises:
        StudentError: a fault is not known, its number does not fit, or the device has no battery to be low.
    """
    if "low_battery" in kinds and not device.battery_powered:
        raise StudentError(f"The {device.kind} devices have no battery: low_battery cannot happen to them.",
                           "leave this fault out.")
    device.faults = Faults(kinds, f"{device.kind}:{device.id}", device.seed)
    return device
