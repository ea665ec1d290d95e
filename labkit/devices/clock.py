"""Simulated time: starts where it is told and runs up to 1,000 times as fast as the real one."""

from __future__ import annotations

import time
from collections.abc import Callable

FASTEST = 1000.0
"""The highest speed."""


class SimClock:
    """A clock for devices. It starts to run when it is made.

    Args:
        speed: simulated seconds in a real one, more than 0 and at most 1,000.
        start: the first moment, seconds since 1970, UTC; now if not given.
        monotonic: seconds of real time that never go back.

    Raises:
        ValueError: the speed is out of range.
    """

    def __init__(self, speed: float = 1.0, start: float | None = None, *,
                 monotonic: Callable[[], float] = time.monotonic) -> None:
        if not 0 < speed <= FASTEST:
            raise ValueError(f"speed is {speed}: it takes a number above 0, at most {FASTEST:g}")
        self.speed = speed
        self.start = time.time() if start is None else start
        self._monotonic = monotonic
        self._began = monotonic()

    def now(self) -> float:
        """The simulated moment, seconds since 1970, UTC."""
        return self.start + (self._monotonic() - self._began) * self.speed

    def restart(self) -> None:
        """Be at the start again: what came before the run, such as connecting, takes no simulated time."""
        self._began = self._monotonic()

    def until(self, moment: float) -> float:
        """Real seconds until a simulated moment; 0 when it has passed.

        Args:
            moment: seconds since 1970, UTC.
        """
        return max(0.0, (moment - self.now()) / self.speed)
