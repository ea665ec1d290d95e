"""Watches the capsules of a room from outside and ends one that uses more than it may.

Memory is what all processes of a capsule hold together: their own pages, shared pages, page tables, and what lies in
its folders in memory. It is read from /proc some tens of times a second, which needs no rights and no cgroup; where a
glance shows that nothing has happened since the last look, every other look is left out. One process alone cannot pass
the limit by what it allocates (`RLIMIT_DATA`: the allocation fails with MemoryError); this is for what many do.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from grader.capsule import rules
from grader.capsule.memory import resident
from grader.submission import Incident, Limits

CALM, ALERT = 0.1, 0.02
"""Pause between two looks, in seconds: at a capsule that uses less than half of its memory, and at another."""
GLANCES = 2
"""Calm looks of which one is whole, if the others show no other processes and no more memory or sockets. A glance does
not see page tables, files in memory, and what takes the place of memory that was given back."""
_GROWN = 32 << 20
"""Bytes in memory that are worth a whole look. It takes some hundredths of a second to fill them."""
SATURATED = 1.0
"""A capsule that has all its processes for so long is a fork bomb, and is ended, in seconds."""
_MOST_INODES = 50_000
"""Empty files hold memory of the system that no limit of size counts."""
_MOST_SOCKETS = 2000
"""What waits in a socket's buffer, some hundred kilobytes, belongs to no process. Services need some tens."""
_MOST_SERVED = 2 << 30
"""What is published and stored lies in memory of the room, not of the capsule, in bytes."""
_PRIVATE = (rules.HOME, "/tmp", "/dev/shm", "/run/kernel")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGES = (b"RssAnon", b"RssShmem", b"VmSwap")
_STATUS = re.compile(rb"^(PPid|Threads|VmPTE|%b):\s*(\d+)" % b"|".join(_PAGES), re.MULTILINE)
"""Lines of /proc/PID/status; sizes are in kilobytes (proc_pid_status(5))."""


@dataclass(eq=False)
class Capsule:
    """A capsule that is watched.

    Args:
        first: number of its first process: when that is killed, the system kills all others.
        limits: what it may use.
        outer: number of the bubblewrap that waits for it.
    """

    first: int
    limits: Limits
    outer: int
    incidents: list[Incident] = field(default_factory=list)
    cpu: float = 0.0
    saturated: float | None = None
    over: bool = False

    def tell(self, kind: str, text: str) -> None:
        """Note an incident; one of each kind is enough."""
        if all(incident.kind != kind for incident in self.incidents):
            self.incidents.append(Incident(kind, "", text))

    def kill(self) -> None:
        """Kill everything in it."""
        if not self.over:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.first, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    memory: int
    """Its own and shared pages, in bytes."""
    tables: int
    """Its page tables, which nobody shares, in bytes."""
    threads: int


@dataclass(frozen=True, slots=True)
class _Glance:
    """What can be seen of a room's processes for a tenth of what a whole look costs."""

    names: frozenset[str]
    resident: int
    sockets: int

    @classmethod
    def now(cls) -> _Glance:
        names = [name for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 - many times a second
        return cls(frozenset(names), sum(map(resident, names)), _sockets())

    def differs(self, before: _Glance) -> bool:
        """Whether something has happened that a whole look should see."""
        grown = self.resident > before.resident + _GROWN
        return grown or self.sockets > before.sockets + _MOST_SOCKETS // 10 or self.names != before.names


class Watcher:
    """One thread that looks at all capsules of this room."""

    def __init__(self) -> None:
        self._capsules: list[Capsule] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def watch(self, capsule: Capsule) -> None:
        """Watch a capsule until it is forgotten."""
        with self._changed:
            self._capsules.append(capsule)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="grader-watcher", daemon=True)
                self._thread.start()
            self._changed.notify()

    def forget(self, capsule: Capsule, status: int | None) -> None:
        """Stop watching: it has ended.

        Args:
            capsule: the capsule.
            status: exit status of its kernel as bubblewrap tells it: 128 and a signal's number, if one killed it.
        """
        with self._changed:
            if capsule not in self._capsules:
                return
            self._capsules.remove(capsule)
            capsule.over = True
        by_time = status in {128 + signal.SIGXCPU, -signal.SIGXCPU} or (
            status in {128 + signal.SIGKILL, -signal.SIGKILL} and capsule.cpu >= capsule.limits.cpu
        )
        if by_time:
            capsule.tell("cpu", f"The kernel had used {capsule.limits.cpu} s of processor time, all that it may.")

    def look(self, capsule: Capsule) -> None:
        """Look at a capsule now, for what has happened since the last look."""
        if not capsule.over:
            self._check(capsule, _processes())

    def _look(self) -> None:
        seen, left = None, 0
        while True:
            with self._changed:
                while not self._capsules:
                    self._changed.wait()
                watched = list(self._capsules)
            glance = _Glance.now()
            left -= 1
            if left < 0 or seen is None or glance.differs(seen):
                processes = _processes()
                calm = True
                for capsule in watched:
                    calm &= self._check(capsule, processes)
                seen, left = glance, GLANCES - 1 if calm else 0
            with self._changed:
                self._changed.wait(CALM if calm else ALERT)

    def _check(self, capsule: Capsule, processes: dict[int, _Process]) -> bool:
        """Look at one capsule; return whether it is far from its limits."""
        own = _descendants(capsule.first, processes)
        if not own:
            return True
        limits = capsule.limits
        stored, inodes = self._stored(capsule)
        self._count(capsule, sum(processes[pid].threads for pid in own))
        fixed = stored + sum(processes[pid].tables for pid in own)
        memory = fixed + sum(processes[pid].memory for pid in own)
        if memory > limits.memory:
            own.sort(key=lambda pid: processes[pid].memory, reverse=True)
            memory = fixed + _proportional(own, limits.memory - fixed)
            if memory > limits.memory:
                capsule.tell("memory", f"It held more than {_size(limits.memory)} of memory; it was ended.")
                capsule.kill()
        if inodes > _MOST_INODES:
            capsule.tell("disk", f"It made {inodes} files and folders, {_MOST_INODES} are allowed; it was ended.")
            capsule.kill()
        if (opened := _sockets()) > _MOST_SOCKETS:
            capsule.tell("memory", f"It opened {opened} sockets, {_MOST_SOCKETS} are allowed; it was ended.")
            capsule.kill()
        served = sum(process.memory + process.tables for pid, process in processes.items() if pid not in own)
        if served > _MOST_SERVED:
            capsule.tell("memory", f"What it stored in the services of the submission takes {_size(served)} of memory,"
                                   f" {_size(_MOST_SERVED)} are allowed; it was ended.")
            capsule.kill()
        capsule.cpu = max(capsule.cpu, max((_cpu(pid) for pid in own), default=0.0))
        return memory < limits.memory / 2

    def _count(self, capsule: Capsule, threads: int) -> None:
        # Bubblewrap's own process in the capsule is counted by the system, too. A fork bomb keeps trying: between two
        # of its attempts there are a few less than the limit.
        limit = capsule.limits.processes
        if threads < limit - max(2, limit // 50):
            capsule.saturated = None
            return
        now = time.monotonic()
        if capsule.saturated is None:
            capsule.saturated = now
            capsule.tell("processes", f"It had {limit} processes and threads at once, all that it may.")
        elif now - capsule.saturated > SATURATED:
            capsule.kill()

    @staticmethod
    def _stored(capsule: Capsule) -> tuple[int, int]:
        """Bytes and files in the capsule's folders in memory."""
        stored = inodes = 0
        for path in _PRIVATE:
            try:
                found = os.statvfs(f"/proc/{capsule.first}/root{path}")
            except OSError:
                continue
            used = (found.f_blocks - found.f_bfree) * found.f_frsize
            stored += used
            inodes += found.f_files - found.f_ffree
            # A file grows by folios of up to some hundred kilobytes: the last of them need not fit.
            if path == rules.HOME and used >= 0.95 * capsule.limits.disk:
                capsule.tell("disk", f"Its folder was full: {_size(capsule.limits.disk)} are allowed.")
        return stored, inodes


def _sockets() -> int:
    """Count the sockets in the room's network, those of its capsules among them."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/net/sockstat").read_text(encoding="ascii").split()[2])
    return 0


def _processes() -> dict[int, _Process]:
    """Look at all processes of the room, those in its capsules among them."""
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - many times a second
        if name.isdecimal() and (process := _process(name)) is not None:
            found[int(name)] = process
    return found


def _process(pid: str) -> _Process | None:
    try:
        with open(f"/proc/{pid}/status", "rb", buffering=0) as status:  # noqa: PTH123
            found = {name: int(number) for name, number in _STATUS.findall(status.read())}
        pages = sum(found.get(name, 0) for name in _PAGES)
        return _Process(found[b"PPid"], pages << 10, found.get(b"VmPTE", 0) << 10, found[b"Threads"])
    except (OSError, KeyError):
        return None


def _descendants(first: int, processes: dict[int, _Process]) -> list[int]:
    """List a process and its children, their children and so on."""
    children: dict[int, list[int]] = {}
    for pid, process in processes.items():
        children.setdefault(process.parent, []).append(pid)
    found, left = [], [first] if first in processes else []
    while left:
        pid = left.pop()
        found.append(pid)
        left += children.get(pid, [])
    return found


def _proportional(pids: list[int], enough: int) -> int:
    """Add up what processes hold, shared pages shared out: slower than what `_process` reads, and right.

    Args:
        pids: the processes, the largest first.
        enough: the sum, in bytes, after which it need not go on.
    """
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith(("Pss_Anon:", "Pss_Shmem:", "SwapPss:")):
                total += int(line.split()[1]) << 10
        if total > enough:
            break
    return total


def _cpu(pid: int) -> float:
    """Processor time of one process so far, in seconds."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    except (OSError, IndexError, ValueError):
        return 0.0


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB" if count >= 1 << 30 else f"{count / (1 << 20):.0f} MiB"
