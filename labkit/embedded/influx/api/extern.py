"""The `extern` of a query request: a syntax tree of option statements, by which `influxdb-client` sends parameters."""

from __future__ import annotations

from typing import Any

from labkit.embedded.influx.api.http import ApiError
from labkit.embedded.influx.flux.scanner import parse_time
from labkit.embedded.influx.flux.values import Duration, UInt

_UNITS = {"ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
          "h": 3_600_000_000_000, "d": 86_400_000_000_000, "w": 604_800_000_000_000}
_MONTHS = {"mo": 1, "y": 12}
_DEEPEST = 50


def params_of(extern: Any) -> dict[str, Any]:
    """The values of the options that an `extern` sets, as Flux values.

    Args:
        extern: an AST `File`, or None.

    Raises:
        ApiError: it has something else than options with literals.
    """
    if extern is None:
        return {}
    if not isinstance(extern, dict) or not isinstance(body := extern.get("body") or [], list):
        raise _bad("it is not a file")
    found = {}
    for statement in body:
        assignment = statement.get("assignment") if isinstance(statement, dict) else None
        if not isinstance(assignment, dict):
            raise _bad("a statement is not an option")
        if assignment.get("type") == "MemberAssignment":
            raise ApiError("not implemented", "the embedded engine has no profilers; InfluxDB 2.7 has them")
        name = assignment.get("id")
        if not isinstance(name, dict) or not isinstance(name.get("name"), str):
            raise _bad("an option has no name")
        found[name["name"]] = _value(assignment.get("init"), 0)
    return found


def _bad(why: str) -> ApiError:
    return ApiError("invalid", f"failed to decode request body: extern: {why}")


def _value(node: Any, depth: int) -> Any:
    if not isinstance(node, dict) or depth > _DEEPEST:
        raise _bad("a value is not a literal")
    kind, value = node.get("type"), node.get("value")
    try:
        if kind == "StringLiteral" and isinstance(value, str):
            return value
        if kind == "BooleanLiteral" and isinstance(value, bool):
            return value
        if kind == "IntegerLiteral" and -(2**63) <= int(str(value)[:30]) < 2**63:
            return int(str(value))
        if kind == "UnsignedIntegerLiteral" and 0 <= int(str(value)[:30]) < 2**64:
            return UInt(str(value))
        if kind == "FloatLiteral" and isinstance(value, float | int) and not isinstance(value, bool):
            return float(value)
        if kind == "DateTimeLiteral" and isinstance(value, str):
            return parse_time(value)
        if kind == "DurationLiteral":
            return _duration(node.get("values"))
        if kind == "ArrayExpression" and isinstance(node.get("elements"), list):
            return [_value(each, depth + 1) for each in node["elements"]]
        if kind == "UnaryExpression" and node.get("operator") == "-":
            inner = _value(node.get("argument"), depth + 1)
            if type(inner) is Duration:
                return Duration(inner.months, inner.nanoseconds, not inner.negative)
            return -inner
    except (ValueError, TypeError, OverflowError):
        pass
    raise _bad(f"{kind} is not a literal that it can hold")


def _duration(values: Any) -> Duration:
    months = nanoseconds = 0
    for each in values if isinstance(values, list) else [None]:
        if not isinstance(each, dict) or not isinstance(size := each.get("magnitude"), int):
            raise ValueError("not a duration")
        unit = each.get("unit")
        if unit in _MONTHS:
            months += size * _MONTHS[unit]
        else:
            nanoseconds += size * _UNITS[str(unit)] if str(unit) in _UNITS else -1
    if months < 0 or not 0 <= nanoseconds < 2**63:
        raise ValueError("not a duration")
    return Duration(months, nanoseconds)
