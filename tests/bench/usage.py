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
from typing import NamedTuple

LOOK = 1.0
"""Seconds between two looks at the memory: one look at a hundred processes takes some 0.05 s of a processor."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command used.

    Args:
        seconds: wall time.
        processor: processor seconds of all its processes, in user and system mode. Of those that nobody waits for (a
            capsule is killed as a whole) it is what they had used at the last look, so it is a little too low.
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
    tree = _Tree(process.pid)
    most = [0]
    done = threading.Event()

    def look() -> None:
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
    return Usage(seconds, max(processor, tree.processor()), most[0], process.returncode, output, errors)


class _Tree:
    """A process and its descendants, also those whose parent has ended since the last look."""

    def __init__(self, root: int) -> None:
        self._known = {root: _running()[root].born}
        self._ticks: dict[tuple[int, int], int] = {}

    def memory(self) -> int:
        """Look at them: the memory that they have now, in bytes."""
        running = _running()
        self._known = {pid: born for pid, born in self._known.items() if pid in running and running[pid].born == born}
        before = -1
        while len(self._known) > before:
            before = len(self._known)
            self._known |= {pid: each.born for pid, each in running.items() if each.parent in self._known}
        self._ticks |= {key: running[key[0]].ticks for key in self._known.items()}
        return sum(_proportional(pid) for pid in self._known)

    def processor(self) -> float:
        """Processor seconds that all of them had used when they were last seen."""
        return sum(self._ticks.values()) / os.sysconf("SC_CLK_TCK")


class _Running(NamedTuple):
    parent: int
    born: int
    """Clock ticks since the system's start."""
    ticks: int
    """Processor time, in clock ticks."""


def _running() -> dict[int, _Running]:
    """All processes, by number (proc_pid_stat(5))."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
            ticks = int(fields[11]) + int(fields[12])
            found[int(path.parent.name)] = _Running(int(fields[1]), int(fields[19]), ticks)
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
