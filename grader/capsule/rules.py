"""What holds in every capsule, whatever makes it: environment, limits, files."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from grader.capsule.launcher import LaunchError
from grader.submission import Limits

BOOT = Path(__file__).with_name("boot.py")
"""Runs first in a capsule."""

USER, UID = "student", 1000
"""Who the student's code is, inside."""
HOME = f"/home/{USER}"
"""The student's home and working directory, inside; its size is `Limits.disk`."""
TEMPORARY = 64 << 20
"""Size of /tmp, in bytes."""
SHARED_MEMORY = 64 << 20
"""Size of /dev/shm, in bytes."""


def environment(home: str = HOME, temporary: str = "/tmp") -> dict[str, str]:
    """Return the environment of a student's kernel: nothing of the instructor's is in it.

    Args:
        home: the working directory.
        temporary: for what the student need not see.
    """
    return {
        "HOME": home,
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": temporary,
        "USER": USER,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "IPYTHONDIR": f"{temporary}/.ipython",
        "JUPYTER_PLATFORM_DIRS": "1",
        "MPLBACKEND": "agg",
        "OPENBLAS_NUM_THREADS": "1",  # its buffers are reserved for each thread, and count
        "LABKIT_HOUSE": f"{home}/house",
        "LABKIT_CPP_CACHE": f"{temporary}/.cpp",
        "LABKIT_CPP_LEAKS": "0",  # whoever looks for leaks traces itself, and nobody may trace here
    }


def temporary() -> str:
    """Return the folder of this process for temporary files."""
    return tempfile.gettempdir()


def own_limits(limits: Limits, *, alone: bool = True) -> str:
    """Return the limits that a process of the capsule sets for itself and its children, as `boot.py` reads them.

    The limit of one process's memory is a soft one: a program that watches over its own memory (AddressSanitizer) maps
    terabytes that it never fills, which count. Shared memory has never counted. What all really hold is watched.

    Args:
        limits: of the submission.
        alone: whether the user number in the capsule is its own: only then are its processes counted for themselves.
    """
    most = {
        "RLIMIT_CPU": limits.cpu,
        "RLIMIT_DATA": limits.memory,
        "RLIMIT_FSIZE": limits.disk,
        "RLIMIT_NOFILE": 512,
        "RLIMIT_CORE": 0,
    }
    if alone:
        most["RLIMIT_NPROC"] = limits.processes
    return json.dumps({"limits": most, "soft": ["RLIMIT_DATA"]})


def check(files: Mapping[str, bytes]) -> None:
    """Refuse files that would not lie in the student's folder.

    Args:
        files: relative path to content.

    Raises:
        LaunchError: a path leads out of the folder, or cannot be a path.
    """
    for name in files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
            raise LaunchError(f"A file of the submission is named {name!r}, which leads out of its folder.")


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new folder.

    Args:
        folder: made here.
        files: relative path to content.

    Raises:
        LaunchError: a path leads out of the folder.
    """
    check(files)
    folder.mkdir(parents=True)
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
