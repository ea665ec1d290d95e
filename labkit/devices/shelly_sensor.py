"""A simulated Shelly BLU H&T (SBHT-003C), and the air between it and the gateways."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from labkit.devices.device import Device, Message
from labkit.devices.shelly_ble import PRESS, Packet, encrypted, plain
from labkit.devices.signals import Room

BEACON = 60.0
"""Seconds between two advertisements: the sensor's own, it cannot be changed."""
_DAY = 86_400.0
_PRESSES = 2 / _DAY
"""How often somebody presses the button, in a second."""
_COPIES = 3
"""Times that one advertisement is sent: Bluetooth has no acknowledgement."""
_COPY_GAP = 0.15
"""Seconds between two copies."""
_HISTORY = 1000
"""Packets that a sensor remembers to have sent."""


@dataclass(frozen=True, slots=True)
class Advertisement:
    """One transmission.

    Args:
        address: of the sensor.
        service_data: BTHome.
        time: when it was sent, seconds since 1970, UTC.
    """

    address: str
    service_data: bytes
    time: float


class Air:
    """Carries advertisements from sensors to gateways: each gateway hears some, each at its own strength.

    Args:
        seed: of the whole fleet.
        loss: share of transmissions that a gateway loses at a good signal; a weak signal loses more. 0 loses none.
    """

    def __init__(self, seed: int = 1, loss: float = 0.02) -> None:
        self._seed, self._loss = seed, loss
        self._ears: dict[str, deque[tuple[Advertisement, int]]] = {}
        self._paths: dict[tuple[str, str], _Path] = {}

    def listen(self, gateway: str) -> None:
        """Let a gateway hear from now on.

        Args:
            gateway: its id.
        """
        self._ears[gateway] = deque()

    def send(self, advertisement: Advertisement) -> None:
        """Send an advertisement to all who listen.

        Args:
            advertisement: is sent several times, as sensors do.
        """
        for gateway, heard in self._ears.items():
            name = (advertisement.address, gateway)
            path = self._paths.get(name)
            if path is None:
                path = self._paths[name] = _Path(random.Random(f"air:{name}:{self._seed}"), self._loss)
            for copy in range(_COPIES):
                if (rssi := path.carry()) is not None:
                    heard.append((replace(advertisement, time=advertisement.time + copy * _COPY_GAP), rssi))

    def heard(self, gateway: str, now: float) -> list[tuple[Advertisement, int]]:
        """What a gateway has heard up to now, each with its strength in dBm, in the order of time.

        Args:
            gateway: its id.
            now: seconds since 1970, UTC.
        """
        ears = self._ears[gateway]
        due = sorted((each for each in ears if each[0].time <= now), key=lambda each: each[0].time)
        self._ears[gateway] = deque(each for each in ears if each[0].time > now)
        return due


class _Path:
    """Between one sensor and one gateway: a strength that walks slowly, and the chance to be lost."""

    def __init__(self, chance: random.Random, loss: float) -> None:
        self._random, self._loss = chance, loss
        self._middle = self._strength = chance.uniform(-88.0, -48.0)

    def carry(self) -> int | None:
        self._strength += self._random.gauss(0, 0.4) + (self._middle - self._strength) * 0.02
        weak = max(0.0, -80.0 - self._strength)
        lost = self._random.random() < min(0.95, self._loss * (1.0 + weak))
        return None if lost else round(self._strength)


class BluHT(Device):
    """A BLU H&T in a room. It speaks Bluetooth only: it publishes nothing, its gateways do.

    Args:
        address: lower case with colons.
        room: where it hangs.
        air: carries what it sends.
        key: 16 bytes; it encrypts if it has one.
        interval: seconds between two advertisements.
        seed: of the whole fleet.
    """

    battery_powered = True

    def __init__(self, address: str, room: Room, air: Air, key: bytes | None = None, interval: float = BEACON,
                 seed: int = 1) -> None:
        super().__init__("shelly", address, interval, seed)
        self.address, self.room, self.key = address, room, key
        self.sent: deque[tuple[float, Packet]] = deque(maxlen=_HISTORY)
        """What it has said, with the time: the truth that tests compare with."""
        self._air = air
        self._packet_id = self.random.randrange(256)
        self._counter = self.random.randrange(1_000, 100_000)
        self._lifetime = self.random.uniform(1.0, 2.0) * 365 * _DAY
        self._charge = self.random.uniform(60.0, 100.0)
        self._before: float | None = None
        self._pressed: int | None = None

    def step(self, now: float) -> Iterable[Message]:
        """Measure and advertise. It returns no message: see `Air`."""
        passed = 0.0 if self._before is None else now - self._before
        self._before = now
        self._charge -= passed / self._lifetime * 100.0
        if self._charge < 2.0:
            self.change_battery()
        if self.random.random() < passed * _PRESSES:
            self._pressed = PRESS
        packet = self._measure(now)
        self.sent.append((now, packet))
        data = plain(packet)
        if self.key is not None:
            data = encrypted(packet, self.address, self.key, self._counter)
            self._counter = (self._counter + 1) % 2**32
        self._packet_id = (self._packet_id + 1) % 256
        # The radio's faults strike here: they know messages, and an advertisement travels in one.
        for message in self.faults.radio([Message(self.address, data, qos=0, time=now)]):
            self._air.send(Advertisement(self.address, message.payload, now))
        return ()

    def tick(self, now: float) -> list[Message]:
        """One step; its faults of the radio are those of Bluetooth, see `step`."""
        return list(self.step(now))

    def press(self, button: int = PRESS) -> None:
        """Press the button: the next advertisement says so.

        Args:
            button: the event, such as `labkit.devices.shelly_ble.HOLD`.
        """
        self._pressed = button

    def change_battery(self) -> None:
        """Put a new battery in: the sensor starts anew, and counts packets and frames from 0."""
        self._charge, self._packet_id, self._counter = 100.0, 0, 0

    def _measure(self, now: float) -> Packet:
        sample = self.room.sample(now)
        temperature = self.measured("temperature", sample.temperature, now)
        humidity = self.measured("humidity", sample.humidity, now)
        button, self._pressed = self._pressed, None
        return Packet(
            packet_id=self._packet_id,
            battery=math.ceil(min(max(self.charge(self._charge), 0.0), 100.0)),
            humidity=round(min(max(humidity, 0.0), 100.0)),
            temperature=round(min(max(temperature, -40.0), 85.0), 1) + 0.0,
            button=button,
        )
