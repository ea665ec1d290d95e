"""The prelude's conversions: bool, bytes, duration, float, int, string, time, uint; and `display`.

Source: https://docs.influxdata.com/flux/v0/function-types/#type-conversions. Null converts to null.
"""

from __future__ import annotations

import math
import re
from typing import Any

from labkit.embedded.influx.flux import timemath
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import text
from labkit.embedded.influx.flux.stdlib.support import fail, wrap_int
from labkit.embedded.influx.flux.values import Duration, Time, UInt, type_name

_INT = re.compile(r"[+-]?[0-9]+", re.ASCII)
_UINT = re.compile(r"[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_HEX_FLOAT = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+", re.ASCII)
_NAMED_FLOAT = re.compile(r"[+-]?(?:inf|infinity)|nan", re.IGNORECASE | re.ASCII)


def _syntax(value: str, kind: str) -> str:
    return f"cannot convert string {text.quoted(value)} to {kind} due to invalid syntax"


def _whole(value: float) -> int:
    """A float cut to a whole number; outside the range Go gives the smallest integer."""
    return int(value) if math.isfinite(value) and -(2.0**63) <= value < 2.0**63 else -(2**63)


def to_int(value: Any) -> int | None:
    """The value as an int, null as null.

    Raises:
        ValueError: the text is not a number, or the type has no such conversion.
    """
    kind = type(value)
    if value is None or kind is int:
        return value  # type: ignore[no-any-return]
    if kind is str:
        if not _INT.fullmatch(value) or not -(2**63) <= int(value) < 2**63:
            fail(_syntax(value, "int"))
        return int(value)
    if kind is float:
        return _whole(value)
    if kind in (bool, Time):
        return int(value)
    if kind is UInt:
        return wrap_int(int(value))
    if kind is Duration:
        return timemath.nanoseconds(value)
    return fail(f"cannot convert {type_name(value)} to int")


def to_uint(value: Any) -> UInt | None:
    """The value as an unsigned int, null as null; a negative number wraps around as in Go.

    Raises:
        ValueError: the text is not a number, or the type has no such conversion.
    """
    kind = type(value)
    if value is None or kind is UInt:
        return value  # type: ignore[no-any-return]
    if kind is str:
        if not _UINT.fullmatch(value) or int(value) >= 2**64:
            fail(_syntax(value, "uint"))
        return UInt(int(value))
    if kind is float:
        return UInt(int(value) if 0 <= value < 2.0**64 else _whole(value) % 2**64)
    if kind in (int, bool, Time, Duration):
        return UInt((to_int(value) or 0) % 2**64)
    return fail(f"cannot convert {type_name(value)} to uint")


def to_float(value: Any) -> float | None:
    """The value as a float, null as null.

    Raises:
        ValueError: the text is not a number, or the type has no such conversion.
    """
    kind = type(value)
    if value is None or kind is float:
        return value  # type: ignore[no-any-return]
    if kind in (int, UInt, bool):
        return float(value)
    if kind is str:
        return parse_float(value)
    return fail(f"cannot convert {type_name(value)} to float")


def parse_float(value: str) -> float:
    """The float that a text writes, as Go reads it.

    Raises:
        ValueError: it writes none.
    """
    if _FLOAT.fullmatch(value):
        number = float(value)
    elif _HEX_FLOAT.fullmatch(value):
        number = float.fromhex(value)
    elif _NAMED_FLOAT.fullmatch(value):
        return float(value)
    else:
        fail(_syntax(value, "float"))
    return number if math.isfinite(number) else fail(_syntax(value, "float"))


def to_bool(value: Any) -> bool | None:
    """The value as a bool, null as null; only 0, 1, `true` and `false` have one.

    Raises:
        ValueError: any other value.
    """
    kind = type(value)
    if value is None or kind is bool:
        return value  # type: ignore[no-any-return]
    if kind is str:
        if value not in ("true", "false"):
            fail(f"cannot convert string {text.quoted(value)} to bool")
        return bool(value == "true")
    if kind in (int, UInt, float):
        shown = f"{value:f}" if kind is float else str(int(value))
        if value not in (0, 1):
            fail(f"cannot convert {type_name(value)} {shown} to bool, must be 0 or 1")
        return bool(value == 1)
    return fail(f"cannot convert {type_name(value)} to bool")


def to_time(value: Any) -> Time | None:
    """The value as a time, numbers as nanoseconds since the epoch, null as null.

    Raises:
        ValueError: the text is not a time, or the type has no such conversion.
    """
    kind = type(value)
    if value is None or kind is Time:
        return value  # type: ignore[no-any-return]
    if kind in (int, UInt):
        return Time(wrap_int(int(value)))
    if kind is str:
        found = text.parse_time(value)
        if found is None:
            fail(_syntax(value, "time"))
        if not -(2**63) <= found < 2**63:
            fail(f"cannot convert string {text.quoted(value)} to time: it must lie between 1677-09-21 and 2262-04-11")
        return found
    return fail(f"cannot convert {type_name(value)} to time")


def to_duration(value: Any) -> Duration | None:
    """The value as a duration, numbers as nanoseconds, null as null.

    Raises:
        ValueError: the text is not a duration, or the type has no such conversion.
    """
    kind = type(value)
    if value is None or kind is Duration:
        return value  # type: ignore[no-any-return]
    if kind in (int, UInt):
        length = wrap_int(int(value))
        return Duration(0, abs(length), length < 0)
    if kind is str:
        found = text.parse_duration(value)
        return fail(_syntax(value, "duration")) if found is None else found
    return fail(f"cannot convert {type_name(value)} to duration")


def to_string(value: Any) -> str | None:
    """The value as text, null as null.

    Raises:
        ValueError: the bytes are not UTF-8, or the type has no such conversion.
    """
    if value is None:
        return None
    if type(value) is bytes:
        try:
            return value.decode()
        except UnicodeDecodeError:
            fail("bytes contained non utf8 bytes, cannot be converted into a string")
    found = text.scalar_text(value)
    return fail(f"cannot convert {type_name(value)} to string") if found is None else found


def to_bytes(value: Any) -> bytes:
    """The UTF-8 bytes of a text.

    Raises:
        ValueError: the value is not a text.
    """
    return value.encode() if type(value) is str else fail(f"cannot convert {type_name(value)} to bytes")


CONVERSIONS = {
    "bool": to_bool, "bytes": to_bytes, "duration": to_duration, "float": to_float,
    "int": to_int, "string": to_string, "time": to_time, "uint": to_uint,
}


def _register(name: str) -> None:
    convert = CONVERSIONS[name]

    def call(_ctx: Any, v: Any) -> Any:
        return convert(v)

    builtin("universe", name)(call)


for _name in CONVERSIONS:
    _register(_name)


@builtin("universe", "display")
def _display(_ctx: Any, v: Any) -> str:
    return text.display(v)
