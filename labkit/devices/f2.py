"""F2 controllers (seed 002): raw payloads of what hangs on three connectors.

Topics are `cmnd/f2-{MAC}/{MODE}/{CONNECTOR}/{COMPONENT}-{ID}`. They begin with `cmnd/` although they carry
measurements: so do the real ones. A payload has no time stamp: its time is that of the arrival.

| topic after the MAC | DataFormat, DataEncoding | payload |
|---|---|---|
| `analog/1/temperature-1` | HEX, INT16/AB | tenths of °C: `00D7` |
| `analog/1/humidity-2` | BINARY, UINT8 | percent |
| `digital/2/door-1` | BINARY, BIT0 | 1 = open |
| `digital/2/co2-2` | ASCII, DEC | ppm: `612` |
| `rs485/3/energy-meter-10` | BINARY, …/CDAB | V and A as FLOAT32, W x 10 as INT32, kWh x 100 as UINT32 |
| `rs485/3/water-meter-11` | BINARY, BCD/LE | litres, 8 digits |
| `rs485/3/pressure-12` | BASE64, UINT16/AB from byte 2 | Cayenne LPP: channel, type 0x73, hPa x 10 |
| `rs485/3/label-13` | BINARY, HEXSTR | serial number, 6 bytes; once after each connection |

`stack/f2/migrations/device_params/003_course_devices.sql` describes these to the processor, for the MACs 02f200000001
to 02f2000003e8; `stack/contracts/f2.md` has samples.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Iterable, Sequence

from labkit.devices.appliances import Household
from labkit.devices.device import Device, Message
from labkit.devices.registry import FleetKind
from labkit.devices.signals import Room

REGISTERED = 1000
"""Controllers that the course's database knows; the messages of more become dead letters."""
_PRESSURE = 0x73
"""Cayenne LPP's type of a barometer: tenths of hPa."""


class F2Controller(Device):
    """A controller with a room's sensors, a door, and meters on a bus.

    Args:
        number: 1 for f2-02f200000001, and so on.
        interval: seconds between two rounds of messages.
        seed: of the whole fleet.
        start: the first moment, seconds since 1970, UTC.
    """

    def __init__(self, number: int, interval: float = 5.0, seed: int = 1, start: float = 0.0) -> None:
        self.mac = f"02f2{number:08x}"
        super().__init__("f2", f"f2-{self.mac}", interval, seed)
        self._room = Room(self.id, seed, start)
        self._household = Household(self.id, seed, start)
        self._last = start
        self._litres = self.random.uniform(10_000, 900_000)
        self._open = False
        self._pressure = self.random.uniform(995.0, 1025.0)  # hPa

    def connected(self, now: float) -> Iterable[Message]:
        """Its serial number."""
        return [self._message("rs485/3/label-13", bytes.fromhex(self.mac), now)]

    def step(self, now: float) -> Iterable[Message]:
        """One message for each component."""
        hours = max(0.0, now - self._last) / 3600.0
        self._last = now
        sample = self._room.sample(now)
        temperature = self.measured("temperature", sample.temperature, now)
        humidity = self.measured("humidity", sample.humidity, now)
        tenths = min(0x7FFF, max(-0x8000, round(temperature * 10)))
        yield self._message("analog/1/temperature-1", b"%04X" % (tenths & 0xFFFF), now)
        yield self._message("analog/1/humidity-2", bytes([min(100, max(0, round(humidity)))]), now)
        yield self._message("digital/2/door-1", bytes([self._door(hours)]), now)
        yield self._message("digital/2/co2-2", b"%d" % round(self._co2(now)), now)
        yield self._message("rs485/3/energy-meter-10", self._meter(now), now)
        yield self._message("rs485/3/water-meter-11", self._water(hours), now)
        yield self._message("rs485/3/pressure-12", self._barometer(now, hours), now)

    def _message(self, topic: str, payload: bytes, now: float) -> Message:
        return Message(f"cmnd/{self.id}/{topic}", payload, time=now)

    def _door(self, hours: float) -> int:
        """It opens about three times an hour, and stands open for a minute."""
        rate = 60.0 if self._open else 3.0
        if self.random.random() < -math.expm1(-rate * hours):
            self._open = not self._open
        return int(self._open)

    def _co2(self, now: float) -> float:
        """Highest at seven in the morning, after a night with the window closed."""
        truth = 650.0 + 200.0 * math.cos(2 * math.pi * (now / 86_400.0 - 7 / 24)) + self.random.gauss(0, 8)
        return min(9999.0, max(350.0, self.measured("co2", truth, now)))

    def _meter(self, now: float) -> bytes:
        power = min(99_999.0, max(0.0, self.measured("power", self._household.power(now), now)))
        voltage = self.measured("voltage", 230.0 + self.random.gauss(0, 1), now)
        registers = struct.pack(">ffiI", voltage, power / max(1.0, abs(voltage)), round(power * 10),
                                round(self._household.energy * 100))
        return b"".join(_swap_words(registers[first : first + 4]) for first in range(0, 16, 4))

    def _water(self, hours: float) -> bytes:
        self._litres += self.random.expovariate(1.0) * 15.0 * hours
        return bytes.fromhex(f"{round(self._litres) % 100_000_000:08d}")[::-1]

    def _barometer(self, now: float, hours: float) -> bytes:
        """A slow walk that comes back to the mean."""
        self._pressure += (1013.0 - self._pressure) * 0.01 * hours + self.random.gauss(0, 0.8) * math.sqrt(hours)
        tenths = round(self.measured("pressure", self._pressure, now) * 10)
        return base64.b64encode(struct.pack(">BBH", 3, _PRESSURE, min(max(tenths, 0), 0xFFFF)))


def _swap_words(register: bytes) -> bytes:
    """ABCD as CDAB: the order of many Modbus meters."""
    return register[2:] + register[:2]


def build(count: int, interval: float, seed: int, start: float) -> Sequence[F2Controller]:
    """Make a fleet.

    Args:
        count: controllers; up to `REGISTERED` are known to the course's database.
        interval: seconds between two rounds of messages.
        seed: decides every random number.
        start: the first moment, seconds since 1970, UTC.
    """
    return [F2Controller(number, interval, seed, start) for number in range(1, count + 1)]


FLEET = FleetKind(name="f2", title="F2 controllers with meters and sensors", count=10, interval=5.0, build=build)
