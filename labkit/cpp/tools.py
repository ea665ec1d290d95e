"""Runs compilers and linkers: bounded in time and memory, whatever they are given to read."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

_MEMORY_KB = 3 * 1024 * 1024
"""Memory of a compiler, in KiB. It takes 0.4 GB for the largest source; a source that includes itself takes all."""


def run(words: Sequence[str], place: Path, limit: float) -> tuple[int | None, str]:
    """Run a compiler or linker. A shell sets its limits: other than a function between fork and exec, that is safe in a
    process with threads.

    Args:
        words: its command line.
        place: its working directory, also for its temporary files.
        limit: seconds that it may take.

    Returns:
        Its exit status, None if its time was over; and what it wrote to its standard error.
    """
    environment = {**os.environ, "LC_ALL": "C", "TMPDIR": str(place)}
    for name in ("CPATH", "CPLUS_INCLUDE_PATH", "GCC_COLORS"):
        environment.pop(name, None)
    bounded = list(words)
    if os.name != "nt":
        limits = f"ulimit -c 0; ulimit -t {int(limit) + 5}; ulimit -v {_MEMORY_KB} 2>/dev/null; exec \"$@\""
        bounded = ["/bin/sh", "-c", limits, "sh", *words]
    process = subprocess.Popen(
        bounded, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=os.name != "nt", text=True, errors="replace",
    )
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
    return process.returncode, said


def _kill(process: subprocess.Popen[str]) -> None:
    """End a compiler with the programs that it has started."""
    if os.name == "nt":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
