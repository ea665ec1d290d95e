"""The operators of Flux on single values.

Null in, null out. Numbers of different types can be compared, but not added: Flux never converts in silence. Whole
numbers wrap around at 64 bits. Source: https://docs.influxdata.com/flux/v0/spec/operators/ and, for nulls,
https://docs.influxdata.com/flux/v0/data-types/null/.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from labkit.embedded.influx.flux.timemath import nanoseconds
from labkit.embedded.influx.flux.values import Duration, FluxDict, Record, Regexp, Time, UInt, type_name

BinaryFunction = Callable[[Any, Any], Any]

LONGEST_TEXT = 2**26

_SIGN = 2**63
_MODULUS = 2**64


def _int(value: int) -> int:
    return value if -_SIGN <= value < _SIGN else (value + _SIGN) % _MODULUS - _SIGN


def _uint(value: int) -> UInt:
    return UInt(value % _MODULUS)


def _quotient(left: int, right: int) -> int:
    """Division cut towards zero, as in Go."""
    if right == 0:
        raise ValueError("cannot divide by zero")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: int, right: int) -> int:
    if right == 0:
        raise ValueError("cannot mod zero")
    return int(math.copysign(1, left)) * (abs(left) % abs(right))


def divide_floats(left: float, right: float) -> float:
    """Division with IEEE results: infinity and NaN instead of an error."""
    try:
        return left / right
    except ZeroDivisionError:
        if left == 0 or math.isnan(left):
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1.0, right)


def modulo_floats(left: float, right: float) -> float:
    """Go's `math.Mod`: the sign is that of the dividend."""
    try:
        return math.fmod(left, right)
    except ValueError:
        return math.nan


def power(left: float, right: float) -> float:
    """A power as a float, with IEEE results."""
    with np.errstate(all="ignore"):
        return float(np.float64(left) ** np.float64(right))


def _durations(function: Callable[[int, int], int]) -> BinaryFunction:
    def apply(left: Duration, right: Duration) -> Duration:
        total = _int(function(nanoseconds(left), nanoseconds(right)))
        return Duration(0, abs(total), total < 0)

    return apply


def _concatenate(left: str, right: str) -> str:
    # Forty lines of `a = b + b` would fill any memory.
    if len(left) + len(right) > LONGEST_TEXT:
        raise ValueError(f"a string would be longer than {LONGEST_TEXT} characters")
    return left + right


def _wrapped(function: Callable[[int, int], int]) -> dict[tuple[type, type], BinaryFunction]:
    return {
        (int, int): lambda left, right: _int(function(left, right)),
        (UInt, UInt): lambda left, right: _uint(function(int(left), int(right))),
    }


def _comparison(function: BinaryFunction, types: tuple[type, ...]) -> dict[tuple[type, type], BinaryFunction]:
    # A whole number is compared with a float as a float, as in Go: Python would compare them exactly.
    def floats(left: Any, right: Any) -> Any:
        return function(float(left), float(right))

    numbers = (int, UInt, float)
    pairs = {
        (left, right): floats if float in (left, right) and left is not right else function
        for left in numbers for right in numbers
    }
    return pairs | {(kind, kind): function for kind in types}


_FLOAT: dict[str, BinaryFunction] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": divide_floats, "%": modulo_floats, "^": power,
}
_WHOLE: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": _quotient, "%": _remainder,
}
_ORDER: dict[str, BinaryFunction] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_EQUAL_TYPES = (bool, str, Time, list, Record, bytes, FluxDict)


def _tables() -> dict[str, dict[tuple[type, type], BinaryFunction]]:
    tables: dict[str, dict[tuple[type, type], BinaryFunction]] = {}
    for symbol, function in _FLOAT.items():
        tables[symbol] = {(float, float): function}
    for symbol, whole in _WHOLE.items():
        tables[symbol] |= _wrapped(whole)
    tables["^"] |= {(int, int): power, (UInt, UInt): power}
    tables["+"] |= {(str, str): _concatenate, (Duration, Duration): _durations(operator.add)}
    tables["-"] |= {(Duration, Duration): _durations(operator.sub)}
    for symbol, function in _ORDER.items():
        tables[symbol] = _comparison(function, (str, Time))
    tables["=="] = _comparison(operator.eq, _EQUAL_TYPES)
    tables["!="] = _comparison(operator.ne, _EQUAL_TYPES)
    tables["=~"] = {(str, Regexp): lambda text, pattern: pattern.compiled.search(text) is not None}
    tables["!~"] = {(str, Regexp): lambda text, pattern: pattern.compiled.search(text) is None}
    return tables


TABLES = _tables()
"""For each operator, the pairs of exact types that it takes and what it does with them."""


def binary(symbol: str) -> BinaryFunction:
    """An operator as a function of two values.

    The function raises ValueError where the operator does not take the types, or divides by zero.
    """
    table = TABLES[symbol]

    def apply(left: Any, right: Any) -> Any:
        function = table.get((type(left), type(right)))
        if function is not None:
            return function(left, right)
        if left is None or right is None:
            return None
        raise ValueError(f"unsupported binary expression {type_name(left)} {symbol} {type_name(right)}")

    return apply


def negate(value: Any) -> Any:
    """Unary minus.

    Raises:
        ValueError: the value has no negative.
    """
    kind = type(value)
    if value is None:
        return None
    if kind is int:
        return _int(-value)
    if kind is float:
        return -value
    if kind is Duration:
        return Duration(value.months, value.nanoseconds, not value.negative and value != Duration())
    raise ValueError(f"cannot negate a value of type {type_name(value)}")


def plus(value: Any) -> Any:
    """Unary plus.

    Raises:
        ValueError: the value is no number and no duration.
    """
    if value is None or type(value) in (int, float, Duration):
        return value
    raise ValueError(f"unary + does not take a value of type {type_name(value)}")


def invert(value: Any) -> Any:
    """`not`.

    Raises:
        ValueError: the value is not a bool.
    """
    if value is None:
        return None
    if type(value) is bool:
        return not value
    raise ValueError(f"not takes a bool, found {type_name(value)}")
