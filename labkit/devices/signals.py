"""What sensors in a believable home measure: seeded, pure, no clock of its own.

Physics in brief (facts of the course, chapter "believable home"): the outdoor temperature is a seasonal mean plus a
daily wave,
lowest near sunrise and highest at 15 h; a room follows it with a time constant of hours and is heated with hysteresis
and a
night setback; the absolute humidity (dew point) is slow, and the relative humidity follows from it and the temperature
by the
Magnus formula, which alone makes the two run against each other. A DHT22 adds a constant bias, a small slow noise, and
steps
of 0.1.
"""

from __future__ import annotations

import functools
import math
import random
from dataclasses import dataclass

_DAY = 86_400.0
_YEAR = 365.2425 * _DAY
_LONGEST_STEP = 300.0
"""Seconds of one step of the simulation; longer pauses are walked through in such steps."""
_SETTLE = 2 * _DAY
"""Seconds that a room is simulated before its first sample, so that its start does not show."""


@dataclass(frozen=True)
class Sample:
    """What a sensor shows at one moment.

    Args:
        temperature: degrees Celsius, one decimal.
        humidity: relative humidity in percent, one decimal.
    """

    temperature: float
    humidity: float


def outdoor(time: float, seed: int) -> float:
    """Return the outdoor temperature in degrees Celsius.

    Args:
        time: seconds since 1970, UTC; the house stands where the sun is highest near 12 h UTC.
        seed: makes the weather.
    """
    season = 10.0 - 9.0 * math.cos(2 * math.pi * (time / _YEAR - 15 / 365.2425))
    daily = 4.0 * math.cos(2 * math.pi * (time / _DAY - 15 / 24))
    fronts = sum(1.6 * math.sin(2 * math.pi * (time / (days * _DAY) + phase)) for days, phase in _fronts(seed))
    return season + daily + fronts


@functools.cache
def _fronts(seed: int) -> tuple[tuple[float, float], ...]:
    weather = random.Random(f"weather:{seed}")
    return tuple((days, weather.random()) for days in (2.3, 3.7, 5.9, 9.1))


def relative_humidity(temperature: float, dew_point: float) -> float:
    """Return the relative humidity in percent (Magnus formula, constants 17.625 and 243.04 °C).

    Args:
        temperature: degrees Celsius.
        dew_point: degrees Celsius.
    """
    exponent = 17.625 * dew_point / (243.04 + dew_point) - 17.625 * temperature / (243.04 + temperature)
    return 100.0 * math.exp(exponent)


class Room:
    """A room with one sensor; ask it at moments that do not go back.

    Args:
        name: its name; it decides, with the seed, how the room is.
        seed: of the whole home.
        start: the first moment that will be asked for, seconds since 1970.
    """

    def __init__(self, name: str, seed: int, start: float) -> None:
        self.name = name
        self._seed = seed
        self._random = random.Random(f"{name}:{seed}")
        draw = self._random.uniform
        self._setpoint, self._setback = draw(19.5, 22.0), draw(1.5, 3.0)
        self._lag = draw(14.0, 30.0) * 3600.0
        self._power = draw(1.6, 2.4)
        self._bias, self._humidity_bias = draw(-0.2, 0.2), draw(-1.0, 1.0)
        self._wet = 3.0 if name in {"bathroom", "kitchen"} else 1.0
        self._noise = self._humidity_noise = 0.0
        self._heating = False
        self._vapour = 0.0
        self._temperature = self._setpoint
        self._time = start - _SETTLE
        self._walk_to(start)

    def sample(self, time: float) -> Sample:
        """Return what the sensor shows.

        Args:
            time: seconds since 1970, not before the last one asked for.

        Raises:
            ValueError: the time goes back.
        """
        if time < self._time:
            raise ValueError(f"the room {self.name!r} is at {self._time}, {time} is before that")
        self._walk_to(time)
        # Noise with a memory (AR(1)): a sensor does not jump about from one second to the next.
        self._noise = 0.9 * self._noise + self._random.gauss(0, 0.02)
        self._humidity_noise = 0.9 * self._humidity_noise + self._random.gauss(0, 0.08)
        dew_point = min(outdoor(self._time, self._seed) * 0.35 + 5.5 + self._vapour, self._temperature)
        humidity = relative_humidity(self._temperature, dew_point) + self._humidity_bias + self._humidity_noise
        temperature = self._temperature + self._bias + self._noise
        return Sample(round(temperature, 1) + 0.0, round(min(max(humidity, 5.0), 99.9), 1))

    def _walk_to(self, time: float) -> None:
        while self._time < time:
            step = min(_LONGEST_STEP, time - self._time)
            self._time += step
            self._step(step)

    def _step(self, step: float) -> None:
        hour = self._time % _DAY / 3600.0
        night = hour < 6 or hour >= 22.5
        wanted = self._setpoint - (self._setback if night else 0.0)
        if self._temperature < wanted - 0.3:
            self._heating = True
        elif self._temperature > wanted + 0.3:
            self._heating = False
        people = 1.2 if 7 <= hour < 22.5 else 0.6  # bodies, lamps, cooking: degrees above an empty room
        outside = outdoor(self._time, self._seed) + people + 2.0
        # One day's lag constant towards the outdoors; the heater lifts `power` degrees an hour.
        self._temperature += (outside - self._temperature) * step / self._lag
        self._temperature += self._power * step / 3600.0 if self._heating else 0.0
        self._vapour *= math.exp(-step / 2700.0)
        # A shower or a meal: about twice a day in a wet room, when people are up.
        if 6 <= hour < 22 and self._random.random() < step / _DAY * 2.0 * self._wet:
            self._vapour += self._random.uniform(0.5, 1.5) * self._wet
