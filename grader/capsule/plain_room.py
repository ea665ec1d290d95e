"""`--no-capsule`: the room is an ordinary child process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any

from grader.capsule import cpp_cache
from grader.capsule.launcher import ROOM
from grader.capsule.starter import start
from grader.layout import CourseFiles

COMMAND = (sys.executable, "-m", "grader.judge")
"""The program of every room."""


class PlainRoom:
    """Makes rooms of the kind `none`.

    Args:
        course: the course whose cases are read.
    """

    def __init__(self, course: CourseFiles) -> None:
        self.course_root = str(course.root)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the judge as a child of this process."""
        return start(
            list(COMMAND), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, ROOM: "none", cpp_cache.SHARED: str(cpp_cache.folder())}, start_new_session=True,
        )

    def prepare(self, lab: str) -> None:
        """Have ready what a lab needs: what its C++ is compiled with."""
        if cpp_cache.needed(lab):
            cpp_cache.fill(cpp_cache.folder())

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Refuse: such a room needs nothing."""
        return {"error": f"a room without capsules has no {asked['need']}"}

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the judge; its children die with it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
