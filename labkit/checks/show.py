"""Values as short text, for the lines of a result card."""

from __future__ import annotations

import datetime as dt
import reprlib
import sys
from typing import Any

LONGEST = 400
"""Characters of one shown value."""


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 6
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = 12
        self.maxstring = 200
        self.maxother = 200
        self.maxlong = 60

    def repr_datetime(self, value: dt.datetime, level: int) -> str:  # noqa: ARG002 - reprlib's signature
        return f"datetime({value.isoformat(' ')})"

    def repr_bytes(self, value: bytes, level: int) -> str:  # noqa: ARG002 - reprlib's signature
        return repr(value) if len(value) <= 80 else f"{value[:80]!r}… ({len(value)} bytes)"

    def repr_str(self, value: str, level: int) -> str:  # noqa: ARG002 - reprlib's signature
        return (
            repr(value) if len(value) <= self.maxstring else f"{value[: self.maxstring]!r}… ({len(value)} characters)"
        )


_SHORT = _Short()


def show(value: Any) -> str:
    """Return plain data as text of at most `LONGEST` characters; a table keeps its lines."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        rows, columns = value.shape
        table = value.to_string(max_rows=8, max_cols=8)
        text = f"DataFrame of {rows} rows and {columns} columns:\n{table}" if rows else f"empty DataFrame, {table}"
        return shorten(text, 10 * LONGEST)
    text = _SHORT.repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def shorten(text: str, longest: int) -> str:
    """Return the text, or its head with a note of how much is left out, if that makes it shorter."""
    short = f"{text[:longest]}… ({len(text) - longest:,} characters more)"
    return text if len(text) <= max(longest, len(short)) else short


def call_text(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return a call as a student would write it: `topic_matches('a/#', 'a')`."""
    parts = [show(value) for value in args] + [f"{key}={show(value)}" for key, value in kwargs.items()]
    return shorten(f"{name}({', '.join(parts)})", LONGEST)
