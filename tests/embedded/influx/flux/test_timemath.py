from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.embedded.influx.flux.scanner import parse_duration, parse_time
from labkit.embedded.influx.flux.stdlib.text import time_text
from labkit.embedded.influx.flux.timemath import (
    SECOND,
    Location,
    Windows,
    add_duration,
    clock_times,
    from_clock,
    to_clock,
    truncate,
)
from labkit.embedded.influx.flux.values import Duration

BERLIN, ANGELES = Location("Europe/Berlin"), Location("America/Los_Angeles")


def ns(text: str) -> int:
    return int(parse_time(text))


def iso(time: int) -> str:
    return time_text(time, fixed=False)


@pytest.mark.parametrize(("start", "duration", "expected"), [
    ("2020-01-31T00:00:00Z", "1mo", "2020-02-29T00:00:00Z"),
    ("2021-01-31T12:00:00Z", "1mo", "2021-02-28T12:00:00Z"),
    ("2020-02-29T00:00:00Z", "1y", "2021-02-28T00:00:00Z"),
    ("2020-11-30T00:00:00Z", "3mo", "2021-02-28T00:00:00Z"),
    ("1969-12-31T23:59:59Z", "1mo", "1970-01-31T23:59:59Z"),
    ("2020-01-01T00:00:00Z", "1h30m", "2020-01-01T01:30:00Z"),
])
def test_months_end_at_the_last_day_of_the_month(start: str, duration: str, expected: str):
    assert iso(add_duration(ns(start), parse_duration(duration))) == expected


def test_a_duration_can_be_taken_away():
    assert iso(add_duration(ns("2020-03-31T00:00:00Z"), Duration(1, 0, True))) == "2020-02-29T00:00:00Z"
    assert iso(add_duration(ns("2020-03-31T00:00:00Z"), Duration(1), sign=-1)) == "2020-02-29T00:00:00Z"


def test_a_day_is_a_day_on_the_clock_of_the_location():
    noon = ns("2017-11-04T19:00:00Z")
    assert iso(add_duration(noon, parse_duration("1d"), ANGELES)) == "2017-11-05T20:00:00Z"
    assert iso(add_duration(noon, parse_duration("1d"))) == "2017-11-05T19:00:00Z"


@pytest.mark.parametrize(("time", "unit", "location", "expected"), [
    ("2020-05-06T07:08:09.5Z", "1s", None, "2020-05-06T07:08:09Z"),
    ("2020-05-06T07:08:09Z", "1d", None, "2020-05-06T00:00:00Z"),
    ("2020-05-06T07:08:09Z", "1w", None, "2020-04-30T00:00:00Z"),
    ("2020-05-06T07:08:09Z", "1mo", None, "2020-05-01T00:00:00Z"),
    ("2020-05-06T07:08:09Z", "1y", None, "2020-01-01T00:00:00Z"),
    ("1960-05-06T07:08:09Z", "3mo", None, "1960-04-01T00:00:00Z"),
    ("2020-05-06T23:08:09Z", "1d", BERLIN, "2020-05-06T22:00:00Z"),
    ("2020-05-31T23:08:09Z", "1mo", BERLIN, "2020-05-31T22:00:00Z"),
    ("2020-05-06T07:08:09Z", "1d", Location("UTC", Duration(0, 3600 * SECOND)), "2020-05-05T23:00:00Z"),
])
def test_truncation(time: str, unit: str, location: Location | None, expected: str):
    assert iso(truncate(ns(time), parse_duration(unit), location)) == expected


def test_the_hour_that_is_skipped_begins_when_the_clock_jumps():
    # 02:30 on 2017-03-12 does not exist in Los Angeles.
    assert iso(from_clock(ns("2017-03-12T02:30:00Z"), "America/Los_Angeles")) == "2017-03-12T10:00:00Z"


def test_the_hour_that_comes_twice_is_the_earlier_one():
    assert iso(from_clock(ns("2017-11-05T01:30:00Z"), "America/Los_Angeles")) == "2017-11-05T08:30:00Z"


@given(st.integers(-(10**9), 4 * 10**9), st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "UTC"]))
@settings(deadline=None)
def test_clocks_show_what_the_time_zone_database_says(second: int, zone: str):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
    expected = int((local - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    assert to_clock(second * SECOND, Location(zone)) == expected * SECOND
    again = from_clock(expected * SECOND, zone)
    assert to_clock(again, Location(zone)) == expected * SECOND
    assert again <= second * SECOND


@given(st.lists(st.integers(-(10**9), 4 * 10**9), min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_clocks_of_many_instants_are_those_of_each(seconds: list[int]):
    times = np.array(seconds, np.int64) * SECOND
    found = clock_times(times, "Europe/Berlin").tolist()
    assert found == [to_clock(int(time), BERLIN) for time in times]


def test_a_fixed_offset_moves_the_windows():
    windows = Windows(parse_duration("1d"), parse_duration("1d"), parse_duration("6h"))
    assert [iso(t) for t in windows.bounds_of(ns("2020-01-02T05:00:00Z"))] == [
        "2020-01-01T06:00:00Z", "2020-01-02T06:00:00Z"]


def test_windows_of_days_follow_the_clock_through_the_change_of_summer_time():
    windows = Windows(parse_duration("1d"), parse_duration("1d"), Duration(), BERLIN)
    spans = windows.overlapping(ns("2020-10-24T12:00:00Z"), ns("2020-10-26T12:00:00Z"))
    assert [(iso(a), iso(b)) for a, b in spans] == [
        ("2020-10-23T22:00:00Z", "2020-10-24T22:00:00Z"), ("2020-10-24T22:00:00Z", "2020-10-25T23:00:00Z"),
        ("2020-10-25T23:00:00Z", "2020-10-26T23:00:00Z")]


def test_overlapping_windows_all_share_an_instant_with_the_range():
    windows = Windows(parse_duration("1m"), parse_duration("3m"), Duration())
    spans = windows.overlapping(ns("2020-01-01T00:00:00Z"), ns("2020-01-01T00:01:00Z"))
    assert [(iso(a)[11:16], iso(b)[11:16]) for a, b in spans] == [
        ("23:58", "00:01"), ("23:59", "00:02"), ("00:00", "00:03")]


@pytest.mark.parametrize("every", [Duration(), Duration(1, 1), Duration(0, 5, True)])
def test_a_window_must_have_a_plain_length(every: Duration):
    with pytest.raises(ValueError, match="duration used as an interval cannot"):
        Windows(every, every, Duration())


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Local"])
def test_an_unknown_time_zone_is_refused(name: str):
    with pytest.raises(ValueError, match="unknown time zone"):
        Location(name)


@given(st.integers(-(2**61), 2**61), st.sampled_from(["1h", "7s", "1d", "1w", "1mo", "3mo", "1y"]))
@settings(deadline=None)
def test_each_instant_lies_in_its_window(time: int, every: str):
    windows = Windows(parse_duration(every), parse_duration(every), Duration())
    start, stop = windows.bounds_of(time)
    assert start <= time < stop
