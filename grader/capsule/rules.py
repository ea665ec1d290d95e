"""What holds in every capsule, whatever makes it: environment, limits, files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from grader.capsule.launcher import LaunchError
from grader.submission import Limits

BOOT = Path(__file__).with_name("boot.py")
"""Runs first in a capsule."""

WORK = "/work"
"""The student's working directory, in a capsule."""


def environment(work: str) -> dict[str, str]:
    """Return the environment of a student's kernel: nothing of the instructor's is in it.

    Args:
        work: the working directory, which is also the home.
    """
    return {
        "HOME": work,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": "/tmp" if work == WORK else work,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "IPYTHONDIR": "/tmp/.ipython" if work == WORK else f"{work}/../ipython",
        "JUPYTER_PLATFORM_DIRS": "1",
        "MPLBACKEND": "agg",
        "OPENBLAS_NUM_THREADS": "1",  # its buffers are reserved for each thread, and count
        "LABKIT_HOUSE": f"{work}/house",
    }


def own_limits(limits: Limits) -> str:
    """Return the limits that a process of the capsule sets for itself and its children, as `boot.py` reads them.

    Args:
        limits: of the submission.
    """
    return json.dumps({
        "RLIMIT_CPU": limits.cpu,
        "RLIMIT_DATA": limits.memory,
        "RLIMIT_FSIZE": limits.disk,
        "RLIMIT_NOFILE": 1024,
        "RLIMIT_CORE": 0,
    })


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new folder.

    Args:
        folder: made here.
        files: relative path to content.

    Raises:
        LaunchError: a path leads out of the folder.
    """
    folder.mkdir(parents=True)
    for name, content in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise LaunchError(f"A file of the submission is named {name!r}, which leads out of its folder.")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
