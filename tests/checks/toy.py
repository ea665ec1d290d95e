"""A toy lab: two exercises, and the helpers that the tests of the framework call them with."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from labkit.checks import Exercise, Hint, LocalStudent, Result, Student, World, criterion, exercise, find, run
from labkit.checks.registry import CheckFunction

SIGN = Hint("sign-lost", "What becomes of a negative number?", "`abs` takes the sign away.", "Return `2 * number`.")


def recognise(found: Any) -> Hint | None:
    return SIGN if isinstance(found, int) and found > 0 else None


@exercise("90.1", points=4, title="Twice", functions=("twice(number: int) -> int",), limit=1.0)
def twice(student: Student, world: World) -> None:
    with criterion("positive numbers are doubled", points=2):
        student.call("twice", 21).gives(42)
    with criterion("negative numbers are doubled", points=1):
        student.call("twice", -4).gives(-8, hint=recognise)
    with criterion("text is refused", points=1):
        student.call("twice", "x").raises(TypeError, ValueError, mentions="number")


@exercise("90.2", points=3, title="A counter", limit=1.0)
def counter(student: Student, world: World) -> None:
    made = student.call("Counter", 5)
    made.call("add", 2)
    made.get("count").gives(7)
    student.call("read", made).gives(7)


RIGHT = """
def twice(number):
    if not isinstance(number, int):
        raise TypeError("a number is needed")
    return 2 * number
"""


def namespace(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "student"}
    exec(compile(textwrap.dedent(source), "<cell>", "exec"), names)
    return names


def judge(source: str, check: str = "90.1", hidden: tuple[CheckFunction, ...] = ()) -> Result:
    """Run a toy exercise on a student who wrote this source."""
    return run(find(check), LocalStudent(namespace(source)), World(seed=7), hidden=hidden)


def judge_with(
    check: Callable[[Student, World], None],
    source: str,
    *,
    points: int = 4,
    endpoints: Mapping[str, Any] | None = None,
    limit: float = 1.0,
    names: Mapping[str, Any] | None = None,
    hidden: tuple[CheckFunction, ...] = (),
) -> Result:
    """Run an exercise that is made for one test."""
    made = Exercise("90.9", points, "For one test", (), {}, (), limit, check)
    return run(made, LocalStudent({**namespace(source), **(names or {})}), World(endpoints), hidden=hidden)
