"""Package `experimental/date/boundaries`: the last whole days, weeks and months as records of start and stop.

Source: https://docs.influxdata.com/flux/v0/stdlib/experimental/date/boundaries/.
"""

from __future__ import annotations

from typing import Any

from labkit.embedded.influx.flux import timemath
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib.dates import truncate
from labkit.embedded.influx.flux.values import Duration, Record, Time

DAY = Duration(0, 86_400_000_000_000)
WEEK = timemath.scale(DAY, 7)
MONTH = Duration(1)
_PACKAGE = "experimental/date/boundaries"
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def _later(ctx: Any, time: int, duration: Duration, count: int = 1) -> Time:
    return Time(timemath.add_duration(time, timemath.scale(duration, count), ctx.location))


def _today(ctx: Any) -> Time:
    return truncate(ctx.now, DAY, ctx.location)


def _week_day(ctx: Any, time: int) -> int:
    """0 is Sunday; the epoch was a Thursday."""
    return (timemath.to_clock(time, ctx.location) // DAY.nanoseconds + 4) % 7


def _last(ctx: Any, day: int, from_day: int) -> Time:
    """The start of the last such day of the week before a day; a week before where it is that day itself."""
    back = (_week_day(ctx, from_day) - day) % 7 or 7
    return truncate(_later(ctx, from_day, DAY, -back), DAY, ctx.location)


def _span(ctx: Any, start: Time, length: Duration) -> Record:
    return Record(start=start, stop=_later(ctx, start, length))


def _register(day: int, name: str) -> None:
    def call(ctx: Any) -> Record:
        return _span(ctx, _last(ctx, day, _today(ctx)), DAY)

    builtin(_PACKAGE, name)(call)


for _day, _name in enumerate(_DAYS):
    _register(_day, _name)


@builtin(_PACKAGE, "yesterday")
def _yesterday(ctx: Any) -> Record:
    return Record(start=_later(ctx, _today(ctx), DAY, -1), stop=_today(ctx))


@builtin(_PACKAGE, "month")
def _month(ctx: Any, month_offset: int = 0) -> Record:
    this = truncate(_today(ctx), MONTH, ctx.location)
    return _span(ctx, _later(ctx, this, MONTH, month_offset) if month_offset else this, MONTH)


@builtin(_PACKAGE, "week")
def _week(ctx: Any, week_offset: int = 0, start_sunday: bool = False) -> Record:
    first = 0 if start_sunday else 1
    today = _today(ctx)
    start = _last(ctx, first, _later(ctx, today, WEEK, week_offset) if week_offset else today)
    if _week_day(ctx, today) == first:
        start = _later(ctx, start, WEEK)
    return _span(ctx, start, WEEK)
