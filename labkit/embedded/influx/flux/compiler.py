"""Turns a checked query into Python closures, once; they are then called as often as needed.

Variables are found at compile time: an expression knows how many scopes up its variable lives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from labkit.embedded.influx.flux import ast, operators
from labkit.embedded.influx.flux.calls import callee_name, invoke, located, pipe_parameter
from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.errors import CompileError, FluxError, RuntimeError_, Span
from labkit.embedded.influx.flux.interpreter import Closure, Code, Evaluate, Frame, Package, Scope
from labkit.embedded.influx.flux.registry import BoundBuiltin, Builtin, load
from labkit.embedded.influx.flux.values import FluxDict, Record, type_name


class Compiler:
    """Turns expressions of one query into closures.

    Args:
        ctx: the running query.
        imports: local names of packages to their paths.
        overrides: options that the query sets in packages, by path and name.
    """

    def __init__(self, ctx: Context, imports: dict[str, str], overrides: dict[tuple[str, str], Any]) -> None:
        self.ctx = ctx
        self.packages = load()
        self.imports = imports
        self.overrides = overrides

    # -- names

    def bound(self, path: str, name: str) -> Any:
        """A member of a package as a value of this query."""
        if (path, name) in self.overrides:
            return self.overrides[path, name]
        member = self.packages[path][name]
        return member.bind(self.ctx) if isinstance(member, Builtin) else member

    def expression(self, node: ast.Expression, scope: Scope) -> Evaluate:
        """An expression as a function of the frame in which it is evaluated."""
        handler: Callable[[Compiler, Any, Scope], Evaluate] = _HANDLERS[type(node)]
        return handler(self, node, scope)

    def _identifier(self, node: ast.Identifier, scope: Scope) -> Evaluate:
        name = node.name
        depth = scope.depth(name)
        if depth == 0:
            return lambda frame: frame.variables[name]
        if depth == 1:
            return lambda frame: frame.parent.variables[name]  # type: ignore[union-attr]
        if depth > 1:

            def far(frame: Frame) -> Any:
                for _ in range(depth):
                    frame = frame.parent  # type: ignore[assignment]
                return frame.variables[name]

            return far
        value = self._static(node, scope)
        if value is _UNKNOWN:
            if name == "location":
                return lambda _frame: Record(zone=self.ctx.location.zone, offset=self.ctx.location.offset)
            raise CompileError(f"undefined identifier {name}", node.span)
        return lambda _frame: value

    def _static(self, node: ast.Expression, scope: Scope) -> Any:
        """The value of a name of the prelude or of a package member, or `_UNKNOWN`."""
        if isinstance(node, ast.Identifier) and scope.depth(node.name) < 0:
            if node.name in self.imports:
                path = self.imports[node.name]
                return Package(path, {name: self.bound(path, name) for name in self.packages.get(path, {})})
            if node.name in self.packages["universe"]:
                return self.bound("universe", node.name)
        if isinstance(node, ast.Member) and isinstance(node.object, ast.Identifier):
            owner = node.object.name
            if scope.depth(owner) < 0 and owner in self.imports:
                path = self.imports[owner]
                if node.name in self.packages.get(path, {}):
                    return self.bound(path, node.name)
        return _UNKNOWN

    # -- literals

    def _literal(self, node: ast.Literal, _scope: Scope) -> Evaluate:
        value = node.value
        return lambda _frame: value

    def _interpolation(self, node: ast.Interpolation, scope: Scope) -> Evaluate:
        from labkit.embedded.influx.flux.stdlib.conversions import to_string

        parts = [part if isinstance(part, str) else self.expression(part, scope) for part in node.parts]

        def evaluate(frame: Frame) -> str:
            texts = []
            for part in parts:
                if isinstance(part, str):
                    texts.append(part)
                    continue
                value = part(frame)
                if value is None:
                    raise RuntimeError_("string expression evaluated to null", node.span)
                texts.append(value if type(value) is str else self.guard(partial(to_string, value), node.span))
            return "".join(texts)

        return evaluate

    def guard(self, function: Callable[[], Any], span: Span) -> Any:
        """The value of a call whose error is to name a place in the source."""
        try:
            return function()
        except (ValueError, FluxError) as error:
            raise located(error, span) from None

    def _array(self, node: ast.Array, scope: Scope) -> Evaluate:
        items = [self.expression(item, scope) for item in node.items]
        return lambda frame: [item(frame) for item in items]

    def _dictionary(self, node: ast.Dictionary, scope: Scope) -> Evaluate:
        pairs = [(self.expression(key, scope), self.expression(value, scope)) for key, value in node.items]
        return lambda frame: FluxDict((key(frame), value(frame)) for key, value in pairs)

    def _record(self, node: ast.RecordLiteral, scope: Scope) -> Evaluate:
        properties = [(item.name, self.expression(item.value, scope)) for item in node.properties]
        if node.base is None:
            return lambda frame: Record((name, value(frame)) for name, value in properties)
        base = self.expression(node.base, scope)

        def evaluate(frame: Frame) -> Record:
            start = base(frame)
            if type(start) is not Record:
                raise RuntimeError_(
                    f'value on left hand side of "with" in record literal has type {type_name(start)}; expected record',
                    node.span,
                )
            found = Record(start)
            for name, value in properties:
                found[name] = value(frame)
            return found

        return evaluate

    def _function(self, node: ast.Function, scope: Scope, name: str = "<anonymous function>") -> Evaluate:
        inner = Scope({parameter.name for parameter in node.parameters}, scope)
        defaults = {
            parameter.name: self.expression(parameter.default, scope)
            for parameter in node.parameters if parameter.default is not None
        }
        body = self._block(node.body, inner) if isinstance(node.body, ast.Block) else self.expression(node.body, inner)
        code = Code(node, body, defaults, inner, self)
        return lambda frame: Closure(name, node, code, frame, self.ctx)

    def _block(self, node: ast.Block, scope: Scope) -> Evaluate:
        steps: list[tuple[str, Evaluate]] = []
        for statement in node.body:
            if isinstance(statement, ast.Assignment):
                value = self.named(statement.name, statement.value, scope)
                # Only from here on, so that a definition may read an outer variable of the same name before it.
                scope.names.add(statement.name)
                steps.append((statement.name, value))
            elif isinstance(statement, ast.Return):
                steps.append(("return", self.expression(statement.value, scope)))
            elif isinstance(statement, ast.ExpressionStatement):
                steps.append(("", self.expression(statement.expression, scope)))

        def evaluate(frame: Frame) -> Any:
            for name, value in steps:
                found = value(frame)
                if name == "return":
                    return found
                if name:
                    frame.variables[name] = found
            return None

        return evaluate

    def named(self, name: str, node: ast.Expression, scope: Scope) -> Evaluate:
        """The value of an assignment: a function learns its name."""
        if isinstance(node, ast.Function):
            return self._function(node, scope, name)
        return self.expression(node, scope)

    # -- calls

    def _call(self, node: ast.Call, scope: Scope, piped: Evaluate | None = None) -> Evaluate:
        names = [argument.name for argument in node.arguments]
        values = [self.expression(argument.value, scope) for argument in node.arguments]
        arguments = list(zip(names, values, strict=True))
        callee = self._static(node.callee, scope)
        span = node.span
        if isinstance(callee, BoundBuiltin):
            return self._builtin_call(callee.builtin, arguments, span, piped)
        function = self.expression(node.callee, scope)
        name = callee_name(node.callee)

        def evaluate(frame: Frame) -> Any:
            source = piped(frame) if piped is not None else None
            target = function(frame)
            passed = {name: value(frame) for name, value in arguments}
            if piped is not None:
                pipe = pipe_parameter(target)
                if pipe is None:
                    raise RuntimeError_(f"function {name} does not take a pipe argument", span)
                passed[pipe] = source
            if isinstance(target, Closure):
                return target.call(passed)
            if not isinstance(target, BoundBuiltin):
                raise RuntimeError_(f"cannot call {name}: it is a value of type {type_name(target)}", span)
            return invoke(target.builtin, self.ctx, passed, span)

        return evaluate

    def _builtin_call(
        self, function: Builtin, arguments: list[tuple[str, Evaluate]], span: Span, piped: Evaluate | None,
    ) -> Evaluate:
        ctx, pipe = self.ctx, function.pipe
        if piped is None:
            return lambda frame: invoke(function, ctx, {name: value(frame) for name, value in arguments}, span)
        if pipe is None:
            raise CompileError(f"function {function.name} does not take a pipe argument", span)

        def evaluate(frame: Frame) -> Any:
            passed = {pipe: piped(frame)}
            for name, value in arguments:
                passed[name] = value(frame)
            return invoke(function, ctx, passed, span)

        return evaluate

    def _pipe(self, node: ast.Pipe, scope: Scope) -> Evaluate:
        # A long chain of pipes is compiled in a loop, so that its length costs no recursion while compiling.
        calls: list[ast.Call] = []
        source: ast.Expression = node
        while isinstance(source, ast.Pipe):
            calls.append(source.call)
            source = source.source
        steps = self.expression(source, scope)
        for call in reversed(calls):
            steps = self._call(call, scope, steps)
        return steps

    # -- access and operators

    def _member(self, node: ast.Member, scope: Scope) -> Evaluate:
        value = self._static(node, scope)
        if value is not _UNKNOWN:
            return lambda _frame: value
        owner, name = self.expression(node.object, scope), node.name

        def evaluate(frame: Frame) -> Any:
            record = owner(frame)
            if type(record) is Record:
                return record.get(name)
            if isinstance(record, Package):
                return record.get(name)
            found = "a null value" if record is None else f"a value with type {type_name(record)}"
            raise RuntimeError_(f"cannot access property of {found}; expected record", node.span)

        return evaluate

    def _index(self, node: ast.Index, scope: Scope) -> Evaluate:
        owner, index = self.expression(node.object, scope), self.expression(node.index, scope)

        def evaluate(frame: Frame) -> Any:
            array, at = owner(frame), index(frame)
            if type(array) is not list:
                raise RuntimeError_(
                    f"cannot index into a value of type {type_name(array)}; expected an array", node.span)
            if type(at) is not int:
                raise RuntimeError_(
                    f"cannot index into an array with value of type {type_name(at)}; expected an int", node.span)
            if not 0 <= at < len(array):
                raise RuntimeError_(f"cannot access element {at} of array of length {len(array)}", node.span)
            return array[at]

        return evaluate

    def _unary(self, node: ast.Unary, scope: Scope) -> Evaluate:
        operand = self.expression(node.operand, scope)
        if node.operator == "exists":
            return lambda frame: operand(frame) is not None
        function = {"-": operators.negate, "+": operators.plus, "not": operators.invert}[node.operator]

        def evaluate(frame: Frame) -> Any:
            value = operand(frame)
            try:
                return function(value)
            except ValueError as error:
                raise located(error, node.span) from None

        return evaluate

    def _binary(self, node: ast.Binary, scope: Scope) -> Evaluate:
        left, right = self.expression(node.left, scope), self.expression(node.right, scope)
        table, slow = operators.TABLES[node.operator], operators.binary(node.operator)
        span = node.span

        def evaluate(frame: Frame) -> Any:
            a, b = left(frame), right(frame)
            function = table.get((type(a), type(b)), slow)
            try:
                return function(a, b)
            except (ValueError, OverflowError) as error:
                raise located(error, span) from None

        return evaluate

    def _logical(self, node: ast.Logical, scope: Scope) -> Evaluate:
        operands = [self.expression(operand, scope) for operand in node.operands]
        stop = node.operator == "or"

        def evaluate(frame: Frame) -> Any:
            value: Any = None
            for position, operand in enumerate(operands):
                value = operand(frame)
                if value is not None and type(value) is not bool:
                    raise RuntimeError_(
                        f"cannot use operand of type {type_name(value)} with logical {node.operator}; "
                        "expected boolean", node.span)
                if position == len(operands) - 1:
                    break
                # A null on the left of `and` counts as false; on the left of `or` the right decides.
                if stop and value is True:
                    return True
                if not stop and value is not True:
                    return False
            return value

        return evaluate

    def _conditional(self, node: ast.Conditional, scope: Scope) -> Evaluate:
        test, yes, no = (self.expression(part, scope) for part in (node.test, node.yes, node.no))

        def evaluate(frame: Frame) -> Any:
            found = test(frame)
            if found is not None and type(found) is not bool:
                raise RuntimeError_(
                    f"cannot use test of type {type_name(found)} in conditional expression; expected boolean",
                    node.span)
            return yes(frame) if found else no(frame)

        return evaluate


_UNKNOWN: Any = object()
_HANDLERS: dict[type, Any] = {
    ast.Literal: Compiler._literal, ast.Identifier: Compiler._identifier, ast.Interpolation: Compiler._interpolation,
    ast.Array: Compiler._array, ast.Dictionary: Compiler._dictionary, ast.RecordLiteral: Compiler._record,
    ast.Function: Compiler._function, ast.Call: Compiler._call, ast.Pipe: Compiler._pipe,
    ast.Member: Compiler._member, ast.Index: Compiler._index, ast.Unary: Compiler._unary,
    ast.Binary: Compiler._binary, ast.Logical: Compiler._logical, ast.Conditional: Compiler._conditional,
}
