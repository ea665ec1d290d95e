"""A server process under its guardian: start it, read its log, end it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from labkit.services import guardian

_GUARDIAN = Path(guardian.__file__)
_LOG_LINES = 12


def private_directory() -> Path:
    """A new directory that only this user can read."""
    return Path(tempfile.mkdtemp(prefix="labkit-"))


class Process:
    """A server in a private directory, that ends with this process.

    Args:
        command: the program and its arguments.
        directory: private directory of the server; the guardian removes it.

    Raises:
        OSError: the guardian could not be started.
    """

    def __init__(self, command: list[str], directory: Path) -> None:
        self.directory = directory
        # A session of its own: Ctrl-C in the terminal, or an interrupted kernel, must not reach the server.
        options = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)} if os.name == "nt" else {}
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARDIAN), str(directory), "--", *command],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=os.name != "nt", **options,
        )

    @property
    def pid(self) -> int:
        """The guardian's process id."""
        return self._guardian.pid

    def exit_code(self) -> int | None:
        """The server's exit code, None while it runs; -9 when its guardian was killed."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.directory / "exit").read_text())
        return None if self._guardian.poll() is None else -9

    def log(self) -> list[str]:
        """The last lines that the server wrote."""
        try:
            text = (self.directory / "log").read_text(errors="replace")
        except OSError:
            return []
        return text.splitlines()[-_LOG_LINES:]

    def announced_port(self) -> int:
        """The port from the first line of the log that is a JSON object with `port`, 0 while there is none."""
        with contextlib.suppress(OSError):
            for line in (self.directory / "log").read_text(errors="replace").splitlines():
                if line.startswith("{"):
                    with contextlib.suppress(ValueError, KeyError, TypeError):
                        return int(json.loads(line)["port"])
        return 0

    def stop(self) -> None:
        """End the server, its guardian and its directory. Safe to call twice."""
        pipe = self._guardian.stdin
        if pipe is not None and not pipe.closed:
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            self._guardian.wait(guardian.GRACE + 5.0)
        except subprocess.TimeoutExpired:
            self._guardian.kill()
            self._guardian.wait()
        shutil.rmtree(self.directory, ignore_errors=True)  # the guardian did it, unless it was killed
