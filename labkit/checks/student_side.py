"""Small tools that work on the student's side of a check, by their names in `labkit.checks.kit`."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit import processes

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
