"""What a room asks of the kind that makes it."""

from __future__ import annotations

import subprocess
from typing import Any, Protocol

from grader.capsule.choose import Kind
from grader.layout import CourseFiles


class Maker(Protocol):
    """Makes the process of a room, its standard streams connected to pipes."""

    course_root: str
    """Root of the course, as the room sees it."""

    def start(self) -> subprocess.Popen[bytes]:
        """Start a room.

        Raises:
            LabkitError: it could not be started.
        """

    def prepare(self, lab: str) -> None:
        """Have ready what the capsules of a lab need, before one of its submissions is judged.

        Args:
            lab: its folder.
        """

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what a room asks for while it judges, and return the answer to it."""

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a room, and wait until nothing of it is left. A room that has ended already may be given."""


def maker(kind: Kind, course: CourseFiles) -> Maker:
    """Return the maker of one kind.

    Args:
        kind: the kind.
        course: the course whose submissions will be judged.
    """
    if kind is Kind.BUBBLEWRAP:
        from grader.capsule.bubblewrap_room import BubblewrapRoom

        return BubblewrapRoom(course)
    if kind is Kind.DOCKER:
        from grader.capsule.docker import DockerRoom

        return DockerRoom(course)
    from grader.capsule.plain_room import PlainRoom

    return PlainRoom(course)
