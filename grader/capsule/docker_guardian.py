"""Removes a room's containers when the coordinator ends: `python -m grader.capsule.docker_guardian ROOM`.

Standard input is a pipe that the coordinator holds open, as for `labkit.services.guardian`.
"""

from __future__ import annotations

import contextlib
import sys

from grader.capsule.docker import remove
from labkit.services.guardian import wait_for_owner
from labkit.waiting import wait_until

_PATIENCE = 60.0
"""How long the engine may take to remove what a room had, in seconds."""
_LATE = 3.0
"""The engine can still be creating a container when the coordinator is killed: how long to look again, in seconds."""


def main(room: str) -> None:
    """Wait until the coordinator closes the pipe or is gone, then remove everything of its room.

    Args:
        room: name of the room.
    """
    asked = wait_for_owner()
    wait_until(lambda: not remove(room), _PATIENCE, what=f"nothing is left of {room}")
    if not asked:
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: remove(room), _LATE, what=f"containers of {room}", most=0.5)
            wait_until(lambda: not remove(room), _PATIENCE, what=f"nothing is left of {room}")


if __name__ == "__main__":
    main(sys.argv[1])
