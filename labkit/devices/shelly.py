"""The fleet `shelly` (seed 004): BLU H&T sensors, and pairs of gateways that hear them.

Every group of up to 30 sensors has two gateways, one of each of two ways: the script and the native one. Every third
sensor encrypts; the native gateway has its key, the script drops it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from labkit.devices.device import Device
from labkit.devices.nodes import ROOMS
from labkit.devices.registry import FleetKind
from labkit.devices.shelly_gateway import Gateway
from labkit.devices.shelly_sensor import BEACON, Air, BluHT
from labkit.devices.signals import Room

GROUP = 30
"""Sensors of one pair of gateways."""
_LOOKS = 30
"""How often a gateway looks at what it heard, in the time between two advertisements."""
_SLOWEST_LOOK = 2.0
"""Seconds between two looks, at most."""


def address(index: int) -> str:
    """The Bluetooth address of a sensor.

    Args:
        index: 0 or more.
    """
    return f"7c:c6:b6:{index >> 16 & 255:02x}:{index >> 8 & 255:02x}:{index & 255:02x}"


def key(index: int, seed: int) -> bytes | None:
    """The key of a sensor, 16 bytes; None for one that does not encrypt.

    Args:
        index: 0 or more.
        seed: of the whole fleet.
    """
    return hashlib.sha256(f"shelly:{index}:{seed}".encode()).digest()[:16] if index % 3 == 2 else None


def build(count: int, interval: float, seed: int, start: float) -> Sequence[Device]:
    """Make sensors and their gateways.

    Args:
        count: sensors.
        interval: seconds between two advertisements.
        seed: of the whole fleet.
        start: the first moment, seconds since 1970, UTC.
    """
    sensors: list[Device] = []
    gateways: list[Device] = []
    look = min(_SLOWEST_LOOK, interval / _LOOKS)
    for first in range(0, count, GROUP):
        air = Air(seed + first)
        group = range(first, min(first + GROUP, count))
        names = {address(index): f"{ROOMS[index % len(ROOMS)]} {index // len(ROOMS) + 1}" for index in group}
        keys = {address(index): secret for index in group if (secret := key(index, seed)) is not None}
        mac = 0x30C6F7000000 + first // GROUP * 2
        gateways += [
            Gateway(f"shellypro2-{mac:012x}", air, "script", interval=look, seed=seed),
            Gateway(f"shellypro2-{mac + 1:012x}", air, "native", paired=names.items(), keys=keys, interval=look,
                    seed=seed),
        ]
        sensors += [
            BluHT(each, Room(names[each], seed, start), air, keys.get(each), interval, seed) for each in names
        ]
    return [*sensors, *gateways]


FLEET = FleetKind(
    name="shelly", title="Shelly BLU H&T sensors and Pro 2 gateways", count=6, interval=BEACON, build=build,
)
