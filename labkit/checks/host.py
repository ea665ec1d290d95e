"""The student's side of a call: finds the function, calls it within a time limit, and answers in plain data.

In a notebook it lives in the same process as the check; in a capsule it is all that stands on the student's side. A
request
and an answer are JSON texts; values in them are written by `labkit.checks.wire`.

Request:  {"do": "call" | "get" | "source" | "kit", "name": str, "ref": int | null, "args": [value],
           "kwargs": {str: value}, "limit": seconds}. `kit` calls a function of `labkit.checks.kit`.
Answer:   {"state": "returned", "value": value} or
          {"state": "raised" | "timeout" | "missing" | "stub" | "signature" | "value"
          | "not callable", "error": {...}}, always with "printed": str and "seconds": float.
"""

from __future__ import annotations

import difflib
import inspect
import json
import linecache
import threading
import time
import traceback
import types
import warnings
from collections.abc import Callable, MutableMapping
from typing import Any

from labkit.checks import kit, wire
from labkit.checks.capture import captured
from labkit.checks.limits import Interrupted, TimeUp, limited
from labkit.checks.show import shorten, show


class Host:
    """Calls what stands in a namespace.

    Args:
        namespace: the student's global names.
    """

    def __init__(self, namespace: MutableMapping[str, Any]) -> None:
        self.namespace = namespace
        self._kept: dict[int, Any] = {}
        self._next = 1
        self._threads = set(threading.enumerate())

    def answer(self, request: str) -> str:
        """Carry out one request.

        Args:
            request: JSON text as described above.

        Returns:
            The answer as JSON text; nothing that the student's code does raises here.

        Raises:
            KeyboardInterrupt: the person at the keyboard interrupted.
        """
        asked = json.loads(request)
        with captured() as printed:
            started = time.perf_counter()
            try:
                found = self._carry_out(asked)
            except Interrupted:
                raise KeyboardInterrupt from None
            seconds = time.perf_counter() - started
        return json.dumps({**found, "printed": printed.text(), "seconds": found.get("seconds", seconds)})

    def _carry_out(self, asked: dict[str, Any]) -> dict[str, Any]:
        name, ref = asked["name"], asked.get("ref")
        if asked["do"] == "kit":
            return self._start(name, asked)
        found = self._find(name, ref)
        if isinstance(found, dict):
            return found
        target = found[0]
        if asked["do"] == "source":
            return self._value(lambda: inspect.getsource(target), asked["limit"])
        if asked["do"] == "get":
            return self._value(lambda: target, asked["limit"])
        if not callable(target):
            return _fault("not callable", f"`{name}` is {show_plainly(target)}, not a function")
        args, kwargs = self._arguments(asked)
        if (fault := _signature_fault(name, target, args, kwargs)) is not None:
            return fault
        return self._value(lambda: target(*args, **kwargs), asked["limit"])

    def _arguments(self, asked: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        args = [wire.decode(value, self._resolve) for value in asked["args"]]
        return args, {key: wire.decode(value, self._resolve) for key, value in asked["kwargs"].items()}

    def _start(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Let the kit make something of what the student wrote."""
        args, kwargs = self._arguments(asked)
        answer = self._value(lambda: kit.find(name)(*args, **kwargs), asked["limit"])
        if answer["state"] == "raised" and answer["error"]["type"] == "LookupError":
            answer["state"] = "missing"
        return answer

    def _find(self, name: str, ref: int | None) -> tuple[Any] | dict[str, Any]:
        if ref is None:
            if name in self.namespace:
                return (self.namespace[name],)
            own = [key for key, value in self.namespace.items() if callable(value) and not key.startswith("_")]
            near = difflib.get_close_matches(name, own, n=1, cutoff=0.75)
            return _fault(
                "missing", f"there is no `{name}` in this notebook" + (f", but there is `{near[0]}`" if near else "")
            )
        try:
            target = self._kept[ref]
            return (limited(lambda: getattr(target, name), 5.0),)
        except (Exception, TimeUp) as error:
            return _fault("raised", str(error), error=error, where=self._own_line(error))

    def _value(self, work: Callable[[], Any], limit: float) -> dict[str, Any]:
        started = time.perf_counter()
        try:
            # A warning is printed (and captured), never raised, whatever an earlier cell asked for.
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("default")
                try:
                    value = limited(work, limit)
                finally:
                    for each in warned:
                        print(warnings.formatwarning(each.message, each.category, each.filename, each.lineno), end="")
            seconds = time.perf_counter() - started
            if inspect.iscoroutine(value):
                value.close()
                return _fault("value", "a coroutine: the function is an `async def`; write it with `def`")
            return {
                "state": "returned",
                "value": limited(lambda: json.loads(wire.dumps(value, self._refer)), 10.0),
                "seconds": seconds,
            }
        except TimeUp:
            return {**_fault("timeout", f"took longer than {limit:g} s"), "seconds": time.perf_counter() - started}
        except wire.WireError as error:
            return _fault("value", str(error))
        except Interrupted:
            raise
        except BaseException as error:  # SystemExit and KeyboardInterrupt of the student's code, too
            seconds = time.perf_counter() - started
            state = "stub" if type(error) is NotImplementedError else "raised"
            fault = _fault(state, _message(error), error=error, where=self._own_line(error))
            if state == "stub":
                fault["error"]["signature"] = self._own_function(error)
            return {**fault, "seconds": seconds}

    def _refer(self, value: object) -> dict[str, Any]:
        known = next((number for number, kept in self._kept.items() if kept is value), None)
        if known is None:
            known, self._next = self._next, self._next + 1
            self._kept[known] = value
        return {"id": known, "type": type(value).__name__, "text": show_plainly(value)}

    def _resolve(self, tagged: dict[str, Any]) -> Any:
        return self._kept[int(tagged["id"])]

    def _own_line(self, error: BaseException) -> str:
        """Return the student's line that raised or led to it: "line 7: `return json.loads(x)`"."""
        own = ""
        for frame, number in traceback.walk_tb(error.__traceback__):
            if frame.f_globals is self.namespace or frame.f_globals.get("__labkit_part__"):
                text = linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip()
                own = f"line {number}" + (f": `{shorten(text, 120)}`" if text else "")
        return own

    def _own_function(self, error: BaseException) -> str:
        """Return the name of the student's function that raised or led to it."""
        own = [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)
               if frame.f_globals is self.namespace or frame.f_globals.get("__labkit_part__")]
        return own[-1] if own else ""

    def release(self) -> list[str]:
        """End what the student's objects left running, and forget them.

        MQTT clients are disconnected; other objects are asked to `stop()` or `close()` if they can.

        Returns:
            Names of threads that still run though they did not when this host was made.
        """
        for kept in reversed(list(self._kept.values())):
            mqtt_client = any(base.__module__.startswith("paho.") for base in type(kept).__mro__)
            names = ("disconnect", "loop_stop") if mqtt_client else ("stop", "close")
            for name in names:
                method = inspect.getattr_static(kept, name, None)
                if isinstance(method, types.FunctionType):
                    self._quietly(getattr(kept, name))
                    if name in {"stop", "close"}:
                        break
        self._kept.clear()
        return sorted(
            t.name for t in threading.enumerate() if t not in self._threads and t.is_alive() and _of_student(t)
        )

    @staticmethod
    def _quietly(work: Callable[[], Any]) -> None:
        with captured():
            try:
                limited(work, 2.0)
            except Interrupted:
                raise KeyboardInterrupt from None
            except BaseException:
                return


def _of_student(thread: threading.Thread) -> bool:
    # The kit's threads, and the clients of a check, have labkit- in their names; the rest is the kernel's own.
    kernels = ("IPython", "Thread-Heartbeat", "IOPub", "subshell-")
    return "labkit-" not in thread.name and not thread.name.startswith(kernels)


def show_plainly(value: object) -> str:
    """Return a short text for an object without running any of its methods."""
    kind = type(value)
    if kind.__module__ == "builtins" and kind in {int, str, float, bool, list, tuple, dict, type(None), bytes, set}:
        return show(value)
    if isinstance(value, types.FunctionType):
        return f"<function {value.__name__}>"
    return f"<{kind.__name__} object>"


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # the student's own exception may be broken
        return "(its message cannot be read)"
    # Clients made by OpenAPI's generator put all headers before what the server said.
    lines = str.__str__(text)[:4000].splitlines()
    return "\n".join(line for line in lines if not line.startswith("HTTP response headers: "))[:2000]


def _fault(
    state: str, message: str, *, error: BaseException | None = None, where: str = "", found: str = ""
) -> dict[str, Any]:
    kind = type(error) if error is not None else None
    return {
        "state": state,
        "error": {
            "type": kind.__name__ if kind else "",
            "types": [f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__] if kind else [],
            "message": shorten(message, 1000),
            "line": where,
            "signature": found,
        },
    }


def _signature_fault(
    name: str, target: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
) -> dict[str, Any] | None:
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        return None  # a builtin without a signature: calling it will tell
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        plain = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
        bare = signature.replace(parameters=plain, return_annotation=inspect.Signature.empty)
        return _fault("signature", str(error), found=f"{name}{bare}")
    return None
