"""Functions of `math` that neither Python nor numpy has: inverse error functions, Bessel functions, IEEE remainder."""

from __future__ import annotations

import math

import numpy as np

from labkit.embedded.influx.flux.stdlib.support import fail

_EULER = 0.5772156649015329
_LARGE = 30.0
_MOST_ORDERS = 100_000


def ieee_remainder(x: float, y: float) -> float:
    """The remainder of the division whose quotient is rounded to the nearest whole number, NaN where undefined."""
    try:
        return math.remainder(x, y)
    except ValueError:
        return math.nan


def erfinv(x: float) -> float:
    """The number whose error function is `x`: NaN outside -1 to 1, infinite at its ends."""
    if math.isnan(x) or abs(x) > 1:
        return math.nan
    if abs(x) == 1:
        return math.copysign(math.inf, x)
    if abs(x) > 0.5:
        return math.copysign(_inverse_erfc(1.0 - abs(x)), x)
    y = x * math.sqrt(math.pi) / 2
    for _ in range(30):
        step = (math.erf(y) - x) * math.sqrt(math.pi) / 2 * math.exp(y * y)
        y -= step
        if abs(step) <= 1e-17 * abs(y):
            break
    return y


def erfcinv(x: float) -> float:
    """The number whose complementary error function is `x`: NaN outside 0 to 2, infinite at its ends."""
    if math.isnan(x) or not 0 <= x <= 2:
        return math.nan
    if x in (0, 2):
        return math.inf if x == 0 else -math.inf
    if 0.5 <= x <= 1.5:
        return erfinv(1.0 - x)
    return _inverse_erfc(x) if x < 1 else -_inverse_erfc(2.0 - x)


def _inverse_erfc(q: float) -> float:
    """Newton on the logarithm of erfc, which is nearly a parabola: a few steps reach full precision."""
    y = math.sqrt(max(-math.log(q * math.sqrt(math.pi)), 0.1))
    for _ in range(60):
        tail = math.erfc(y)
        if tail == 0.0:
            y *= 0.9
            continue
        slope = -2.0 / math.sqrt(math.pi) * math.exp(-y * y) / tail
        step = (math.log(tail) - math.log(q)) / slope
        y -= step
        if abs(step) <= 1e-16 * abs(y):
            break
    return y


def jn(n: int, x: float) -> float:
    """The Bessel function of the first kind and order `n`."""
    if math.isnan(x):
        return math.nan
    if math.isinf(x):
        return 0.0
    sign = 1.0
    if n < 0:
        n, sign = -n, -1.0 if n % 2 else 1.0
    if x < 0:
        x, sign = -x, -sign if n % 2 else sign
    _check_order(n)
    if x == 0:
        return sign if n == 0 else 0.0
    if x * x <= 4.0 * (n + 1):
        return sign * _j_series(n, x)
    if x > _LARGE and n < 2:
        return sign * _hankel(n, x)[0]
    if n < x:
        return sign * (_j_integral(n, x) if x <= 1000 else _upward(n, x, _hankel(0, x)[0], _hankel(1, x)[0]))
    return sign * _j_integral(n, x)


def yn(n: int, x: float) -> float:
    """The Bessel function of the second kind and order `n`: NaN below zero, minus infinity at zero."""
    if math.isnan(x) or x < 0:
        return math.nan
    if math.isinf(x):
        return 0.0
    sign = 1.0
    if n < 0:
        n, sign = -n, -1.0 if n % 2 else 1.0
    _check_order(n)
    if x == 0:
        return -math.inf * sign
    first, second = (_hankel(0, x)[1], _hankel(1, x)[1]) if x > _LARGE else _y_neumann(x)
    return sign * _upward(n, x, first, second)


def _check_order(n: int) -> None:
    if n > _MOST_ORDERS:
        fail(f"math: Bessel functions of an order above {_MOST_ORDERS} are not supported by the embedded engine; "
             "the docker and native providers of influxdb have them")


def _j_series(n: int, x: float) -> float:
    half = x / 2
    exponent = n * math.log(half) - math.lgamma(n + 1)
    if exponent < -745:
        return 0.0
    term = total = math.exp(exponent)
    for k in range(1, 60):
        term *= -half * half / (k * (k + n))
        total += term
    return total


def _j_integral(n: int, x: float) -> float:
    """Bessel's integral: the trapezoidal rule is exact to rounding once it has more points than the highest order."""
    points = n + int(1.2 * x) + 80
    angles = np.arange(points) * (2.0 * math.pi / points)
    return float(np.mean(np.cos(n * angles - x * np.sin(angles))))


def _y_neumann(x: float) -> tuple[float, float]:
    """Y0 and Y1 by their Neumann series in the functions of the first kind (Abramowitz and Stegun 9.1.88)."""
    logarithm = math.log(x / 2) + _EULER
    orders = int(x) // 2 + 30
    zero, one = logarithm * jn(0, x), (logarithm - 1.0) * jn(1, x)
    for k in range(1, orders):
        alternate = -1.0 if k % 2 else 1.0
        zero -= 2.0 * alternate * jn(2 * k, x) / k
        one -= alternate * (2 * k + 1) / (k * (k + 1)) * jn(2 * k + 1, x)
    return 2.0 / math.pi * zero, 2.0 / math.pi * (one - jn(0, x) / x)


def _hankel(n: int, x: float) -> tuple[float, float]:
    """J and Y of order 0 or 1 by Hankel's asymptotic expansion (Abramowitz and Stegun 9.2.5), for `x` above 30."""
    mu, p, q, term = 4.0 * n * n, 1.0, 0.0, 1.0
    for k in range(1, 40):
        following = term * (mu - (2 * k - 1) ** 2) / (k * 8.0 * x)
        if abs(following) > abs(term) or abs(following) < 1e-20:
            break
        term = following
        if k % 2:
            q += term if k % 4 == 1 else -term
        else:
            p += term if k % 4 == 0 else -term
    phase = x - (n / 2 + 0.25) * math.pi
    scale = math.sqrt(2.0 / (math.pi * x))
    return scale * (p * math.cos(phase) - q * math.sin(phase)), scale * (p * math.sin(phase) + q * math.cos(phase))


def _upward(n: int, x: float, zero: float, one: float) -> float:
    if n == 0:
        return zero
    for order in range(1, n):
        zero, one = one, 2.0 * order / x * one - zero
        if math.isinf(one):
            break
    return one
