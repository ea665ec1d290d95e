"""Small tools that work on the student's side of a check, by their names in `labkit.checks.kit`."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit import processes
from labkit.waiting import wait_until

if TYPE_CHECKING:
    import psycopg


def process(part: str, name: str, /, *args: Any, **kwargs: Any) -> processes.PartProcess:
    """Run a part in a process of its own; see `labkit.processes.spawn`.

    Raises:
        LookupError: the cell that defines it has not run: it is not written yet.
    """
    try:
        return processes.spawn(part, name, *args, **kwargs)
    except processes.NotRunError as error:
        raise LookupError(str(error)) from None


def connect(dsn: str, *, autocommit: bool = True) -> psycopg.Connection[Any]:
    """Connect to a PostgreSQL database.

    Args:
        dsn: its connection string.
        autocommit: whether each statement is a transaction of its own.
    """
    import psycopg  # slow to import, and most labs need no SQL

    return psycopg.connect(dsn, autocommit=autocommit, connect_timeout=5)


class Setting:
    """Another value for a global name that a function reads, until it is closed; the end of a check closes it.

    Args:
        function: whose module it is.
        name: the name; if nobody has given it a value, it has none again afterwards.
        value: what the function finds there meanwhile.
    """

    def __init__(self, function: Callable[..., Any], name: str, value: Any) -> None:
        self._names: dict[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
        self._name = name
        self._before = [self._names[name]] if name in self._names else []
        self._names[name] = value

    def close(self) -> None:
        """Give the name its own value back. A second call does nothing."""
        if self._before:
            self._names[self._name] = self._before[0]
        else:
            self._names.pop(self._name, None)


class Collector:
    """A function of one argument that keeps what it was called with."""

    def __init__(self) -> None:
        self._seen: list[Any] = []

    def __call__(self, value: Any) -> None:
        """Keep the value."""
        self._seen.append(value)

    def seen(self) -> list[Any]:
        """What it was called with, in order."""
        return list(self._seen)


def standing(stage: Any, *methods: str, seconds: float = 0.3) -> str:
    """Say in which of its methods a stage's thread stands still: in the same call of it all the time.

    Args:
        stage: an object with a `thread`.
        methods: names of the methods.
        seconds: how long to look.

    Returns:
        The method and its line, such as "`acknowledge`, line 5"; "" if the thread moves, waits elsewhere, or has ended.
    """

    def call() -> types.FrameType | None:
        number = getattr(getattr(stage, "thread", None), "ident", None)
        frame = sys._current_frames().get(number) if number is not None else None
        while frame is not None and frame.f_code.co_name not in methods:
            frame = frame.f_back
        return frame

    if (first := call()) is None:
        return ""
    try:
        wait_until(lambda: call() is not first, seconds, what="the stage")
    except TimeoutError:
        return f"`{first.f_code.co_name}`, line {first.f_lineno}"
    return ""


def plain(value: Any) -> Any:
    """Return an object's data: of dataclasses their fields by name, also inside of lists, tuples and dictionaries.

    Args:
        value: plain data with dataclass objects in it; other objects stay as they are.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(each) for each in value)
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value
