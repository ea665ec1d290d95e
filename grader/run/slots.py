"""How many submissions are judged at once, when nobody says."""

from __future__ import annotations

import os
from pathlib import Path

A_ROOM = 340 << 20
"""Memory of a room with its services and a usual capsule, in bytes: at most 160 MB measured with lab 01, 290 MB with
02, 350 MB with 03 (while it compiles) and 08 (four servers)."""
A_PROCESSOR = 6
"""Rooms for each processor. A submission of lab 02 takes 24 s and 5 s of them from a processor: the rest is waiting,
which the lab and its checks ask for. With fewer, processors wait; with more, all submissions of a class take longer at
once, and who begins last ends later."""
KEPT_FREE = 1 << 30
"""Memory that stays for everything else, in bytes."""


def usual() -> tuple[int, str]:
    """Return the number of slots for this machine, and in a few words why it is that."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    by_processors = A_PROCESSOR * processors
    memory = available_memory()
    by_memory = max(1, (memory - KEPT_FREE) // A_ROOM) if memory else by_processors
    if by_memory < by_processors:
        return by_memory, f"{memory / 1e9:.1f} GB of memory are free"
    return by_processors, f"{processors} processor{'s' if processors > 1 else ''}"


def available_memory(proc: Path = Path("/proc/meminfo"), control: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the memory that is free for programs, in bytes; 0 if the system does not say.

    Args:
        proc: Linux's account of memory; proc(5).
        control: where control groups are mounted; a container's limit is there, for version 2 and 1.
    """
    found = []
    try:
        lines = dict(line.split(":", 1) for line in proc.read_text().splitlines())
        found.append(int(lines["MemAvailable"].split()[0]) << 10)
    except (OSError, KeyError, ValueError):
        pass
    for limit, used in (("memory.max", "memory.current"),
                        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):
        try:
            found.append(int((control / limit).read_text()) - int((control / used).read_text()))
        except (OSError, ValueError):
            continue
    return max(0, min(found)) if found else 0
