"""The student's C++ as a check of lab 03 sees it: functions that are called through a driver, and what befell them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks import lab03_hints as hints
from labkit.checks.criterion import CriterionFailed
from labkit.checks.hints import Hint, HintFor, choose
from labkit.checks.outcome import CallError, Outcome
from labkit.checks.result import Finding
from labkit.checks.student import Student

BUILDING = 90.0
"""Seconds that a compiler may take when nothing is cached and the machine is busy."""

_OF_CPP: dict[str, Hint] = {
    "CompileError": hints.DOES_NOT_COMPILE, "UnwrittenError": hints.DOES_NOT_COMPILE,
    "OutOfBounds": hints.OUT_OF_BOUNDS, "Dangling": hints.DANGLING, "Overflow": hints.OVERFLOW,
    "DivisionByZero": hints.DIVIDES_BY_ZERO, "NullPointer": hints.NULL_POINTER, "EndlessLoop": hints.ENDLESS_LOOP,
    "ProgramEnded": hints.ENDS_PROGRAM,
}
"""The hint for an error of C++ itself, by the class that `labkit.cpp` raises."""


def of_cpp(otherwise: HintFor = None) -> Callable[[Any], Hint | None]:
    """Return a recogniser that tells faults of C++ itself from misconceptions about the exercise.

    Args:
        otherwise: the hint for a call that did return, but not what was expected.
    """
    def recognise(found: Any) -> Hint | None:
        if isinstance(found, CallError) and found.type == "OutOfBounds" and "`fields`" in found.message:
            return hints.ROWS
        if isinstance(found, CallError):
            return hints.ENDLESS_LOOP if found.state == "timeout" else _OF_CPP.get(found.type)
        return choose(otherwise, found)

    return recognise


class Firmware:
    """One of the student's files, compiled with its driver.

    Args:
        student: the student.
        file: name of the file.
    """

    def __init__(self, student: Student, file: str) -> None:
        self.file = file
        self._befell: set[str] = set()
        self._driver = student.kit("firmware", file, limit=BUILDING, shown=file)
        if self._driver.error is not None:
            # Outside of any criterion: what does not compile is said once.
            self._driver.satisfies(bool, f"`{file}` compiles", of_cpp())

    def call(self, name: str, *args: Any, shown: Sequence[Any] | str = (), limit: float = 8.0) -> Outcome:
        """Call a function.

        Args:
            name: a function that the driver knows.
            args: as for `labkit.cpp.driver.Driver.call`.
            shown: the arguments as they stand in messages, or the whole call as one text; `args` if not given.
            limit: time limit in seconds; the driver's own is shorter and knows more.
        """
        text = shown if isinstance(shown, str) else f"{name}({', '.join(_cpp(value) for value in shown or args)})"
        found = self._driver.run(text, "call", name, *args, limit=limit)
        if found.error is not None and found.error.state == "raised":
            # One mistake befalls many calls: a card that says it for each criterion is a card that nobody reads.
            told = found.error.type if found.error.type == "EndlessLoop" else str(found.error)
            if told in self._befell:
                raise CriterionFailed(Finding(expected="an answer of each call", advice="mend that first.", call=text,
                                              found=f"{found.error.type}, as above", kind="raised"))
            self._befell.add(told)
        return found


def _cpp(value: Any) -> str:
    """Return a value as it is written in C++."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        quoted = f'R"({value})"' if set(value) & {'"', "\\"} else f'"{value}"'
        return quoted if len(quoted) <= 200 else f'{quoted[:200]}…" ({len(value.encode())} bytes)'
    return str(value)


def member(outcome: Outcome, key: str, name: str, expected: Any, hint: HintFor = None) -> None:
    """Demand the value of one thing that a call has filled in.

    Args:
        outcome: of the call.
        key: its key in the answer.
        name: how it is called in C++.
        expected: its value.
        hint: for the misconception behind another value.
    """
    value = outcome.item(key)
    value.satisfies(lambda said: type(said) is type(expected) and said == expected, f"{name} is {_cpp(expected)}",
                    of_cpp(hint), found=f"{name} is {_cpp(value.quietly())}")


def accepted(outcome: Outcome, hint: HintFor = None) -> None:
    """Demand an empty reason.

    Args:
        outcome: of a call that answers a reason, alone or among other things.
        hint: for the misconception behind a refusal.
    """
    outcome.item("reason").satisfies(lambda said: said == "", "an empty reason: there is nothing wrong with this one",
                                     of_cpp(hint))


def refused(outcome: Outcome, words: str, hint: Hint) -> None:
    """Demand a reason that says what is wrong.

    Args:
        outcome: of a call that answers a reason among other things.
        words: one of which the reason must contain, in capital letters or small ones: `"sha256|digest"`; "" for any.
        hint: for what accepts the thing.
    """
    wanted = [word for word in words.split("|") if word]
    said = " or ".join(repr(word) for word in wanted)

    def good(reason: str) -> bool:
        return bool(reason) and (not wanted or any(word.lower() in reason.lower() for word in wanted))

    given = outcome.item("reason").quietly()
    outcome.item("reason").satisfies(good, f"a reason that says {said}" if said else "a reason, since it is refused",
                                     of_cpp(hints.SAY_WHY if given else hint))


def message(outcome: Outcome, expected: str, hint: HintFor = None) -> None:
    """Demand that a writer made exactly this message, in the memory that it was given.

    Args:
        outcome: of a call that writes a message.
        expected: the message; "" for none.
        hint: for the misconception behind another message.
    """
    outcome.satisfies(lambda value: value["inside"], "a message that lies in the memory `out`",
                      of_cpp(hints.OUTSIDE_MEMORY), found="a view of other memory than `out`")
    outcome.item("text").gives(expected, hint=of_cpp(hint))
