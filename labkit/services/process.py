"""A server process under its guardian: start it, read its log, end it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from labkit.services import guardian

_GUARDIAN = Path(guardian.__file__)
_LOG_LINES = 12


def private_directory() -> Path:
    """A new directory that only this user can read."""
    return Path(tempfile.mkdtemp(prefix="labkit-"))


def guarded(command: list[str], environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a guardian: a process that ends what it guards when the pipe to its standard input closes.

    It has a session of its own: Ctrl-C in the terminal, or an interrupted kernel, must not reach it.

    Args:
        command: the guardian's program and arguments.
        environment: variables beside those of this process.
    """
    flags: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            start_new_session=os.name != "nt", creationflags=flags,
                            env={**os.environ, **environment} if environment else None)


def release(process: subprocess.Popen[bytes], *, done: bool = False, timeout: float) -> None:
    """Let a guardian do its work and end. Safe to call twice.

    Args:
        process: the guardian.
        done: whether its work is done already.
        timeout: how long it may take, in seconds; after that it is killed.
    """
    pipe = process.stdin
    if pipe is not None and not pipe.closed:
        with contextlib.suppress(OSError):
            if done:
                pipe.write(guardian.DONE)
            pipe.close()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Process:
    """A server in a private directory, that ends with this process.

    Args:
        command: the program and its arguments.
        directory: private directory of the server; the guardian removes it.
        environment: variables beside those of this process.
        polite: name of the signal that asks the server to end; after `guardian.GRACE` seconds it is killed.

    Raises:
        OSError: the guardian could not be started.
    """

    def __init__(self, command: list[str], directory: Path, environment: Mapping[str, str] | None = None,
                 polite: str = "SIGTERM") -> None:
        self.directory = directory
        self.command = command
        """What `start` starts again; a provider puts in the port that the server took by itself."""
        self._guardian = guarded([sys.executable, "-I", "-S", str(_GUARDIAN), str(directory), polite, *command],
                                 environment)

    def exit_code(self) -> int | None:
        """The server's exit code, None while it runs; -9 when its guardian was killed."""
        with contextlib.suppress(OSError, ValueError):
            return int((self.directory / guardian.EXIT_FILE).read_text())
        return None if self._guardian.poll() is None else -9

    def log(self) -> list[str]:
        """The last lines that the server wrote."""
        return self.output().splitlines()[-_LOG_LINES:]

    def announced_port(self) -> int:
        """The port from the first line of its output that is a JSON object with `port`; 0 while there is none."""
        for line in self.output().splitlines():
            if line.startswith("{"):
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    return int(json.loads(line)["port"])
        return 0

    def kill(self) -> None:
        """Kill the server at once, with SIGKILL; its directory and its guardian stay."""
        self._say(guardian.KILL)

    def start(self) -> None:
        """Start the killed server again, in the same directory."""
        with contextlib.suppress(OSError):
            (self.directory / guardian.EXIT_FILE).unlink()  # what the old one left must not be read as the new one's
        self._say(b"\0".join([guardian.START, *map(os.fsencode, self.command)]))

    def _say(self, word: bytes) -> None:
        pipe = self._guardian.stdin
        if pipe is None or pipe.closed or b"\n" in word:
            raise OSError("the server has no guardian any more")
        pipe.write(word + b"\n")
        pipe.flush()

    def stop(self) -> None:
        """End the server, its guardian and its directory. Safe to call twice."""
        release(self._guardian, timeout=guardian.GRACE + 5.0)
        shutil.rmtree(self.directory, ignore_errors=True)  # the guardian did it, unless it was killed

    def output(self) -> str:
        """All that the server wrote."""
        with contextlib.suppress(OSError):
            return (self.directory / guardian.LOG_FILE).read_text(encoding="utf-8", errors="replace")
        return ""
