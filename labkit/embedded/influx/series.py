"""The points of one field of one series: two numpy columns that grow, sorted when they are read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from labkit.embedded.influx.points import FieldValue

DTYPES: dict[str, Any] = {
    "double": np.float64, "long": np.int64, "unsignedLong": np.uint64, "boolean": np.bool_, "string": object,
}

_STAGE = 4096
"""So many values wait in plain lists, which is quick for single points, before they are moved into the columns."""


class SeriesData:
    """Times and values of one field of one series.

    What `snapshot` gives is never changed later: appended values go behind it, everything else makes new columns.

    Args:
        type: of the values, a key of `DTYPES`.
    """

    __slots__ = ("_count", "_sorted", "_staged_times", "_staged_values", "_times", "_values", "type")

    def __init__(self, type: str) -> None:
        self.type = type
        self._times: NDArray[np.int64] = np.empty(0, np.int64)
        self._values: NDArray[Any] = np.empty(0, DTYPES[type])
        self._count = 0
        self._sorted = True
        self._staged_times: list[int] = []
        self._staged_values: list[FieldValue] = []

    def extend(self, times: list[int], values: list[FieldValue]) -> None:
        """Add points; of two with the same time the later one stays.

        Args:
            times: nanoseconds since the epoch.
            values: as many, of the series' type.
        """
        self._staged_times += times
        self._staged_values += values
        if len(self._staged_times) >= _STAGE:
            self._unstage()

    def load(self, times: NDArray[np.int64], values: NDArray[Any]) -> None:
        """Take whole columns, as they come from a snapshot file.

        Args:
            times: shape (points,), ascending.
            values: shape (points,).
        """
        self._append(times, values)

    def _unstage(self) -> None:
        if self._staged_times:
            times = np.array(self._staged_times, np.int64)
            if self.type == "string":
                values = np.empty(len(times), object)
                values[:] = self._staged_values
            else:
                values = np.array(self._staged_values, DTYPES[self.type])
            self._staged_times, self._staged_values = [], []
            self._append(times, values)

    def _append(self, times: NDArray[np.int64], values: NDArray[Any]) -> None:
        if not len(times):
            return
        start, end = self._count, self._count + len(times)
        if end > len(self._times):
            room = max(end, 2 * len(self._times), 16)
            grown, grown_values = np.empty(room, np.int64), np.empty(room, DTYPES[self.type])
            grown[:start], grown_values[:start] = self._times[:start], self._values[:start]
            self._times, self._values = grown, grown_values
        self._times[start:end], self._values[start:end] = times, values
        self._count = end
        if self._sorted:
            joined = self._times[max(start - 1, 0):end]
            self._sorted = bool((joined[1:] > joined[:-1]).all())

    def _sort(self) -> None:
        self._unstage()
        if self._sorted:
            return
        times = self._times[:self._count]
        order = np.argsort(times, kind="stable")
        times = times[order]
        last = np.append(times[1:] != times[:-1], True)  # the last of equal times was written last
        self._replace(times[last], self._values[:self._count][order][last])

    def _replace(self, times: NDArray[np.int64], values: NDArray[Any]) -> None:
        self._times, self._values, self._count, self._sorted = times, values, len(times), True

    def snapshot(self, start_ns: int, stop_ns: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """The points of a span of time, as read-only columns without copying.

        Args:
            start_ns: the first nanosecond.
            stop_ns: the nanosecond behind the last; the largest number of 64 bits means no bound.

        Returns:
            Times, shape (points,), ascending without repeats; and values, shape (points,).
        """
        self._sort()
        times = self._times[:self._count]
        low, high = self._bounds(times, start_ns, stop_ns)
        times, values = times[low:high], self._values[low:high]
        times.flags.writeable = values.flags.writeable = False
        return times, values

    @staticmethod
    def _bounds(times: NDArray[np.int64], start_ns: int, stop_ns: int) -> tuple[int, int]:
        low = int(np.searchsorted(times, start_ns)) if start_ns > -(2**63) else 0
        return low, int(np.searchsorted(times, stop_ns)) if stop_ns < 2**63 - 1 else len(times)

    def delete(self, start_ns: int, stop_ns: int) -> int:
        """Remove a span of time.

        Args:
            start_ns: the first nanosecond.
            stop_ns: the nanosecond behind the last.

        Returns:
            How many points went.
        """
        self._sort()
        times, values = self._times[:self._count], self._values[:self._count]
        low, high = self._bounds(times, start_ns, stop_ns)
        if low < high:
            self._replace(np.concatenate([times[:low], times[high:]]), np.concatenate([values[:low], values[high:]]))
        return max(high - low, 0)

    def __len__(self) -> int:
        self._sort()
        return self._count
