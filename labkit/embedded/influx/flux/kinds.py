"""What is known of an expression's type before the query runs, and which operators take which types.

This is less than Flux's type inference: a type that depends on data, or on the argument of a function, is unknown here
and is checked when the query runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labkit.embedded.influx.flux import operators
from labkit.embedded.influx.flux.registry import Builtin
from labkit.embedded.influx.flux.table import TableStream
from labkit.embedded.influx.flux.values import Duration, FluxDict, Record, Regexp, Time, UInt, type_name


@dataclass(slots=True)
class FunctionKind:
    """A function.

    Args:
        name: for messages.
        required: parameters that a call must give.
        optional: parameters with a default.
        pipe: the one that takes what is piped forward.
        result: kind of what it returns.
        builtin: the function itself, where it is built in.
        body: kinds of arguments to the kind of the result, for a function of the query: looks at its body again,
            now that its arguments are known.
    """

    name: str
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    pipe: str | None = None
    result: Kind = None
    builtin: Builtin | None = None
    body: Callable[[dict[str, Kind]], Kind] | None = None


@dataclass(slots=True)
class RecordKind:
    """A record all of whose labels are known."""

    fields: dict[str, Kind] = field(default_factory=dict)


Kind = str | FunctionKind | RecordKind | None
"""A basic type by its Flux name, a function, a record, or None for unknown."""

PYTHON: dict[str, type] = {
    "int": int, "uint": UInt, "float": float, "string": str, "bool": bool, "time": Time, "duration": Duration,
    "regexp": Regexp, "array": list, "record": Record, "dictionary": FluxDict, "bytes": bytes, "stream": TableStream,
}
_RETURNS = {
    "str": "string", "int": "int", "float": "float", "bool": "bool", "UInt": "uint", "Time": "time",
    "Duration": "duration", "Regexp": "regexp", "list": "array", "bytes": "bytes", "TableStream": "stream",
    "FluxDict": "dictionary",
}
_TRAITS = {"+": "Addable", "-": "Subtractable", "*": "Divisible", "/": "Divisible", "%": "Divisible", "^": "Divisible"}
_COMPARISONS = frozenset(["==", "!=", "<", "<=", ">", ">=", "=~", "!~"])


def describe(kind: Kind) -> str:
    """The name of a known kind, for messages."""
    if isinstance(kind, FunctionKind):
        return "function"
    return "record" if isinstance(kind, RecordKind) else str(kind)


def of_value(value: Any) -> Kind:
    """The kind of a value that is known before the query runs."""
    if isinstance(value, Builtin):
        return of_builtin(value)
    return type_name(value) if type(value) in PYTHON.values() and type(value) is not Record else None


def of_builtin(function: Builtin) -> FunctionKind:
    """The kind of a built-in function."""
    parameters = function.parameters.values()
    returns = str(function.function.__annotations__.get("return", "")).split("[")[0]
    return FunctionKind(
        function.name,
        frozenset(p.name for p in parameters if p.required), frozenset(p.name for p in parameters if not p.required),
        function.pipe, _RETURNS.get(returns), function,
    )


def binary(operator: str, left: Kind, right: Kind) -> tuple[Kind, str]:
    """The kind of an operation's result, and what is wrong with it (empty where nothing is)."""
    result: Kind = "bool" if operator in _COMPARISONS else None
    if left is None or right is None:
        known = left if right is None else right
        if result is None and known is not None:
            # Both sides have the same type, so one tells the result.
            trait = _trait(operator, known)
            return ("float" if operator == "^" else known if isinstance(known, str) else None), trait
        return result, ""
    if not isinstance(left, str) or not isinstance(right, str):
        if result is None or operator not in ("==", "!="):
            wrong = right if isinstance(left, str) else left
            return result, f"{describe(wrong)} is not {_TRAITS.get(operator, 'Comparable')}"
        return result, ""
    pair = PYTHON[left], PYTHON[right]
    if pair in operators.TABLES[operator]:
        return result or ("float" if operator == "^" else left), ""
    if operator in ("=~", "!~"):
        wrong, expected = (left, "string") if left != "string" else (right, "regexp")
        return result, f"expected {expected} but found {wrong}"
    if left != right:
        return result or left, f"expected {left} but found {right}"
    if operator in ("==", "!="):
        return result, ""
    return result or left, f"{left} is not {_TRAITS.get(operator, 'Comparable')}"


def _trait(operator: str, kind: Kind) -> str:
    if isinstance(kind, str) and (PYTHON[kind], PYTHON[kind]) in operators.TABLES[operator]:
        return ""
    return f"{describe(kind)} is not {_TRAITS[operator]}"
