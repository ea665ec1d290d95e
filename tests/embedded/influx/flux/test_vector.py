"""What is evaluated for all rows at once must be what is evaluated row by row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.embedded.influx.flux.compiler import Compiler
from labkit.embedded.influx.flux.context import Context
from labkit.embedded.influx.flux.errors import FluxError
from labkit.embedded.influx.flux.interpreter import Closure, Frame, Scope
from labkit.embedded.influx.flux.parser import parse
from labkit.embedded.influx.flux.table import Column, Table, column_from, constant_column, infer_column
from labkit.embedded.influx.flux.values import Record, Time, UInt
from labkit.embedded.influx.flux.vector import RowSet, Unsupported, VectorFunction


def closure(text: str) -> Closure:
    statement: Any = parse(text).body[0]
    compiler = Compiler(Context(None, Time(0)), {"strings": "strings", "math": "math"}, {})
    made: Closure = compiler.expression(statement.expression, Scope(set(), None))(Frame({}, None))
    return made


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        # numpy's power of an array may differ from that of a scalar in the last bit, and a power of that grows it.
        return math.isnan(right) if math.isnan(left) else left == right or math.isclose(left, right, rel_tol=1e-12)
    return type(left) is type(right) and bool(left == right)


def whole(found: Any, rows: int) -> list[Any]:
    return found.to_list() if isinstance(found, Column) else [found] * rows


TABLE = Table([
    column_from("i", "long", [1, -7, None, 0, 2**63 - 1, 5]),
    column_from("j", "long", [2, 3, 4, None, -1, 0]),
    column_from("u", "unsignedLong", [UInt(1), UInt(2), UInt(3), UInt(2**64 - 1), None, UInt(0)]),
    column_from("f", "double", [0.5, -0.0, math.inf, math.nan, None, 1e300]),
    column_from("g", "double", [2.0, 0.0, 3.0, -1.5, 7.0, None]),
    column_from("s", "string", ["a", "b", None, "", "abc", "B"]),
    constant_column("t", "string", "b", 6),
    column_from("b", "boolean", [True, False, None, True, None, False]),
    column_from("c", "boolean", [True, True, True, None, None, False]),
    column_from("d", "dateTime:RFC3339", [Time(0), Time(10**18), None, Time(-5), Time(5), Time(6)]),
    constant_column("n", "double", None, 6),
])

NUMBERS = st.sampled_from(["r.i", "r.j", "1", "-3", "0"])
FLOATS = st.sampled_from(["r.f", "r.g", "1.5", "0.0", "r.n", "float(v: r.i)"])
TEXTS = st.sampled_from(["r.s", "r.t", '"b"', '"ab"', "r.missing", "strings.toUpper(v: r.t)"])


def _arithmetic(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(parts, st.sampled_from("+-*/%^"), parts).map(lambda t: f"({t[0]} {t[1]} {t[2]})")


WHOLE = st.one_of(NUMBERS, _arithmetic(NUMBERS))
REAL = st.one_of(FLOATS, _arithmetic(FLOATS), _arithmetic(_arithmetic(FLOATS)))
ORDER = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
TEST = st.one_of(
    st.sampled_from(["r.b", "r.c", "true", "false", "exists r.s", "exists r.n", "exists r.missing", "r.s =~ /(?i)b/",
                     "r.s !~ /^a/", "r.b == r.c", "r.d < 2001-01-01", "r.u > r.i", "r.u == 1", "r.missing == 1"]),
    st.tuples(WHOLE, ORDER, REAL).map(" ".join), st.tuples(REAL, ORDER, REAL).map(" ".join),
    st.tuples(TEXTS, ORDER, TEXTS).map(" ".join), st.tuples(WHOLE, ORDER, WHOLE).map(" ".join),
)
LOGIC = st.recursive(
    TEST,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        inner.map(lambda text: f"not ({text})"),
    ),
    max_leaves=5,
)
ANY = st.one_of(
    LOGIC, REAL, WHOLE, TEXTS,
    st.tuples(LOGIC, REAL, REAL).map(lambda t: f"if {t[0]} then {t[1]} else {t[2]}"),
    st.tuples(LOGIC, TEXTS, TEXTS).map(lambda t: f"if {t[0]} then {t[1]} else {t[2]}"),
)


@given(ANY)
@settings(max_examples=600, deadline=None)
def test_all_rows_at_once_gives_what_row_by_row_gives(text: str):
    function = closure(f"(r) => {text}")
    try:
        found = whole(VectorFunction(function, "r").evaluate(TABLE), TABLE.rows)
    except Unsupported:
        return
    with np.errstate(all="ignore"):
        expected = [function.call({"r": row}) for row in TABLE.records()]
    assert all(same(a, b) for a, b in zip(found, expected, strict=True)), (found, expected)


@pytest.mark.parametrize("text", [
    "r.f > 0.5", 'r.t == "b" and r.i > 1', "r.i * 2 + r.j", "({r with x: r.f * 2.0})", "if r.b then r.f else r.g",
    'strings.toUpper(v: r.t) + r.s', "float(v: r.i) / 2.0", "exists r.s and r.s =~ /a/",
    "({a: r.s, b: 1, c: r.missing})",
])
def test_the_usual_functions_are_evaluated_for_all_rows_at_once(text: str):
    VectorFunction(closure(f"(r) => {text}"), "r").evaluate(TABLE)


@pytest.mark.parametrize("text", ["1 / r.j", "r.s + 1", "r.i and true", "r.x.y", "[r.i]", '"${r.i}"'])
def test_what_may_fail_or_is_no_column_goes_row_by_row(text: str):
    with pytest.raises(Unsupported):
        VectorFunction(closure(f"(r) => {text}"), "r").evaluate(TABLE)


def test_a_record_of_columns_is_the_record_of_each_row():
    function = closure("(r) => ({r with i: r.i + 1, x: r.t, s: if r.b then r.s else r.t})")
    made = VectorFunction(function, "r").evaluate(TABLE)
    assert isinstance(made, RowSet)
    rows = [Record(zip(made, values, strict=True)) for values in zip(
        *(whole(value, TABLE.rows) for value in made.values()), strict=True)]
    expected = [function.call({"r": row}) for row in TABLE.records()]
    assert all(same(a[name], b[name]) for a, b in zip(rows, expected, strict=True) for name in b)


def test_an_error_in_a_branch_that_is_not_taken_is_none():
    function = closure("(r) => if r.j == 0 then 0 else r.i / r.j")
    with pytest.raises(Unsupported):
        VectorFunction(function, "r").evaluate(TABLE)
    rows = [row for row in TABLE.records() if row["j"] is not None]
    try:
        found = [function.call({"r": row}) for row in rows]
    except FluxError as error:
        pytest.fail(str(error))
    assert infer_column("x", found) is not None
