"""Functions of rows, evaluated for all rows of a table at once.

An expression that this module cannot evaluate raises `Unsupported`, and the caller goes row by row instead: that path
also finds the right message for an error. So both paths give the same answer, only one is faster.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux import ast, operators
from labkit.embedded.influx.flux.errors import FluxError, LimitError, NotFoundError
from labkit.embedded.influx.flux.interpreter import Closure, Frame, Scope
from labkit.embedded.influx.flux.registry import BoundBuiltin
from labkit.embedded.influx.flux.table import (
    COLUMN_TYPES,
    DTYPES,
    TIME,
    Column,
    Table,
    constant_column,
    infer_column,
)
from labkit.embedded.influx.flux.values import Duration, FluxDict, Record, Regexp, Time, UInt

_NUMERIC = ("long", "unsignedLong", "double")
_SCALARS = (bool, int, UInt, float, str, Time)
_COMPARE: dict[str, Any] = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}
_ARITHMETIC: dict[str, Any] = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.fmod}
_MOST_INLINED = 20


class Unsupported(Exception):  # noqa: N818 - it is a signal, not an error
    """This expression has to be evaluated row by row."""


class RowSet(dict[str, Any]):
    """A record for each row: names to columns, or to one value for all rows."""


class VectorFunction:
    """A function of a row, for whole tables.

    Args:
        function: the function; one parameter is the row.
        parameter: the name of that parameter.
    """

    def __init__(self, function: Any, parameter: str) -> None:
        self.closure = function if isinstance(function, Closure) and function.code.names == {parameter} else None
        self.parameter = parameter
        self.constants: dict[int, Any] = {}
        self.depth = 0

    def evaluate(self, table: Table) -> Any:
        """The value for all rows: a column, a `RowSet`, or one value for all.

        Raises:
            Unsupported: it has to be evaluated row by row.
        """
        if self.closure is None:
            raise Unsupported
        rows = RowSet((column.name, column) for column in table.columns)
        self.rows = table.rows
        try:
            with np.errstate(all="ignore"):
                return self._body(self.closure, {self.parameter: rows})
        except (LimitError, NotFoundError):
            raise
        except (FluxError, ValueError, OverflowError, TypeError):
            # Perhaps no row comes to the part that failed.
            raise Unsupported from None

    def _body(self, closure: Closure, variables: dict[str, Any]) -> Any:
        body = closure.node.body
        if isinstance(body, ast.Expression):
            return self._visit(body, variables, closure)
        for statement in body.body:
            if isinstance(statement, ast.Assignment):
                variables = variables | {statement.name: self._visit(statement.value, variables, closure)}
            elif isinstance(statement, ast.Return):
                return self._visit(statement.value, variables, closure)
        raise Unsupported

    def _visit(self, node: ast.Expression, variables: dict[str, Any], closure: Closure) -> Any:
        if not _mentions(node, variables):
            return self._constant(node, closure)
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise Unsupported
        return handler(self, node, variables, closure)

    def _constant(self, node: ast.Expression, closure: Closure) -> Any:
        """The value of an expression in which no row takes part: evaluated once for all tables."""
        if id(node) not in self.constants:
            compiler = closure.code.compiler
            scope = Scope(set(), closure.code.scope.parent)
            self.constants[id(node)] = compiler.expression(node, scope)(Frame({}, closure.frame))
        return self.constants[id(node)]

    # -- expressions

    def _identifier(self, node: ast.Identifier, variables: dict[str, Any], _closure: Closure) -> Any:
        return variables[node.name]

    def _member(self, node: ast.Member, variables: dict[str, Any], closure: Closure) -> Any:
        owner = self._visit(node.object, variables, closure)
        if not isinstance(owner, RowSet):
            raise Unsupported
        found = owner.get(node.name)
        return found.at(0) if isinstance(found, Column) and found.constant and self.rows else found

    def _record(self, node: ast.RecordLiteral, variables: dict[str, Any], closure: Closure) -> RowSet:
        found = RowSet()
        if node.base is not None:
            base = self._visit(node.base, variables, closure)
            if not isinstance(base, (RowSet, Record)):
                raise Unsupported
            found.update(base)
        for item in node.properties:
            previous = found.get(item.name)
            value = self._visit(item.value, variables, closure)
            if value is None and isinstance(previous, Column):
                value = constant_column(item.name, previous.type, None, self.rows)
            found[item.name] = value
        return found

    def _unary(self, node: ast.Unary, variables: dict[str, Any], closure: Closure) -> Any:
        value = self._visit(node.operand, variables, closure)
        if node.operator == "exists":
            if not isinstance(value, Column):
                return value is not None
            return True if value.valid is None else _bools(value.valid)
        if not isinstance(value, Column):
            return {"-": operators.negate, "+": operators.plus, "not": operators.invert}[node.operator](value)
        if node.operator == "not" and value.type == "boolean":
            return Column("", "boolean", ~value.values, value.valid)
        if node.operator == "-" and value.type in ("long", "double"):
            return Column("", value.type, -value.values, value.valid)
        raise Unsupported

    def _logical(self, node: ast.Logical, variables: dict[str, Any], closure: Closure) -> Any:
        left = self._visit(node.operands[0], variables, closure)
        for operand in node.operands[1:]:
            if not isinstance(left, Column):
                _boolean(left)
                if (left is True) == (node.operator == "or"):
                    # Decided: `and` with false or null on the left, `or` with true.
                    left = left is True
                    if node.operator == "and" or left:
                        break
                    continue
                left = self._visit(operand, variables, closure)
                continue
            right = self._visit(operand, variables, closure)
            left = self._join(node.operator, left, right)
        if isinstance(left, Column):
            return left if left.type == "boolean" else _unsupported()
        _boolean(left)
        return left

    def _join(self, operator: str, left: Column, right: Any) -> Column:
        if left.type != "boolean":
            raise Unsupported
        if not isinstance(right, Column):
            _boolean(right)
            right = constant_column("", "boolean", right, self.rows)
        if right.type != "boolean":
            raise Unsupported
        known = left.values if left.valid is None else left.values & left.valid
        values = known & right.values if operator == "and" else known | right.values
        if right.valid is None:
            return _bools(values)
        return Column("", "boolean", values, right.valid | (~known if operator == "and" else known))

    def _conditional(self, node: ast.Conditional, variables: dict[str, Any], closure: Closure) -> Any:
        test = self._visit(node.test, variables, closure)
        if not isinstance(test, Column):
            _boolean(test)
            return self._visit(node.yes if test else node.no, variables, closure)
        if test.type != "boolean":
            raise Unsupported
        chosen = test.values if test.valid is None else test.values & test.valid
        yes, no = self._visit(node.yes, variables, closure), self._visit(node.no, variables, closure)
        kinds = {_kind(value) for value in (yes, no)} - {"null"}
        if not kinds:
            return None
        if len(kinds) != 1:
            raise Unsupported
        kind = kinds.pop()
        a, b = self._spread(yes, kind), self._spread(no, kind)
        valid = None
        if a.valid is not None or b.valid is not None:
            valid = np.where(chosen, a.valid_mask(), b.valid_mask())
        return Column("", kind, np.where(chosen, a.values, b.values).astype(DTYPES[kind]), valid)

    def _spread(self, value: Any, kind: str) -> Column:
        return value if isinstance(value, Column) else constant_column("", kind, value, self.rows)

    def _binary(self, node: ast.Binary, variables: dict[str, Any], closure: Closure) -> Any:
        left = self._visit(node.left, variables, closure)
        right = self._visit(node.right, variables, closure)
        symbol = node.operator
        if not isinstance(left, Column) and not isinstance(right, Column):
            if type(left) in (RowSet, list, Record, FluxDict):
                raise Unsupported
            return operators.binary(symbol)(left, right)
        if left is None or right is None:
            return None
        kinds = _kind(left), _kind(right)
        if symbol in ("=~", "!~"):
            return _match(left, right, symbol)
        valid = _both(left, right)
        a, b = _raw(left), _raw(right)
        if symbol in _COMPARE:
            ordered = kinds[0] == kinds[1] and kinds[0] in ("string", TIME, "boolean")
            if not ordered and not (kinds[0] in _NUMERIC and kinds[1] in _NUMERIC):
                raise Unsupported
            if kinds[0] == "boolean" and symbol not in ("==", "!="):
                raise Unsupported
            return Column("", "boolean", _COMPARE[symbol](a, b).astype(np.bool_), valid)
        if kinds[0] != kinds[1]:
            raise Unsupported
        return _arithmetic(symbol, kinds[0], a, b, valid)

    # -- calls

    def _call(self, node: ast.Call, variables: dict[str, Any], closure: Closure) -> Any:
        if _mentions(node.callee, variables):
            raise Unsupported
        function = self._constant(node.callee, closure)
        arguments = {item.name: self._visit(item.value, variables, closure) for item in node.arguments}
        if isinstance(function, Closure):
            if arguments.keys() != function.code.names or self.depth > _MOST_INLINED:
                raise Unsupported
            self.depth += 1
            try:
                return self._body(function, arguments)
            finally:
                self.depth -= 1
        if not isinstance(function, BoundBuiltin) or function.builtin.transformation:
            raise Unsupported
        return self._builtin(function, arguments)

    def _builtin(self, function: BoundBuiltin, arguments: dict[str, Any]) -> Any:
        columns = {name: value for name, value in arguments.items() if isinstance(value, Column)}
        if any(isinstance(value, RowSet) for value in arguments.values()):
            raise Unsupported
        if not columns:
            return function.call(arguments)
        if function.builtin.package == "universe" and function.name == "float" and len(arguments) == 1:
            only = next(iter(columns.values()))
            if only.type in _NUMERIC:
                return Column("", "double", only.values.astype(np.float64), only.valid)
        fixed = {name: value for name, value in arguments.items() if name not in columns}
        names = list(columns)
        rows = zip(*(column.to_list() for column in columns.values()), strict=True)
        if any(column.type == "double" for column in columns.values()):
            found = [function.call(fixed | dict(zip(names, values, strict=True))) for values in rows]
        else:
            memo: dict[Any, Any] = {}
            found = []
            for values in rows:
                if values not in memo:
                    memo[values] = function.call(fixed | dict(zip(names, values, strict=True)))
                found.append(memo[values])
        if any(value is not None and type(value) not in _SCALARS for value in found):
            raise Unsupported
        return infer_column("", found)


def _unsupported() -> Any:
    raise Unsupported


def _boolean(value: Any) -> None:
    if value is not None and type(value) is not bool:
        raise Unsupported


def _bools(values: NDArray[np.bool_]) -> Column:
    return Column("", "boolean", values)


def _kind(value: Any) -> str:
    if isinstance(value, Column):
        return value.type
    if value is None:
        return "null"
    kind = COLUMN_TYPES.get(type(value))
    if kind is None and not isinstance(value, (Regexp, Duration)):
        raise Unsupported
    return kind or type(value).__name__


def _both(left: Any, right: Any) -> NDArray[np.bool_] | None:
    masks = [side.valid for side in (left, right) if isinstance(side, Column) and side.valid is not None]
    if not masks:
        return None
    return masks[0] if len(masks) == 1 else masks[0] & masks[1]


def _raw(value: Any) -> Any:
    if isinstance(value, Column):
        return value.values
    kind = _kind(value)
    return value if kind == "string" else np.asarray(value, DTYPES.get(kind, object))


def _match(left: Any, right: Any, symbol: str) -> Column:
    if not isinstance(left, Column) or left.type != "string" or type(right) is not Regexp:
        raise Unsupported
    search = right.compiled.search
    known = {text: (search(text) is not None) == (symbol == "=~") for text in set(left.values.tolist())}
    return Column("", "boolean", np.array([known[text] for text in left.values.tolist()], np.bool_), left.valid)


def _arithmetic(symbol: str, kind: str, a: Any, b: Any, valid: NDArray[np.bool_] | None) -> Column:
    if kind == "string" and symbol == "+":
        return Column("", kind, np.add(a, b), valid)
    if symbol == "^" and kind in _NUMERIC:
        return Column("", "double", np.power(np.asarray(a, np.float64), np.asarray(b, np.float64)), valid)
    if kind == "double" and symbol in _ARITHMETIC:
        return Column("", kind, _ARITHMETIC[symbol](a, b), valid)
    if kind not in ("long", "unsignedLong"):
        raise Unsupported
    if symbol in "+-*":
        return Column("", kind, _ARITHMETIC[symbol](a, b), valid)
    least = np.iinfo(np.int64).min
    if np.any(b == 0) or (kind == "long" and (np.any(a == least) or np.any(b == least))):
        # The row path knows whether a null, or a branch that is not taken, makes this harmless.
        raise Unsupported
    if kind == "unsignedLong":
        return Column("", kind, a // b if symbol == "/" else a % b, valid)
    if symbol == "/":
        quotient = np.abs(a) // np.abs(b)
        return Column("", kind, np.where((a < 0) == (b < 0), quotient, -quotient), valid)
    return Column("", kind, np.fmod(a, b), valid)


def _mentions(node: ast.Node, names: dict[str, Any]) -> bool:
    """Whether a variable of the row takes part in an expression."""
    stack: list[Any] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, ast.Identifier):
            if item.name in names:
                return True
        elif isinstance(item, ast.Node):
            stack.extend(getattr(item, slot) for slot in _slots(type(item)))
        elif isinstance(item, (list, tuple)):
            stack.extend(item)
    return False


def _slots(kind: type) -> tuple[str, ...]:
    if kind not in _SLOTS:
        fields: dict[str, Any] = getattr(kind, "__dataclass_fields__", {})
        _SLOTS[kind] = tuple(name for name in fields if name not in ("span", "name", "operator", "short"))
    return _SLOTS[kind]


_SLOTS: dict[type, tuple[str, ...]] = {}


_HANDLERS: dict[type, Any] = {
    ast.Identifier: VectorFunction._identifier, ast.Member: VectorFunction._member,
    ast.RecordLiteral: VectorFunction._record, ast.Unary: VectorFunction._unary, ast.Logical: VectorFunction._logical,
    ast.Conditional: VectorFunction._conditional, ast.Binary: VectorFunction._binary, ast.Call: VectorFunction._call,
}
