"""Package `math`: the functions and constants of Go's `math`, which Flux offers unchanged.

Source: https://docs.influxdata.com/flux/v0/stdlib/math/. Null gives null, except where the answer is a record.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from labkit.embedded.influx.flux.registry import builtin, constant
from labkit.embedded.influx.flux.stdlib import special
from labkit.embedded.influx.flux.stdlib.support import fail, int32_limit
from labkit.embedded.influx.flux.values import Record, UInt

PHI = (1.0 + math.sqrt(5.0)) / 2.0

CONSTANTS: dict[str, Any] = {
    "pi": math.pi, "e": math.e, "phi": PHI,
    "sqrt2": math.sqrt(2.0), "sqrte": math.sqrt(math.e), "sqrtpi": math.sqrt(math.pi), "sqrtphi": math.sqrt(PHI),
    "ln2": math.log(2.0), "log2e": 1.0 / math.log(2.0), "ln10": math.log(10.0), "log10e": 1.0 / math.log(10.0),
    "maxfloat": 1.7976931348623157e308, "smallestNonzeroFloat": 5e-324,
    "maxint": 2**63 - 1, "minint": -(2**63), "maxuint": UInt(2**64 - 1),
}


def _numpy(function: Any) -> Callable[..., float]:
    """Numpy's scalar function: IEEE results (infinity, NaN) where Python's `math` raises."""

    def call(*arguments: float) -> float:
        with np.errstate(all="ignore"):
            return float(function(*(np.float64(argument) for argument in arguments)))

    return call


def _round(x: float) -> float:
    whole = _numpy(np.trunc)(x)
    return whole + math.copysign(1.0, x) if abs(x - whole) >= 0.5 else whole


def _gamma(x: float) -> float:
    if x == 0:
        return math.copysign(math.inf, x)
    try:
        return math.gamma(x)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


def _logb(x: float) -> float:
    if x == 0:
        return -math.inf
    return abs(x) if math.isinf(x) or math.isnan(x) else float(math.frexp(x)[1] - 1)


def _dim(x: float, y: float) -> float:
    difference = x - y
    return 0.0 if difference <= 0 else difference


def _max(x: float, y: float) -> float:
    if math.inf in (x, y):
        return math.inf
    if math.isnan(x) or math.isnan(y):
        return math.nan
    if x == 0 == y:
        return y if math.copysign(1.0, x) < 0 else x
    return max(x, y)


def _min(x: float, y: float) -> float:
    return -_max(-x, -y)


ONE_ARGUMENT: dict[str, Callable[[float], float]] = {
    "abs": abs, "acos": _numpy(np.arccos), "acosh": _numpy(np.arccosh), "asin": _numpy(np.arcsin),
    "asinh": _numpy(np.arcsinh), "atan": math.atan, "atanh": _numpy(np.arctanh), "cbrt": _numpy(np.cbrt),
    "ceil": _numpy(np.ceil), "cos": _numpy(np.cos), "cosh": _numpy(np.cosh), "erf": math.erf, "erfc": math.erfc,
    "erfcinv": special.erfcinv, "erfinv": special.erfinv, "exp": _numpy(np.exp), "exp2": _numpy(np.exp2),
    "expm1": _numpy(np.expm1), "floor": _numpy(np.floor), "gamma": _gamma, "j0": lambda x: special.jn(0, x),
    "j1": lambda x: special.jn(1, x), "log": _numpy(np.log), "log10": _numpy(np.log10), "log1p": _numpy(np.log1p),
    "log2": _numpy(np.log2), "logb": _logb, "round": _round, "roundtoeven": _numpy(np.rint), "sin": _numpy(np.sin),
    "sinh": _numpy(np.sinh), "sqrt": _numpy(np.sqrt), "tan": _numpy(np.tan), "tanh": math.tanh,
    "trunc": _numpy(np.trunc), "y0": lambda x: special.yn(0, x), "y1": lambda x: special.yn(1, x),
}
TWO_ARGUMENTS: dict[str, Callable[[float, float], float]] = {
    "copysign": math.copysign, "dim": _dim, "mMax": _max, "mMin": _min, "mod": _numpy(np.fmod),
    "nextafter": math.nextafter, "pow": _numpy(np.power), "remainder": special.ieee_remainder,
}


def _register_one(name: str, function: Callable[[float], float]) -> None:
    def call(_ctx: Any, x: float | None) -> float | None:
        return None if x is None else function(x)

    builtin("math", name)(call)


def _register_two(name: str, function: Callable[[float, float], float]) -> None:
    def call(_ctx: Any, x: float | None, y: float | None) -> float | None:
        return None if x is None or y is None else function(x, y)

    builtin("math", name)(call)


for _name, _value in CONSTANTS.items():
    constant("math", _name, _value)
for _name, _one in ONE_ARGUMENT.items():
    _register_one(_name, _one)
for _name, _two in TWO_ARGUMENTS.items():
    _register_two(_name, _two)


@builtin("math", "atan2")
def _atan2(_ctx: Any, y: float | None, x: float | None) -> float | None:
    return None if x is None or y is None else math.atan2(y, x)


@builtin("math", "hypot")
def _hypot(_ctx: Any, p: float | None, q: float | None) -> float | None:
    return None if p is None or q is None else _numpy(np.hypot)(p, q)


@builtin("math", "float64bits")
def _float64bits(_ctx: Any, f: float | None) -> UInt | None:
    return None if f is None else UInt(struct.unpack("<Q", struct.pack("<d", f))[0])


@builtin("math", "float64frombits")
def _float64frombits(_ctx: Any, b: UInt | None) -> float | None:
    return None if b is None else float(struct.unpack("<d", struct.pack("<Q", b))[0])


@builtin("math", "ilogb")
def _ilogb(_ctx: Any, x: float | None) -> int | None:
    if x is None:
        return None
    if x == 0:
        return int32_limit(negative=True)
    return int32_limit() if math.isinf(x) or math.isnan(x) else math.frexp(x)[1] - 1


def _no_null(name: str, value: float | None) -> float:
    return fail(f"{name} does not support null values") if value is None else value


@builtin("math", "frexp")
def _frexp(_ctx: Any, f: float | None) -> Record:
    fraction, exponent = math.frexp(_no_null("frexp", f))
    return Record(frac=fraction, exp=exponent)


@builtin("math", "ldexp")
def _ldexp(_ctx: Any, frac: float | None, exp: int | None) -> float | None:
    if frac is None or exp is None:
        return None
    try:
        return math.ldexp(frac, exp)
    except OverflowError:
        return math.copysign(math.inf, frac)


@builtin("math", "lgamma")
def _lgamma(_ctx: Any, x: float | None) -> Record:
    number = _no_null("lgamma", x)
    if number == -math.inf:
        return Record(lgamma=-math.inf, sign=1)
    try:
        size = math.lgamma(number)
    except (ValueError, OverflowError):
        size = math.inf
    below_pole = number < 0 and not float(number).is_integer() and math.floor(number) % 2 != 0
    negative_zero = number == 0 and math.copysign(1.0, number) < 0
    return Record(lgamma=size, sign=-1 if below_pole or negative_zero else 1)


@builtin("math", "modf")
def _modf(_ctx: Any, f: float | None) -> Record:
    number = _no_null("modf", f)
    if math.isinf(number):
        return Record(int=number, frac=math.nan)
    fraction, whole = math.modf(number)
    return Record(int=whole, frac=fraction)


@builtin("math", "sincos")
def _sincos(_ctx: Any, x: float | None) -> Record:
    number = _no_null("sincos", x)
    return Record(sin=_numpy(np.sin)(number), cos=_numpy(np.cos)(number))


@builtin("math", "isInf")
def _is_inf(_ctx: Any, f: float | None, sign: int | None) -> bool | None:
    if f is None or sign is None:
        return None
    return math.isinf(f) and (sign == 0 or (f > 0) == (sign > 0))


@builtin("math", "isNaN")
def _is_nan(_ctx: Any, f: float | None) -> bool | None:
    return None if f is None else math.isnan(f)


@builtin("math", "signbit")
def _signbit(_ctx: Any, x: float | None) -> bool | None:
    return None if x is None else math.copysign(1.0, x) < 0


@builtin("math", "NaN")
def _nan(_ctx: Any) -> float:
    return math.nan


@builtin("math", "mInf")
def _inf(_ctx: Any, sign: int | None) -> float | None:
    return None if sign is None else math.inf if sign >= 0 else -math.inf


@builtin("math", "jn")
def _jn(_ctx: Any, n: int | None, x: float | None) -> float | None:
    return None if n is None or x is None else special.jn(n, x)


@builtin("math", "yn")
def _yn(_ctx: Any, n: int | None, x: float | None) -> float | None:
    return None if n is None or x is None else special.yn(n, x)


@builtin("math", "pow10")
def _pow10(_ctx: Any, n: int | None) -> float | None:
    if n is None:
        return None
    return 0.0 if n < -323 else math.inf if n > 308 else float(f"1e{n}")
