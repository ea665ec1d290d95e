"""Packages `date` and `timezone`."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.stdlib.text import parse_duration, parse_time, time_text
from labkit.embedded.influx.flux.values import Record, Time


def at(text: str) -> Time:
    found = parse_time(text)
    assert found is not None
    return found


def seen(time: int) -> str:
    return time_text(time, fixed=False)


MOMENT = "2020-02-11T12:21:03.293534940Z"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("second", 3), ("minute", 21), ("hour", 12), ("weekDay", 2), ("monthDay", 11), ("yearDay", 42), ("week", 7),
     ("month", 2), ("quarter", 1), ("year", 2020), ("millisecond", 293), ("microsecond", 293534),
     ("nanosecond", 293534940)],
)
def test_a_part_of_a_time(call, name, expected):
    assert call("date", name, t=at(MOMENT)) == expected


def test_a_duration_counts_from_now(call):
    # Now is 2023-11-14T22:13:20Z.
    assert call("date", "hour", t=parse_duration("-1h")) == 21
    assert call("date", "month", t=parse_duration("-1mo")) == 10


def test_times_before_the_epoch_have_positive_parts(call):
    assert call("date", "nanosecond", t=Time(-1)) == 999999999
    assert call("date", "second", t=Time(-1)) == 59
    assert call("date", "year", t=Time(-1)) == 1969


def test_parts_are_read_on_the_clock_of_a_location(call):
    berlin = call("timezone", "location", name="Europe/Berlin")
    assert call("date", "hour", t=at("2024-07-01T23:30:00Z"), location=berlin) == 1
    assert call("date", "monthDay", t=at("2024-07-01T23:30:00Z"), location=berlin) == 2
    fixed = call("timezone", "fixed", offset=parse_duration("-8h"))
    assert call("date", "hour", t=at("2024-07-01T01:00:00Z"), location=fixed) == 17


def test_an_unknown_time_zone_is_refused(call):
    with pytest.raises(ValueError, match="unknown time zone Nowhere/Land"):
        call("timezone", "location", name="Nowhere/Land")
    with pytest.raises(ValueError, match="zone property missing"):
        call("date", "hour", t=at(MOMENT), location=Record(offset=parse_duration("1h")))


@pytest.mark.parametrize(
    ("unit", "expected"),
    [("1s", "2020-02-11T12:21:03Z"), ("1m", "2020-02-11T12:21:00Z"), ("1h", "2020-02-11T12:00:00Z"),
     ("1d", "2020-02-11T00:00:00Z"), ("1w", "2020-02-06T00:00:00Z"), ("1mo", "2020-02-01T00:00:00Z"),
     ("1y", "2020-01-01T00:00:00Z")],
)
def test_truncate_cuts_to_a_unit(call, unit, expected):
    """A week starts on Thursday, as the epoch did."""
    assert seen(call("date", "truncate", t=at(MOMENT), unit=parse_duration(unit))) == expected


def test_a_day_of_a_location_starts_at_its_midnight(call):
    berlin = call("timezone", "location", name="Europe/Berlin")
    day = parse_duration("1d")
    assert seen(call("date", "truncate", t=at("2024-07-01T23:30:00Z"), unit=day, location=berlin)) \
        == "2024-07-01T22:00:00Z"


def test_a_unit_must_not_mix_months_with_other_units(call):
    with pytest.raises(ValueError, match="cannot mix month and nanosecond"):
        call("date", "truncate", t=at(MOMENT), unit=parse_duration("1mo1d"))


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("1mo", "2021-02-28T00:00:00Z"), ("3mo", "2021-04-30T00:00:00Z"), ("1y1d", "2022-02-01T00:00:00Z"),
     ("-1mo", "2020-12-31T00:00:00Z")],
)
def test_adding_months_stays_in_the_month(call, duration, expected):
    assert seen(call("date", "add", d=parse_duration(duration), to=at("2021-01-31"))) == expected


def test_subtracting(call):
    arguments = {"d": parse_duration("1mo"), "from": at("2021-03-31")}
    assert seen(call("date", "sub", **arguments)) == "2021-02-28T00:00:00Z"
    assert seen(call("experimental", "subDuration", **arguments)) == "2021-02-28T00:00:00Z"


def test_a_day_is_added_on_the_clock_of_a_location(call):
    """On 31 March 2024 clocks in Berlin skipped an hour."""
    berlin = call("timezone", "location", name="Europe/Berlin")
    later = call("date", "add", d=parse_duration("1d"), to=at("2024-03-30T11:00:00Z"), location=berlin)
    assert seen(later) == "2024-03-31T10:00:00Z"


def test_scale(call):
    assert call("date", "scale", d=parse_duration("1mo2h"), n=-3) == parse_duration("-3mo6h")


def test_today_is_the_start_of_the_day(call):
    assert seen(call("universe", "today")) == "2023-11-14T00:00:00Z"


def test_names_of_days_and_months(ask):
    rows = ask('import "array" import "date" array.from(rows: [{a: date.Sunday, b: date.Saturday, c: date.December}])')
    assert rows == [{"a": 0, "b": 6, "c": 12}]
