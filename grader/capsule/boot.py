"""The first thing that runs in a capsule, before any of the student's code: sets limits, then becomes the kernel.

`python boot.py CONNECTION_FILE LIMITS [FOLDER]` with the limits as JSON: `limits`, name of a `RLIMIT_…` to a number,
and `soft`, names of those that a child may pass. In a container FOLDER has files.json, the files of the submission, and
a lock is held there that tells the room that the kernel lives. It imports nothing of the grader, because there is none
where it runs.
"""

from __future__ import annotations

import base64
import fcntl
import gc
import importlib
import json
import os
import resource
import runpy
import sys
from pathlib import Path


def unpack(folder: Path) -> None:
    """Write the submission's files into the working directory, and hold the lock.

    Args:
        folder: shared with the room.
    """
    lock = os.open(folder / "alive", os.O_CREAT | os.O_RDONLY, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    given = folder / "files.json"
    for name, content in json.loads(given.read_text(encoding="utf-8")).items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    given.unlink()


def main(connection_file: str, limits: str, folder: str = "") -> None:
    """Become the kernel.

    Args:
        connection_file: of the kernel.
        limits: JSON object: `limits`, name of a resource to its limit; `soft`, those that a child may pass.
        folder: shared with the room, in a container.
    """
    if folder:
        unpack(Path(folder))
    given = json.loads(limits)
    for name, most in given["limits"].items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        if name in given["soft"]:
            resource.setrlimit(number, (least, hard))
            continue
        # At the soft limit of processor time the kernel says why (SIGXCPU), a second later it only kills.
        resource.setrlimit(number, (least, least + 1 if name == "RLIMIT_CPU" and least == most else least))
    # The judge and the services come first when a student's code wants all processors.
    os.nice(5)
    # Files beside the notebook may be named like a module. IPython puts their folder after the standard library, as in
    # every notebook; before it does, what the judge needs here is imported.
    del sys.path[0]
    # Nobody attaches a debugger here, and loading it is a tenth of what a kernel costs. `grader.judge.kernel` makes it
    # importable again before the first cell.
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    # What is loaded here stays until the end: to look for garbage in it, now and whenever the student's code loads
    # more, takes a fifth of the time of all imports.
    gc.disable()
    for name in ("ipykernel.kernelapp", "labkit.checks.kernel_host"):
        importlib.import_module(name)
    gc.freeze()
    gc.enable()
    # Nobody reads what goes past the kernel's own streams.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    sys.argv = ["ipykernel_launcher", "-f", connection_file, "--HistoryManager.enabled=False"]
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
