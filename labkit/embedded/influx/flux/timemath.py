"""Arithmetic on times: durations with calendar months, time zones, windows.

A *clock time* is what a clock in a time zone shows, as nanoseconds since 1970-01-01T00:00 on that clock. Windows and
calendar arithmetic work on clock times. Source of the rules: https://docs.influxdata.com/flux/v0/stdlib/timezone/ and
https://docs.influxdata.com/flux/v0/stdlib/universe/window/.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.values import Duration

SECOND = 1_000_000_000
NS_PER_MONTH = 365.25 * 24 * 3600 * SECOND / 12
"""The length of a month where one number is needed, as Flux takes it."""

NO_TIME = Duration()
"""No time at all."""

_EPOCH = datetime(1970, 1, 1)
_TRANSITION_STEP = 7 * 86400


@dataclass(frozen=True, slots=True)
class Location:
    """Where clocks are read: a time zone, or a fixed offset (`timezone.location`, `timezone.fixed`).

    Args:
        zone: IANA name, "UTC" for none.
        offset: a fixed offset, ahead of UTC when positive.

    Raises:
        ValueError: there is no such time zone.
    """

    zone: str = "UTC"
    offset: Duration = NO_TIME

    def __post_init__(self) -> None:
        if self.zone != "UTC":
            zone_named(self.zone)

    @property
    def is_utc(self) -> bool:
        """Whether clocks show UTC."""
        return self.zone == "UTC"


UTC_LOCATION = Location()


@lru_cache(maxsize=32)
def zone_named(name: str) -> ZoneInfo:
    """The time zone of an IANA name.

    Raises:
        ValueError: there is none.
    """
    try:
        if name in ("", "Local") or not name.isascii():
            raise ValueError(name)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name}") from None


def utc_offset(time_ns: int, zone: str) -> int:
    """How far a zone's clocks are ahead of UTC at an instant, in seconds."""
    if zone == "UTC":
        return 0
    moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=time_ns // SECOND)
    offset = moment.astimezone(zone_named(zone)).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def to_clock(time_ns: int, location: Location) -> int:
    """The clock time of an instant; a fixed offset is applied too."""
    return add_duration(time_ns + utc_offset(time_ns, location.zone) * SECOND, location.offset)


def from_clock(clock_ns: int, zone: str) -> int:
    """The earliest instant at which a zone's clocks show a time; where they skip it, the instant of the skip."""
    if zone == "UTC":
        return clock_ns
    before = utc_offset(clock_ns - 86400 * SECOND, zone)
    after = utc_offset(clock_ns + 86400 * SECOND, zone)
    # West of UTC the same clock time comes later, so the larger offset gives the earlier instant.
    for offset in sorted({before, after}, reverse=True):
        candidate = clock_ns - offset * SECOND
        if utc_offset(candidate, zone) == offset:
            return candidate
    low, high = sorted((clock_ns // SECOND - before, clock_ns // SECOND - after))
    return _transition(low - 1, high + 1, zone) * SECOND


def _transition(low: int, high: int, zone: str) -> int:
    """The first second in (low, high] whose offset is that of `high`."""
    target = utc_offset(high * SECOND, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if utc_offset(middle * SECOND, zone) == target:
            high = middle
        else:
            low = middle
    return high


def clock_times(times: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """The clock times of instants.

    Args:
        times: shape (n,), nanoseconds since the epoch.
        zone: IANA name.
    """
    if zone == "UTC" or not len(times):
        return times
    low, high = int(times.min()) // SECOND, int(times.max()) // SECOND
    starts, offsets = [low], [utc_offset(low * SECOND, zone)]
    second = low
    while second < high:
        following = min(second + _TRANSITION_STEP, high)
        offset = utc_offset(following * SECOND, zone)
        if offset != offsets[-1]:
            starts.append(_transition(second, following, zone))
            offsets.append(offset)
        second = following
    index = np.searchsorted(np.array(starts, np.int64) * SECOND, times, side="right") - 1
    shifts = np.array(offsets, np.int64) * SECOND
    return times + shifts[np.maximum(index, 0)]


def add_months(clock_ns: int, months: int) -> int:
    """A clock time some months later (or earlier); the day is cut to the last one of the month."""
    if not months:
        return clock_ns
    days, rest = divmod(clock_ns, 86400 * SECOND)
    date = _EPOCH + timedelta(days=days)
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError("the time is outside the years 1 to 9999")
    day = min(date.day, calendar.monthrange(year, month + 1)[1])
    return (date.replace(year=year, month=month + 1, day=day) - _EPOCH).days * 86400 * SECOND + rest


def add_duration(time_ns: int, duration: Duration, location: Location | None = None, sign: int = 1) -> int:
    """A time plus a duration: first the months, then the nanoseconds, on the clock of a location.

    Args:
        time_ns: nanoseconds since the epoch.
        duration: what to add.
        location: whose clocks count; None for UTC.
        sign: -1 subtracts.
    """
    if duration.negative:
        sign = -sign
    if location is None or (location.is_utc and location.offset == Duration()):
        return add_months(time_ns, sign * duration.months) + sign * duration.nanoseconds
    clock = to_clock(add_duration(time_ns, location.offset), Location(location.zone))
    clock = add_months(clock, sign * duration.months) + sign * duration.nanoseconds
    return add_duration(from_clock(clock, location.zone), location.offset, None, -1)


def scale(duration: Duration, factor: int) -> Duration:
    """A duration times a whole number."""
    if duration.months == 0 and duration.nanoseconds == 0:
        return duration
    return Duration(
        duration.months * abs(factor), duration.nanoseconds * abs(factor), duration.negative != (factor < 0)
    )


def nanoseconds(duration: Duration) -> int:
    """A duration as one number, months taken as the twelfth part of 365.25 days."""
    total = duration.nanoseconds + int(duration.months * NS_PER_MONTH)
    return -total if duration.negative else total


def is_zero(duration: Duration) -> bool:
    """Whether it has no length."""
    return duration.months == 0 and duration.nanoseconds == 0


def truncate(time_ns: int, unit: Duration, location: Location | None = None) -> int:
    """The start of the unit (an hour, a week, a month) in which an instant lies.

    Raises:
        ValueError: the unit is zero, negative, or mixes months and nanoseconds.
    """
    return Windows(unit, unit, Duration(), location or UTC_LOCATION).bounds_of(time_ns)[0]


class Windows:
    """The endless sequence of windows: number i is [zero + i·every, zero + i·every + period) on the clock.

    Args:
        every: from one start to the next; months or nanoseconds, not both, and positive.
        period: a window's length; where negative the window lies before its start.
        offset: moves all windows.
        location: whose clock.

    Raises:
        ValueError: `every` is zero, negative, or mixes months and nanoseconds.
    """

    def __init__(self, every: Duration, period: Duration, offset: Duration, location: Location = UTC_LOCATION) -> None:
        if is_zero(every):
            raise ValueError("duration used as an interval cannot be zero")
        if every.months and every.nanoseconds:
            raise ValueError("duration used as an interval cannot mix month and nanosecond units")
        if every.negative:
            raise ValueError("duration used as an interval cannot be negative")
        self.every = every
        self.period = period
        self.zone = location.zone
        self.zero = add_duration(add_duration(0, location.offset, None, -1), offset)
        self._zero_month, self._zero_rest = _months_and_rest(self.zero)

    @property
    def tiled(self) -> bool:
        """Whether each instant lies in exactly one window."""
        return self.period == self.every

    def start_on_clock(self, index: int) -> int:
        """The clock time at which window number `index` starts (or ends, for a negative period)."""
        return add_duration(self.zero, scale(self.every, index))

    def bounds(self, index: int) -> tuple[int, int]:
        """The instants at which window number `index` starts and ends."""
        start = self.start_on_clock(index)
        stop = add_duration(start, self.period)
        if self.period.negative:
            start, stop = stop, start
        if self.zone == "UTC":
            return start, stop
        return from_clock(start, self.zone), from_clock(stop, self.zone)

    def indices(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of the last window that starts at or before each instant, on the clock.

        Args:
            times: shape (n,), nanoseconds since the epoch.
        """
        clocks = clock_times(times, self.zone)
        if not self.every.months:
            return (clocks - self.zero) // self.every.nanoseconds
        months: NDArray[Any] = clocks.astype("M8[ns]").astype("M8[M]")
        rest = clocks - months.astype("M8[ns]").astype(np.int64)
        whole = months.astype(np.int64) - self._zero_month - (rest < self._zero_rest)
        return whole // self.every.months

    def index_of(self, time_ns: int) -> int:
        """The number of the last window that starts at or before an instant."""
        return int(self.indices(np.array([time_ns], np.int64))[0])

    def bounds_of(self, time_ns: int) -> tuple[int, int]:
        """The instants at which the last window that starts at or before an instant begins and ends."""
        return self.bounds(self.index_of(time_ns))

    def reach(self) -> int:
        """How many further windows, before the last that starts at or before it, may hold an instant."""
        if self.tiled:
            return 0
        return int(abs(nanoseconds(self.period)) // max(nanoseconds(self.every), 1)) + 2

    def overlapping(self, start_ns: int, stop_ns: int, limit: int = 10_000_000) -> list[tuple[int, int]]:
        """The bounds of all windows that share an instant with [start_ns, stop_ns), ascending.

        Raises:
            ValueError: they are more than `limit`.
        """
        if start_ns >= stop_ns or is_zero(self.period):
            return []
        reach = self.reach()
        first, last = self.index_of(start_ns), self.index_of(stop_ns - 1)
        if self.period.negative:
            last += reach
        else:
            first -= reach
        if last - first > limit:
            raise ValueError(f"the range has more than {limit} windows")
        found = [self.bounds(index) for index in range(first, last + 1)]
        return [(start, stop) for start, stop in found if start < stop and start < stop_ns and stop > start_ns]


def _months_and_rest(clock_ns: int) -> tuple[int, int]:
    days = clock_ns // (86400 * SECOND)
    date = _EPOCH + timedelta(days=days)
    first = date.replace(day=1)
    return (date.year - 1970) * 12 + date.month - 1, clock_ns - (first - _EPOCH).days * 86400 * SECOND
