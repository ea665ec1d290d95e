from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labkit.embedded.influx.flux.errors import CompileError, LimitError, RuntimeError_
from labkit.embedded.influx.flux.query import execute

Ask = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def value(ask: Ask) -> Callable[..., Any]:
    """The value of an expression, after some statements."""

    def evaluate(expression: str, before: str = "") -> Any:
        rows = ask(f'import "array"\n{before}\narray.from(rows: [{{v: {expression}, row: 1}}])')
        return rows[0].get("v")

    return evaluate


def failure(source: str) -> str:
    with pytest.raises(RuntimeError_) as caught:
        execute(source, None, now_ns=0)
    return str(caught.value)


@pytest.mark.parametrize(("expression", "expected"), [
    ("1 + 2 * 3", 7), ("7 / 2", 3), ("-7 / 2", -3), ("-7 % 3", -1), ("7.0 / 2.0", 3.5), ("2 ^ 3", 8.0),
    ("5.5 % 2.0", 1.5), ('"a" + "b"', "ab"), ("1 < 2.5", True), ("1 == 1.0", True), ('"a" < "b"', True),
    ("2020-01-01 < 2020-01-02", True), ("9223372036854775807 + 1", -(2**63)), ("[1, 2] == [1, 2]", True),
    ("{a: 1} == {a: 2}", False), ("string(v: 1h + 30m)", "1h30m"), ("string(v: -(1h))", "-1h"),
    ('"abc" =~ /b/', True), ('"abc" !~ /b/', False), ("not true", False), ("if 1 > 2 then 1 else 2", 2),
    ('"x${1 + 1}y${1.0}${true}"', "x2y1true"), ('["a": 1, "b": 2] == ["b": 2, "a": 1]', True),
    ("[1, 2, 3][1]", 2), ('{a: {b: "c"}}.a.b', "c"), ("1.0 / 0.0 > 1000.0", True),
])
def test_expressions(value: Callable[..., Any], expression: str, expected: Any):
    found = value(expression)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("expression", "expected"), [
    ("r.n == 1", None), ("r.n + 1", None), ("exists r.n", False), ("r.n == 1 and true", False),
    ("true and r.n == 1", None), ("r.n == 1 or true", True), ("r.n == 1 or false", False),
    ("false or r.n == 1", None), ("not (r.n == 1)", None), ("if r.n == 1 then 1 else 2", 2),
])
def test_null_in_expressions(ask: Ask, expression: str, expected: Any):
    source = f'import "array"\narray.from(rows: [{{m: 1}}]) |> map(fn: (r) => ({{row: 1, v: {expression}}}))'
    assert ask(source)[0].get("v") == expected


def test_functions_have_defaults_pipes_and_see_their_surroundings(value: Callable[..., Any]):
    assert value("f(x: 2)", "k = 10\nf = (x, y=k) => x + y") == 12
    assert value("3 |> f(n: 4)", "f = (t=<-, n) => t * n") == 12
    assert value("g(x: 1)", "make = (n) => (x) => x + n\ng = make(n: 5)") == 6
    assert value("f(x: 1)", "f = (x) => {\n a = x + 1\n b = a * 2\n return b\n}") == 4
    assert value("f(x: 1)", "x = 100\nf = (x) => { y = x return y }") == 1


def test_an_inner_name_hides_an_outer_one_only_inside(value: Callable[..., Any]):
    assert value("f() + a", "a = 1\nf = () => { a = 5 return a }") == 6


def test_records_can_be_extended(value: Callable[..., Any]):
    assert value("{r with b: 3}.b + {r with b: 3}.a", "r = {a: 1, b: 2}") == 4


def test_option_now_sets_the_time_of_the_query(value: Callable[..., Any]):
    assert value("string(v: now())", "option now = () => 2020-01-01T00:00:00Z") == "2020-01-01T00:00:00.000000000Z"


def test_option_now_may_use_earlier_statements(value: Callable[..., Any]):
    assert value("int(v: now())", "t = 1970-01-01T00:00:01Z\noption now = () => t") == 10**9


def test_params_are_variables():
    found = execute('import "array"\narray.from(rows: [{v: n + 1}])', None, params={"n": 41})
    assert [record["v"] for record in found[0][1].tables[0].records()] == [42]


@pytest.mark.parametrize(("source", "message"), [
    ("f = (x) => 1 / x\ny = f(x: 0)", "runtime error @1:12-1:17: cannot divide by zero"),
    ("f = (x) => 1 % x\ny = f(x: 0)", "cannot mod zero"),
    ('f = (x) => x + "a"\ny = f(x: [1][0])', "unsupported binary expression int + string"),
    ("f = (x) => x.a\ny = f(x: [1][0])", "cannot access property of a value with type int; expected record"),
    ("f = (x) => [1][x]\ny = f(x: 1)", "cannot access element 1 of array of length 1"),
    ("f = (x) => x()\ny = f(x: [1][0])", "cannot call x: it is a value of type int"),
    ('die(msg: "stop")', 'error calling function "die" @1:1-1:17: stop'),
    ('f = (x) => "${x.y}"\ny = f(x: [{z: 1}][0])', "string expression evaluated to null"),
    ("x = 1", "this Flux script returns no streaming data"),
    ('import "array"\narray.from(rows: [{a: 1}])\narray.from(rows: [{a: 1}])',
     'tried to produce more than one result with the name "_result"'),
    ('import "array"\narray.from(rows: [{a: 1}]) |> map(fn: (r) => ({x: 1 / (r.a - 1)}))', "cannot divide by zero"),
    ('import "array"\narray.from(rows: [{a: 1}]) |> map(fn: (r) => ({x: 1h}))',
     'map: map object property "x" is duration type which is not supported in a flux table'),
])
def test_what_goes_wrong_at_run_time_says_where(source: str, message: str):
    assert message in failure(source)


def test_a_query_that_runs_too_long_is_stopped():
    lines = ["f0 = (x) => x + 1"] + [f"f{n} = (x) => f{n - 1}(x: f{n - 1}(x: x))" for n in range(1, 40)]
    with pytest.raises(LimitError, match=r"more than 0\.2 seconds"):
        execute("\n".join(lines) + "\ny = f39(x: 0)", None, now_ns=0, seconds=0.2)


def test_functions_that_call_each_other_too_deeply_are_an_error():
    lines = ["f0 = (x) => x + 1"] + [f"f{n} = (x) => f{n - 1}(x: x)" for n in range(1, 2000)]
    with pytest.raises(LimitError, match="too deeply"):
        execute("\n".join(lines) + "\ny = f1999(x: 0)", None, now_ns=0)


def test_a_string_cannot_fill_the_memory():
    lines = ['s0 = "aaaaaaaaaa"'] + [f"s{n} = s{n - 1} + s{n - 1}" for n in range(1, 60)]
    assert "a string would be longer than" in failure("\n".join(lines))


def test_packages_are_found_under_another_name(value: Callable[..., Any]):
    rows = execute('import a "array"\nimport s "strings"\na.from(rows: [{v: s.toUpper(v: "x")}])', None, now_ns=0)
    assert [record["v"] for record in rows[0][1].tables[0].records()] == ["X"]


def test_builtins_are_values(value: Callable[..., Any]):
    assert value("apply(f: float)", "apply = (f) => f(v: 2)") == 2.0


def test_yield_gives_names_in_order(ask: Ask):
    found = execute('import "array"\nx = array.from(rows: [{a: 1}])\nx |> yield(name: "one")\nx |> yield(name: "two")',
                    None, now_ns=0)
    assert [name for name, _ in found] == ["one", "two"]


def test_an_unknown_identifier_is_found_before_anything_runs():
    with pytest.raises(CompileError, match="undefined identifier nope"):
        execute('die(msg: "not reached")\nnope', None)
