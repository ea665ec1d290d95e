"""What the packages of the standard library share: errors, integer limits, durations, times."""

from __future__ import annotations

from typing import Any, NoReturn

from labkit.embedded.influx.flux import timemath
from labkit.embedded.influx.flux.values import Duration, Time, type_name


def fail(message: str) -> NoReturn:
    """Stop the query; the interpreter adds where in the source, and which function.

    Raises:
        ValueError: always.
    """
    raise ValueError(message)


def unsupported(what: str) -> NoReturn:
    """Refuse what this engine lacks, and name who has it.

    Raises:
        ValueError: always.
    """
    fail(f"{what} is not supported by the embedded engine; the docker and native providers of influxdb have it")


def int32_limit(*, negative: bool = False) -> int:
    """The smallest or the largest 32-bit integer, which Go's `Ilogb` answers outside its range."""
    return -(2**31) if negative else 2**31 - 1


def wrap_int(value: int) -> int:
    """The value as a signed 64-bit integer, overflow wrapped as Go does."""
    return (value + 2**63) % 2**64 - 2**63


def positive_nanoseconds(value: Duration, name: str) -> int:
    """The length of a duration that must have one.

    Args:
        value: the duration; months count with their average length.
        name: the argument, for the message.

    Raises:
        ValueError: it is zero or negative.
    """
    length = timemath.nanoseconds(value)
    if length <= 0:
        fail(f"{name} must be a positive duration")
    return length


def instant(ctx: Any, value: Any, name: str = "t") -> Time:
    """A time, or a duration from now.

    Raises:
        ValueError: it is neither.
    """
    if type(value) not in (Time, Duration):
        fail(f'argument "{name}" must be a time or a duration, not {type_name(value)}')
    return Time(ctx.resolve_time(value))
