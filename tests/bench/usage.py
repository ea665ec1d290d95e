"""What a command and everything that it starts use: time, memory, processors."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK = 1.0
"""Seconds between two looks at the memory: one look at a hundred processes takes some 0.05 s of a processor."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command used.

    Args:
        seconds: wall time.
        processor: processor seconds of all its processes that were waited for, in user and system mode.
        memory: the most that all its processes had at one look, in bytes: the sum of their proportional set sizes
            (PSS), in which what several share counts once.
        status: its exit status.
        output: what it printed on stdout.
        errors: what it printed on stderr.
    """

    seconds: float
    processor: float
    memory: int
    status: int
    output: str
    errors: str


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Usage:
    """Run a command to its end.

    Args:
        command: the command.
        folder: where it runs.
        environment: its environment.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=dict(environment), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    most = [0]
    done = threading.Event()

    def look() -> None:
        tree = _Tree(process.pid)
        while not done.wait(LOOK):
            most[0] = max(most[0], tree.memory())

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        output, errors = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        seconds = time.monotonic() - begun
        done.set()
        looking.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Usage(seconds, processor, most[0], process.returncode, output, errors)


class _Tree:
    """A process and its descendants, also those whose parent has ended since the last look."""

    def __init__(self, root: int) -> None:
        self._known = {root: _running()[root][1]}

    def memory(self) -> int:
        running = _running()
        self._known = {pid: born for pid, born in self._known.items() if running.get(pid, (0, 0))[1] == born}
        before = -1
        while len(self._known) > before:
            before = len(self._known)
            self._known |= {pid: born for pid, (parent, born) in running.items() if parent in self._known}
        return sum(_proportional(pid) for pid in self._known)


def _running() -> dict[int, tuple[int, int]]:
    """Parent and start (clock ticks since boot) of each process (proc_pid_stat(5))."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
            found[int(path.parent.name)] = int(fields[1]), int(fields[19])
    return found


def _proportional(pid: int) -> int:
    """PSS of a process in bytes; 0 if it has ended (proc_pid_smaps(5))."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return 0


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))
