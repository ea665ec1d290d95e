"""Which tests run on one worker, and which of them begin first.

A file is a room: its tests run on one worker, one after the other, and share what its fixtures made. Some rooms are
larger, where several files share a server; some files fall apart into tests that share nothing that takes time.

Long rooms begin first. Which ones are long stands in `SECONDS`: a new machine has no run before to learn it from.
"""

from __future__ import annotations

from collections import OrderedDict

import pytest
from xdist.scheduler import LoadGroupScheduling

# By path, not by mark: xdist 3.8 hands over the group of a mark in a place where pytest 9.2 no longer looks for it.
TOGETHER = (
    *(f"tests/grader/{room}/" for room in ("after", "capsule", "judge", "run")),
    *(f"tests/stack/{room}/" for room in ("automation", "dashboards", "esp32", "f2", "home", "meter", "shelly")),
    "tests/stack/test_compose",
)
APART = (
    "tests/grader/test_course_nbgrader.py", "tests/hostile/test_attempts.py", "tests/labs/test_notebooks.py",
)
# Measured with three workers on two cores. Only their order matters; a room that is not here takes less than the last.
SECONDS = {
    "tests/grader/test_course_audit.py": 125, "tests/grader/run/": 120, "tests/grader/test_course_nbgrader.py": 80,
    "tests/hostile/test_notebooks.py": 80, "tests/stack/f2/": 80, "tests/faults/test_f2": 70,
    "tests/stack/meter/": 70, "tests/grader/test_nbgrader.py": 60, "tests/firmware/": 50,
}


def room(nodeid: str) -> str:
    """Name the room of a test.

    Args:
        nodeid: the test's id.
    """
    if nodeid.startswith(APART):
        return nodeid
    return next((room for room in TOGETHER if nodeid.startswith(room)), nodeid.split("::")[0])


def expected(room: str, tests: int) -> float:
    """Say how many seconds a room takes, about.

    Args:
        room: its name.
        tests: how many tests it has.
    """
    return max((seconds for start, seconds in SECONDS.items() if room.startswith(start)), default=tests / 100)


class _LongestFirst(OrderedDict[str, dict[str, bool]]):
    """Rooms that wait for a worker; the scheduler takes them out by `popitem`."""

    def popitem(self, last: bool = True) -> tuple[str, dict[str, bool]]:  # noqa: ARG002
        longest = max(self, key=lambda room: expected(room, len(self[room])))
        return longest, self.pop(longest)


class Rooms(LoadGroupScheduling):
    """Gives rooms to workers, the longest first."""

    def __init__(self, config: pytest.Config, log: object) -> None:
        super().__init__(config, log)  # type: ignore[arg-type]
        self.workqueue = _LongestFirst()

    def _split_scope(self, nodeid: str) -> str:
        return room(nodeid)
