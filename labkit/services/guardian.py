"""Runs one server and ends it with its owner, however the owner ends.

`python -I -S guardian.py DIRECTORY SIGNAL COMMAND …` starts COMMAND in DIRECTORY with its output in DIRECTORY/log.
Standard input is a pipe that the owner holds open. When the owner exits, crashes or is killed, the system closes the
pipe: the guardian then ends the server's process group, first by SIGNAL, and removes DIRECTORY. To notice its owner's
end it needs no signal, so it works everywhere.

While it lives the owner may write two words, a line each: `kill`, and the server is killed at once, as a crash would;
`start`, with a command behind it (its words after a zero byte each), and that is started in the same directory, with
what the killed one kept there. The file `exit` is removed before a new start.

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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

GRACE = 2.0
"""How long a server may take to end when it is asked to, in seconds."""
EXIT_FILE = "exit"
"""The server's exit code is written to this file of its directory."""
LOG_FILE = "log"
"""The server's output."""
DONE = b"done"
"""The owner writes this before it closes the pipe, when it has cleared up by itself."""

KILL, START = b"kill", b"start"
"""Words that the owner may write while the server lives, a line each."""

_TRIES = 30
"""How often the directory is tried to be removed, every tenth of a second."""
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def wait_for_owner(obey: Callable[[bytes], None] | None = None) -> bytes:
    """Wait until the owner has closed the pipe, has ended, or somebody asks this process to end.

    Args:
        obey: is given each word that the owner writes, in this thread; None when no word is expected.

    Returns:
        What the owner wrote.
    """
    news = threading.Event()
    released = False
    said = bytearray()
    owner = os.getppid()

    def release(*_: object) -> None:
        nonlocal released
        released = True
        news.set()

    def watch_the_pipe() -> None:
        with contextlib.suppress(OSError):
            while chunk := os.read(0, 1024):
                said.extend(chunk)
                news.set()
        release()

    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), release)
    threading.Thread(target=watch_the_pipe, daemon=True).start()
    obeyed = 0
    # A child that the owner forked can hold the pipe open after the owner's death: then the parent changes.
    while not released and (os.name == "nt" or os.getppid() == owner):
        news.wait(1.0)
        news.clear()
        words = bytes(said).split(b"\n")[:-1]
        if obey is not None and not released:
            for word in words[obeyed:]:
                obey(word)
        obeyed = len(words)
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


class _Guarded:
    """The server: one process after the other, when it is killed and started again."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._server: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None

    def start(self, command: list[str]) -> None:
        """Start it, as a child of this thread, which lives as long as the guardian: the kernel watches the thread."""
        with contextlib.suppress(OSError):
            os.unlink(f"{self._directory}/{EXIT_FILE}")  # noqa: PTH108 - pathlib costs 10 ms
        try:
            self._server = _start(self._directory, command)
        except OSError as error:
            self._server = None
            with open(f"{self._directory}/{LOG_FILE}", "a") as log:  # noqa: PTH123
                log.write(f"{command[0]}: {error.strerror}\n")
            self._report(127)
        else:
            self._watcher = threading.Thread(target=self._watch, args=(self._server,), daemon=True)
            self._watcher.start()

    def _watch(self, server: subprocess.Popen[bytes]) -> None:
        code = server.wait()
        if server is self._server:
            self._report(code)

    def _report(self, code: int) -> None:
        # Renamed, so that nobody reads the file before the number is in it.
        with contextlib.suppress(OSError), open(f"{self._directory}/{EXIT_FILE}.new", "w") as file:  # noqa: PTH123
            file.write(str(code))
        with contextlib.suppress(OSError):
            os.replace(f"{self._directory}/{EXIT_FILE}.new", f"{self._directory}/{EXIT_FILE}")  # noqa: PTH105

    def kill(self) -> None:
        """Kill it, without a word, with all that it started."""
        if self._server is not None:
            _signal_group(self._server, "SIGKILL")
            self._server.wait()

    def end(self, polite: str) -> None:
        """Ask it to end; then kill what is left."""
        if self._server is None:
            return
        _signal_group(self._server, polite)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._server.wait(GRACE)
        self.kill()  # also what the server itself started and left
        if self._watcher is not None:
            self._watcher.join()  # what it writes into the directory must not come after the directory's removal

    def obey(self, word: bytes) -> None:
        """Do what the owner says."""
        if word == KILL:
            self.kill()
        elif word.startswith(START + b"\0"):
            self.kill()
            self.start([os.fsdecode(part) for part in word.split(b"\0")[1:]])


def _remove(directory: str) -> None:
    """Remove it, also while a child that a killed server left notices its parent's death and writes its last file."""
    pause = threading.Event()
    for _ in range(_TRIES):
        shutil.rmtree(directory, ignore_errors=True)
        if not os.path.exists(directory):  # noqa: PTH110 - pathlib costs 10 ms
            return
        pause.wait(0.1)


def main(directory: str, polite: str, command: list[str]) -> None:
    """Run the server until it ends and the owner is gone.

    Args:
        directory: private directory of the server.
        polite: name of the signal that asks the server to end.
        command: the program and its arguments.
    """
    server = _Guarded(directory)
    server.start(command)
    wait_for_owner(server.obey)
    server.end(polite)
    _remove(directory)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
