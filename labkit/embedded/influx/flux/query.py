"""The one entrance of the engine: a query's text in, named streams of tables out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.check import check
from labkit.embedded.influx.flux.context import DEFAULT_SECONDS, Context
from labkit.embedded.influx.flux.errors import FluxError, LimitError, NotFoundError, RuntimeError_
from labkit.embedded.influx.flux.parser import parse
from labkit.embedded.influx.flux.program import Program
from labkit.embedded.influx.flux.storage import BucketNotFound, Storage
from labkit.embedded.influx.flux.stream import Yielded
from labkit.embedded.influx.flux.table import TableStream
from labkit.embedded.influx.flux.values import Time

DEFAULT_RESULT = "_result"


def analyze(source: str, params: Mapping[str, Any] | None = None) -> ast.File:
    """Parse and check a query without running it.

    Raises:
        CompileError: it is not right; the message gives line and column.
    """
    file = parse(source)
    check(file, known=params or ())
    return file


def execute(
    source: str,
    storage: Storage | None,
    *,
    now_ns: int | None = None,
    params: Mapping[str, Any] | None = None,
    seconds: float = DEFAULT_SECONDS,
) -> list[tuple[str, TableStream]]:
    """Run a query.

    Args:
        source: Flux.
        storage: the organization's buckets; None where the query reads none.
        now_ns: what `now()` gives unless the query says otherwise; None for the present.
        params: names and values of further variables, those of `extern` in a request.
        seconds: how long it may run.

    Returns:
        The results in the order in which they were yielded, each with its name.

    Raises:
        CompileError: the query is not right.
        NotFoundError: it names a bucket that is not there.
        RuntimeError_: it failed while it ran.
    """
    file = analyze(source, params)
    ctx = Context(storage, Time(time.time_ns() if now_ns is None else now_ns), seconds=seconds)
    try:
        return _run(file, ctx, params)
    except FluxError as error:
        if type(error) is FluxError:
            raise RuntimeError_(error.message, error.span) from None
        raise
    except BucketNotFound as error:
        raise NotFoundError(f"failed to initialize execute state: {error}") from None
    except RecursionError:
        raise LimitError("the query's functions call each other too deeply") from None
    except MemoryError:
        raise LimitError("the query needs more memory than there is") from None


def _run(file: ast.File, ctx: Context, params: Mapping[str, Any] | None) -> list[tuple[str, TableStream]]:
    program = Program(file, ctx)
    if params:
        program.scope.names.update(params)
        program.frame.variables.update(params)

    def result(value: Any) -> None:
        if isinstance(value, TableStream) and not isinstance(value, Yielded):
            if DEFAULT_RESULT in ctx.results:
                raise RuntimeError_(f'tried to produce more than one result with the name "{DEFAULT_RESULT}"')
            ctx.results[DEFAULT_RESULT] = value

    program.run(result)
    if not ctx.results:
        raise RuntimeError_(
            'this Flux script returns no streaming data. Consider adding a "yield" or invoking streaming functions '
            "directly, without performing an assignment"
        )
    found = []
    for name, stream in ctx.results.items():
        try:
            found.append((name, TableStream(stream.tables)))
        except ValueError as error:
            raise RuntimeError_(str(error)) from None
    return found
