"""What a running query knows: its time, its location, its storage, and its limits."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from labkit.embedded.influx.flux.errors import LimitError
from labkit.embedded.influx.flux.storage import Storage
from labkit.embedded.influx.flux.timemath import UTC_LOCATION, Location, add_duration
from labkit.embedded.influx.flux.values import Duration, Record, Time, type_name

DEFAULT_SECONDS = 60.0
MOST_ROWS = 20_000_000


@dataclass(slots=True)
class Context:
    """One running query; the first argument, `ctx`, of each function of the standard library.

    Args:
        storage: the store, or None for a query that needs none.
        now: the query's time, nanoseconds; `option now` replaces it.
        location: whose clocks windows follow; `option location` replaces it.
        seconds: how long the query may run.
        deadline: on the clock of `time.monotonic`.
        results: tables by the names that `yield` gave them, in order.
    """

    storage: Storage | None
    now: Time
    location: Location = UTC_LOCATION
    seconds: float = DEFAULT_SECONDS
    deadline: float = 0.0
    results: dict[str, Any] = field(default_factory=dict)
    _calls: int = 0

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.seconds

    def tick(self) -> None:
        """Called with each call of a function of the query: stops a query that runs too long.

        Raises:
            LimitError: the time is over.
        """
        self._calls += 1
        if self._calls & 255 == 0:
            self.check_time()

    def check_time(self) -> None:
        """Called in each long loop of the standard library.

        Raises:
            LimitError: the time is over.
        """
        if time.monotonic() > self.deadline:
            raise LimitError(f"the query ran for more than {self.seconds:g} seconds and was stopped")

    def check_rows(self, rows: int) -> None:
        """Called before a function makes rows that are not there yet.

        Raises:
            LimitError: they are too many.
        """
        if rows > MOST_ROWS:
            raise LimitError(f"the query would make {rows} rows; the embedded engine holds {MOST_ROWS}")

    def resolve_time(self, value: Time | Duration | int) -> int:
        """A time as nanoseconds: a duration counts from now, an int is in seconds since the epoch."""
        if isinstance(value, Duration):
            return add_duration(int(self.now), value)
        if isinstance(value, Time):
            return int(value)
        return int(value) * 1_000_000_000

    def locate(self, record: Record | None) -> Location:
        """The location of a record `{zone, offset}`; the query's own for None.

        Raises:
            ValueError: the record is not a location, or there is no such time zone.
        """
        if record is None:
            return self.location
        zone, offset = record.get("zone", "UTC"), record.get("offset", Duration())
        if "zone" not in record:
            raise ValueError("zone property missing from location record")
        if not isinstance(zone, str):
            raise ValueError(f"zone property for location must be of type string, got {type_name(zone)}")
        if not isinstance(offset, Duration):
            raise ValueError(f"offset property for location must be of type duration, got {type_name(offset)}")
        return Location(zone, offset)
