"""Cron expressions: minute, hour, day of month, month, day of week, optionally a second in front; times are UTC.

Where both day fields are restricted, either of them is enough, as POSIX cron has it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_ALIASES = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}
_MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
           "nov": 11, "dec": 12}
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}), (0, 59, {}), (0, 23, {}), (1, 31, {}), (1, 12, _MONTHS), (0, 7, _DAYS),
)
_MOST_DAYS = 366 * 8
"""A leap day comes at the latest after eight years; what has not come by then never will."""


def _number(text: str, low: int, high: int, names: dict[str, int]) -> int:
    value = names.get(text.lower(), int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else -1)
    if not low <= value <= high:
        raise ValueError(f"{text!r} is not in {low}-{high}")
    return value


def _field(text: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step_text = part.partition("/")
        step = _number(step_text, 1, high + 1, {}) if "/" in part else 1
        first, _, last = span.partition("-")
        if span in ("*", "?"):
            start, stop = low, high
        else:
            start = _number(first, low, high, names)
            stop = _number(last, low, high, names) if "-" in span else (high if "/" in part else start)
        if stop < start:
            raise ValueError(f"{part!r} ends before it begins")
        found.update(range(start, stop + 1, step))
    return frozenset(found)


class Cron:
    """A cron expression.

    Args:
        text: five fields, six with seconds in front, or `@hourly` and the like.

    Raises:
        ValueError: it is not one.
    """

    def __init__(self, text: str) -> None:
        parts = _ALIASES.get(text.strip().lower(), text).split()
        if len(parts) == 5:
            parts.insert(0, "0")
        if len(parts) != 6:
            raise ValueError(f"{text!r} has not five fields")
        fields = [_field(part, *limits) for part, limits in zip(parts, _FIELDS, strict=True)]
        self._seconds, self._minutes, self._hours = (sorted(each) for each in fields[:3])
        self._days, self._months = fields[3], fields[4]
        self._weekdays = frozenset(day % 7 for day in fields[5])
        self._any_day, self._any_weekday = parts[3][0] in "*?", parts[5][0] in "*?"

    def _on(self, day: datetime) -> bool:
        if day.month not in self._months:
            return False
        month_day, week_day = day.day in self._days, day.isoweekday() % 7 in self._weekdays
        if self._any_day or self._any_weekday:
            return month_day and week_day
        return month_day or week_day

    def next(self, after_s: int) -> int | None:
        """The first time behind a time.

        Args:
            after_s: seconds since the epoch.

        Returns:
            Seconds since the epoch, or None if there is none.
        """
        start = datetime.fromtimestamp(after_s + 1, UTC)
        day = start.replace(hour=0, minute=0, second=0)
        for _ in range(_MOST_DAYS):
            if self._on(day):
                least = (start.hour, start.minute, start.second) if day.date() == start.date() else (0, 0, 0)
                for hour in self._hours:
                    for minute in self._minutes if hour >= least[0] else ():
                        for second in self._seconds if (hour, minute) >= least[:2] else ():
                            if (hour, minute, second) >= least:
                                return int(day.replace(hour=hour, minute=minute, second=second).timestamp())
            day += timedelta(days=1)
        return None
