"""How values are written as text, and read back: Go's formats of numbers, Flux's of times and durations.

Sources: `strconv.FormatFloat`, `fmt.Print` and `encoding/json` of Go; the Flux specification's literals.
"""

from __future__ import annotations

import base64
import json
import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.values import Duration, FluxDict, Record, Regexp, Time, UInt, type_name

NANOSECONDS = {
    "w": 604_800_000_000_000, "d": 86_400_000_000_000, "h": 3_600_000_000_000, "m": 60_000_000_000,
    "s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1,
}

_DURATION_PART = re.compile(r"(\d+)(ns|us|µs|μs|ms|mo|y|w|d|h|m|s)")
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d))?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _digits(value: float) -> tuple[str, str, int]:
    """Sign, shortest digits, and the power of ten of the first digit."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    power = int(exponent or 0) + len(whole) - 1
    digits = whole + fraction
    stripped = digits.lstrip("0")
    power -= len(digits) - len(stripped)
    return sign, stripped.rstrip("0") or "0", power if stripped else 0


def _special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def float_text(value: float) -> str:
    """A float in full, never with an exponent: `0.000001`, `+Inf`, `NaN` (Go's `FormatFloat(v, 'f', -1, 64)`)."""
    if not math.isfinite(value):
        return _special(value)
    sign, digits, power = _digits(value)
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    whole, fraction = digits[: power + 1].ljust(power + 1, "0"), digits[power + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def float_display(value: float) -> str:
    """A float as Go prints it: with an exponent below 1e-4 and from 1e21."""
    if not math.isfinite(value):
        return _special(value)
    sign, digits, power = _digits(value)
    if -4 <= power < 21:
        return float_text(value)
    point = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{sign}{point}e{power:+03d}"


def float_scientific(value: float) -> str:
    """A float with an exponent always, `1.5E+00` (Go's `FormatFloat(v, 'E', -1, 64)`)."""
    if not math.isfinite(value):
        return _special(value)
    sign, digits, power = _digits(value)
    point = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{sign}{point}E{power:+03d}"


def duration_text(value: Duration) -> str:
    """A duration as a literal, largest units first: `1y2mo`, `-1h30m`, `0ns`."""
    if not value.months and not value.nanoseconds:
        return "0ns"
    parts = []
    years, months = divmod(value.months, 12)
    parts += [f"{years}y"] * bool(years) + [f"{months}mo"] * bool(months)
    rest = value.nanoseconds
    for unit, size in NANOSECONDS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "-" * value.negative + "".join(parts)


def time_text(value: int, *, fixed: bool = True) -> str:
    """A time in UTC, RFC 3339: always nine decimals, or only those that are needed."""
    seconds, nanoseconds = divmod(int(value), 1_000_000_000)
    moment = _EPOCH + timedelta(seconds=seconds)
    head = f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}"
    decimals = f"{nanoseconds:09d}" if fixed else f"{nanoseconds:09d}".rstrip("0")
    return f"{head}.{decimals}Z" if decimals else f"{head}Z"


def parse_duration(text: str) -> Duration | None:
    """The duration that a literal such as `-1h30m` or `1mo` writes, None where it writes none."""
    negative = text.startswith("-")
    rest = text[negative:]
    parts = _DURATION_PART.findall(rest)
    if "".join(number + unit for number, unit in parts) != rest:
        return None
    months = nanoseconds = 0
    for number, unit in parts:
        if unit in ("mo", "y"):
            months += int(number) * (12 if unit == "y" else 1)
        else:
            nanoseconds += int(number) * NANOSECONDS["us" if unit in ("µs", "μs") else unit]
    return Duration(months, nanoseconds, negative and bool(months or nanoseconds))


def parse_time(text: str) -> Time | None:
    """The time that a date or an RFC 3339 date time writes, None where it writes none."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, decimals, zone = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
                          tzinfo=_zone(zone))
    except ValueError:
        return None
    delta = moment - _EPOCH
    return Time((delta.days * 86_400 + delta.seconds) * 1_000_000_000 + int((decimals or "")[:9].ljust(9, "0")))


def _zone(text: str | None) -> timezone:
    if text in (None, "Z"):
        return UTC
    hours, _, minutes = str(text)[1:].partition(":")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if str(text).startswith("-") else offset)


def scalar_text(value: Any) -> str | None:
    """What `string(v:)` answers for a value that is not null, None where it has no text."""
    kind = type(value)
    if kind is str:
        return cast(str, value)
    if kind in (int, UInt):
        return str(int(value))
    if kind is float:
        return float_text(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is Time:
        return time_text(value)
    if kind is Duration:
        return duration_text(value)
    return None


def display(value: Any, indent: int = 0) -> str:
    """What `display(v:)` answers: any value as a person reads it, nested values on lines of their own from four."""
    kind = type(value)
    if value is None:
        return "<null>"
    if kind is float:
        return float_display(value)
    if kind is bytes:
        return f"0x{value.hex()}"
    if kind is Regexp:
        return cast(str, value.source)
    if kind is list:
        return _bracketed("[", "]", [display(item, indent + 1) for item in value], indent)
    if kind is Record:
        return _bracketed("{", "}", [f"{key}: {display(value[key], indent + 1)}" for key in sorted(value)], indent)
    if kind is FluxDict:
        items = [f"{display(key, indent + 1)}: {display(value[key], indent + 1)}" for key in sorted(value)]
        return _bracketed("[", "]", items, indent, separator=", ") if items else "[:]"
    text = scalar_text(value)
    return text if text is not None else f"<{type_name(value)}>"


def _bracketed(start: str, stop: str, items: list[str], indent: int, separator: str = ",") -> str:
    if len(items) <= 3:
        return start + ", ".join(items) + stop
    inner = "\n" + "    " * (indent + 1)
    return start + inner + (separator + inner).join(items) + "\n" + "    " * indent + stop


def quoted(value: str) -> str:
    """A text in quotation marks, for messages."""
    return json.dumps(value, ensure_ascii=False)


def json_text(value: Any) -> str:
    """A value as Go's `encoding/json` writes it: keys sorted, `<`, `>` and `&` escaped, times as RFC 3339."""
    kind = type(value)
    if value is None:
        return "null"
    if kind is list:
        return "[" + ",".join(json_text(item) for item in value) + "]"
    if kind is Record:
        return "{" + ",".join(f"{_json_string(key)}:{json_text(value[key])}" for key in sorted(value)) + "}"
    if kind is FluxDict:
        items = sorted((display(key), item) for key, item in value.items())
        return "{" + ",".join(f"{_json_string(key)}:{json_text(item)}" for key, item in items) + "}"
    if kind is float:
        return _json_float(value)
    if kind in (bool, int, UInt):
        return scalar_text(value) or ""
    if kind is Time:
        return _json_string(time_text(value, fixed=False))
    if kind is bytes:
        return _json_string(base64.b64encode(value).decode())
    if kind is Regexp:
        return _json_string(value.source)
    text = scalar_text(value)
    if text is None:
        fail(f"cannot encode a {type_name(value)} value")
    return _json_string(text)


def _json_string(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False).replace("\\b", "\\u0008").replace("\\f", "\\u000c")
    for character in "<>&\u2028\u2029":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return written


def _json_float(value: float) -> str:
    if not math.isfinite(value):
        fail(f"json: unsupported value: {_special(value)}")
    sign, digits, power = _digits(value)
    if value == 0 or -6 <= power < 21:
        return float_text(value)
    point = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{sign}{point}e{'-' if power < 0 else '+'}{abs(power):0{1 if power < 0 else 2}d}"
