"""Conversions of the prelude, `display`, and how values are written."""

from __future__ import annotations

import math

import pytest

from labkit.embedded.influx.flux.stdlib.text import (
    duration_text,
    float_display,
    float_text,
    json_text,
    parse_duration,
    parse_time,
)
from labkit.embedded.influx.flux.values import Duration, FluxDict, Record, Regexp, Time, UInt


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "0"), (-0.0, "-0"), (1.0, "1"), (0.1, "0.1"), (1e21, "1000000000000000000000"), (1e-7, "0.0000001"),
     (123.456, "123.456"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (math.nan, "NaN"), (2.5e-3, "0.0025")],
)
def test_a_float_as_a_string_has_no_exponent(value, expected):
    assert float_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1e20, "100000000000000000000"), (1e21, "1e+21"), (1e-4, "0.0001"), (1.5e-5, "1.5e-05"), (-12.5, "-12.5")],
)
def test_a_float_displayed_has_an_exponent_far_from_one(value, expected):
    assert float_display(value) == expected


@pytest.mark.parametrize("text", ["1y2mo", "-1h30m", "3w4d5h6m7s8ms9us10ns", "0ns"])
def test_a_duration_is_written_as_it_is_read(text):
    found = parse_duration(text)
    assert found is not None
    assert duration_text(found) == text


@pytest.mark.parametrize("text", ["1", "h", "1h-1m", "1.5h", "1x", "--1h"])
def test_a_text_that_is_no_duration_is_refused(call, text):
    with pytest.raises(ValueError, match=f'cannot convert string "{text}" to duration due to invalid syntax'):
        call("universe", "duration", v=text)


def test_times_are_read_with_any_offset():
    assert parse_time("1970-01-01T01:00:00+01:00") == 0
    assert parse_time("1970-01-01") == 0
    assert parse_time("1970-01-01T00:00:00.123456789Z") == 123456789
    assert parse_time("1970-13-01") is None
    assert parse_time("1970-01-01T00:00:00") is None


@pytest.mark.parametrize(
    ("target", "value", "expected"),
    [
        ("int", "-12", -12), ("int", 1.9, 1), ("int", -1.9, -1), ("int", True, 1), ("int", Time(5), 5),
        ("int", UInt(2**64 - 1), -1), ("int", Duration(0, 7, True), -7), ("int", math.nan, -(2**63)),
        ("uint", -1, UInt(2**64 - 1)), ("uint", "12", UInt(12)), ("float", 3, 3.0), ("float", "1e3", 1000.0),
        ("float", "-Inf", -math.inf), ("float", True, 1.0), ("bool", "true", True), ("bool", 0, False),
        ("bool", 1.0, True), ("time", 7, Time(7)), ("time", "1970-01-01T00:00:01Z", Time(10**9)),
        ("duration", "1h", Duration(0, 3600 * 10**9)), ("duration", -5, Duration(0, 5, True)),
        ("string", 1.5, "1.5"), ("string", Time(0), "1970-01-01T00:00:00.000000000Z"), ("string", False, "false"),
        ("string", b"abc", "abc"), ("bytes", "é", b"\xc3\xa9"),
    ],
)
def test_conversions(call, target, value, expected):
    found = call("universe", target, v=value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("target", "value", "message"),
    [
        ("int", "1.5", 'cannot convert string "1.5" to int due to invalid syntax'),
        ("int", " 1", "due to invalid syntax"), ("int", "9223372036854775808", "due to invalid syntax"),
        ("uint", "-1", 'cannot convert string "-1" to uint due to invalid syntax'),
        ("float", "1_0", 'cannot convert string "1_0" to float due to invalid syntax'),
        ("bool", "yes", 'cannot convert string "yes" to bool'),
        ("bool", 2, "cannot convert int 2 to bool, must be 0 or 1"),
        ("time", "yesterday", 'cannot convert string "yesterday" to time due to invalid syntax'),
        ("float", Time(0), "cannot convert time to float"), ("string", [1], "cannot convert array to string"),
        ("bytes", 1, "cannot convert int to bytes"), ("string", b"\xff", "non utf8"),
    ],
)
def test_what_cannot_be_converted_is_refused(call, target, value, message):
    with pytest.raises(ValueError, match=message):
        call("universe", target, v=value)


def test_null_converts_to_null(call):
    assert all(call("universe", name, v=None) is None for name in ("int", "uint", "float", "bool", "string", "time"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "<null>"), (1.0, "1"), ("a", "a"), (b"\x01\xff", "0x01ff"), ([1, 2], "[1, 2]"), (Regexp("a.b"), "a.b"),
        ([1, 2, 3, 4], "[\n    1,\n    2,\n    3,\n    4\n]"), (Record(b=1, a="x"), "{a: x, b: 1}"),
        (FluxDict(), "[:]"), (FluxDict(b=1, a=2), "[a: 2, b: 1]"), ([[1], Record(x=None)], "[[1], {x: <null>}]"),
    ],
)
def test_display_shows_any_value(call, value, expected):
    assert call("universe", "display", v=value) == expected


def test_json_is_that_of_go():
    value = Record(b=[1.0, 1e21, 1e-7, UInt(3)], a="<é>\n", t=Time(1_500_000_000), d=Duration(0, 60 * 10**9), n=None)
    assert json_text(value) == (
        '{"a":"\\u003cé\\u003e\\n","b":[1,1e+21,1e-7,3],"d":"1m","n":null,"t":"1970-01-01T00:00:01.5Z"}'
    )


def test_json_has_no_nan():
    with pytest.raises(ValueError, match="unsupported value: NaN"):
        json_text(math.nan)
