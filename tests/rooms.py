"""Which tests run on one worker, and which of them begin first.

A file is a room: its tests run on one worker, one after the other, and share what its fixtures made. Some rooms are
larger, where several files share a server; some files fall apart into tests that share nothing that takes time.

Long rooms begin first. Which ones are long stands in `SECONDS`: a new machine has no run before to learn it from.
"""

from __future__ import annotations

from collections import OrderedDict

import pytest
from xdist.scheduler import LoadGroupScheduling

AUDIT = "tests/grader/test_course_audit.py::test_right_answers_pass_and_wrong_ones_earn_their_hints"
# By path, not by mark: xdist 3.8 hands over the group of a mark in a place where pytest 9.2 no longer looks for it.
TOGETHER = (
    *(f"tests/grader/{room}/" for room in ("after", "capsule", "judge", "run")),
    *(f"tests/stack/{room}/" for room in ("automation", "dashboards", "esp32", "f2", "home", "meter", "shelly")),
    "tests/stack/test_compose",
    # A lab's exercises are audited together: their answers wait side by side.
    *(f"{AUDIT}[{number:02}" for number in range(1, 11)),
)
APART = ("tests/grader/test_course_nbgrader.py", "tests/labs/test_notebooks.py")
# About, with nothing else on two cores. Only their order matters. The longest name that fits a room counts; a room that
# none fits has a hundredth of a second for each test.
SECONDS = {
    "tests/grader/run/": 220, "tests/hostile/test_attempts.py": 150, "tests/stack/f2/": 120,
    f"{AUDIT}[08": 170, f"{AUDIT}[02": 100, AUDIT: 80, "tests/grader/judge/": 80, "tests/grader/capsule/": 80,
    "tests/stack/meter/": 75, "tests/faults/test_f2.py": 70, "tests/services/test_kafka": 70,
    "tests/services/test_left_behind.py": 65, "tests/hostile/": 65, "tests/stack/esp32/": 60,
    "tests/firmware/test_node.py": 60, "tests/grader/test_course_nbgrader.py": 60, "tests/labs/test_notebooks.py::": 50,
    "tests/grader/test_nbgrader.py": 50, "tests/firmware/": 45, "tests/stack/test_compose": 45,
    "tests/services/test_nodered": 40, "tests/stack/": 40, "tests/labs/test_lab03.py": 40, "tests/grader/after/": 30,
    "tests/faults/": 27, "tests/labs/": 25, "tests/cpp/": 25, "tests/services/": 20, "tests/grader/": 20,
    "tests/widgets/": 20, "tests/up/": 20,
}


def room(nodeid: str) -> str:
    """Name the room of a test.

    Args:
        nodeid: the test's id.
    """
    alone = nodeid if nodeid.startswith(APART) else nodeid.split("::")[0]
    return next((room for room in TOGETHER if nodeid.startswith(room)), alone)


def expected(room: str, tests: int) -> float:
    """Say how many seconds a room takes, about.

    Args:
        room: its name.
        tests: how many tests it has.
    """
    fits = max((start for start in SECONDS if room.startswith(start)), key=len, default="")
    return SECONDS.get(fits, tests / 100)


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
