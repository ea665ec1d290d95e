"""Runs one server and ends it with its owner, however the owner ends.

`python -I -S guardian.py DIRECTORY -- COMMAND …` starts COMMAND in DIRECTORY with its output in DIRECTORY/log. Standard
input is a pipe that the owner holds open. When the owner exits, crashes or is killed, the system closes the pipe: the
guardian then ends the server's process group and removes DIRECTORY. This needs no signal, so it works everywhere.

It imports only the standard library, and little of it, because a lab waits for it to start.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from typing import Any

GRACE = 2.0
"""How long a server may take to end when it is asked to, in seconds."""
EXIT_FILE = "exit"
"""The server's exit code is written to this file of its directory."""
LOG_FILE = "log"
"""The server's output."""
DONE = b"done"
"""The owner writes this before it closes the pipe, when it has cleared up by itself."""

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def wait_for_owner() -> bytes:
    """Wait until the owner has closed the pipe, has ended, or somebody asks this process to end.

    Returns:
        What the owner wrote.
    """
    released = threading.Event()
    said = bytearray()
    owner = os.getppid()

    def watch_the_pipe() -> None:
        with contextlib.suppress(OSError):
            while chunk := os.read(0, 1024):
                said.extend(chunk)
        released.set()

    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: released.set())
    threading.Thread(target=watch_the_pipe, daemon=True).start()
    # A child that the owner forked can hold the pipe open after the owner's death: then the parent changes.
    while not released.wait(1.0) and (os.name == "nt" or os.getppid() == owner):
        pass
    return bytes(said)


def _die_with_the_guardian() -> Any:
    """The second line, on Linux: the kernel kills the server when the guardian itself is killed."""
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    prctl = ctypes.CDLL(None).prctl

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return before_exec


def _start(directory: str, command: list[str]) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {}
    if os.name == "nt":
        options["creationflags"] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    else:
        options["start_new_session"] = True
        options["preexec_fn"] = _die_with_the_guardian()
    with open(f"{directory}/{LOG_FILE}", "ab", buffering=0) as log:  # noqa: PTH123 - pathlib costs 10 ms
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=directory, **options
        )


def _signal_group(server: subprocess.Popen[bytes], name: str) -> None:
    if os.name == "nt":
        force = ["/F"] if name == "SIGKILL" else []
        subprocess.run(["taskkill", "/T", *force, "/PID", str(server.pid)], capture_output=True, check=False)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone; macOS says EPERM for a group of zombies
        os.killpg(server.pid, getattr(signal, name))


def _end(server: subprocess.Popen[bytes]) -> None:
    _signal_group(server, "SIGTERM")
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(GRACE)
    _signal_group(server, "SIGKILL")  # also what the server itself started and left
    server.wait()


def main(directory: str, command: list[str]) -> None:
    """Run the server until it ends and the owner is gone.

    Args:
        directory: private directory of the server.
        command: the program and its arguments.
    """

    def report(code: int) -> None:
        with contextlib.suppress(OSError), open(f"{directory}/{EXIT_FILE}", "w") as file:  # noqa: PTH123
            file.write(str(code))

    server = None
    try:
        server = _start(directory, command)
    except OSError as error:
        with open(f"{directory}/{LOG_FILE}", "a") as log:  # noqa: PTH123
            log.write(f"{command[0]}: {error.strerror}\n")
        report(127)
    else:
        threading.Thread(target=lambda: report(server.wait()), daemon=True).start()
    wait_for_owner()
    if server is not None:
        _end(server)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[3:])
