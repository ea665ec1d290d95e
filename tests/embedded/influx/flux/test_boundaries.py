"""Package `experimental/date/boundaries`. Now is Tuesday 2023-11-14T22:13:20Z."""

from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.stdlib.text import time_text


def days(record: dict[str, int]) -> tuple[str, str]:
    return time_text(record["start"], fixed=False), time_text(record["stop"], fixed=False)


@pytest.mark.parametrize(
    ("name", "start", "stop"),
    [
        ("yesterday", "2023-11-13T00:00:00Z", "2023-11-14T00:00:00Z"),
        ("monday", "2023-11-13T00:00:00Z", "2023-11-14T00:00:00Z"),
        ("tuesday", "2023-11-07T00:00:00Z", "2023-11-08T00:00:00Z"),
        ("wednesday", "2023-11-08T00:00:00Z", "2023-11-09T00:00:00Z"),
        ("sunday", "2023-11-12T00:00:00Z", "2023-11-13T00:00:00Z"),
        ("month", "2023-11-01T00:00:00Z", "2023-12-01T00:00:00Z"),
        ("week", "2023-11-13T00:00:00Z", "2023-11-20T00:00:00Z"),
    ],
)
def test_the_last_whole_span(call, name, start, stop):
    assert days(call("experimental/date/boundaries", name)) == (start, stop)


def test_spans_may_lie_further_back(call):
    package = "experimental/date/boundaries"
    assert days(call(package, "month", month_offset=-2)) == ("2023-09-01T00:00:00Z", "2023-10-01T00:00:00Z")
    assert days(call(package, "week", week_offset=-1)) == ("2023-11-06T00:00:00Z", "2023-11-13T00:00:00Z")
    assert days(call(package, "week", start_sunday=True)) == ("2023-11-12T00:00:00Z", "2023-11-19T00:00:00Z")


def test_days_are_those_of_the_location(ask):
    rows = ask('import "timezone" import "array" import "experimental/date/boundaries"\n'
               'option location = timezone.location(name: "Asia/Tokyo")\n'
               "array.from(rows: [boundaries.yesterday()])")
    assert days(rows[0]) == ("2023-11-13T15:00:00Z", "2023-11-14T15:00:00Z")
