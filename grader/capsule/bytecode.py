"""Has the packages of a room compiled once, before many rooms and capsules import them.

What is installed from a wheel was compiled then. A working copy is not: whoever imports a module writes its bytecode,
and rooms and capsules cannot, so that each of them would compile the same files again.
"""

from __future__ import annotations

import compileall
import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

_LOCK = threading.Lock()
_done: set[Path] = set()


def write(folders: Iterable[Path]) -> None:
    """Write the bytecode of what is in folders where it is missing or older than its source.

    A folder that this account may not write to stays as it is, and so do all where bytecode is not wanted
    (`PYTHONDONTWRITEBYTECODE`): rooms work without, slower.

    Args:
        folders: packages. Each is looked at once in the life of this process.
    """
    if sys.dont_write_bytecode:
        return
    with _LOCK:
        for folder in folders:
            if folder not in _done and os.access(folder, os.W_OK):
                compileall.compile_dir(folder, quiet=2)
            _done.add(folder)
