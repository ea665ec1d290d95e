"""Calls of built-in functions, and what becomes of their errors."""

from __future__ import annotations

from typing import Any

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.errors import FluxError, NotFoundError, RuntimeError_, Span
from labkit.embedded.influx.flux.interpreter import Closure
from labkit.embedded.influx.flux.registry import BoundBuiltin, Builtin
from labkit.embedded.influx.flux.storage import BucketNotFound

_OVERFLOW = "a number needs more than 64 bits; times lie between 1677-09-21 and 2262-04-11"
_ROW_FUNCTIONS = frozenset(["filter", "map", "reduce"])


def invoke(function: Builtin, ctx: Context, arguments: dict[str, Any], span: Span) -> Any:
    """Call a function of the standard library; its errors learn its name and the place of the call."""
    try:
        return function.invoke(ctx, arguments)
    except FluxError as error:
        if error.span is None:
            raise located(error, span, function) from None
        if type(error) is RuntimeError_ and function.name in _ROW_FUNCTIONS and not error.transformation:
            message = f"failed to evaluate {function.name} function: {error.message} (@{error.span})"
            raise RuntimeError_(message, span, function.name, transformation=True) from None
        raise
    except BucketNotFound as error:
        raise NotFoundError(f"failed to initialize execute state: {error}", span) from None
    except (ValueError, OverflowError, ArithmeticError) as error:
        raise located(error, span, function) from None


def located(error: Exception, span: Span, function: Builtin | None = None) -> FluxError:
    """An error with its place, and with the function that failed."""
    if isinstance(error, FluxError):
        if error.span is not None or type(error) not in (FluxError, RuntimeError_):
            error.span = error.span or span
            return error
        message = error.message
    else:
        message = _OVERFLOW if isinstance(error, OverflowError) else str(error) or type(error).__name__
    if function is None:
        return RuntimeError_(message, span)
    return RuntimeError_(message, span, function.name, function.transformation)


def callee_name(node: ast.Expression) -> str:
    """What a call names, for messages."""
    if isinstance(node, ast.Identifier):
        return node.name
    return node.name if isinstance(node, ast.Member) else "<anonymous function>"


def pipe_parameter(target: Any) -> str | None:
    """The parameter of a function value that takes what is piped forward."""
    if isinstance(target, Closure):
        return target.code.pipe
    return target.builtin.pipe if isinstance(target, BoundBuiltin) else None
