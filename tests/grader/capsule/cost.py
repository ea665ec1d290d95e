"""What a capsule costs: `python -m tests.grader.capsule.cost [TIMES]`."""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from grader.capsule import bubblewrap_room
from grader.capsule.bubblewrap_room import BubblewrapRoom
from grader.layout import CourseFiles
from tests.grader.capsule.ground import COMMAND, Ground


@dataclass(frozen=True)
class Cost:
    """A hello notebook, from the start of its kernel until nothing is left of it.

    Args:
        capsule: seconds of each run in a capsule of bubblewrap.
        plain: seconds of each run in an ordinary kernel, by turns with those.
    """

    capsule: list[float]
    plain: list[float]

    @property
    def more(self) -> float:
        """How many seconds longer the median run in a capsule takes."""
        return statistics.median(self.capsule) - statistics.median(self.plain)


def measure(times: int = 10) -> Cost:
    """Run a hello notebook in both, by turns, in the same room.

    Args:
        times: how often in each.
    """
    course = CourseFiles(Path(__file__).parents[3])
    ground = Ground(BubblewrapRoom(course), bubblewrap_room.run(list(COMMAND), course=course.root))
    try:
        return Cost(**ground.ask(do="cost", times=times))
    finally:
        ground.close()


if __name__ == "__main__":
    found = measure(*map(int, sys.argv[1:2]))
    print(f"capsule {statistics.median(found.capsule):.3f} s, plain {statistics.median(found.plain):.3f} s,"
          f" difference {found.more:+.3f} s (medians of {len(found.capsule)})")
