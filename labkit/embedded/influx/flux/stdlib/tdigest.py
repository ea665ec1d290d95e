"""The t-digest with which InfluxDB estimates quantiles: few points stand for many, more of them at the ends.

Source: T. Dunning, O. Ertl, "Computing extremely accurate quantiles using t-digests", arXiv:1902.04023, the merging
variant with the arcsine scale; sizes of its buffers as InfluxDB has them, because the estimate depends on them.
"""

from __future__ import annotations

import math
from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray


class TDigest:
    """A summary of values.

    Args:
        compression: how many points it keeps, about.
    """

    def __init__(self, compression: float = 1000.0) -> None:
        self.compression = compression
        self.most_kept = 2 * math.ceil(compression)
        self.most_waiting = 8 * math.ceil(compression)
        self.means: list[float] = []
        self.weights: list[float] = []
        self.total = 0.0
        self.smallest = math.inf
        self.largest = -math.inf

    def add(self, values: NDArray[np.float64]) -> None:
        """Add values; NaN is left out.

        Args:
            values: shape (n,).
        """
        values = values[~np.isnan(values)]
        start = 0
        while start < len(values):
            # One more than may wait starts the merge, and so does each value while too many points are kept.
            step = 1 if len(self.means) > self.most_kept else self.most_waiting + 1
            self._merge(values[start : start + step])
            start += step

    def _merge(self, values: NDArray[np.float64]) -> None:
        means = np.concatenate([values, np.array(self.means, np.float64)])
        weights = np.concatenate([np.ones(len(values)), np.array(self.weights, np.float64)])
        order = np.argsort(means, kind="stable")
        sorted_means, sorted_weights = means[order].tolist(), weights[order].tolist()
        self.total += len(values)
        total = self.total
        kept, heavy = [sorted_means[0]], [sorted_weights[0]]
        so_far = sorted_weights[0]
        limit = total * self._quantile_at(1.0)
        for mean, weight in zip(sorted_means[1:], sorted_weights[1:], strict=True):
            projected = so_far + weight
            if projected <= limit:
                so_far = projected
                heavy[-1] += weight
                kept[-1] += weight * (mean - kept[-1]) / heavy[-1]
            else:
                limit = total * self._quantile_at(self._location(so_far / total) + 1.0)
                so_far = projected
                kept.append(mean)
                heavy.append(weight)
        self.means, self.weights = kept, heavy
        self.smallest, self.largest = min(self.smallest, kept[0]), max(self.largest, kept[-1])

    def _quantile_at(self, location: float) -> float:
        return (math.sin(min(location, self.compression) * math.pi / self.compression - math.pi / 2) + 1) / 2

    def _location(self, quantile: float) -> float:
        return self.compression * (math.asin(2 * quantile - 1) + math.pi / 2) / math.pi

    def quantile(self, q: float) -> float:
        """The estimate of a quantile, NaN where there is no value.

        Args:
            q: from 0 to 1.
        """
        if not self.means:
            return math.nan
        if len(self.means) == 1:
            return self.means[0]
        index = q * self.total
        first, last = self.weights[0], self.weights[-1]
        if index <= first / 2:
            return self.smallest + 2 * index / first * (self.means[0] - self.smallest)
        before = np.concatenate([[0.0], np.cumsum(self.weights)])
        cumulative = [*(before[:-1] + np.array(self.weights) / 2).tolist(), float(before[-1])]
        lower = bisect_left(cumulative, index)
        if lower + 1 < len(cumulative):
            return _between(
                self.means[lower - 1], cumulative[lower] - index, self.means[lower], index - cumulative[lower - 1]
            )
        z1 = index - self.total - last / 2
        return _between(self.means[-1], z1, self.largest, last / 2 - z1)


def _between(x1: float, w1: float, x2: float, w2: float) -> float:
    """The weighted mean of two values, never outside of them."""
    found = (x1 * w1 + x2 * w2) / (w1 + w2)
    return max(min(x1, x2), min(found, max(x1, x2)))
