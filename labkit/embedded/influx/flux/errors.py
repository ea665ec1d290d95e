"""The errors of a query: found before it runs, or while it runs."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of the source; lines and columns count from 1, a column is a byte of UTF-8 as in Go.

    Args:
        line: of its first character.
        column: of its first character.
        end_line: of the character behind it.
        end_column: of the character behind it.
    """

    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}-{self.end_line}:{self.end_column}"


class FluxError(Exception):
    """A query that cannot be answered.

    Args:
        message: what is wrong.
        span: where in the source, if known.
    """

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span


class CompileError(FluxError):
    """The query is not right: syntax, names, arguments, types. Its text is InfluxDB's: `error @1:1-1:5: …`.

    Args:
        message: what is wrong, without the position.
        span: where in the source.
        others: further errors of the same query, each with its position.
    """

    def __init__(self, message: str, span: Span | None = None, others: tuple[CompileError, ...] = ()) -> None:
        super().__init__(message, span)
        self.others = others

    def __str__(self) -> str:
        own = f"error @{self.span}: {self.message}" if self.span else self.message
        return "\n\n".join([own, *(str(other) for other in self.others)])


class RuntimeError_(FluxError):  # noqa: N801, N818 - `RuntimeError` is Python's
    """The query failed while it ran. Its text is InfluxDB's: `runtime error @…: map: …`.

    Args:
        message: what went wrong, without the position.
        span: the call that failed.
        function: the function of the standard library that failed; empty for an expression of the query.
        transformation: whether that function takes or gives tables.
    """

    def __init__(
        self, message: str, span: Span | None = None, function: str = "", transformation: bool = False,
    ) -> None:
        super().__init__(message, span)
        self.function = function
        self.transformation = transformation

    def __str__(self) -> str:
        where = f" @{self.span}" if self.span else ""
        if self.function and not self.transformation:
            return f'error calling function "{self.function}"{where}: {self.message}'
        return f"runtime error{where}: {self.function + ': ' if self.function else ''}{self.message}"


class NotFoundError(RuntimeError_):
    """The query names something that is not there, such as a bucket (HTTP 404)."""

    def __str__(self) -> str:
        return self.message


class LimitError(RuntimeError_):
    """The query needs more time or memory than it may have."""
