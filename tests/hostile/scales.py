"""Weighs all processes below one, again and again: what a room, its services and its capsule hold together."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import psutil

_EVERY = 0.25


class Scales:
    """Notes the most memory that was held at any moment while the block ran, in MB: `most`.

    Args:
        room: gives the number of the process whose descendants are weighed, None while there is none.
    """

    def __init__(self, room: Callable[[], int | None]) -> None:
        self.most = 0.0
        self._room = room
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._weigh, daemon=True)

    def __enter__(self) -> Scales:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _weigh(self) -> None:
        while not self._over.wait(_EVERY):
            below = _below(self._room())
            # What forked processes have in common counts in each of them: the quick way weighs too much, if anything.
            if _sum(below, _quickly) > self.most * 1e6:
                self.most = max(self.most, _sum(below, _rightly) / 1e6)


def _below(process: int | None) -> list[psutil.Process]:
    try:
        return psutil.Process(process).children(recursive=True) if process else []
    except psutil.Error:
        return []


def _sum(processes: list[psutil.Process], weigh: Callable[[psutil.Process], int]) -> int:
    held = 0
    for process in processes:
        with contextlib.suppress(psutil.Error, OSError):
            held += weigh(process)
    return held


def _quickly(process: psutil.Process) -> int:
    about = process.memory_info()
    return int(about.rss - about.shared)


def _rightly(process: psutil.Process) -> int:
    text = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
    return sum(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith(("Pss_Anon:", "Pss_Shmem:")))
