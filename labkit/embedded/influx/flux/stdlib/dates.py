"""Packages `date` and `timezone`.

Source: https://docs.influxdata.com/flux/v0/stdlib/date/. A duration stands for the time that far from now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from labkit.embedded.influx.flux import timemath
from labkit.embedded.influx.flux.registry import builtin, constant
from labkit.embedded.influx.flux.stdlib.support import instant
from labkit.embedded.influx.flux.timemath import Location
from labkit.embedded.influx.flux.values import Duration, Record, Time

_EPOCH = datetime(1970, 1, 1)
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")

for _number, _name in enumerate(_DAYS):
    constant("date", _name, _number)
for _number, _name in enumerate(_MONTHS, start=1):
    constant("date", _name, _number)

IN_LOCATION: dict[str, Callable[[datetime], int]] = {
    "minute": lambda moment: moment.minute,
    "hour": lambda moment: moment.hour,
    "weekDay": lambda moment: moment.isoweekday() % 7,
    "monthDay": lambda moment: moment.day,
    "yearDay": lambda moment: moment.timetuple().tm_yday,
    "week": lambda moment: moment.isocalendar().week,
    "month": lambda moment: moment.month,
    "quarter": lambda moment: (moment.month + 2) // 3,
    "year": lambda moment: moment.year,
}
OF_SECOND = {"millisecond": 1_000_000, "microsecond": 1_000, "nanosecond": 1}


def _clock(time: int, location: Location) -> int:
    return timemath.to_clock(time, location)


def _register_part(name: str, part: Callable[[datetime], int]) -> None:
    def call(ctx: Any, t: Time | Duration, location: Record | None = None) -> int:
        clock = _clock(instant(ctx, t), ctx.locate(location))
        return part(_EPOCH + timedelta(seconds=clock // timemath.SECOND))

    builtin("date", name)(call)


def _register_fraction(name: str, unit: int) -> None:
    def call(ctx: Any, t: Time | Duration) -> int:
        return int(instant(ctx, t)) % timemath.SECOND // unit

    builtin("date", name)(call)


for _name, _part in IN_LOCATION.items():
    _register_part(_name, _part)
for _name, _unit in OF_SECOND.items():
    _register_fraction(_name, _unit)


@builtin("date", "second")
def _second(ctx: Any, t: Time | Duration) -> int:
    return int(instant(ctx, t)) // timemath.SECOND % 60


@builtin("date", "time")
def _time(ctx: Any, t: Time | Duration, location: Record | None = None) -> Time:
    return Time(_clock(instant(ctx, t), ctx.locate(location)))


def _moved(time: Time, duration: Duration, location: Location, sign: int) -> Time:
    return Time(timemath.add_duration(time, duration, location, sign))


@builtin("date", "add")
def _add(ctx: Any, d: Duration, to: Time | Duration, location: Record | None = None) -> Time:
    return _moved(instant(ctx, to, "to"), d, ctx.locate(location), 1)


@builtin("date", "sub")
def _sub(ctx: Any, d: Duration, from_: Time | Duration, location: Record | None = None) -> Time:
    return _moved(instant(ctx, from_, "from"), d, ctx.locate(location), -1)


@builtin("date", "scale")
def _scale(_ctx: Any, d: Duration, n: int) -> Duration:
    return timemath.scale(d, n)


def truncate(time: int, unit: Duration, location: Location) -> Time:
    """The start of the unit in which an instant lies.

    Raises:
        ValueError: the unit is zero, negative, or mixes months with other units.
    """
    return Time(timemath.truncate(time, unit, location))


@builtin("date", "truncate")
def _truncate(ctx: Any, t: Time | Duration, unit: Duration, location: Record | None = None) -> Time:
    return truncate(instant(ctx, t), unit, ctx.locate(location))


@builtin("universe", "now")
def _now(ctx: Any) -> Time:
    return Time(ctx.now)


@builtin("universe", "today")
def _today(ctx: Any) -> Time:
    return truncate(ctx.now, Duration(0, 86_400_000_000_000), ctx.location)


constant("timezone", "utc", Record(zone="UTC", offset=Duration()))


@builtin("timezone", "fixed")
def _fixed(_ctx: Any, offset: Duration) -> Record:
    return Record(zone="UTC", offset=offset)


@builtin("timezone", "location")
def _location(_ctx: Any, name: str) -> Record:
    Location(name)
    return Record(zone=name, offset=Duration())
