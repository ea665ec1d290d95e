"""Filters on tags, measurement and field go to the store, so that other series are never read."""

from __future__ import annotations

from collections.abc import Mapping

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.interpreter import Closure, Code, Frame
from labkit.embedded.influx.flux.storage import TagPredicate
from labkit.embedded.influx.flux.stream import Scan
from labkit.embedded.influx.flux.values import Record

_NOT_TAGS = frozenset(["_time", "_value", "_start", "_stop"])


def push_filter(scan: Scan, fn: Closure) -> tuple[Scan, Closure | None]:
    """Split a filter: conditions on tags alone go into the scan.

    Args:
        scan: what is read.
        fn: the condition, a function of `r`.

    Returns:
        The narrower scan, and the conditions that are left for the rows; None where none is left.
    """
    body = fn.node.body
    if not isinstance(body, ast.Expression) or fn.code.names != {"r"}:
        return scan, fn
    parts = body.operands if isinstance(body, ast.Logical) and body.operator == "and" else [body]
    pushed = [part for part in parts if _only_tags(part)]
    rest = [part for part in parts if not _only_tags(part)]
    if not pushed:
        return scan, fn
    narrower = scan.where(_predicate(_part(fn, [_as_stored(part) if _is_stored(part) else part for part in pushed])))
    return narrower, _part(fn, rest) if rest else None


def _part(fn: Closure, parts: list[ast.Expression]) -> Closure:
    node = fn.node
    body = parts[0] if len(parts) == 1 else ast.Logical(node.body.span, "and", parts)
    part = ast.Function(node.span, node.parameters, body)
    compiler = fn.code.compiler
    code = Code(part, compiler.expression(body, fn.code.scope), {}, fn.code.scope, compiler)
    return Closure(fn.name, part, code, fn.frame, fn.ctx)


def _predicate(fn: Closure) -> TagPredicate:
    body, frame = fn.code.body, fn.frame

    def wanted(tags: Mapping[str, str]) -> bool:
        return body(Frame({"r": Record(tags)}, frame)) is True

    return wanted


def _is_stored(node: ast.Expression) -> bool:
    """Whether InfluxDB hands a condition to its store: `r.tag`, `==`, `!=`, `=~` or `!~`, and a value."""
    if isinstance(node, ast.Logical):
        return all(_is_stored(operand) for operand in node.operands)
    if isinstance(node, ast.Unary):
        return isinstance(node.operand, ast.Member) or (node.operator == "not" and _is_stored(node.operand))
    if not isinstance(node, ast.Binary) or not isinstance(node.left, ast.Member):
        return False
    empty = node.operator == "==" and isinstance(node.right, ast.Literal) and node.right.value == ""
    return isinstance(node.right, ast.Literal | ast.Identifier) and not empty


def _as_stored(node: ast.Expression) -> ast.Expression:
    """The condition as the store sees it: there a tag that a series lacks is empty, not null.

    So `r.room != "bath"` keeps series without a room, as in InfluxDB. `exists` still tells them apart.
    """
    if isinstance(node, ast.Logical):
        return ast.Logical(node.span, node.operator, [_as_stored(operand) for operand in node.operands])
    if isinstance(node, ast.Binary):
        tag = node.left
        present = ast.Unary(tag.span, "exists", tag)
        left = ast.Conditional(tag.span, present, tag, ast.Literal(tag.span, ""))
        return ast.Binary(node.span, node.operator, left, node.right)
    return node


def _only_tags(node: ast.Expression) -> bool:
    """Whether a condition reads nothing of a row but tags, and cannot fail."""
    if isinstance(node, ast.Literal):
        return True
    if isinstance(node, ast.Identifier):
        return node.name != "r"
    if isinstance(node, ast.Member):
        if isinstance(node.object, ast.Identifier) and node.object.name == "r":
            return node.name not in _NOT_TAGS
        return _only_tags(node.object)
    if isinstance(node, ast.Logical):
        return all(_only_tags(operand) for operand in node.operands)
    if isinstance(node, ast.Unary):
        return node.operator in ("not", "exists") and _only_tags(node.operand)
    if isinstance(node, ast.Binary):
        return node.operator in ("==", "!=", "=~", "!~") and _only_tags(node.left) and _only_tags(node.right)
    return False


