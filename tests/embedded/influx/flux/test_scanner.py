from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.errors import CompileError
from labkit.embedded.influx.flux.scanner import Source, parse_duration, parse_time, scan
from labkit.embedded.influx.flux.values import Duration, Time


def tokens(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in scan(Source(text))[:-1]]


def value(text: str) -> object:
    return scan(Source(text))[0].value


def test_a_slash_divides_behind_an_operand_and_begins_a_regular_expression_elsewhere():
    assert tokens("a / b / c")[1] == ("operator", "/")
    assert tokens(r"r =~ /b \/ c/")[2] == ("regex", r"/b \/ c/")
    assert tokens("f(x) /2/ 1")[4] == ("operator", "/")
    assert tokens("return /x/")[1] == ("regex", "/x/")


def test_numbers_durations_and_times_are_told_apart():
    assert [kind for kind, _ in tokens("1 1.5 1h 2020-01-01 2020-01-01T00:00:00Z .5 1h30m")] == [
        "int", "float", "duration", "time", "time", "float", "duration"]


def test_comments_and_white_space_are_left_out():
    assert tokens("a // b\n  // c\n\t+ 1") == [("identifier", "a"), ("operator", "+"), ("int", "1")]


@pytest.mark.parametrize(("text", "expected"), [
    ('"a\\n\\t\\"\\\\b"', 'a\n\t"\\b'),
    ('"\\xe2\\x82\\xac"', "€"),
    ('"grün"', "grün"),
    ('"$5 \\${x}"', "$5 ${x}"),
    ('"two\nlines"', "two\nlines"),
])
def test_escapes_of_strings(text: str, expected: str):
    assert value(text) == [expected]


def test_an_interpolation_may_hold_strings_and_braces():
    parts = value('"a ${ {x: "}"}.x } b"')
    assert isinstance(parts, list)
    assert parts[0] == "a "
    assert parts[2] == " b"
    assert [token.text for token in parts[1]][:3] == ["{", "x", ":"]


@pytest.mark.parametrize(("text", "expected"), [
    ("1h30m", Duration(0, 5400 * 10**9)),
    ("1y6mo", Duration(18)),
    ("2w1d", Duration(0, 15 * 86400 * 10**9)),
    ("5us", Duration(0, 5000)),
    ("5µs", Duration(0, 5000)),
    ("1mo1ns", Duration(1, 1)),
])
def test_durations(text: str, expected: Duration):
    assert parse_duration(text) == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("1970-01-01", 0),
    ("1970-01-01T00:00:00.000000001Z", 1),
    ("1970-01-01T01:00:00+01:00", 0),
    ("1969-12-31T23:59:59.5Z", -500_000_000),
    ("2262-04-11T23:47:16.854775807Z", 2**63 - 1),
    ("1677-09-21T00:12:43.145224192Z", -(2**63)),
])
def test_times_are_exact_to_the_nanosecond(text: str, expected: int):
    assert parse_time(text) == Time(expected)


@pytest.mark.parametrize(("text", "message"), [
    ('"abc', "error @1:1-1:5: unterminated string"),
    ('x = "a${1"', "error @1:10-1:11: unterminated string"),
    ("a = #", "error @1:5-1:6: invalid statement: #"),
    ("a = 12abc", "error @1:5-1:10: invalid expression: 12abc"),
    ("a =\n 007", "error @2:2-2:5: invalid integer literal 007: nonzero value cannot start with 0"),
    ("99999999999999999999", "value out of range"),
    ("2020-13-01", "invalid time literal"),
    ("2400-01-01", "must lie between"),
    ("r =~ /(/", "invalid regular expression"),
    ('"\\q"', "invalid escape sequence \\q"),
    ('"\\xff"', "invalid UTF-8"),
])
def test_what_is_no_token_is_a_compile_error_with_its_place(text: str, message: str):
    with pytest.raises(CompileError) as caught:
        scan(Source(text))
    assert message in str(caught.value)


def test_columns_count_bytes_as_go_does():
    source = Source('"ü" x')
    token = scan(source)[1]
    assert str(source.span(token.start, token.end)) == "1:6-1:7"
