"""Whether a found value is the expected one, and where it first differs.

Values are plain data of exact types by the time they come here (see `wire`), so `==` is Python's own.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
from typing import Any

from labkit.checks.show import show

_NUMBER = (int, float)


def difference(expected: Any, found: Any, approx: float | None = None, at: str = "") -> str | None:
    """Return None if the values are equal, else one sentence on the first difference.

    A boolean is not a number, a list is not a tuple, NaN equals NaN, and an aware datetime equals another of the same
    instant.

    Args:
        expected: what should have come.
        found: what came.
        approx: allowed distance of two numbers, absolute, in their own unit.
        at: where in the whole value these two stand.
    """
    place = f"at {at}: " if at else ""
    if isinstance(expected, _NUMBER) and isinstance(found, _NUMBER):
        return _numbers(expected, found, approx, place)
    if type(expected) is not type(found):
        return f"{place}{_a(expected)} was expected, {_a(found)} came"
    if isinstance(expected, dict):
        return _dicts(expected, found, approx, at)
    if isinstance(expected, (list, tuple)):
        return _sequences(expected, found, approx, at)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(expected, pandas.DataFrame):
        return _frames(expected, found, approx)
    if isinstance(expected, dt.datetime) and (expected.tzinfo is None) != (found.tzinfo is None):
        return f"{place}one has a time zone, the other has none"
    return None if expected == found else f"{place}{show(expected)} was expected, {show(found)} came"


def _a(value: Any) -> str:
    if value is None:
        return "None"
    name = getattr(value, "type", type(value).__name__) if type(value).__name__ == "Reference" else type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _numbers(expected: float, found: float, approx: float | None, place: str) -> str | None:
    if isinstance(expected, bool) != isinstance(found, bool):
        return f"{place}{_a(expected)} was expected, {_a(found)} came"
    if isinstance(expected, float) and isinstance(found, float) and math.isnan(expected) and math.isnan(found):
        return None
    if expected == found or (approx is not None and abs(expected - found) <= approx):
        return None
    near = f" (give or take {approx:g})" if approx is not None else ""
    return f"{place}{show(expected)}{near} was expected, {show(found)} came"


def _dicts(expected: dict[Any, Any], found: dict[Any, Any], approx: float | None, at: str) -> str | None:
    place = f"at {at}: " if at else ""
    if missing := [key for key in expected if key not in found]:
        return f"{place}{show(missing[0])} is missing"
    if extra := [key for key in found if key not in expected]:
        return f"{place}{show(extra[0])} should not be there"
    return next(
        (text for key in expected if (text := difference(expected[key], found[key], approx, f"{at}[{key!r}]"))), None
    )


def _sequences(expected: Any, found: Any, approx: float | None, at: str) -> str | None:
    for position, (one, other) in enumerate(zip(expected, found, strict=False)):
        if text := difference(one, other, approx, f"{at}[{position}]"):
            return text
    if len(expected) != len(found):
        place = f"at {at}: " if at else ""
        return f"{place}{len(expected)} items were expected, {len(found)} came"
    return None


def _frames(expected: Any, found: Any, approx: float | None) -> str | None:
    if text := difference(list(expected.columns), list(found.columns), at="columns"):
        return text
    if text := difference(expected.index.tolist(), found.index.tolist(), at="index"):
        return text
    for column in expected.columns:
        if text := difference(expected[column].tolist(), found[column].tolist(), approx, f"[{column!r}]"):
            return text
    return None
