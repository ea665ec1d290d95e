"""Runs one server and ends it with its owner, however the owner ends.

`python -I -S guardian.py DIRECTORY -- COMMAND …` starts COMMAND in DIRECTORY with its output in DIRECTORY/log. Standard
input is a pipe that the owner holds open. When the owner exits, crashes or is killed, the system closes the pipe: the
guardian then ends the server's process group and removes DIRECTORY. This needs no signal, so it works everywhere.

It imports only the standard library, and little of it, because a lab waits for it to start.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from typing import Any

GRACE = 2.0
"""How long a server may take to end when it is asked to, in seconds."""

_EXIT_FILE = "exit"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def _die_with_the_guardian() -> Any:
    """The second line on Linux: the kernel kills the server when the guardian itself is killed."""
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
    with open(os.path.join(directory, "log"), "ab", buffering=0) as log:  # noqa: PTH118, PTH123 - pathlib costs 10 ms
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=directory, **options
        )


def _signal_group(server: subprocess.Popen[bytes], name: str) -> None:
    try:
        if os.name == "nt":
            force = ["/F"] if name == "SIGKILL" else []
            subprocess.run(["taskkill", "/T", *force, "/PID", str(server.pid)], capture_output=True, check=False)
        else:
            os.killpg(server.pid, getattr(signal, name))
    except (ProcessLookupError, PermissionError):
        pass  # the group is gone (macOS says EPERM for a group of zombies)


def _end(server: subprocess.Popen[bytes]) -> None:
    _signal_group(server, "SIGTERM")
    try:
        server.wait(GRACE)
    except subprocess.TimeoutExpired:
        pass
    _signal_group(server, "SIGKILL")  # also what the server itself started and left
    server.wait()


def main(arguments: list[str]) -> int:
    """Run the server until it ends and the owner is gone.

    Args:
        arguments: the private directory, `--`, and the command.
    """
    directory, command = arguments[0], arguments[2:]
    released = threading.Event()
    owner = os.getppid()

    def watch_the_pipe() -> None:
        try:
            while os.read(0, 1024):
                pass
        except OSError:
            pass
        released.set()

    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: released.set())
    try:
        server = _start(directory, command)
    except OSError as error:
        with open(os.path.join(directory, "log"), "a") as log:  # noqa: PTH118, PTH123
            log.write(f"{command[0]}: {error.strerror}\n")
        server = None
    def watch_the_server() -> None:
        code = 127 if server is None else server.wait()
        with open(os.path.join(directory, _EXIT_FILE), "w") as file:  # noqa: PTH118, PTH123
            file.write(str(code))

    threading.Thread(target=watch_the_pipe, daemon=True).start()
    threading.Thread(target=watch_the_server, daemon=True).start()
    while not released.wait(1.0):
        # A child that the owner forked can hold the pipe open after the owner's death: then the parent changes.
        if os.name != "nt" and os.getppid() != owner:
            break
    if server is not None:
        _end(server)
    shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
