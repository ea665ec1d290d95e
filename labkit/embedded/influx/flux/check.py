"""Looks at a query before it runs: names, packages, arguments, and types as far as they are known.

All that is found is reported at once, first by position. The words are InfluxDB's where it has some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from labkit.embedded.influx.flux import ast, kinds
from labkit.embedded.influx.flux.arguments import argument_problem, lambda_problem
from labkit.embedded.influx.flux.errors import CompileError, Span
from labkit.embedded.influx.flux.kinds import FunctionKind, Kind, RecordKind, describe
from labkit.embedded.influx.flux.known import NAMES
from labkit.embedded.influx.flux.registry import load
from labkit.embedded.influx.flux.values import type_name

_ELSEWHERE = "is not in the embedded engine; the docker and native providers of influxdb have it"
_MOST_ERRORS = 10
_MOST_LOOKS = 300
"""How many calls are looked at with what is known of their arguments; functions that call functions multiply."""
_LOCATION = "location"


def check(file: ast.File, known: Iterable[str] = ()) -> None:
    """Check a query.

    Args:
        file: the query.
        known: names that are defined beside the query.

    Raises:
        CompileError: something is wrong; its `others` are further errors.
    """
    checker = _Checker()
    checker.file(file, known)
    if checker.errors:
        found = sorted(checker.errors.values(), key=lambda error: error.span or Span(0, 0, 0, 0))[:_MOST_ERRORS]
        raise CompileError(found[0].message, found[0].span, tuple(found[1:]))


class _Names:
    """The names of one function or of the query, in the order in which they are defined."""

    def __init__(self, parent: _Names | None) -> None:
        self.parent = parent
        self.kinds: dict[str, Kind] = {}

    def find(self, name: str) -> tuple[bool, Kind]:
        names: _Names | None = self
        while names is not None:
            if name in names.kinds:
                return True, names.kinds[name]
            names = names.parent
        return False, None


class _Checker:
    def __init__(self) -> None:
        self.packages = load()
        self.imports: dict[str, str] = {}
        self.errors: dict[tuple[Span, str], CompileError] = {}
        self.looks = 0
        self.inside: set[int] = set()

    def error(self, message: str, span: Span) -> None:
        self.errors.setdefault((span, message), CompileError(message, span))

    # -- statements

    def file(self, file: ast.File, known: Iterable[str]) -> None:
        for item in file.imports:
            if item.path in self.packages:
                self.imports[item.name] = item.path
            elif item.path in NAMES:
                self.error(f'package "{item.path}" {_ELSEWHERE}', item.span)
                self.imports[item.name] = item.path
            else:
                self.error(f"invalid import path {item.path}", item.span)
                self.imports[item.name] = ""
        names = _Names(None)
        for name in known:
            names.kinds[name] = None
        options: set[str] = set()
        for statement in file.body:
            if isinstance(statement, ast.OptionStatement):
                self.option(statement, names, options)
            else:
                self.statement(statement, names)

    def statement(self, statement: ast.Statement, names: _Names) -> None:
        if isinstance(statement, ast.Assignment):
            kind = self.named(statement.name, statement.value, names)
            if statement.name in names.kinds:
                self.error(f"variable {statement.name} reassigned", statement.span)
            names.kinds[statement.name] = kind
        elif isinstance(statement, ast.ExpressionStatement):
            self.kind(statement.expression, names)
        elif isinstance(statement, ast.Return):
            self.kind(statement.value, names)

    def option(self, statement: ast.OptionStatement, names: _Names, seen: set[str]) -> None:
        full = f"{statement.package}.{statement.name}" if statement.package else statement.name
        if full in seen:
            self.error(f"option {full} reassigned", statement.span)
        seen.add(full)
        kind = self.named(statement.name, statement.value, names)
        if statement.package:
            path = self.imports.get(statement.package)
            if path is None:
                self.error(f"undefined identifier {statement.package}", statement.span)
            elif path in self.packages and statement.name not in self.packages[path]:
                self.missing_member(path, statement.name, statement.span)
            return
        if statement.name == "now" and kind is not None and not isinstance(kind, FunctionKind):
            self.error(f"expected () => time but found {describe(kind)}", statement.value.span)
        names.kinds[statement.name] = kind

    def named(self, name: str, node: ast.Expression, names: _Names) -> Kind:
        if isinstance(node, ast.Function):
            return self.function(node, names, name)
        return self.kind(node, names)

    # -- expressions

    def kind(self, node: ast.Expression, names: _Names) -> Kind:
        """Check an expression; what is known of its type."""
        handler: Callable[[_Checker, Any, _Names], Kind] = _HANDLERS[type(node)]
        return handler(self, node, names)

    def literal(self, node: ast.Literal, _names: _Names) -> Kind:
        return type_name(node.value)

    def identifier(self, node: ast.Identifier, names: _Names) -> Kind:
        found, kind = names.find(node.name)
        if found:
            return kind
        if node.name in self.imports:
            return None
        universe = self.packages["universe"]
        if node.name in universe:
            return kinds.of_value(universe[node.name])
        if node.name == _LOCATION:
            return None
        if node.name in NAMES["universe"].split():
            self.error(f"undefined identifier {node.name}: this function of Flux {_ELSEWHERE}", node.span)
        else:
            self.error(f"undefined identifier {node.name}", node.span)
        return None

    def interpolation(self, node: ast.Interpolation, names: _Names) -> Kind:
        for part in node.parts:
            if isinstance(part, str):
                continue
            kind = self.kind(part, names)
            if kind in ("array", "stream", "dictionary", "bytes", "regexp") or isinstance(
                kind, FunctionKind | RecordKind
            ):
                self.error(f"{describe(kind)} is not Stringable", part.span)
        return "string"

    def array(self, node: ast.Array, names: _Names) -> Kind:
        first: Kind = None
        for item in node.items:
            kind = self.kind(item, names)
            if isinstance(kind, str) and isinstance(first, str) and kind != first:
                self.error(f"expected {first} but found {kind}", item.span)
            first = first or kind
        return "array"

    def dictionary(self, node: ast.Dictionary, names: _Names) -> Kind:
        first: list[Kind] = [None, None]
        for pair in node.items:
            for position, item in enumerate(pair):
                kind, expected = self.kind(item, names), first[position]
                if isinstance(kind, str) and isinstance(expected, str) and kind != expected:
                    self.error(f"expected {expected} but found {kind}", item.span)
                first[position] = expected or kind
        return "dictionary"

    def record(self, node: ast.RecordLiteral, names: _Names) -> Kind:
        base: Kind = RecordKind() if node.base is None else self.kind(node.base, names)
        if isinstance(base, str | FunctionKind) and node.base is not None and base != "record":
            self.error(f"expected record but found {describe(base)}", node.base.span)
        fields = {item.name: self.named(item.name, item.value, names) for item in node.properties}
        return RecordKind(base.fields | fields) if isinstance(base, RecordKind) else None

    def function(self, node: ast.Function, names: _Names, name: str = "function") -> FunctionKind:
        defaults: dict[str, Kind] = {}
        inner = _Names(names)
        for parameter in node.parameters:
            if parameter.name in inner.kinds:
                self.error(f"duplicate parameter {parameter.name}", parameter.span)
            if parameter.default is not None:
                defaults[parameter.name] = self.kind(parameter.default, names)
            inner.kinds[parameter.name] = None
        if sum(parameter.pipe for parameter in node.parameters) > 1:
            self.error("function types can have at most one pipe parameter", node.span)
        result = self.body(node, inner)

        def again(arguments: dict[str, Kind]) -> Kind:
            if self.looks >= _MOST_LOOKS or id(node) in self.inside:
                return result
            self.looks += 1
            known = _Names(names)
            known.kinds = {p.name: arguments.get(p.name, defaults.get(p.name)) for p in node.parameters}
            # By now the function's own name is known: a body that calls it would be looked at without end.
            self.inside.add(id(node))
            try:
                return self.body(node, known)
            finally:
                self.inside.discard(id(node))

        pipe = next((parameter.name for parameter in node.parameters if parameter.pipe), None)
        optional = frozenset(p.name for p in node.parameters if p.default is not None)
        required = frozenset(p.name for p in node.parameters) - optional
        return FunctionKind(name, required, optional, pipe, result, body=again)

    def body(self, node: ast.Function, names: _Names) -> Kind:
        return self.block(node.body, names) if isinstance(node.body, ast.Block) else self.kind(node.body, names)

    def block(self, node: ast.Block, names: _Names) -> Kind:
        body = _Names(names)
        result: Kind = None
        for position, statement in enumerate(node.body):
            if isinstance(statement, ast.Return):
                result = self.kind(statement.value, body)
                if position != len(node.body) - 1:
                    self.error("statement after return is never reached", node.body[position + 1].span)
            else:
                self.statement(statement, body)
        if not node.body or not isinstance(node.body[-1], ast.Return):
            self.error("missing return statement in block", node.span)
        return result

    def member(self, node: ast.Member, names: _Names) -> Kind:
        owner = node.object
        if isinstance(owner, ast.Identifier) and owner.name in self.imports and not names.find(owner.name)[0]:
            return self.package_member(self.imports[owner.name], node)
        kind = self.kind(owner, names)
        if isinstance(kind, RecordKind):
            if node.name not in kind.fields:
                self.error(f"record is missing label {node.name}", node.object.span)
            return kind.fields.get(node.name)
        if kind is not None:
            self.error(f"expected record but found {describe(kind)}", node.object.span)
        return None

    def package_member(self, path: str, node: ast.Member) -> Kind:
        members = self.packages.get(path)
        if members is None:
            return None
        if node.name in members:
            return kinds.of_value(members[node.name])
        self.missing_member(path, node.name, node.span)
        return None

    def missing_member(self, path: str, name: str, span: Span) -> None:
        if name in NAMES.get(path, "").split():
            self.error(f"{path}.{name} {_ELSEWHERE}", span)
        else:
            self.error(f'package "{path}" is missing label {name}', span)

    def index(self, node: ast.Index, names: _Names) -> Kind:
        owner, index = self.kind(node.object, names), self.kind(node.index, names)
        if owner not in (None, "array"):
            self.error(f"expected array but found {describe(owner)}", node.object.span)
        if index not in (None, "int"):
            self.error(f"expected int but found {describe(index)}", node.index.span)
        return None

    def unary(self, node: ast.Unary, names: _Names) -> Kind:
        kind = self.kind(node.operand, names)
        if node.operator == "exists":
            return "bool"
        if node.operator == "not":
            if kind not in (None, "bool"):
                self.error(f"expected bool but found {describe(kind)}", node.operand.span)
            return "bool"
        if kind not in (None, "int", "float", "duration"):
            self.error(f"{describe(kind)} is not Negatable", node.operand.span)
        return kind

    def binary(self, node: ast.Binary, names: _Names) -> Kind:
        result, problem = kinds.binary(node.operator, self.kind(node.left, names), self.kind(node.right, names))
        if problem:
            self.error(problem, node.right.span if problem.startswith("expected") else node.span)
        return result

    def logical(self, node: ast.Logical, names: _Names) -> Kind:
        for operand in node.operands:
            kind = self.kind(operand, names)
            if kind not in (None, "bool"):
                self.error(f"expected bool but found {describe(kind)}", operand.span)
        return "bool"

    def conditional(self, node: ast.Conditional, names: _Names) -> Kind:
        test = self.kind(node.test, names)
        if test not in (None, "bool"):
            self.error(f"expected bool but found {describe(test)}", node.test.span)
        yes, no = self.kind(node.yes, names), self.kind(node.no, names)
        if isinstance(yes, str) and isinstance(no, str):
            if yes != no:
                self.error(f"expected {yes} but found {no}", node.no.span)
            return yes
        if isinstance(yes, RecordKind) and isinstance(no, RecordKind):
            return RecordKind(yes.fields) if yes.fields.keys() == no.fields.keys() else None
        return yes if no is None and isinstance(yes, str) else no if isinstance(no, str) else None

    # -- calls

    def pipe(self, node: ast.Pipe, names: _Names) -> Kind:
        calls: list[ast.Call] = []
        source: ast.Expression = node
        while isinstance(source, ast.Pipe):
            calls.append(source.call)
            source = source.source
        kind, span = self.kind(source, names), source.span
        for call in reversed(calls):
            kind = self.call(call, names, (kind, span))
            span = call.span
        return kind

    def call(self, node: ast.Call, names: _Names, piped: tuple[Kind, Span] | None = None) -> Kind:
        callee = self.kind(node.callee, names)
        given: dict[str, Kind] = {}
        for item in node.arguments:
            if item.name in given:
                self.error(f"duplicate argument {item.name}", item.span)
            given[item.name] = self.named(item.name, item.value, names)
        if callee is None:
            return None
        if not isinstance(callee, FunctionKind):
            self.error(f"expected function but found {describe(callee)}", node.callee.span)
            return None
        if piped is not None:
            if callee.pipe is None:
                self.error(f"function {callee.name} does not take a pipe argument", node.span)
                return callee.result
            if callee.pipe in given:
                self.error(f"duplicate argument {callee.pipe}", node.span)
        self.arguments(node, callee, given, piped)
        if callee.body is None:
            return callee.result
        if piped is not None and callee.pipe is not None:
            given[callee.pipe] = piped[0]
        return callee.body(given)

    def arguments(
        self, node: ast.Call, callee: FunctionKind, given: dict[str, Kind], piped: tuple[Kind, Span] | None,
    ) -> None:
        for item in node.arguments:
            if item.name not in callee.required and item.name not in callee.optional:
                self.error(f"found unexpected argument {item.name}", item.span)
        for name in sorted(callee.required - given.keys()):
            if name != callee.pipe:
                self.error(f"missing required argument {name}", node.span)
            elif piped is None:
                self.error(f"missing pipe argument {name}", node.span)
        function = callee.builtin
        if function is None:
            return
        spans = {item.name: item.value.span for item in node.arguments}
        if piped is not None and function.pipe is not None:
            given, spans = given | {function.pipe: piped[0]}, spans | {function.pipe: piped[1]}
        for name, kind in given.items():
            parameter = function.parameters.get(name)
            problem = argument_problem(parameter, kind) if parameter else ""
            if not problem and isinstance(kind, FunctionKind):
                problem = lambda_problem(function, name, kind)
            if problem:
                self.error(problem, spans[name])


_HANDLERS: dict[type, Any] = {
    ast.Literal: _Checker.literal, ast.Identifier: _Checker.identifier, ast.Interpolation: _Checker.interpolation,
    ast.Array: _Checker.array, ast.Dictionary: _Checker.dictionary, ast.RecordLiteral: _Checker.record,
    ast.Function: _Checker.function, ast.Call: _Checker.call, ast.Pipe: _Checker.pipe, ast.Member: _Checker.member,
    ast.Index: _Checker.index, ast.Unary: _Checker.unary, ast.Binary: _Checker.binary, ast.Logical: _Checker.logical,
    ast.Conditional: _Checker.conditional,
}
