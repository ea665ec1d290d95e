"""The syntax tree of a query. Each node knows where it stands in the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from labkit.embedded.influx.flux.errors import Span


@dataclass(slots=True, eq=False)
class Node:
    """A node of the tree.

    Args:
        span: where it stands in the source.
    """

    span: Span


@dataclass(slots=True, eq=False)
class Expression(Node):
    """A node that has a value."""


@dataclass(slots=True, eq=False)
class Literal(Expression):
    """A number, string, time, duration or regular expression; `value` is a Flux value."""

    value: Any


@dataclass(slots=True, eq=False)
class Identifier(Expression):
    """The name of a variable."""

    name: str


@dataclass(slots=True, eq=False)
class Interpolation(Expression):
    """A string with `${…}`; the parts are texts and expressions."""

    parts: list[str | Expression]


@dataclass(slots=True, eq=False)
class Array(Expression):
    """`[a, b]`."""

    items: list[Expression]


@dataclass(slots=True, eq=False)
class Dictionary(Expression):
    """`[k: v]`, or `[:]`."""

    items: list[tuple[Expression, Expression]]


@dataclass(slots=True, eq=False)
class Property(Node):
    """`name: value` of a record or a call; `short` for `name` alone."""

    name: str
    value: Expression
    short: bool = False


@dataclass(slots=True, eq=False)
class RecordLiteral(Expression):
    """`{a: 1}`, or `{base with a: 1}`."""

    base: Identifier | None
    properties: list[Property]


@dataclass(slots=True, eq=False)
class Parameter(Node):
    """A parameter of a function; `pipe` for `name=<-`."""

    name: str
    default: Expression | None
    pipe: bool = False


@dataclass(slots=True, eq=False)
class Function(Expression):
    """`(a, b=1, t=<-) => body`."""

    parameters: list[Parameter]
    body: Expression | Block


@dataclass(slots=True, eq=False)
class Call(Expression):
    """`callee(name: value)`."""

    callee: Expression
    arguments: list[Property]


@dataclass(slots=True, eq=False)
class Pipe(Expression):
    """`source |> call`."""

    source: Expression
    call: Call


@dataclass(slots=True, eq=False)
class Member(Expression):
    """`object.name`, or `object["name"]`."""

    object: Expression
    name: str


@dataclass(slots=True, eq=False)
class Index(Expression):
    """`array[index]`."""

    object: Expression
    index: Expression


@dataclass(slots=True, eq=False)
class Unary(Expression):
    """`-x`, `+x`, `not x`, `exists x`."""

    operator: str
    operand: Expression


@dataclass(slots=True, eq=False)
class Binary(Expression):
    """Arithmetic, comparison, `=~`, `!~`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True, eq=False)
class Logical(Expression):
    """`a and b and c`, or with `or`: a chain is one node, however long."""

    operator: str
    operands: list[Expression]


@dataclass(slots=True, eq=False)
class Conditional(Expression):
    """`if test then yes else no`."""

    test: Expression
    yes: Expression
    no: Expression


@dataclass(slots=True, eq=False)
class Statement(Node):
    """A node that does something."""


@dataclass(slots=True, eq=False)
class Assignment(Statement):
    """`name = value`."""

    name: str
    value: Expression


@dataclass(slots=True, eq=False)
class OptionStatement(Statement):
    """`option name = value`, or `option package.name = value`."""

    package: str
    name: str
    value: Expression


@dataclass(slots=True, eq=False)
class ExpressionStatement(Statement):
    """An expression by itself: a stream of tables is a result."""

    expression: Expression


@dataclass(slots=True, eq=False)
class Return(Statement):
    """`return value`."""

    value: Expression


@dataclass(slots=True, eq=False)
class Block(Node):
    """`{ statements; return value }`, the body of a function."""

    body: list[Statement]


@dataclass(slots=True, eq=False)
class Import(Node):
    """`import "path"`, or `import name "path"`."""

    name: str
    path: str


@dataclass(slots=True, eq=False)
class File(Node):
    """A whole query."""

    package: str
    imports: list[Import]
    body: list[Statement]
