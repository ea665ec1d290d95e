"""What the launchers of foreign servers share: a port, the announcement, and becoming the server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn

_PR_SET_PDEATHSIG, _SIGKILL = 1, 9  # linux/prctl.h, signal(7)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def announce(port: int) -> None:
    """Print the line that the kit waits for.

    Args:
        port: where the server listens, or is about to.
    """
    print(json.dumps({"port": port}), flush=True)


def become(command: Sequence[str], account: tuple[int, int] | None = None) -> NoReturn:
    """Go on as another program: its exit code, its log and its signals are then those of this process.

    Args:
        command: path of the program, and its arguments.
        account: numbers of the user and the group to become (only root may); None stays.

    Raises:
        OSError: it cannot be run.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":  # there, exec returns to the caller at once and leaves the program behind
        sys.exit(subprocess.run(command, check=False).returncode)
    if account is not None:
        _become_user(*account)
    os.execv(command[0], list(command))


def _become_user(uid: int, gid: int) -> None:
    """From here on nothing can be imported: Python itself may be in a folder that this user cannot read."""
    import ctypes

    parent = os.getppid()
    prctl = ctypes.CDLL(None).prctl if sys.platform.startswith("linux") else None
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if prctl is not None:
        # The guardian asks for the kernel's help, and the kernel forgets it when a process changes its user.
        prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
