"""`--no-capsule`: the kernel is an ordinary child process. It can do whatever the grader's account can do."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from grader.capsule import cpp_cache, rules
from grader.capsule.channel import Channel
from grader.capsule.connection import connection, new_key
from grader.capsule.starter import start
from grader.submission import Incident, Limits


class PlainKernel:
    """A kernel without a capsule.

    Args:
        process: the kernel, head of a process group of its own.
        folder: its private folder.
    """

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process = process
        self._folder = folder

    @property
    def connection_file(self) -> Path:
        """The kernel's connection file."""
        return self._folder / "connection.json"

    def running(self) -> bool:
        """Whether the kernel's process lives."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Kill the kernel's process group, and remove its folder."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def incidents(self) -> list[Incident]:
        """Without a capsule nobody watches: always empty."""
        return []


class PlainLauncher:
    """Starts kernels as ordinary child processes, with those limits that every process can set for itself."""

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str], limits: Limits) -> PlainKernel:
        """Start a kernel; see `grader.capsule.launcher.Launcher`."""
        folder = Path(tempfile.mkdtemp(prefix="grader-"))
        work = folder / "work"
        rules.put(work, files)
        here = folder / "connection.json"
        here.write_bytes(connection(folder, new_key()))
        settings = {**rules.environment(str(work), str(folder)), **environment}
        settings |= {name: os.environ[name] for name in (cpp_cache.SHARED,) if name in os.environ}
        process = start(
            [sys.executable, str(rules.BOOT), str(here), rules.own_limits(limits, alone=False)],
            cwd=work, env=settings, stdin=subprocess.DEVNULL, start_new_session=True,
        )
        return PlainKernel(process, folder)


def launcher(_channel: Channel | None) -> PlainLauncher:
    """Return the launcher of a room without capsules."""
    return PlainLauncher()
