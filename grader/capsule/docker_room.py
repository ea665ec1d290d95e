"""Capsules of Docker. This half runs in a room: it asks the coordinator for containers."""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader.capsule import rules
from grader.capsule.channel import Channel
from grader.capsule.connection import connection, new_key
from grader.capsule.launcher import LaunchError
from grader.submission import Incident, Limits

KIT = "/opt/kit"
"""Where the packages are, in a container."""
COURSE_INSIDE = "/opt/course"
"""The course's root, in a room."""
SOCKETS = "/run/kernel"
"""The folder in memory that a room and its capsules share."""


class _Coordinator:
    """Asks one thing after the other."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._lock = threading.Lock()

    def ask(self, need: str, **more: Any) -> dict[str, Any]:
        with self._lock:
            self._channel.say({"need": need, **more})
            answer = self._channel.hear()
        if "error" in answer:
            raise LaunchError(f"Docker: {answer['error']}")
        return answer


class DockerKernel:
    """A kernel in a container.

    Args:
        coordinator: knows the engine.
        kernel: the container.
        folder: its folder for sockets.
        connection_file: its connection file.
        limits: what it may use.
    """

    def __init__(
        self, coordinator: _Coordinator, kernel: str, folder: Path, connection_file: Path, limits: Limits
    ) -> None:
        self._coordinator = coordinator
        self._kernel = kernel
        self._folder = folder
        self._limits = limits
        self._incidents: list[Incident] = []
        self._over = False
        self.connection_file = connection_file

    def running(self) -> bool:
        """Whether the kernel's process lives. While it holds its lock it does; else the engine knows."""
        if self._over:
            return False
        if _locked(self._folder / "alive"):
            return True
        self._over = not self._coordinator.ask("running", kernel=self._kernel)["running"]
        return not self._over

    def stop(self) -> None:
        """Kill everything in the container, remove it, and remove what it left beside its sockets."""
        if not self._kernel:
            return
        kernel, self._kernel, self._over = self._kernel, "", True
        told = self._coordinator.ask("end", kernel=kernel, limits=asdict(self._limits))["incidents"]
        self._incidents += [Incident(kind, "", text) for kind, text in told]
        self.connection_file.unlink(missing_ok=True)
        clear()

    def incidents(self) -> list[Incident]:
        """Limits that it met; known when it has been stopped."""
        return list(self._incidents)


class DockerLauncher:
    """Has capsules made, one at a time: all of a room share the folder of their sockets.

    Args:
        channel: the line to the coordinator.
    """

    def __init__(self, channel: Channel) -> None:
        self._coordinator = _Coordinator(channel)
        self._numbers = itertools.count(1)

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str], limits: Limits) -> DockerKernel:
        """Start a kernel in a new capsule; see `grader.capsule.launcher.Launcher`."""
        rules.check(files)
        number = next(self._numbers)
        folder = Path(SOCKETS, str(number))
        here = Path(rules.temporary(), f"kernel-{number}.json")
        connected = connection(folder, new_key())
        try:
            folder.mkdir(mode=0o700)
            here.write_bytes(connected)
            (folder / "kernel.json").write_bytes(connected)
            coded = {name: base64.b64encode(content).decode() for name, content in files.items()}
            (folder / "files.json").write_text(json.dumps(coded), encoding="utf-8")
        except OSError as error:
            raise LaunchError(f"A capsule could not be prepared: {error}.") from None
        asked = {"number": number, "environment": dict(environment), "limits": asdict(limits)}
        kernel = str(self._coordinator.ask("kernel", **asked)["kernel"])
        return DockerKernel(self._coordinator, kernel, folder, here, limits)


def _locked(path: Path) -> bool:
    try:
        # The student's code may have put a pipe or a link there.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(file)
    return False


def clear() -> None:
    """Empty the shared folder: no capsule runs, and the next finds nothing of the last."""
    for command in (["chmod", "-R", "u+rwx", SOCKETS], ["find", SOCKETS, "-mindepth", "1", "-delete"]):
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def launcher(channel: Channel | None) -> DockerLauncher:
    """Return the launcher of a room that is a container.

    Args:
        channel: the line to the coordinator.

    Raises:
        LaunchError: there is no line.
    """
    if channel is None:
        raise LaunchError("A room of Docker needs its line to the coordinator.")
    return DockerLauncher(channel)
