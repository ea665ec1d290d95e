"""Forecasting: holtWinters, the damped method of Holt and Winters.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/holtwinters/; the smoothing parameters are those that give
the least sum of squared errors, searched from a grid of starts.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

from labkit.embedded.influx.flux import timemath
from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.neldermead import minimize
from labkit.embedded.influx.flux.stdlib.support import fail, positive_nanoseconds
from labkit.embedded.influx.flux.table import FLUX_TYPES, NUMBERS, TIME, Table, TableStream, column_from
from labkit.embedded.influx.flux.table import constant_column as constant
from labkit.embedded.influx.flux.values import Duration, Time

NOTABLE, PATIENCE = 1e-4, 100
STARTS = (0.3, 0.7)
"""Where the search for each of alpha, beta, gamma and phi begins."""


@builtin("universe", "holtWinters", pipe="tables")
def _holt_winters(ctx: Any, tables: TableStream, n: int, interval: Duration, withFit: bool = False,
                  column: str = "_value", timeColumn: str = "_time", seasonality: int = 0,
                  withMinSSE: bool = False) -> TableStream:
    step = positive_nanoseconds(interval, "interval")

    def table_of(table: Table) -> Table:
        times, values = _columns(table, column, timeColumn)
        known = [time for time in times if time is not None]
        ctx.check_rows((max(known) - min(known)) // step + n if known else n)
        series, first, last = _evenly(times, values, step)
        found, error = forecast(series, n, seasonality, withFit, ctx.check_time)
        moment = first if withFit else timemath.add_duration(last, interval)
        moments = []
        for _ in found:
            moments.append(Time(moment))
            moment = timemath.add_duration(moment, interval)
        columns = [column_from("_time", TIME, moments), column_from("_value", "double", found)]
        if withMinSSE:
            columns.append(constant("minSSE", "double", error, len(found)))
        return frames.keyed(table, len(found), *columns)

    return frames.each(tables, table_of)


def _columns(table: Table, column: str, time_column: str) -> tuple[list[Any], list[Any]]:
    times = frames.need(table, time_column, f"cannot find time column {time_column}")
    values = frames.need(table, column, f"cannot find column {column}")
    if values.type not in NUMBERS:
        fail(f"holtWinters can work only on numerical types, got {FLUX_TYPES[values.type]}")
    if times.type != TIME:
        fail(f'holtWinters: column "{time_column}" is not of type time')
    numbers = [None if value is None else float(value) for value in values.to_list()]
    if any(value is not None and not math.isfinite(value) for value in numbers):
        fail("NaN/Inf in input")
    return times.to_list(), numbers


def _evenly(times: list[Any], values: list[Any], step: int) -> tuple[list[float | None], int, int]:
    """The first value of each step of time, None for a step without; and the first and the last instant used."""
    series: list[float | None] = []
    first = last = end = 0
    for time, value in zip(times, values, strict=True):
        if time is None or (not series and value is None):
            continue
        rest = time % step
        rounded = time - rest if rest + rest < step else time + step - rest
        if not series:
            first, end = time, rounded
        elif rounded <= end:
            continue
        else:
            end += step
            while rounded > end:
                series.append(None)
                end += step
            last = time
        series.append(value)
    return series, first, last


def forecast(
    series: list[float | None], count: int, season: int, with_fit: bool, on_round: Callable[[], None],
) -> tuple[list[float], float]:
    """The next values of a series, and the sum of squared errors of the fit.

    Args:
        series: evenly spaced in time, None where a value is missing; the first is not.
        count: how many values to foretell.
        season: how many values a season has; below 2 for none.
        with_fit: put the fitted values of the series first.
        on_round: called often while the parameters are searched; may raise to stop.
    """
    seasonal = season >= 2
    if len(series) < 2 or (seasonal and len(series) < season) or count <= 0:
        return [], 0.0
    guess = _first_guess(series, season if seasonal else 0)

    def error(parameters: list[float]) -> float:
        fitted = _run(series, parameters, 0, True)
        misses = [fit - value for fit, value in zip(fitted, series, strict=True) if value is not None]
        return sum(miss * miss for miss in misses)

    best: tuple[list[float], float] | None = None
    for start in itertools.product(STARTS, repeat=4):
        if not math.isfinite(error([*start, *guess])):
            fail("holtWinters: the series cannot be fitted, the first guess gives no finite error")
        found = minimize(error, [*start, *guess], NOTABLE, PATIENCE, on_round)
        if best is None or found[1] < best[1]:
            best = found
    assert best is not None
    return _run(series, best[0].copy(), count, with_fit), best[1]


def _first_guess(series: list[float | None], season: int) -> list[float]:
    """Level, slope, and the factor of each value of a season."""
    first = series[0] or 0.0
    if not season:
        return [0.5 * first, 0.0 if series[1] is None else 0.5 * (series[1] - first)]
    level = sum(1 / season * (value or 0.0) for value in series[:season])
    pairs = zip(series[:season], series[season:], strict=False)
    slope = sum(1 / (season * season) * (b - a) for a, b in pairs if a is not None and b is not None)
    return [level, slope, *(1.0 if value is None else _ratio(value, level) for value in series[:season])]


def _ratio(a: float, b: float) -> float:
    """Division as the hardware does it: by zero gives infinity or NaN."""
    if b:
        return a / b
    return math.nan if not a or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _run(series: list[float | None], parameters: list[float], count: int, with_fit: bool) -> list[float]:
    """Follow the recursion along the series and `count` values beyond.

    Args:
        series: the known values; only the first is read, the others are foretold from it.
        parameters: alpha, beta, gamma, phi, level, slope and the factors of a season.
        count: how many values beyond.
        with_fit: answer the values along the series too.
    """
    alpha, beta, gamma, phi = (min(max(value, 0.0), 1.0) for value in parameters[:4])
    start = (series[0] or 0.0, parameters[4], parameters[5])
    length = len(series)
    if len(parameters) == 6:
        found = _plain(alpha, beta, phi, start, length + count)
    else:
        try:
            found = _seasonal(alpha, beta, gamma, phi, start, parameters[6:], length + count, operator.truediv)
        except ZeroDivisionError:
            found = _seasonal(alpha, beta, gamma, phi, start, parameters[6:], length + count, _ratio)
    return found if with_fit else found[length:]


def _plain(alpha: float, beta: float, phi: float, start: tuple[float, float, float], length: int) -> list[float]:
    """The values without seasons. This loop runs a million times in one search, so it names and does little."""
    value, level, slope = start
    keep, decay, damping = 1 - alpha, (1 - beta) * phi, phi
    found = [value]
    for t in range(1, length):
        before = level
        level = alpha * value + keep * (level + phi * slope)
        slope = beta * (level - before) + decay * slope
        value = level + damping * slope
        damping += phi**t
        found.append(value)
    return found


def _seasonal(
    alpha: float, beta: float, gamma: float, phi: float, start: tuple[float, float, float], factors: list[float],
    length: int, divide: Callable[[float, float], float],
) -> list[float]:
    """The values with seasons; the factors of a season are learned on the way."""
    value, level, slope = start
    keep, decay, rest, damping, season = 1 - alpha, (1 - beta) * phi, 1 - gamma, phi, len(factors)
    factors = factors.copy()
    found = [value]
    for t in range(1, length):
        place = (2 * t - 2) % season
        now, ahead = factors[place], factors[(2 * t - 2 + t % season) % season]
        before, damped = level, level + phi * slope
        level = alpha * divide(value, now) + keep * damped
        factors[place] = gamma * divide(value, damped) + rest * now
        slope = beta * (level - before) + decay * slope
        value = (level + damping * slope) * ahead
        damping += phi**t
        found.append(value)
    return found
