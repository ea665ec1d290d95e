"""The student, as a check sees one: functions that can be called, wherever they run."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from labkit.checks import wire
from labkit.checks.criterion import recorder
from labkit.checks.host import Host
from labkit.checks.outcome import ENDED, CallError, Outcome
from labkit.checks.result import Finding
from labkit.checks.show import call_text, shorten
from labkit.errors import KitError
from labkit.services import Endpoint


class Student(ABC):
    """Calls what the student wrote; never raises because of what it does.

    Args:
        limit: time limit of one call unless the call says otherwise, in seconds.
        signature: gives the signature that the exercise asks for, by function name; "" if it states none.
    """

    def __init__(self, *, limit: float = 5.0, signature: Callable[[str], str] | None = None) -> None:
        self.limit = limit
        self.signature: Callable[[str], str] = signature or (lambda _name: "")

    @abstractmethod
    def send(self, request: str) -> str:
        """Let the student's side answer a request (see `labkit.checks.host`).

        Args:
            request: JSON text.

        Returns:
            The answer as JSON text.
        """

    def garbled(self, reason: str) -> None:  # noqa: B027 - most have nobody to tell
        """Take note that an answer was none: no `Host` has written it.

        Args:
            reason: what is wrong with it.
        """

    def lost(self) -> Finding | None:
        """Why nothing can be called any more; None as long as something can."""
        return None

    def release(self) -> list[str]:
        """End what the student's code left running; return what could not be ended, in words."""
        return []

    def call(self, name: str, /, *args: Any, limit: float | None = None, **kwargs: Any) -> Outcome:
        """Call a function (or class) of the student's by name.

        Args:
            name: its name in the notebook.
            args: plain data, an Endpoint (a gate stands for its own), or an earlier Outcome whose value stays with the
                student.
            limit: time limit in seconds, instead of the exercise's.
            kwargs: the same by name.

        Returns:
            What came of it.
        """
        return self.ask("call", name, None, name, args, kwargs, limit)

    def get(self, name: str, /) -> Outcome:
        """Read a global name of the notebook."""
        return self.ask("get", name, None, name, (), {}, None)

    def source(self, name: str, /) -> Outcome:
        """Read the source text of a function or class; its value is a str."""
        return self.ask("source", name, None, name, (), {}, None)

    def kit(self, name: str, /, *args: Any, limit: float = 60.0, shown: str = "", **kwargs: Any) -> Outcome:
        """Let the kit make something of what the student wrote, on the student's side: see `labkit.checks.kit`.

        Args:
            name: a key of `labkit.checks.kit.KIT`.
            args: as for `call`.
            limit: time limit in seconds; a compiler may have to run first.
            shown: what stands for it in messages; the call itself if not given.
            kwargs: as for `call`.

        Returns:
            What came of it; the methods of what was made are called through it.

        Raises:
            KitError: the kit could not do it; that is not the student's fault.
        """
        made = self.ask("kit", name, None, name, args, kwargs, limit, shown)
        if made.error is not None and made.error.is_a(KitError):
            raise KitError(made.error.message)
        return made

    def ask(
        self,
        do: str,
        name: str,
        ref: int | None,
        shown: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        limit: float | None,
        text: str = "",
    ) -> Outcome:
        """Send one request and wrap the answer; `call`, `get` and the methods of an Outcome go through here.

        Args:
            do: `call`, `get`, `source` or `kit`.
            name: name of the function, method or attribute.
            ref: the object that it belongs to, or None for a global name.
            shown: the name as it stands in messages.
            args: arguments by position.
            kwargs: arguments by name.
            limit: time limit in seconds.
            text: the whole call as it stands in messages; made of `shown` and the arguments if not given.
        """
        seconds = self.limit if limit is None else limit
        text = text or (call_text(shown, args, kwargs) if do in {"call", "kit"} else shown)
        for value in (*args, *kwargs.values()):
            if isinstance(value, Outcome) and value.error is not None:
                return Outcome(self, text, None, value.error, signature=value.signature)
        request = {
            "do": do,
            "name": name,
            "ref": ref,
            "limit": seconds,
            "args": [wire.encode(value, _refer) for value in args],
            "kwargs": {key: wire.encode(value, _refer) for key, value in kwargs.items()},
        }
        try:
            answer = _understood(self.send(json.dumps(request)))
        except wire.WireError as problem:
            self.garbled(str(problem))
            answer = _Answer(error=CallError("value", "", f"its answer cannot be read: {problem}"))
        value, error = answer.value, answer.error
        if (running := recorder()) is not None:
            absent = error is not None and error.state in {"missing", "stub"}
            running.absent |= absent
            running.ran |= not absent and do in {"call", "kit"}
            if do == "call" and ref is None:
                running.called.add(name)
            if error is not None and error.state == "died":
                running.lost = Finding(expected="an end of every call", found=error.message, advice=ENDED, call=text,
                                       kind="died")
        return Outcome(
            self,
            text,
            value,
            error,
            printed=answer.printed,
            seconds=answer.seconds,
            signature=self.signature(name) if ref is None else "",
        )


@dataclass(frozen=True)
class _Answer:
    value: Any = None
    error: CallError | None = None
    printed: str = ""
    seconds: float = 0.0


_STATES = frozenset({"raised", "timeout", "missing", "stub", "signature", "value", "not callable", "died"})


def _understood(text: str) -> _Answer:
    """Read an answer of the student's side, which may have written anything.

    Raises:
        WireError: it is not the answer of a `Host`.
    """
    try:
        told = json.loads(text)
        printed, seconds = told["printed"], told["seconds"]
        if type(printed) is not str or type(seconds) not in {int, float} or not 0 <= seconds < math.inf:
            raise wire.WireError("it does not say what was printed, and how long it took")
        if told["state"] == "returned":
            return _Answer(wire.received(told["value"]), None, printed, seconds)
        error = told["error"]
        said = [error[name] for name in ("type", "message", "line", "signature")]
        if told["state"] not in _STATES or not all(type(part) is str for part in (*said, *error["types"])):
            raise wire.WireError("it does not say what went wrong")
        kind, message, line, signature = (shorten(part, 2000) for part in said)
        return _Answer(None, CallError(told["state"], kind, message, line, tuple(error["types"][:100]), signature),
                       printed, seconds)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise wire.WireError(f"{type(error).__name__}: {str(error)[:200]}") from error


def _refer(value: object) -> dict[str, Any]:
    if isinstance(value, Outcome):
        value = value.quietly()
    if isinstance(address := getattr(value, "endpoint", None), Endpoint):
        return dict(wire.encode(address))  # a gate or a fake broker stands for its address
    if isinstance(value, wire.Reference):
        return wire.reference(value)
    raise wire.WireError(f"a check can hand over plain data only, not {type(value).__name__}")


class LocalStudent(Student):
    """The student whose code runs in this process.

    Args:
        namespace: the student's global names.
        limit: time limit of one call, in seconds.
        signature: gives the signature that the exercise asks for, by function name.
    """

    def __init__(
        self,
        namespace: MutableMapping[str, Any],
        *,
        limit: float = 5.0,
        signature: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__(limit=limit, signature=signature)
        self._host = Host(namespace)

    def send(self, request: str) -> str:
        """Let the host in this process answer."""
        return self._host.answer(request)

    def release(self) -> list[str]:
        """Disconnect the clients and stop the objects that calls returned; return the names of threads that go on."""
        return self._host.release()
