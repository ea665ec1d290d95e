"""The seams between the coordinator, the rooms it keeps and the capsules in them.

A room is a trusted process in a network of its own: it has this submission's services and the judge. A capsule is
the hostile process in it: the student's kernel. The judge asks a `Launcher` for a `Kernel` and need not know how one is
made.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from grader.submission import Incident, Limits
from labkit.errors import KitError

if TYPE_CHECKING:
    from grader.capsule.channel import Channel

ROOM = "GRADER_ROOM"
"""Environment variable of a room: `bubblewrap`, `docker` or `none`, the way in which it makes capsules."""

COURSE = "GRADER_COURSE"
"""Environment variable of a room: root of the course as the room sees it."""

_LAUNCHERS = {
    "bubblewrap": "grader.capsule.bubblewrap",
    "docker": "grader.capsule.docker_room",
    "none": "grader.capsule.plain",
}


class LaunchError(KitError):
    """A capsule could not be made: a fault of the grader or its machine, never of the submission."""


class Kernel(Protocol):
    """A student's kernel in its capsule."""

    @property
    def connection_file(self) -> Path:
        """The kernel's connection file as the room sees it: transport `ipc`."""

    def running(self) -> bool:
        """Whether the kernel's process lives. A stopped (SIGSTOP) one does."""

    def stop(self) -> None:
        """Kill everything in the capsule and return when it is gone, files too. A second call does nothing."""

    def incidents(self) -> list[Incident]:
        """Limits that it met so far, also after `stop`: memory, processes, disk, cpu. Their `cell` is empty."""


class Launcher(Protocol):
    """Makes capsules of one kind."""

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str], limits: Limits) -> Kernel:
        """Start a kernel in a new capsule. It returns when the process runs; ask the kernel itself when it is ready.

        Args:
            files: what lies in its working directory: relative path (`/` between folders) to content.
            environment: what the student's code finds in `os.environ`, beside a few names that Python needs.
            limits: what it may use.

        Raises:
            LaunchError: no capsule could be made.
        """


def launcher(channel: Channel | None = None) -> Launcher:
    """Return the launcher that fits the room in which this process runs.

    Args:
        channel: the line to the coordinator. Under Docker a room must ask for its capsules on it.

    Raises:
        KitError: this process runs in no room.
    """
    kind = os.environ.get(ROOM, "")
    if kind not in _LAUNCHERS:
        raise KitError(
            f"The judge runs in a room that `grader run` makes, and {ROOM} is {kind!r}.",
            fix="start it with `grader run`.",
        )
    made: Launcher = importlib.import_module(_LAUNCHERS[kind]).launcher(channel)
    return made
