from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.embedded.influx.flux import ast
from labkit.embedded.influx.flux.errors import CompileError, FluxError
from labkit.embedded.influx.flux.parser import parse
from labkit.embedded.influx.flux.query import execute


def show(node: Any) -> str:
    """An expression with all its brackets."""
    match node:
        case ast.Literal():
            return str(node.value)
        case ast.Identifier():
            return node.name
        case ast.Binary():
            return f"({show(node.left)} {node.operator} {show(node.right)})"
        case ast.Logical():
            return "(" + f" {node.operator} ".join(show(operand) for operand in node.operands) + ")"
        case ast.Unary():
            return f"({node.operator} {show(node.operand)})"
        case ast.Pipe():
            return f"({show(node.source)} |> {show(node.call)})"
        case ast.Call():
            return f"{show(node.callee)}({', '.join(f'{a.name}: {show(a.value)}' for a in node.arguments)})"
        case ast.Member():
            return f"{show(node.object)}.{node.name}"
        case ast.Index():
            return f"{show(node.object)}[{show(node.index)}]"
        case ast.Conditional():
            return f"(if {show(node.test)} then {show(node.yes)} else {show(node.no)})"
        case ast.Array():
            return "[" + ", ".join(show(item) for item in node.items) + "]"
        case ast.Dictionary():
            return "[" + (", ".join(f"{show(k)}: {show(v)}" for k, v in node.items) or ":") + "]"
        case ast.RecordLiteral():
            base = f"{node.base.name} with " if node.base else ""
            return "{" + base + ", ".join(f"{p.name}: {show(p.value)}" for p in node.properties) + "}"
        case ast.Function():
            names = [
                p.name + ("=<-" if p.pipe else f"={show(p.default)}" if p.default else "") for p in node.parameters
            ]
            return f"({', '.join(names)}) => {'{…}' if isinstance(node.body, ast.Block) else show(node.body)}"
        case ast.Interpolation():
            return "".join(part if isinstance(part, str) else "${" + show(part) + "}" for part in node.parts)
    raise AssertionError(node)


def expression(text: str) -> str:
    statement = parse(text).body[0]
    assert isinstance(statement, ast.ExpressionStatement)
    return show(statement.expression)


@pytest.mark.parametrize(("text", "expected"), [
    ("1 + 2 * 3 ^ 2", "(1 + (2 * (3 ^ 2)))"),
    ("1 - 2 - 3", "((1 - 2) - 3)"),
    ("a or b and c", "(a or (b and c))"),
    ("a and b and c or d", "((a and b and c) or d)"),
    ("not a == b", "(not (a == b))"),
    ("not exists r.x and b", "((not (exists r.x)) and b)"),
    ("a + b |> f()", "(a + (b |> f()))"),
    ("a |> f() |> g(x: 1)", "((a |> f()) |> g(x: 1))"),
    ("-a.b[0]", "(- a.b[0])"),
    ("-1 + -2.5", "(-1 + -2.5)"),
    ('r["a b"].c', "r.a b.c"),
    ("r =~ /x/ and r !~ /y/", "((r =~ /x/) and (r !~ /y/))"),
    ("if a then b else if c then d else e", "(if a then b else (if c then d else e))"),
    ("[1, 2,]", "[1, 2]"),
    ("[:]", "[:]"),
    ('["a": 1, "b": 2]', "[a: 1, b: 2]"),
    ('{a, "b c": 2, d: {}}', "{a: a, b c: 2, d: {}}"),
    ("{r with a: 1}", "{r with a: 1}"),
    ("{with: 1}", "{with: 1}"),
    ("(r) => ({r with a: 1})", "(r) => {r with a: 1}"),
    ("(a, b=1, t=<-) => { return a }", "(a, b=1, t=<-) => {…}"),
    ("() => 1", "() => 1"),
    ("f(a, b: 2)", "f(a: a, b: 2)"),
    ("a.b.c(x: (y) => y)(z: 1)", "a.b.c(x: (y) => y)(z: 1)"),
    ('"a ${1 + 1} b"', "a ${(1 + 1)} b"),
    ("(1 + 2) * 3", "((1 + 2) * 3)"),
    ("a <= b", "(a <= b)"),
])
def test_operators_bind_as_the_language_says(text: str, expected: str):
    assert expression(text) == expected


def test_a_whole_file_has_package_imports_options_and_statements():
    file = parse("""
@edition("2022.1")
package main
import "array"
import d "experimental/date"
option now = () => 2020-01-01T00:00:00Z
option task.every = 1h
x = 1
x
""")
    assert file.package == "main"
    assert [(item.name, item.path) for item in file.imports] == [("array", "array"), ("d", "experimental/date")]
    assert [type(item).__name__ for item in file.body] == [
        "OptionStatement", "OptionStatement", "Assignment", "ExpressionStatement"]


@pytest.mark.parametrize(("text", "message"), [
    ("from(bucket: )", "error @1:14-1:15: invalid expression: unexpected )"),
    ("x = ", "error @1:5-1:5: invalid expression: unexpected the end of the query"),
    ("f(x: 1", "error @1:7-1:7: expected , or ), got the end of the query"),
    ("a |> b", "error @1:6-1:7: pipe destination must be a function call"),
    ("x = {a: 1", "expected , or }"),
    ("(a", "expected ) that closes this bracket"),
    ("if a then b", "expected else, got the end of the query"),
    ("(r) => { x = 1", "expected }, got the end of the query"),
    ("r.x = 1", "only a variable, or an option, can be assigned to"),
    ("return 1", "return cannot stand here"),
    ("x = 1\nimport \"array\"", "error @2:1-2:7: imports must stand before all other statements"),
    ("import array", "expected the path of a package"),
    ("builtin f : int", "builtin statements cannot be run as a query"),
    ("testcase t { }", "testcase statements cannot be run"),
    ("r.and", "and is a keyword"),
    ('["a": 1, 2]', "expected : and a value"),
    ("1 2", None),
])
def test_a_syntax_error_says_where_and_what(text: str, message: str | None):
    if message is None:
        assert len(parse(text).body) == 2
        return
    with pytest.raises(CompileError) as caught:
        parse(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("part", [
    "(", "[", "{a: ", "-", "not ", "exists ", '"${', "(x) => ", "f(x: ", "if true then ", "a.", "a + ", "a |> f() ",
    "a and ", "a[0]", "a(b: 1)", "{a with b: ",
])
def test_endless_nesting_is_a_compile_error(part: str):
    with pytest.raises(CompileError):
        execute(part * 3000 + "a", None, now_ns=0)


def test_sixty_levels_and_long_chains_are_not_too_many():
    assert expression("(" * 50 + "1" + ")" * 50) == "1"
    assert parse("x = " + " or ".join(f'r.a == "{i}"' for i in range(2000))).body
    assert parse("x = a" + " |> f()" * 200).body


PIECES = st.sampled_from([
    "and", "or", "not", "exists", "if", "then", "else", "return", "option", "import", "package", "|>", "=>", "<-", "r",
    "with", "1d", "2020-01-01", "=~", "/a/", '"a"', '"', "${", "}", "{", "(", ")", "[", "]", "f(", "x:", ",", "=", ".",
    "-", "1", "1.5", "@", "\n", "from", "now()", "+", "*", "^", "%", "$", "\\",
])


def outcome(function: Callable[[], Any]) -> FluxError | None:
    """The error of a query, or None; any other exception fails the test."""
    try:
        function()
    except FluxError as error:
        return error
    return None


@given(st.lists(PIECES, max_size=40).map(" ".join))
@settings(max_examples=400, deadline=None)
def test_any_sequence_of_tokens_is_a_query_or_a_flux_error(text: str):
    error = outcome(lambda: execute(text, None, now_ns=0))
    assert error is None or str(error)


@given(st.text(st.sampled_from(string.printable + "äµ€𝄞\x00\ud800"), max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_text_parses_or_is_a_compile_error_with_a_place(text: str):
    error = outcome(lambda: parse(text))
    assert error is None or (isinstance(error, CompileError) and error.span is not None)
