"""Whether arguments fit the parameters of a built-in function, as far as is known before the query runs."""

from __future__ import annotations

from labkit.embedded.influx.flux.kinds import PYTHON, FunctionKind, Kind, describe
from labkit.embedded.influx.flux.registry import Builtin, Parameter
from labkit.embedded.influx.flux.values import Duration, Time

_TIMEABLE = frozenset([Time, Duration])
_LAMBDAS: dict[tuple[str, str], tuple[str, ...]] = {
    ("filter", "fn"): ("r",), ("map", "fn"): ("r",), ("reduce", "fn"): ("accumulator", "r"),
    ("drop", "fn"): ("column",), ("keep", "fn"): ("column",), ("rename", "fn"): ("column",),
    ("tableFind", "fn"): ("key",), ("findColumn", "fn"): ("key",), ("findRecord", "fn"): ("key",),
    ("stateCount", "fn"): ("r",), ("stateDuration", "fn"): ("r",),
}
"""With which arguments the standard library calls a function that is given to it."""
_TESTS = frozenset(["filter", "stateCount", "stateDuration", "tableFind", "findColumn", "findRecord"])


def argument_problem(parameter: Parameter, kind: Kind) -> str:
    """What is wrong with an argument of a built-in function; empty where nothing is, or nothing is known."""
    if kind is None or (not parameter.types and not parameter.function):
        return ""
    if isinstance(kind, FunctionKind):
        fits = parameter.function
    else:
        fits = PYTHON[describe(kind)] in parameter.types
    if fits:
        return ""
    if parameter.types >= _TIMEABLE:
        return f"{describe(kind)} is not Timeable (argument {parameter.name})"
    return f"expected {parameter.expected} but found {describe(kind)} (argument {parameter.name})"


def lambda_problem(function: Builtin, name: str, kind: FunctionKind) -> str:
    """What is wrong with a function that is given to a transformation; empty where nothing is, or nothing is known."""
    passed = _LAMBDAS.get((function.name, name)) if function.package == "universe" else None
    if passed is None:
        return ""
    for argument in sorted(kind.required):
        if argument not in passed:
            return f"missing required argument {argument} (argument {name})"
    for argument in passed:
        if argument not in kind.required and argument not in kind.optional:
            return f"found unexpected argument {argument} (argument {name})"
    result = kind.result
    if function.name in _TESTS and result not in (None, "bool"):
        return f"expected bool but found {describe(result)} (argument {name})"
    if function.name in ("map", "reduce") and isinstance(result, str | FunctionKind) and result != "record":
        return f"expected record but found {describe(result)} (argument {name})"
    return ""
