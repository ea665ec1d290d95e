"""What a capsule need not compile again: the firmware around a student's C++, the kit's drivers, the main of tests.

It is compiled once on a machine, by the grader, of the kit's own sources, and shown to capsules read-only. The kit
looks into it before it compiles (`labkit.cpp.cache`); entries are found by a hash of all that they are made of, so an
older kit's do no harm. Nothing of a student or of a solution is in it: the folder is not the one that a notebook uses.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from labkit.course import LABS
from labkit.errors import LabkitError

SHARED = "LABKIT_CPP_CACHE_SHARED"
"""The variable by which the kit finds it."""
INSIDE = "/run/cpp-cache"
"""Where it is in a container."""
_OWN = "LABKIT_CPP_CACHE"
TOO_LONG = 600.0
"""Seconds until compiling is given up."""
_TEST = '#include <doctest/doctest.h>\nTEST_CASE("nothing") {}\n'
_lock = threading.Lock()
_filled: set[Path] = set()


def needed(lab: str) -> bool:
    """Whether the students of a lab compile C++.

    Args:
        lab: its folder.
    """
    return any(known.folder == lab and "cpp" in known.services for known in LABS)


def folder(kind: str = "") -> Path:
    """Return the folder of what was compiled, made if it was not there.

    Args:
        kind: of another compiler than this machine's: an image's id.
    """
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "labkit" / "cpp-capsules"
    place = place / kind if kind else place / "here"
    place.mkdir(parents=True, exist_ok=True, mode=0o755)
    return place


def fill(place: Path, elsewhere: Callable[[float], bytes] | None = None) -> None:
    """Compile what is missing. It takes some twenty seconds the first time, and is asked once in a process.

    Where that is not possible, capsules compile everything themselves: slower, and the checks say what is missing.

    Args:
        place: what `folder` returned.
        elsewhere: does it elsewhere, in so many seconds at most, and returns a tar of the entries; if not given, it is
            done here.
    """
    with _lock:
        if place in _filled:
            return
        _filled.add(place)
        with contextlib.suppress(OSError, subprocess.SubprocessError, tarfile.TarError), \
                (place / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # of two runs of the grader one compiles
            if elsewhere is not None:
                with tarfile.open(fileobj=io.BytesIO(elsewhere(TOO_LONG))) as tar:
                    tar.extractall(place, filter="data")
                return
            environment = {name: value for name, value in os.environ.items() if name != SHARED}
            subprocess.run([sys.executable, "-m", __name__], check=False, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment | {_OWN: str(place)},
                           timeout=TOO_LONG)


def compile_all() -> None:
    """Compile all of it into the cache of this process.

    Raises:
        LabkitError: there is no compiler, or the kit's sources do not compile.
    """
    from labkit.cpp import board, doctests, driver

    for source in sorted(driver.DRIVERS.glob("drive_*.cpp")):
        about = source.stem.removeprefix("drive_")
        files = {path.name: path.read_text("utf-8") for path in board.STAND_IN.glob(f"{about}.*")}
        driver.Driver(about, files)
    doctests.run_tests("test_nothing.cpp", _TEST, {})
    board.program({}, only=())  # last: it needs libmosquitto


def _main(words: Sequence[str]) -> None:
    os.umask(0o022)  # a room runs as somebody else
    with contextlib.ExitStack() as stack:
        if words:
            os.environ[_OWN] = stack.enter_context(tempfile.TemporaryDirectory())
        with contextlib.suppress(LabkitError):
            compile_all()
        if words:
            with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
                tar.add(os.environ[_OWN], arcname=".")


if __name__ == "__main__":
    _main(sys.argv[1:])
