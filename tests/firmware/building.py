"""Builds what the tests of this room run, once, by the Makefile that people use."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

FIRMWARE = Path(__file__).parents[2] / "firmware"
BUILD = FIRMWARE / "build"


def build(target: str) -> Path:
    """Make a file of `firmware/build`; several test processes at once wait for each other.

    Args:
        target: name of the file, such as `"node"`.

    Returns:
        Its path.
    """
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            ["make", "-C", str(FIRMWARE), f"build/{target}"], capture_output=True, text=True, timeout=600, check=False
        )
    assert done.returncode == 0, f"make build/{target}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return BUILD / target
