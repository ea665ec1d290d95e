"""What a household's mains draws: appliances as programs of constant power, started when people are up and at home.

Typical magnitudes (facts of the course, chapter "believable home"): fridge 80-150 W, 15 min on, 30 min off; kettle
2-3 kW for 2-4 min; washing machine 2 kW for 15-20 min, then 100-300 W; oven in cycles of 2-2.5 kW; television 100 W;
standby 1-5 W each; base load 50-150 W. The peak of a day is in the early evening. Time of day is UTC, as in `signals`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

Segment = tuple[float, float]
"""Seconds, and the watts that are drawn in them."""
_DAY = 86_400.0
_SLOT = 300.0
"""Seconds between two thoughts of starting something."""


def at_home(now: float) -> bool:
    """Whether somebody is up and at home: not from 23 to 7 h, and on a weekday not from 8 to 17 h.

    Args:
        now: seconds since 1970, UTC.
    """
    hour, weekend = now % _DAY / 3600.0, int(now // _DAY + 4) % 7 in (0, 6)  # 1 January 1970 was a Thursday
    return 7 <= hour < 23 and (weekend or not 8 <= hour < 17)


def _fridge(chance: random.Random, _now: float) -> Iterator[Segment]:
    watts = chance.uniform(80.0, 150.0)
    yield chance.uniform(0.0, 1800.0), 0.0
    while True:
        yield chance.uniform(13.0, 17.0) * 60.0, watts
        yield chance.uniform(26.0, 34.0) * 60.0, 0.0


def _kettle(chance: random.Random) -> Iterator[Segment]:
    yield chance.uniform(120.0, 240.0), chance.uniform(2000.0, 3000.0)


def _washing(chance: random.Random) -> Iterator[Segment]:
    yield chance.uniform(900.0, 1200.0), chance.uniform(1900.0, 2100.0)
    for _ in range(chance.randint(15, 25)):
        yield 120.0, chance.uniform(100.0, 300.0)


def _oven(chance: random.Random) -> Iterator[Segment]:
    watts = chance.uniform(2000.0, 2500.0)
    yield chance.uniform(400.0, 700.0), watts  # until it is hot
    for _ in range(chance.randint(8, 20)):
        yield chance.uniform(60.0, 120.0), 0.0
        yield chance.uniform(30.0, 60.0), watts


def _television(chance: random.Random) -> Iterator[Segment]:
    yield chance.uniform(3600.0, 3 * 3600.0), chance.uniform(80.0, 120.0)


def _used(
    program: Callable[[random.Random], Iterator[Segment]], often: Callable[[float], float]
) -> Callable[[random.Random, float], Iterator[Segment]]:
    """An appliance that people start.

    Args:
        program: what it draws from its start to its end.
        often: how many times an hour it is started, at an hour of the day at which somebody is there.
    """

    def segments(chance: random.Random, now: float) -> Iterator[Segment]:
        while True:
            hour = now % _DAY / 3600.0
            if at_home(now) and chance.random() < often(hour) * _SLOT / 3600.0:
                for seconds, watts in program(chance):
                    now += seconds
                    yield seconds, watts
            now += _SLOT
            yield _SLOT, 0.0

    return segments


APPLIANCES = {
    "fridge": _fridge,
    "kettle": _used(_kettle, lambda hour: 1.5 if hour < 9 else 0.35),
    "washing_machine": _used(_washing, lambda hour: 0.06 if hour < 20 else 0.0),
    "oven": _used(_oven, lambda hour: 0.7 if 17 <= hour < 19 else 0.03),
    "television": _used(_television, lambda hour: 0.5 if hour >= 19 else 0.04),
}
"""Each gives, from seeded numbers and the first moment on, its segments without end."""


class _Plug:
    """One appliance, followed through time."""

    def __init__(self, segments: Iterator[Segment], start: float) -> None:
        self._segments = segments
        self._now = self._until = start
        self.watts = 0.0

    def advance(self, now: float) -> float:
        """Go on to a moment; the joules that were used on the way."""
        joules = 0.0
        while self._until <= now:
            joules += self.watts * (self._until - self._now)
            self._now = self._until
            seconds, self.watts = next(self._segments)
            self._until += seconds
        joules += self.watts * (now - self._now)
        self._now = now
        return joules


class Household:
    """The mains of one home; ask it at moments that do not go back.

    Args:
        name: of the home; it decides, with the seed, what is in it and when it is used.
        seed: of the whole fleet.
        start: the first moment, seconds since 1970, UTC.
        appliances: names of `APPLIANCES`; all of them if not given.
    """

    def __init__(self, name: str, seed: int, start: float, appliances: Sequence[str] = tuple(APPLIANCES)) -> None:
        chance = random.Random(f"household:{name}:{seed}")
        standby = sum(chance.uniform(1.0, 5.0) for _ in range(chance.randint(4, 10)))
        self._base = chance.uniform(50.0, 150.0) + standby
        self._plugs = []
        for each in appliances:
            numbers = random.Random(f"household:{name}:{seed}:{each}")
            self._plugs.append(_Plug(APPLIANCES[each](numbers, start), start))
        self._now = start
        self.energy = chance.uniform(500.0, 20_000.0)
        """What its meter has counted, in kilowatt hours."""

    def power(self, now: float) -> float:
        """Go on to a moment, and return what is drawn then, in watts.

        Args:
            now: seconds since 1970, UTC, not before the last one asked for.

        Raises:
            ValueError: the time goes back.
        """
        if now < self._now:
            raise ValueError(f"the household is at {self._now}, {now} is before that")
        joules = self._base * (now - self._now) + sum(plug.advance(now) for plug in self._plugs)
        self.energy += joules / 3_600_000.0
        self._now = now
        return self._base + sum(plug.watts for plug in self._plugs)
