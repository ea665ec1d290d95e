"""Small packages: types, dict, json, hex, bitwise, array, and the prelude's functions of arrays."""

from __future__ import annotations

import math

import pytest

from labkit.embedded.influx.flux.values import FluxDict, Record, Time, UInt


def test_contains_compares_values_of_one_type(call):
    assert call("universe", "contains", value=1, set=[1, 2]) is True
    assert call("universe", "contains", value="c", set=["a", "b"]) is False
    assert call("universe", "contains", value=None, set=["a"]) is False
    assert call("universe", "contains", value=1, set=[]) is False
    with pytest.raises(ValueError, match="value type int does not match set type string"):
        call("universe", "contains", value=1, set=["1"])


def test_bins(call):
    assert call("universe", "linearBins", start=0.0, width=5.0, count=3) == [0.0, 5.0, 10.0, math.inf]
    assert call("universe", "linearBins", start=1.0, width=1.0, count=2, infinity=False) == [1.0, 2.0]
    bins = call("universe", "logarithmicBins", start=1.0, factor=2.0, count=4, infinity=False)
    assert bins == [1.0, 2.0, 4.0, 8.0]


def test_die_stops_the_query_with_its_message(call):
    with pytest.raises(ValueError, match="enough"):
        call("universe", "die", msg="enough")


@pytest.mark.parametrize(
    ("value", "kind"), [(1, "int"), (UInt(1), "uint"), (1.0, "float"), ("a", "string"), (True, "bool"),
                        (Time(0), "time"), (b"", "bytes")],
)
def test_a_value_is_of_one_type_only(call, value, kind):
    kinds = ("string", "bytes", "int", "uint", "float", "bool", "time", "duration", "regexp")
    assert [k for k in kinds if call("types", "isType", v=value, type=k)] == [kind]
    assert call("types", "isNumeric", v=value) is (kind in ("int", "uint", "float"))


def test_dictionaries_are_not_changed_but_copied(call):
    first = call("dict", "fromList", pairs=[Record(key="a", value=1)])
    second = call("dict", "insert", dict=first, key="b", value=2)
    assert first == {"a": 1}
    assert second == {"a": 1, "b": 2}
    assert type(second) is FluxDict
    assert call("dict", "get", dict=second, key="b", default=0) == 2
    assert call("dict", "get", dict=first, key="b", default=0) == 0
    assert call("dict", "remove", dict=second, key="a") == {"b": 2}


def test_json_encode_gives_bytes(call):
    assert call("json", "encode", v=Record(a=1, b="c")) == b'{"a":1,"b":"c"}'


def test_hexadecimal_numbers(call):
    package = "contrib/bonitoo-io/hex"
    assert call(package, "string", v=1234) == "4d2"
    assert call(package, "int", v="-4d2") == -1234
    assert call(package, "uint", v="0x4d2") == UInt(1234)
    assert call(package, "bytes", v="61") == b"a"
    with pytest.raises(ValueError, match="due to invalid syntax"):
        call(package, "int", v="xyz")


@pytest.mark.parametrize("package", ["bitwise", "experimental/bitwise"])
def test_bits(call, package):
    assert call(package, "sand", a=12, b=21) == 4
    assert call(package, "sor", a=12, b=21) == 29
    assert call(package, "sxor", a=12, b=21) == 25
    assert call(package, "sclear", a=12, b=21) == 8
    assert call(package, "snot", a=12) == -13
    assert call(package, "slshift", a=12, b=24) == 201326592
    assert call(package, "srshift", a=-21, b=4) == -2
    assert call(package, "unot", a=UInt(12)) == UInt(18446744073709551603)
    assert call(package, "ulshift", a=UInt(2**63), b=UInt(1)) == UInt(0)
    assert call(package, "uand", a=UInt(1234), b=UInt(4567)) == UInt(1234 & 4567)


def test_arrays_are_joined_and_converted(call):
    assert call("array", "concat", arr=[1], v=[2, 3]) == [1, 2, 3]
    assert call("experimental/array", "toString", arr=[1, 2.5]) == ["1", "2.5"]
    assert call("experimental/array", "toUInt", arr=[1]) == [UInt(1)]
    assert call("universe", "length", arr=[1, 2]) == 2


def test_arrays_are_mapped_and_filtered_by_functions(ask):
    rows = ask(
        'import "array" a = [1, 2, 3] |> array.filter(fn: (x) => x > 1) |> array.map(fn: (x) => ({v: x * 10})) '
        "array.from(rows: a)"
    )
    assert rows == [{"v": 20}, {"v": 30}]
