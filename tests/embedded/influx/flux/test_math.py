"""Package `math`."""

from __future__ import annotations

import math

import pytest

from labkit.embedded.influx.flux.values import UInt


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("abs", -2.5, 2.5), ("acos", 1.0, 0.0), ("asinh", 0.0, 0.0), ("cbrt", 27.0, 3.0), ("ceil", 1.2, 2.0),
        ("cosh", 0.0, 1.0), ("erf", 0.5, 0.5204998778130465), ("erfc", 0.5, 0.4795001221869535),
        ("erfinv", 0.5, 0.4769362762044699), ("erfcinv", 0.1, 1.1630871536766743), ("exp2", 3.0, 8.0),
        ("expm1", 0.0, 0.0), ("floor", -1.2, -2.0), ("gamma", 5.0, 24.0), ("j0", 1.0, 0.7651976865579666),
        ("j1", 1.0, 0.44005058574493355), ("log", math.e, 1.0), ("log10", 1000.0, 3.0), ("log2", 8.0, 3.0),
        ("logb", 8.5, 3.0), ("round", 2.5, 3.0), ("round", -2.5, -3.0), ("roundtoeven", 2.5, 2.0),
        ("round", 0.49999999999999994, 0.0), ("sqrt", 2.0, 1.4142135623730951), ("trunc", -1.7, -1.0),
        ("y0", 1.0, 0.08825696421567698), ("y1", 1.0, -0.7812128213002887),
    ],
)
def test_a_function_of_one_number_gives_what_go_gives(call, name, x, expected):
    assert call("math", name, x=x) == pytest.approx(expected, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [("log", 0.0, -math.inf), ("atanh", 1.0, math.inf), ("exp", 1000.0, math.inf), ("gamma", 0.0, math.inf),
     ("log1p", -1.0, -math.inf), ("logb", 0.0, -math.inf), ("sinh", -1000.0, -math.inf)],
)
def test_a_pole_is_infinite_and_not_an_error(call, name, x, expected):
    assert call("math", name, x=x) == expected


@pytest.mark.parametrize(("name", "x"), [("sqrt", -1.0), ("acos", 2.0), ("log", -1.0), ("y0", -1.0), ("gamma", -1.0)])
def test_outside_its_domain_a_function_gives_nan(call, name, x):
    assert math.isnan(call("math", name, x=x))


@pytest.mark.parametrize(
    ("name", "x", "y", "expected"),
    [("pow", 2.0, 10.0, 1024.0), ("pow", 0.0, -1.0, math.inf), ("dim", 12.0, 3.0, 9.0), ("dim", 3.0, 12.0, 0.0),
     ("mMax", 1.0, 2.0, 2.0), ("mMin", 1.0, 2.0, 1.0), ("mod", 7.0, -4.0, 3.0), ("remainder", 10.0, 6.0, -2.0),
     ("copysign", 1.0, -2.0, -1.0), ("mMax", math.nan, math.inf, math.inf)],
)
def test_a_function_of_two_numbers_gives_what_go_gives(call, name, x, y, expected):
    assert call("math", name, x=x, y=y) == expected


def test_null_gives_null(call):
    assert call("math", "sqrt", x=None) is None
    assert call("math", "pow", x=1.0, y=None) is None


def test_an_int_is_no_float(call):
    with pytest.raises(ValueError, match="expected float but found int"):
        call("math", "sqrt", x=4)


def test_records_hold_the_parts_of_a_number(call):
    assert call("math", "frexp", f=8.0) == {"frac": 0.5, "exp": 4}
    assert call("math", "modf", f=-3.25) == {"int": -3.0, "frac": -0.25}
    assert call("math", "lgamma", x=-0.5) == {"lgamma": pytest.approx(1.2655121234846454), "sign": -1}
    assert call("math", "sincos", x=0.0) == {"sin": 0.0, "cos": 1.0}
    with pytest.raises(ValueError, match="frexp does not support null values"):
        call("math", "frexp", f=None)


def test_the_bits_of_a_float_can_be_seen_and_put_back(call):
    assert call("math", "float64bits", f=1.0) == UInt(0x3FF0000000000000)
    assert call("math", "float64frombits", b=UInt(0x3FF0000000000000)) == 1.0


def test_infinities_have_a_sign(call):
    assert call("math", "isInf", f=math.inf, sign=1) is True
    assert call("math", "isInf", f=math.inf, sign=-1) is False
    assert call("math", "isInf", f=-math.inf, sign=0) is True
    assert call("math", "mInf", sign=-1) == -math.inf
    assert math.isnan(call("math", "NaN"))


def test_whole_number_functions(call):
    assert call("math", "ilogb", x=8.0) == 3
    assert call("math", "ilogb", x=0.0) == -(2**31)
    assert call("math", "ldexp", frac=0.5, exp=4) == 8.0
    assert call("math", "pow10", n=-2) == 0.01
    assert call("math", "pow10", n=400) == math.inf


@pytest.mark.parametrize(
    ("name", "n", "x", "expected"),
    [("jn", 2, 1.0, 0.1149034849319005), ("jn", 3, 10.0, 0.05837937930518675), ("yn", 2, 1.0, -1.6506826068162546),
     ("jn", -1, 2.0, -0.5767248077568734), ("jn", 5, 100.0, -0.07419573696451123)],
)
def test_bessel_functions_of_any_order(call, name, n, x, expected):
    assert call("math", name, n=n, x=x) == pytest.approx(expected, rel=1e-12)


def test_constants(call):
    from labkit.embedded.influx.flux.registry import load

    constants = load()["math"]
    assert constants["pi"] == math.pi
    assert constants["phi"] == pytest.approx(1.618033988749895)
    assert constants["maxint"] == 9223372036854775807
    assert type(constants["maxuint"]) is UInt
