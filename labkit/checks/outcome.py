"""What came of a call of the student's code, and the judgements on it."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.checks.compare import difference
from labkit.checks.criterion import CriterionFailed, recorder
from labkit.checks.hints import HintFor, choose
from labkit.checks.result import Finding
from labkit.checks.show import shorten, show
from labkit.checks.wire import Reference
from labkit.errors import StudentError

if TYPE_CHECKING:
    from labkit.checks.student import Student


@dataclass(frozen=True)
class CallError:
    """Why a call returned nothing.

    Args:
        state: `raised`, `timeout`, `missing`, `stub`, `signature`, `not callable`, `value` (returned something that
            cannot be sent), or `died` (the process in which it ran has ended).
        type: name of the exception's class, if one was raised.
        message: its text, or what went wrong in words.
        line: the student's own line: "line 7: `return json.loads(x)`".
        types: the class and its bases with their modules, for `isinstance`.
        signature: the student's signature, if it does not fit; of a stub the name of the function that is one.
    """

    state: str
    type: str
    message: str
    line: str = ""
    types: tuple[str, ...] = ()
    signature: str = ""

    def is_a(self, kind: builtins.type[BaseException]) -> bool:
        """Whether the exception raised is of that class or derives from it."""
        return self.state == "raised" and f"{kind.__module__}.{kind.__qualname__}" in self.types

    def __str__(self) -> str:
        if self.state != "raised":
            return self.message
        return f"{self.type}: {self.message}" if self.message else self.type


class Outcome:
    """What came of one call. Judgements return the outcome itself, or end the criterion.

    Args:
        student: whom to ask for more, if the value stays there.
        call: the call as the student would write it.
        value: what was returned: plain data, or a Reference.
        error: why nothing was returned.
        printed: what the call printed, shortened.
        seconds: how long it took.
        signature: the signature that the exercise asks for, if stated.
    """

    def __init__(
        self,
        student: Student,
        call: str,
        value: Any,
        error: CallError | None,
        *,
        printed: str = "",
        seconds: float = 0.0,
        signature: str = "",
    ) -> None:
        self._student = student
        self.call_text = call
        self._value = value
        self.error = error
        self.printed = printed
        self.seconds = seconds
        self.signature = signature

    def __repr__(self) -> str:
        return show(self._value) if self.error is None else f"<{self.error}>"

    @property
    def value(self) -> Any:
        """What was returned: plain data, or a `Reference`. It ends the criterion if nothing was returned."""
        self.succeeds()
        if (running := recorder()) is not None:
            running.saw(self.call_text, self._value)
        return self._value

    def quietly(self) -> Any:
        """Return the value, or None if there is none, and judge nothing."""
        return self._value

    # Judgements

    def succeeds(self, *, hint: HintFor = None) -> Outcome:
        """Demand that the call returned.

        Args:
            hint: for the misconception that makes it fail.
        """
        if self.error is not None:
            self._fail("a result", hint)
        return self

    def gives(self, expected: Any, *, hint: HintFor = None, approx: float | None = None) -> Outcome:
        """Demand that the call returned a value.

        Args:
            expected: the value, plain data.
            hint: for the misconception behind another one.
            approx: allowed distance of numbers, absolute, in their own unit.
        """
        wanted = show(expected) + (f" (give or take {approx:g})" if approx is not None else "")
        if self.error is not None:
            self._fail(wanted, hint)
        if (text := difference(expected, self._value, approx)) is not None:
            # Of a plain value "expected" and "found" say it all; in a list or a table the place helps.
            plain = f"{wanted} was expected, {show(self._value)} came"
            self._fail(wanted, hint, note="" if text == plain else text, wants_value=expected is not None)
        return self

    def raises(self, *types: type[BaseException], mentions: str | Sequence[str] = (), hint: HintFor = None,
               expected: str = "", found: str = "") -> Outcome:
        """Demand that the call raised an exception.

        Args:
            types: one of these classes (or derived from one); none: whatever came is wrong.
            mentions: texts that its message must contain, in upper or lower case.
            hint: for the misconception behind anything else.
            expected: what was expected, in words; types and mentions if not given.
            found: what was returned, in words; the value if not given.
        """
        wanted = " or ".join(kind.__name__ for kind in types)
        mentions = (mentions,) if isinstance(mentions, str) else tuple(mentions)
        saying = f" that mentions {' and '.join(show(text) for text in mentions)}" if mentions else ""
        error = self.error
        said = error.message.lower() if error is not None else ""
        right = error is not None and any(error.is_a(kind) for kind in types)
        if not right or any(text.lower() not in said for text in mentions):
            self._fail(expected or f"{wanted}{saying}", hint, found=found)
        return self

    def satisfies(self, predicate: Callable[[Any], object], expected: str, hint: HintFor = None, *,
                  found: str = "") -> Outcome:
        """Demand that the call returned a value for which the predicate is true.

        Args:
            predicate: looks at the value; an exception in it counts as no.
            expected: what was expected, in words.
            hint: for the misconception behind another value.
            found: what was found, in words; the value if not given.
        """
        if self.error is not None:
            self._fail(expected, hint)
        try:
            good, note = bool(predicate(self._value)), ""
        except Exception as error:
            good, note = False, f"{type(error).__name__} when looking at it: {error}"
        if not good:
            self._fail(expected, hint, note=note, found=found, wants_value=True)
        return self

    def within(self, seconds: float, hint: HintFor = None) -> Outcome:
        """Demand that the call took no longer, whether it returned or raised.

        Args:
            seconds: the limit.
            hint: for the misconception that makes it slow.
        """
        if self.error is not None and self.error.state != "raised":
            self._fail(f"an end within {seconds:g} s", hint)
        if self.seconds > seconds:
            self._fail(f"an end within {seconds:g} s", hint, found=f"{self.seconds:.2f} s")
        return self

    def item(self, key: str | int) -> Outcome:
        """Look at one item of the dictionary or list that was returned, in judgements that follow; None if it is not
        there.

        Args:
            key: its key or position.
        """
        try:
            found = self._value[key]
        except (TypeError, LookupError):
            found = None
        return Outcome(self._student, self.call_text, found, self.error, printed=self.printed, seconds=self.seconds,
                       signature=self.signature)

    # More of the same object

    def call(self, method: str, /, *args: Any, limit: float | None = None, **kwargs: Any) -> Outcome:
        """Call a method of the object that was returned and stays with the student.

        Args:
            method: its name.
            args: as for `Student.call`.
            limit: time limit in seconds.
            kwargs: as for `Student.call`.
        """
        return self._ask("call", method, args, kwargs, limit)

    def run(self, text: str, method: str, /, *args: Any, limit: float | None = None) -> Outcome:
        """Call a method like `call`, shown in messages as the student knows it.

        Args:
            text: what stands in messages: `write_telemetry("node_01", …)`.
            method: its name.
            args: as for `Student.call`.
            limit: time limit in seconds.
        """
        return self._ask("call", method, args, {}, limit, text)

    def get(self, attribute: str, /) -> Outcome:
        """Read an attribute of the object that was returned and stays with the student."""
        return self._ask("get", attribute, (), {}, None)

    def _ask(self, do: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], limit: float | None,
             text: str = "") -> Outcome:
        shown = f"{shorten(self.call_text, 60)}.{name}"
        if self.error is not None:
            own = self.error.state in {"missing", "stub"}
            return Outcome(self._student, self.call_text if text and own else text or shown, None, self.error,
                           signature=self.signature)
        if not isinstance(self._value, Reference):
            told = CallError(
                "raised", "AttributeError", f"{show(self._value)} has no `{name}`", "", ("builtins.AttributeError",)
            )
            return Outcome(self._student, shown, None, told)
        return self._student.ask(do, name, self._value.id, shown, args, kwargs, limit, text)

    def _fail(
        self, expected: str, hint: HintFor, *, note: str = "", found: str = "", wants_value: bool = False
    ) -> None:
        """End the criterion with a finding that says what was expected, what was found, and what to try."""
        error = self.error
        if error is None:
            text, advice = found or show(self._value), "run the call above in a cell of its own and follow the value."
            kind = "value"
            if self._value is None and wants_value:
                note, advice = "is a `return` missing?", "let the function return its result."
            chosen = choose(hint, self._value)
        else:
            kind = error.state
            expected, text, advice = _explain(error, expected, self.call_text, self.signature)
            # A name that Python does not know is a slip, not a misconception: a hint would lead away from it.
            slip = kind == "raised" and "builtins.NameError" in error.types
            about_code = kind in {"raised", "timeout", "value"} and not slip
            chosen = choose(hint, error) if about_code else None
        if chosen is not None:
            # A call that did not end may have met an endless loop on the way to any misconception: say both.
            known = error is not None and error.is_a(StudentError)
            advice = f"{advice} {chosen.nudge}" if kind == "timeout" or known else chosen.nudge
        raise CriterionFailed(
            Finding(
                expected=expected,
                found=f"{text} ({note})" if note else text,
                advice=advice,
                hint=chosen,
                call=self.call_text,
                line=error.line if error else "",
                printed=shorten(self.printed.strip(), 600),
                kind=kind,
            )
        )


_ENDS = {
    "builtins.SystemExit": "do not leave Python with `exit()` or `sys.exit()`: return, or raise an exception.",
    "builtins.KeyboardInterrupt": "do not raise KeyboardInterrupt: it is the keyboard's. Raise another exception.",
    "builtins.NameError": "is the name spelt right, and has the cell that defines it run?",
    "builtins.UnboundLocalError": "this variable is read before it has a value: is it set on every way there?",
    "builtins.RecursionError": "the function calls itself without end: which call should be the last?",
}


ENDED = "does the code leave Python (`os._exit`), use up the memory, or go on when it is interrupted?"


def _explain(error: CallError, expected: str, call: str, signature: str) -> tuple[str, str, str]:
    """Return expected, found and advice for a call that returned nothing."""
    name = call.split("(")[0]
    if error.state == "stub" and error.signature.isidentifier() and name.isidentifier() and error.signature != name:
        # The function is written, and another one that it calls is not.
        return (f"`{error.signature}` written by you, which `{name}` calls", "not written yet",
                "write it in its cell, run that cell, then this one.")
    if error.state == "stub":
        return (
            f"`{signature or name}` written by you",
            "not written yet",
            "write it in the cell above, run that cell, then this one.",
        )
    if error.state == "missing":
        return (
            f"`{signature or name}`",
            error.message,
            "run the cell that defines it. Is its name spelt as in the exercise?",
        )
    if error.state == "signature":
        wanted = signature or call
        return (
            f"`{wanted}`",
            f"`{error.signature}` ({error.message})",
            "give it the parameters that the exercise names, in that order.",
        )
    if error.state == "not callable":
        return (
            f"`{signature or name}`",
            error.message,
            "another cell has taken that name for something else: rename it, and run the cell again.",
        )
    if error.state == "died":
        return expected, error.message, ENDED
    if error.state == "timeout":
        return expected, error.message, "does every loop end, and does every wait have a time limit?"
    if error.is_a(StudentError) and "\nTry: " in error.message:
        # The kit has looked at it already, and knows what to do.
        told, _, fix = str(error).rpartition("\nTry: ")
        return expected, told, fix
    if error.state == "value":
        return expected, error.message, "return plain Python values, as the exercise describes them."
    advice = next((text for kind, text in _ENDS.items() if kind in error.types[:1]), "")
    at = f" at {error.line}" if error.line else ""
    return expected, f"{error}", advice or f"look at what was raised{at}."
