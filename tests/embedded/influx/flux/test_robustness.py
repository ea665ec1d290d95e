"""Every function of the standard library, called with odd but well-typed arguments: it answers, or refuses with words.

Anything else (a KeyError, a numpy warning, a table whose columns differ in length) would be a 500 of the server.
"""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.errors import FluxError
from labkit.embedded.influx.flux.registry import Builtin, load
from labkit.embedded.influx.flux.table import TIME, Table, TableStream, column_from, constant_column
from labkit.embedded.influx.flux.values import Duration, FluxDict, Record, Regexp, Time, UInt

CALLS = 4000
NEEDS_STORE = {"from", "to", "buckets", "wideTo"}
MUTE = {"die"}
"""Its message is the caller's, which may be empty."""

SLOW = {"holtWinters", "timedMovingAverage", "window", "aggregateWindow", "linear"}
"""Functions whose odd arguments make real work; their own tests cover them."""

CELLS: dict[str, list[Any]] = {
    "double": [0.0, 1.5, -3.0, math.nan, math.inf, 1e300, None], "long": [0, 1, -1, 2**63 - 1, -(2**63), None],
    "unsignedLong": [UInt(0), UInt(2**64 - 1), None], "string": ["", "a", "é x", None],
    "boolean": [True, False, None], TIME: [Time(0), Time(10**18), Time(-1), None],
}
VALUES: dict[type, list[Any]] = {
    str: ["_value", "_time", "x", "", "a", "linear", "inner", "drop", "extend", "UTC", "[", "1h"],
    int: [0, 1, 2, 3, -1, 10, 2**63 - 1], float: [0.0, 1.0, -1.0, 0.5, math.nan, math.inf, 1e308],
    bool: [True, False], UInt: [UInt(0), UInt(70)], Time: [Time(0), Time(10**18)], bytes: [b"", b"[1]", b"\xff"],
    Duration: [Duration(0, 10**9), Duration(1), Duration(), Duration(0, 1, True), Duration(1, 5)],
    Regexp: [Regexp("a"), Regexp("(é)?")], Record: [Record(), Record(zone="UTC", offset=Duration()), Record(a=1)],
    FluxDict: [FluxDict(), FluxDict(a=1)], type(None): [None],
}


class Function:
    """A function value that gives its first argument, or a constant."""

    name = "odd"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def call(self, arguments: dict[str, Any]) -> Any:
        return next(iter(arguments.values()), None) if self.answer is Ellipsis else self.answer


def table(dice: random.Random) -> Table:
    rows = dice.choice([0, 1, 2, 7])
    times = sorted(dice.randrange(10**9) for _ in range(rows))
    columns = [column_from("_time", TIME, [Time(time) for time in times])]
    for name in ("_value", "x", "le"):
        kind = dice.choice([*CELLS, "double", "double"])
        columns.append(column_from(name, kind, [dice.choice(CELLS[kind]) for _ in range(rows)]))
    key: dict[str, Any] = {"_start": Time(0), "_stop": Time(10**9)} if dice.random() < 0.7 else {}
    columns += [constant_column(name, TIME, value, rows) for name, value in key.items()]
    return Table(columns, tuple(key), key)


def argument(dice: random.Random, kind: type) -> Any:
    if kind is TableStream:
        return TableStream([table(dice) for _ in range(dice.choice([0, 1, 2]))])
    if kind is list:
        return [dice.choice(VALUES[dice.choice([str, int, float])]) for _ in range(dice.randrange(3))]
    return dice.choice(VALUES[kind])


def arguments(dice: random.Random, function: Builtin) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, parameter in function.parameters.items():
        if not parameter.required and dice.random() < 0.6:
            continue
        kinds = sorted(parameter.types, key=str) or list(VALUES)
        if parameter.function:
            found[name] = Function(dice.choice([True, False, None, 1, Record(a=1), ...]))
        elif parameter.elements:
            found[name] = [argument(dice, parameter.elements) for _ in range(dice.randrange(3))]
        else:
            found[name] = argument(dice, dice.choice(kinds))
    return found


@pytest.mark.parametrize("seed", range(2))
def test_odd_arguments_give_an_answer_or_an_error_with_words(seed):
    dice = random.Random(seed)
    functions = [member for package in load().values() for name, member in package.items()
                 if isinstance(member, Builtin) and name not in NEEDS_STORE | SLOW | MUTE]
    for _ in range(CALLS):
        function = dice.choice(functions)
        given = arguments(dice, function)
        shown = f"{function.package}.{function.name}({given})"
        refused = None
        try:
            answer = function.invoke(Context(None, Time(10**18)), given)
        except (ValueError, ArithmeticError, FluxError) as error:
            answer, refused = None, str(error)
        except Exception as error:
            pytest.fail(f"{shown}: {type(error).__name__} {error}")
        assert refused != "", shown
        for made in answer if isinstance(answer, TableStream) else []:
            assert len({len(column) for column in made.columns}) <= 1, shown
            assert len(set(made.names)) == len(made.names), shown
            assert set(made.key) <= set(made.names), shown
