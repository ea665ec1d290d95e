"""F2 controllers that publish to a broker of a lab."""

from __future__ import annotations

import time

from labkit.devices.f2 import build
from labkit.devices.fleet import Fleet
from labkit.devices.nodes import Broker


def simulated_controllers(broker: Broker, count: int = 3, interval: float = 2.0, seed: int = 8) -> Fleet:
    """Start F2 controllers (`f2-02f200000001` and so on), and return at once.

    Args:
        broker: where they publish.
        count: how many; the course's database knows 1,000.
        interval: seconds between two rounds of messages of a controller.
        seed: makes what they measure.

    Returns:
        the controllers, with `stop()`, `published` and `lost`.
    """
    return Fleet(build(count, interval, seed, time.time()), broker).start()
