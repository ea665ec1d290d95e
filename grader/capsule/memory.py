"""What a process holds in memory, asked in a way that can be asked often."""

from __future__ import annotations

import os

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def resident(pid: str = "self") -> int:
    """Return the memory of a process that is not on disk, pages of files among it (proc_pid_statm(5)).

    Args:
        pid: its number; this process by default.

    Returns:
        Bytes; 0 if there is no such process, or where the system does not say.
    """
    try:
        file = os.open(f"/proc/{pid}/statm", os.O_RDONLY)
    except OSError:
        return 0
    try:
        return int(os.read(file, 200).split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0
    finally:
        os.close(file)
