"""What the Flux engine asks of the store of time series: a protocol, implemented beside the HTTP server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

MIN_TIME = -(2**63)
MAX_TIME = 2**63 - 1

TagPredicate = Callable[[Mapping[str, str]], bool]
"""Says of a series' tags, with `_measurement` and `_field` among them, whether it is wanted."""


@dataclass(frozen=True, slots=True)
class BucketInfo:
    """A bucket, for `buckets()` and for looking one up.

    Args:
        id: 16 hexadecimal digits.
        name: its name.
        org: id of its organization.
        retention_ns: how long points are kept, nanoseconds; 0 is for ever.
    """

    id: str
    name: str
    org: str
    retention_ns: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one series (measurement, tags, field) in a span of time.

    Args:
        tags: `_measurement`, `_field` and the tags; values are strings.
        type: of the values: "double", "long", "unsignedLong", "boolean" or "string" (see `table.DTYPES`).
        times: shape (points,), int64 nanoseconds, ascending, without repeats. Read only.
        values: shape (points,), of the type's dtype (object for strings). Read only.
    """

    tags: Mapping[str, str]
    type: str
    times: NDArray[np.int64]
    values: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Point:
    """One point for `to()`.

    Args:
        measurement: its measurement.
        tags: names to values; never empty values.
        fields: names to bool, int, `UInt`, float or str.
        time_ns: nanoseconds since the epoch.
    """

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, Any]
    time_ns: int


class BucketNotFound(Exception):  # noqa: N818 - the name says it
    """There is no such bucket.

    Args:
        bucket: the name or id that was asked for.
    """

    def __init__(self, bucket: str) -> None:
        super().__init__(f'could not find bucket "{bucket}"')
        self.bucket = bucket


class Storage(Protocol):
    """A store as one query sees it: one organization's buckets."""

    def buckets(self) -> list[BucketInfo]:
        """All buckets of the organization, sorted by name."""

    def read(
        self, bucket: str, start_ns: int, stop_ns: int, wanted: TagPredicate | None = None,
    ) -> Iterable[Series]:
        """The series of a bucket that have points in start_ns <= time < stop_ns, sorted by their tags.

        Args:
            bucket: name, or id where no bucket has that name.
            start_ns: first nanosecond; `MIN_TIME` for no bound.
            stop_ns: nanosecond behind the last; `MAX_TIME` for no bound.
            wanted: leaves out the other series; called once a series.

        Raises:
            BucketNotFound: there is no such bucket. Raised by the call itself, not by iterating.
        """

    def write(self, bucket: str, points: Iterable[Point]) -> None:
        """Store points; one that has the series and time of a stored point replaces it.

        Args:
            bucket: name, or id where no bucket has that name.
            points: what to store.

        Raises:
            BucketNotFound: there is no such bucket.
            ValueError: a point cannot be stored (field type conflict, outside retention); the message says why.
        """
