"""The values and scopes of a running query: frames of variables, functions of the query, imported packages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.errors import RuntimeError_

if TYPE_CHECKING:
    from labkit.embedded.influx.flux.compiler import Compiler

Evaluate = Callable[["Frame"], Any]


class Frame:
    """The variables of one call of a function, or of the whole query."""

    __slots__ = ("parent", "variables")

    def __init__(self, variables: dict[str, Any], parent: Frame | None) -> None:
        self.variables = variables
        self.parent = parent


class Scope:
    """The names that a function, or the whole query, defines, known before it runs."""

    __slots__ = ("names", "parent")

    def __init__(self, names: set[str], parent: Scope | None) -> None:
        self.names = names
        self.parent = parent

    def depth(self, name: str) -> int:
        """How many scopes up a variable lives; -1 for a name of the prelude."""
        scope: Scope | None = self
        up = 0
        while scope is not None:
            if name in scope.names:
                return up
            scope = scope.parent
            up += 1
        return -1


class Package(dict[str, Any]):
    """An imported package as a value: names to members."""

    __slots__ = ("path",)

    def __init__(self, path: str, members: dict[str, Any]) -> None:
        super().__init__(members)
        self.path = path


class Closure:
    """A function of the query, with the variables that it sees.

    Args:
        name: what it was assigned to, for messages.
        node: its definition.
        code: its compiled parameters and body.
        frame: where it was defined.
        ctx: the running query.
    """

    __slots__ = ("code", "ctx", "frame", "name", "node")

    def __init__(self, name: str, node: ast.Function, code: Code, frame: Frame, ctx: Context) -> None:
        self.name = name
        self.node = node
        self.code = code
        self.frame = frame
        self.ctx = ctx

    def call(self, arguments: dict[str, Any]) -> Any:
        """Call with named arguments.

        Raises:
            RuntimeError_: an argument is missing or unknown, or the body fails.
        """
        self.ctx.tick()
        code = self.code
        frame = Frame(dict(arguments), self.frame)
        if arguments.keys() != code.names:
            for name in arguments:
                if name not in code.names:
                    raise RuntimeError_(f"found unexpected argument {name}", self.node.span)
            for name, default in code.defaults.items():
                if name not in arguments:
                    frame.variables[name] = default(self.frame)
            if len(frame.variables) < len(code.names):
                missing = next(p.name for p in self.node.parameters if p.name not in frame.variables)
                raise RuntimeError_(f"missing required argument {missing}", self.node.span)
        return code.body(frame)

    def caller(self, *names: str) -> Callable[..., Any]:
        """The function as a Python function of positional arguments, for calls in a loop.

        Args:
            names: the parameters, in the order of the arguments.
        """
        if set(names) == self.code.names:
            body, parent, tick = self.code.body, self.frame, self.ctx.tick

            def fast(*values: Any) -> Any:
                tick()
                return body(Frame(dict(zip(names, values, strict=True)), parent))

            return fast
        return lambda *values: self.call(dict(zip(names, values, strict=True)))


class Code:
    """The compiled parts of a function, shared by all its closures."""

    __slots__ = ("body", "compiler", "defaults", "names", "pipe", "scope")

    def __init__(
        self, node: ast.Function, body: Evaluate, defaults: dict[str, Evaluate], scope: Scope, compiler: Compiler,
    ) -> None:
        self.names = {parameter.name for parameter in node.parameters}
        self.pipe = next((parameter.name for parameter in node.parameters if parameter.pipe), None)
        self.body = body
        self.defaults = defaults
        self.scope = scope
        self.compiler = compiler


def caller(function: Any, *names: str) -> Callable[..., Any]:
    """A function value as a Python function of positional arguments, for calls in a loop."""
    if isinstance(function, Closure):
        return function.caller(*names)
    return lambda *values: function.call(dict(zip(names, values, strict=True)))
