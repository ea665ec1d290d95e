"""Distributions and correlation: histogram, histogramQuantile, covariance, cov, pearsonr.

Source: https://docs.influxdata.com/flux/v0/stdlib/universe/.
"""
# ruff: noqa: N803 - the parameters have the names of the language

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.flux.registry import builtin
from labkit.embedded.influx.flux.stdlib import frames
from labkit.embedded.influx.flux.stdlib.joins import join
from labkit.embedded.influx.flux.stdlib.support import fail
from labkit.embedded.influx.flux.table import FLUX_TYPES, Column, Table, TableStream, constant_column
from labkit.embedded.influx.flux.values import Record


@builtin("universe", "histogram", pipe="tables")
def _histogram(_ctx: Any, tables: TableStream, bins: list[float], column: str = "_value",
               upperBoundColumn: str = "le", countColumn: str = "_value", normalize: bool = False) -> TableStream:
    bounds = np.array(sorted(bins))

    def table_of(table: Table) -> Table:
        found = frames.need(table, column, f'column "{column}" is missing')
        if found.type != "double":
            fail(f'column "{column}" must be a float got {FLUX_TYPES[found.type]}')
        values = found.values[found.valid_mask()]
        places = np.searchsorted(bounds, values, side="left")
        if (places >= len(bounds)).any() or np.isnan(values).any():
            highest = bounds[-1] if len(bounds) else math.nan
            fail(f"found value greater than any bin, the highest of which is {highest}")
        counts = np.cumsum(np.bincount(places, minlength=len(bounds))).astype(np.float64)
        if normalize:
            with np.errstate(all="ignore"):
                counts = counts / np.float64(len(values))
        return frames.keyed(table, len(bounds), Column(upperBoundColumn, "double", bounds),
                            Column(countColumn, "double", counts))

    return frames.each(tables, table_of)


@builtin("universe", "histogramQuantile", pipe="tables")
def _histogram_quantile(_ctx: Any, tables: TableStream, quantile: float, countColumn: str = "_value",
                        upperBoundColumn: str = "le", valueColumn: str = "_value", minValue: float = 0.0,
                        onNonmonotonic: str = "error") -> TableStream:
    if onNonmonotonic not in ("error", "force", "drop"):
        fail('value provided to histogramQuantile parameter onNonmonotonic is invalid; must be one of "error", '
             '"force" or "drop"')

    def table_of(table: Table) -> Table | None:
        counts = _float_column(table, countColumn, "count")
        bounds = _float_column(table, upperBoundColumn, "upper bound")
        if not len(counts):
            fail("histogram is empty")
        order = np.argsort(bounds, kind="stable")
        counts, bounds = counts[order], bounds[order]
        rising = np.maximum.accumulate(np.maximum(counts, 0.0))
        if (counts < rising).any():
            if onNonmonotonic == "drop":
                return None
            if onNonmonotonic == "error":
                fail("histogram records counts are not monotonic")
            counts = rising
        value = _quantile(counts.tolist(), bounds.tolist(), quantile, minValue)
        return frames.one_row(table, constant_column(valueColumn, "double", value, 1))

    return frames.each(tables, table_of)


def _float_column(table: Table, name: str, what: str) -> NDArray[np.float64]:
    column = frames.need(table, name, f'table is missing {what} column "{name}"')
    if column.type != "double":
        fail(f'{what} column "{name}" must be of type float')
    if column.nulls():
        fail(f"unexpected null in the {'countColumn' if what == 'count' else 'upperBoundColumn'}")
    return column.values


def _quantile(counts: list[float], bounds: list[float], quantile: float, lowest: float) -> float | None:
    """The value below which a share of the samples lies, None without samples."""
    if counts[-1] == 0:
        return None
    rank = quantile * counts[-1]
    place = max((i for i, count in enumerate(counts) if rank >= count), default=-1)
    if place == len(counts) - 1:
        return bounds[-1]
    lower_count, lower = (0.0, lowest) if place < 0 else (counts[place], bounds[place])
    upper_count, upper = counts[place + 1], bounds[place + 1]
    if rank == lower_count or upper == math.inf:
        return lower
    if lower == -math.inf:
        return upper
    return lower + (upper - lower) * (rank - lower_count) / (upper_count - lower_count)


@builtin("universe", "covariance", pipe="tables")
def _covariance(_ctx: Any, tables: TableStream, columns: list[str], pearsonr: bool = False,
                valueDst: str = "_value") -> TableStream:
    return _covariances(tables, columns, pearsonr, valueDst)


def _covariances(tables: TableStream, names: list[Any], pearson: bool, target: str) -> TableStream:
    if len(names) != 2:
        fail("must provide exactly two columns")

    def table_of(table: Table) -> Table:
        x, y = (frames.need(table, name, f"specified column does not exist in table: {name}") for name in names)
        if x.type != y.type:
            fail("cannot compute the covariance between different types")
        if x.type != "double":
            fail(f"covariance does not support {FLUX_TYPES[x.type]}")
        both = x.valid_mask() & y.valid_mask()
        value = _shared_variance(x.values[both], y.values[both], pearson)
        return frames.one_row(table, constant_column(target, "double", value, 1))

    return frames.each(tables, table_of)


def _shared_variance(x: NDArray[np.float64], y: NDArray[np.float64], pearson: bool) -> float:
    if len(x) < 2:
        return math.nan
    with np.errstate(all="ignore"):
        dx, dy = x - x.mean(), y - y.mean()
        shared = (dx * dy).sum()
        return float(shared / np.sqrt((dx * dx).sum() * (dy * dy).sum()) if pearson else shared / (len(x) - 1))


@builtin("universe", "cov")
def _cov(ctx: Any, x: TableStream, y: TableStream, on: list[str], pearsonr: bool = False) -> TableStream:
    return _covariances(join(ctx, Record(x=x, y=y), on), ["_value_x", "_value_y"], pearsonr, "_value")


@builtin("universe", "pearsonr")
def _pearsonr(ctx: Any, x: TableStream, y: TableStream, on: list[str]) -> TableStream:
    return _covariances(join(ctx, Record(x=x, y=y), on), ["_value_x", "_value_y"], True, "_value")
