"""Small tools that work on the student's side of a check, by their names in `labkit.checks.kit`."""

from __future__ import annotations

import dataclasses
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
