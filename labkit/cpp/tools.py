"""Runs compilers and linkers: bounded in time and memory, whatever they are given to read."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_MEMORY_KB = 3 * 1024 * 1024
"""Memory of a compiler, in KiB. It takes 0.4 GB for the largest source; a source that includes itself takes all."""


class Halt:
    """Ends compilers that other threads wait for: an interrupt reaches the main thread alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._called = False

    def start(self, words: Sequence[str], **how: Any) -> subprocess.Popen[str] | None:
        """Start a program, unless all has been called off.

        Args:
            words: its command line.
            how: arguments of Popen.
        """
        with self._lock:
            if self._called:
                return None
            process: subprocess.Popen[str] = subprocess.Popen(words, **how)
            self._running.add(process)
            return process

    def ended(self, process: subprocess.Popen[str]) -> None:
        """Forget a program that was waited for: its number may be another's from now on."""
        with self._lock:
            self._running.discard(process)

    def stop(self) -> None:
        """End all that runs; nothing starts any more."""
        with self._lock:
            self._called = True
            for process in self._running:
                if process.returncode is None:
                    _kill(process)


def run(words: Sequence[str], place: Path, limit: float, halt: Halt | None = None) -> tuple[int | None, str]:
    """Run a compiler or linker. A shell sets its limits: other than a function between fork and exec, that is safe in a
    process with threads.

    Args:
        words: its command line.
        place: its working directory, also for its temporary files.
        limit: seconds that it may take.
        halt: ends it from another thread.

    Returns:
        Its exit status, None if its time was over or all was called off before; and what it wrote to its standard
        error.
    """
    environment = {**os.environ, "LC_ALL": "C", "TMPDIR": str(place)}
    for name in ("CPATH", "CPLUS_INCLUDE_PATH", "GCC_COLORS"):
        environment.pop(name, None)
    bounded = list(words)
    if os.name != "nt":
        limits = f"ulimit -c 0; ulimit -t {int(limit) + 5}; ulimit -v {_MEMORY_KB} 2>/dev/null; exec \"$@\""
        bounded = ["/bin/sh", "-c", limits, "sh", *words]
    halt = halt or Halt()
    process = halt.start(
        bounded, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=os.name != "nt", text=True, errors="replace",
    )
    if process is None:
        return None, ""
    try:
        with process:
            try:
                _, said = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                _kill(process)
                process.communicate()
                return None, ""
            except BaseException:
                _kill(process)
                raise
    finally:
        halt.ended(process)
    return process.returncode, said


def _kill(process: subprocess.Popen[str]) -> None:
    """End a compiler with the programs that it has started."""
    if os.name == "nt":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
