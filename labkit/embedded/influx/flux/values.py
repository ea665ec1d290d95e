"""The values of the Flux language, as Python values.

=============  ===========================================
Flux type      Python type (always tested by exact type)
=============  ===========================================
bool           bool
int            int, in the range of 64 signed bits
uint           `UInt`
float          float
string         str
bytes          bytes
time           `Time`: nanoseconds since the epoch
duration       `Duration`: months and nanoseconds
regexp         `Regexp`
array          list
record         `Record` (a dict)
dictionary     `FluxDict` (a dict)
function       `Callable` protocol: `interpreter.Closure` or `registry.Builtin`
stream         `table.TableStream`
null           None
=============  ===========================================

Source: the Flux specification, https://docs.influxdata.com/flux/v0/data-types/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import re2


class UInt(int):
    """An unsigned 64-bit integer."""

    __slots__ = ()


class Time(int):
    """An instant: nanoseconds since 1970-01-01T00:00:00Z."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time. Months have no fixed length, so they are kept apart.

    Args:
        months: calendar months (a year is twelve); never negative.
        nanoseconds: the exact rest; never negative.
        negative: the sign of the whole.
    """

    months: int = 0
    nanoseconds: int = 0
    negative: bool = False


class Record(dict[str, Any]):
    """A record: property names to values."""

    __slots__ = ()


class FluxDict(dict[Any, Any]):
    """A dictionary of the `dict` package and of `[key: value]` literals."""

    __slots__ = ()


class Regexp:
    """A compiled regular expression with the syntax and the linear run time of Go's (RE2).

    Args:
        source: the pattern, as it is written between the slashes, escapes of the slash removed.

    Raises:
        ValueError: the pattern is not a regular expression.
    """

    __slots__ = ("compiled", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        options = re2.Options()
        options.log_errors = False
        try:
            self.compiled = re2.compile(source, options)
        except re2.error as error:
            raise ValueError(f"invalid regular expression /{source}/: {error}") from None

    def __repr__(self) -> str:
        return f"/{self.source}/"


class FluxCallable(Protocol):
    """What both functions of a program and built-in functions can do."""

    name: str

    def call(self, arguments: dict[str, Any]) -> Any:
        """Call with named arguments."""


def type_name(value: Any) -> str:
    """The Flux name of a value's type, for messages: `int`, `string`, `time`, …"""
    names = {
        bool: "bool", int: "int", UInt: "uint", float: "float", str: "string", bytes: "bytes", Time: "time",
        Duration: "duration", Regexp: "regexp", list: "array", Record: "record", FluxDict: "dictionary",
        type(None): "null",
    }
    found = names.get(type(value))
    if found:
        return found
    return "function" if hasattr(value, "call") else "stream"
