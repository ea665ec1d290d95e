"""Builds what the tests of this room run, once, by the Makefile that people use."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

FIRMWARE = Path(__file__).parents[2] / "firmware"
BUILD = FIRMWARE / "build"


def make(target: str) -> str:
    """Run a target of the firmware's Makefile; test processes that make the same one wait for each other.

    The suites under the sanitizers and the node have objects of their own: nobody waits long for those of others.

    Returns:
        What it printed.
    """
    BUILD.mkdir(exist_ok=True)
    name = {"build/test_core": "checked", "build/node": "plain"}.get(target, "small")
    with (BUILD / f".lock-{name}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            ["make", "-s", "-j2", "-C", str(FIRMWARE), target], capture_output=True, text=True, timeout=600, check=False
        )
    assert done.returncode == 0, f"make {target}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


def build(name: str) -> Path:
    """Make a file of `firmware/build`, such as `"node"`, and return its path."""
    make(f"build/{name}")
    return BUILD / name
