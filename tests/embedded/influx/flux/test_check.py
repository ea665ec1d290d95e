from __future__ import annotations

import pytest

from labkit.embedded.influx.flux.errors import CompileError
from labkit.embedded.influx.flux.known import NAMES
from labkit.embedded.influx.flux.query import analyze
from labkit.embedded.influx.flux.registry import Builtin, load


def problems(text: str) -> str:
    with pytest.raises(CompileError) as caught:
        analyze(text)
    return str(caught.value)


def test_an_undefined_identifier_is_found_with_its_place():
    assert problems("x |> yield()").startswith("error @1:1-1:2: undefined identifier x")


def test_an_undefined_identifier_is_found_inside_of_functions_that_are_never_called():
    assert "error @1:16-1:17: undefined identifier y" in problems("f = (x) => x + y")


def test_a_function_cannot_call_itself():
    assert "undefined identifier f" in problems("f = (x) => f(x: x)")


def test_all_errors_are_reported_in_order():
    text = problems("a = x1\nb = x2\n")
    assert text == "error @1:5-1:7: undefined identifier x1\n\nerror @2:5-2:7: undefined identifier x2"


@pytest.mark.parametrize(("text", "message"), [
    ('import "strnigs"', "error @1:1-1:17: invalid import path strnigs"),
    ('import "slack"', 'package "slack" is not in the embedded engine; the docker and native providers'),
    ('import "strings"\nx = strings.upper(v: "a")', 'package "strings" is missing label upper'),
])
def test_unknown_packages_and_members_are_told_from_those_that_are_elsewhere(text: str, message: str):
    assert message in problems(text)


def test_a_function_of_flux_that_is_missing_names_the_providers_that_have_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(NAMES, "universe", NAMES["universe"] + " laterFunction")
    monkeypatch.setitem(NAMES, "strings", NAMES["strings"] + " laterFunction")
    where = "is not in the embedded engine; the docker and native providers of influxdb have it"
    assert f"undefined identifier laterFunction: this function of Flux {where}" in problems("x = laterFunction")
    assert f"strings.laterFunction {where}" in problems('import "strings"\nx = strings.laterFunction')


@pytest.mark.parametrize(("call", "message"), [
    ("range()", "missing required argument start"),
    ("range(start: -1h, end: now())", "found unexpected argument end"),
    ('range(start: "yesterday")', "string is not Timeable (argument start)"),
    ("limit(n: 1.5)", "expected int but found float (argument n)"),
    ('keep(columns: "host")', "expected [string] but found string (argument columns)"),
    ("limit(n: 1, n: 2)", "duplicate argument n"),
    ("sort(desc: \"true\")", "expected bool but found string (argument desc)"),
    ('filter(fn: (row) => row.x == "a")', "missing required argument row (argument fn)"),
    ('filter(fn: (r) => "a")', "expected bool but found string (argument fn)"),
    ("map(fn: (r) => 1)", "expected record but found int (argument fn)"),
    ("reduce(fn: (r) => ({a: 1}), identity: {a: 0})", "found unexpected argument accumulator (argument fn)"),
    ("filter(fn: 1)", "expected function but found int (argument fn)"),
    ("now()", "function now does not take a pipe argument"),
])
def test_arguments_of_transformations(call: str, message: str):
    assert message in problems(f'from(bucket: "b") |> {call}')


def test_arguments_of_functions_of_the_query():
    assert "missing required argument b" in problems("f = (a, b) => a\nx = f(a: 1)")
    assert "found unexpected argument c" in problems("f = (a) => a\nx = f(a: 1, c: 2)")
    assert "does not take a pipe argument" in problems("f = (a) => a\nx = 1 |> f()")
    assert "missing pipe argument t" in problems("f = (t=<-) => t\nx = f()")


@pytest.mark.parametrize(("text", "message"), [
    ('x = 1 + "a"', "expected int but found string"),
    ("x = 1 + 1.0", "expected int but found float"),
    ("x = 2020-01-01 + 1h", "expected time but found duration"),
    ("x = true + true", "bool is not Addable"),
    ('x = "a" < 1', "expected string but found int"),
    ("x = 1 =~ /a/", "expected string but found int"),
    ("x = 1 and true", "expected bool but found int"),
    ('x = if 1 then "a" else "b"', "expected bool but found int"),
    ('x = if true then "a" else 2', "expected string but found int"),
    ('x = -"a"', "string is not Negatable"),
    ("x = not 1", "expected bool but found int"),
    ("x = [1, 2.0]", "expected int but found float"),
    ('x = [1]["a" + "b"]', "expected int but found string"),
    ("x = {a: 1}\ny = x.b", "record is missing label b"),
    ("x = 1\ny = x.b", "expected record but found int"),
    ("x = 1\ny = x()", "expected function but found int"),
    ("x = 1\nx = 2", "variable x reassigned"),
    ("f = (a, a) => a", "duplicate parameter a"),
    ("f = (a) => { b = a }", "missing return statement in block"),
    ("option now = 2020-01-01", "expected () => time but found time"),
])
def test_types_that_are_known_must_fit(text: str, message: str):
    assert message in problems(text)


@pytest.mark.parametrize("text", [
    "x = 1 < 2.0",
    'f = (x) => x + 1\ny = f(x: 2) * 3',
    "x = (r) => r.a + 1 > r.b and exists r.c",
    'x = {a: 1, b: {c: "d"}}\ny = x.b.c + "e"',
    "x = 1\nf = () => { x = 2 return x }",
    "mean = 1\ny = mean + 1",
    'x = [{a: 1}, {a: 1, b: 2}]',
    'x = "${1h} ${1.5} ${2020-01-01}"',
    'x = ["a": 1]',
    "r = {a: 1}\nx = {r with b: 2}\ny = x.b + x.a",
    "x = if true then 1 else 2\ny = x + 1",
    "f = (a, b=2, t=<-) => t + a + b\nx = 1 |> f(a: 2)",
    "option v = {start: -1h}\nx = v.start",
])
def test_good_programs_pass(text: str):
    analyze(text)


def test_each_builtin_has_annotations_that_the_checker_understands():
    for members in load().values():
        for member in members.values():
            if isinstance(member, Builtin):
                assert member.parameters is not None
                assert member.pipe is None or member.pipe in member.parameters, member


@pytest.mark.parametrize(("text", "message"), [
    ("f = (r) => r.b\nx = f(r: {a: 1})", "error @1:12-1:13: record is missing label b"),
    ("f = (x) => x + 1\ny = f(x: 2.0)", "expected float but found int"),
    ('f = (x) => x + 1\ng = (x) => f(x: x)\ny = g(x: "a")', "expected string but found int"),
    ("f = (t=<-, n) => t.n + n\ny = {n: 1} |> f(n: 2.0)", "expected int but found float"),
    ("f = (x) => ({a: x})\ny = f(x: 1).b", "record is missing label b"),
    ('f = (x, k="a") => x + k\ny = f(x: 1)', "expected int but found string"),
])
def test_a_call_is_looked_at_with_the_types_of_its_arguments(text: str, message: str):
    assert message in problems(text)


@pytest.mark.parametrize("text", [
    "f = (r) => r.a\nx = f(r: {a: 1}) + 1\ny = f(r: {a: \"s\"}) + \"s\"",
    "f = (x) => x\ny = f(x: f)(x: 1) + 2",
    "f = (r) => ({r with z: r.a})\ny = f(r: {a: 1}).z + f(r: {a: 2}).a",
])
def test_a_function_may_be_called_with_arguments_of_several_types(text: str):
    analyze(text)


def test_functions_that_multiply_calls_are_checked_in_bounded_time():
    lines = ["f0 = (x) => x + 1"] + [f"f{n} = (x) => f{n - 1}(x: f{n - 1}(x: x))" for n in range(1, 40)]
    analyze("\n".join(lines) + "\ny = f39(x: 0)")
