"""Package `join`: inner and outer joins of tables with equal group keys.

Source: https://docs.influxdata.com/flux/v0/stdlib/join/.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.interpreter import Closure, caller
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib.joins import matching_rows, ranks
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import FLUX_TYPES, Table, TableStream, column_from, column_type, merge
from labkit.embedded.influx.flux.values import FluxCallable, Record, type_name

METHODS = ("inner", "left", "right", "full")
Pairs = list[tuple[str, str]]


def equal_columns(on: Any) -> Pairs:
    """The columns that a predicate `(l, r) => l.a == r.b and …` compares, left and right.

    Raises:
        ValueError: the predicate is anything else.
    """
    body = on.node.body if isinstance(on, Closure) else None
    if isinstance(body, ast.Block) and len(body.body) == 1 and isinstance(body.body[0], ast.Return):
        body = body.body[0].value
    pairs = []
    for part in _conjuncts(body):
        sides = dict(map(_member, (part.left, part.right))) if _is_equality(part) else {}
        if set(sides) != {"l", "r"}:
            fail("join: parameter 'on' must be a function of l and r that compares columns with == and and, such as "
                 "(l, r) => l.id == r.id")
        pairs.append((sides["l"], sides["r"]))
    return pairs


def _conjuncts(node: Any) -> Iterator[Any]:
    if isinstance(node, ast.Logical) and node.operator == "and":
        for operand in node.operands:
            yield from _conjuncts(operand)
    else:
        yield node


def _is_equality(node: Any) -> bool:
    return isinstance(node, ast.Binary) and node.operator == "=="


def _member(node: Any) -> tuple[str, str]:
    if isinstance(node, ast.Member) and isinstance(node.object, ast.Identifier):
        return node.object.name, node.name
    return "", ""


class _Side:
    """One stream: its tables by group key, and all its columns."""

    def __init__(self, stream: TableStream, columns: list[str], name: str) -> None:
        self.tables = {table.group_key(): table for table in merge(table for table in stream if table.rows)}
        self.labels = dict.fromkeys(label for table in self.tables.values() for label in table.names)
        for table in self.tables.values():
            for column in columns:
                if table.get(column) is None:
                    fail(f"cannot set join columns in {name} table stream: table is missing column '{column}'")

    def absent(self, table: Table | None, key: Record) -> Record:
        """The row that stands for one that is missing: null, but for the group key."""
        labels = table.names if table is not None else self.labels
        return Record((label, key.get(label)) for label in labels)


def _row_pairs(
    ctx: Any, left: Table | None, right: Table | None, on: Pairs, method: str,
) -> NDArray[np.int64]:
    """Shape (pairs, 2): the rows to put together, -1 for none, sorted by the columns joined on, null last."""
    names = ([a for a, _ in on], [b for _, b in on])
    first, second = (left or right, right or left)
    assert first is not None
    assert second is not None
    own = on if left is not None and right is not None else [(name, name) for name in names[left is None]]
    order = ranks(first, second, own)
    found = []
    matched = np.zeros((2, 0), np.intp)
    if left is not None and right is not None:
        known = [np.flatnonzero(_known(table, labels)) for table, labels in zip((left, right), names, strict=True)]
        a, b = matching_rows(ctx, order[0][known[0]], order[1][known[1]])
        matched = np.stack([known[0][a], known[1][b]])
        found.append(np.stack([*matched, order[0][matched[0]]], axis=1))
    for side, table in enumerate((left, right)):
        if table is None or method not in (("left", "right")[side], "full"):
            continue
        alone = np.setdiff1d(np.arange(table.rows), matched[side])
        nothing = np.full(len(alone), -1)
        columns = [alone, nothing] if side == 0 else [nothing, alone]
        place = np.where(_known(table, names[side])[alone], order[side][alone], np.iinfo(np.int64).max)
        found.append(np.stack([*columns, place], axis=1))
    if not found:
        return np.zeros((0, 2), np.int64)
    rows = np.concatenate(found)
    return rows[np.argsort(rows[:, 2], kind="stable"), :2]


def _known(table: Table, names: list[str]) -> NDArray[np.bool_]:
    known = np.ones(table.rows, np.bool_)
    for name in names:
        known &= table.column(name).valid_mask()
    return known


def join_tables(
    ctx: Any, left: TableStream, right: TableStream, on: Any, as_: Any, method: str,
) -> TableStream:
    """Join the rows of tables with equal group keys.

    Args:
        ctx: the running query.
        left: the left stream.
        right: the right stream.
        on: a predicate of equal columns, or pairs of columns.
        as_: makes the new row out of a left and a right one; must keep the group key.
        method: one of `METHODS`.

    Raises:
        ValueError: the predicate is no conjunction of equalities, or a row lost its group key.
    """
    if method not in METHODS:
        fail(f"unknown join method {method}; must be one of {', '.join(METHODS)}")
    pairs = on if isinstance(on, list) else equal_columns(on)
    sides = [_Side(left, [a for a, _ in pairs], "left"), _Side(right, [b for _, b in pairs], "right")]
    function = caller(as_, "l", "r")
    made: list[tuple[Table, list[Record]]] = []
    for key in dict.fromkeys([*sides[0].tables, *sides[1].tables]):
        tables = [side.tables.get(key) for side in sides]
        model = tables[0] or tables[1]
        assert model is not None
        key_record = model.key_record()
        rows = _row_pairs(ctx, tables[0], tables[1], pairs, method)
        records = [list(table.records()) if table is not None else [] for table in tables]
        absent = [side.absent(table, key_record) for side, table in zip(sides, tables, strict=True)]
        found = [_checked(function(records[0][a] if a >= 0 else absent[0], records[1][b] if b >= 0 else absent[1]),
                          key_record) for a, b in rows.tolist()]
        if found:
            made.append((model, found))
    return TableStream(_typed(made))


def _checked(record: Any, key: Record) -> Record:
    if type(record) is not Record:
        fail(f"join: parameter 'as' must return a record, not {type_name(record)}")
    for name, value in key.items():
        if name not in record or record[name] != value:
            fail("join cannot modify group key: output record has a missing or invalid value for column "
                 f"'{name}:{type_name(value)}'")
    return record


def _typed(made: list[tuple[Table, list[Record]]]) -> list[Table]:
    """Tables out of records; a column has one type in all of them."""
    kinds: dict[str, str] = {}
    for model, records in made:
        for record in records:
            for name, value in record.items():
                kind = column_type(value)
                if kind is not None and kinds.setdefault(name, kind) != kind:
                    fail(f'join: column "{name}" is both of type {FLUX_TYPES[kinds[name]]} and {FLUX_TYPES[kind]}')
                if kind is None and value is not None:
                    fail(f'join: column "{name}" cannot hold a value of type {type_name(value)}')
        kinds |= {column.name: column.type for column in model.columns if column.name in model.key}
    return [Table([column_from(name, kinds[name], [record.get(name) for record in records]) for name in sorted(kinds)],
                  model.key, model.key_values) for model, records in made]


@builtin("join", "tables", pipe="left")
def _tables(ctx: Any, left: TableStream, right: TableStream, on: FluxCallable, as_: FluxCallable,
            method: str) -> TableStream:
    return join_tables(ctx, left, right, on, as_, method)


def _register(method: str) -> None:
    def call(ctx: Any, left: TableStream, right: TableStream, on: FluxCallable, as_: FluxCallable) -> TableStream:
        return join_tables(ctx, left, right, on, as_, method)

    builtin("join", method, pipe="left")(call)


for _method in METHODS:
    _register(_method)


@builtin("join", "time", pipe="left")
def _time(ctx: Any, left: TableStream, right: TableStream, as_: FluxCallable, method: str = "inner") -> TableStream:
    return join_tables(ctx, left, right, [("_time", "_time")], as_, method)
