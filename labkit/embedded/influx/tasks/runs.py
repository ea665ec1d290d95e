"""Runs of tasks, and what they said; the last ones of each task are kept in memory."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from labkit.embedded.influx.catalog import new_id

KEPT = 100


@dataclass(slots=True)
class Run:
    """One run; times are nanoseconds since the epoch, 0 for not yet.

    Args:
        task: id of its task.
        scheduled_ns: the `now()` of its query.
        requested_ns: when somebody asked for it; 0 for the schedule.
        status: "scheduled", "started", "success", "failed" or "canceled".
        log: times and messages.
    """

    task: str
    scheduled_ns: int
    requested_ns: int = 0
    status: str = "scheduled"
    started_ns: int = 0
    finished_ns: int = 0
    log: list[tuple[int, str]] = field(default_factory=list)
    id: str = field(default_factory=new_id)

    @property
    def done(self) -> bool:
        """Whether it is over."""
        return self.finished_ns != 0


class History:
    """The last runs of one task."""

    def __init__(self) -> None:
        self._runs: deque[Run] = deque(maxlen=KEPT)

    def add(self, run: Run) -> None:
        """Remember a run."""
        self._runs.append(run)

    def find(self, id: str) -> Run | None:
        """The run of that id."""
        return next((each for each in list(self._runs) if each.id == id), None)

    def all(self) -> list[Run]:
        """The runs, the newest first."""
        return list(self._runs)[::-1]
