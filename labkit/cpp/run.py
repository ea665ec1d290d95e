"""Runs a program that was built from a student's files: bounded in time, output and memory, and gone afterwards."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from labkit.cpp import sanitizer
from labkit.cpp.build import Program
from labkit.cpp.sanitizer import Finding

_GRACE = 4.0
"""Seconds that a program has to say where it is, when its time is over; a loaded machine needs one."""
ROOM_FOR_SHADOWS = 'ulimit -S -d "$(ulimit -H -d)"'
"""In a shell, before a sanitized program: it maps terabytes that it never fills, and the kernel counts them as data.
Where data is limited, as in a capsule, the limit of the parent may be passed; what it really takes is watched."""
_CUT = "\n… (the rest is left out)\n"


@dataclass(frozen=True)
class Limits:
    """What a program may take.

    Args:
        seconds: time until it is stopped; only `run` watches it.
        output: bytes that it may write to each of its two outputs.
        memory_mb: memory, in MiB; only a sanitized program is watched.
        cpu: seconds of computing, after which the system ends it, also when nobody waits for it any more.
    """

    seconds: float = 10.0
    output: int = 200_000
    memory_mb: int = 512
    cpu: float = 120.0


@dataclass(frozen=True)
class Ran:
    """How a program ran.

    Args:
        stdout: what it wrote, at most as much as its limit.
        stderr: likewise; a sanitizer's report is in it.
        returncode: its status, or minus the number of the signal that ended it; None if it had to be killed.
        seconds: how long it ran.
        finding: what stopped it, None if it ended well.
    """

    stdout: str
    stderr: str
    returncode: int | None
    seconds: float
    finding: Finding | None


@dataclass
class _Stream:
    """Reads one output, up to its limit; what follows is read and thrown away, so that the program can end."""

    source: IO[bytes]
    limit: int
    content: bytearray = field(default_factory=bytearray)
    full: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._read, name="labkit-cpp-output", daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(self.source.fileno(), 65536):
                self.content += chunk[: self.limit - len(self.content)]
                if len(self.content) >= self.limit:
                    self.full.set()

    def text(self) -> str:
        said = bytes(self.content).decode(errors="replace")
        return said + _CUT if self.full.is_set() else said


class Running:
    """A program that runs.

    Attributes:
        process: it; its standard input is a pipe of bytes.
    """

    def __init__(self, program: Program, process: subprocess.Popen[bytes], limits: Limits) -> None:
        self.program = program
        self.process = process
        self.limits = limits
        self.stuck = False
        self.flooded = False
        self._stopped = False
        self._started = time.monotonic()
        assert process.stdout is not None
        assert process.stderr is not None
        self._out = _Stream(process.stdout, limits.output)
        # A report of the sanitizer must have room after whatever the program itself wrote.
        self._err = _Stream(process.stderr, limits.output)

    def stdout(self) -> str:
        """What it has written so far."""
        return self._out.text()

    def stderr(self) -> str:
        """What it has written to its standard error so far, a sanitizer's report included."""
        return self._err.text()

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.monotonic() - self._started

    def wait(self, seconds: float) -> bool:
        """Wait for its end; it is stopped when it has written more than it may.

        Args:
            seconds: how long to wait at most.

        Returns:
            Whether it has ended.
        """
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(max(0.0, min(left, 0.2)))
                return True
            if self._out.full.is_set() or self._err.full.is_set():
                self.flooded = True
                return self.interrupt()
            if left <= 0:
                return False

    def interrupt(self) -> bool:
        """Ask a program whose time is over where it is, and end it. `finding` says the line.

        Returns:
            True: it has ended.
        """
        self.stuck = True
        if self.process.poll() is None:
            # The sanitizer answers this signal with the stack. A program that is built without one just ends.
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGABRT if os.name != "nt" else signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_GRACE)
        self.stop()
        return True

    def stop(self) -> None:
        """End it at once, with all that it has started. A second call does nothing."""
        if self._stopped:  # its number may be another process's by now
            return
        self._stopped = True
        _kill(self.process)
        with contextlib.suppress(OSError, ValueError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        self.process.wait()
        for stream in (self._out, self._err):
            stream.thread.join(2.0)  # a grandchild that left the group may hold the pipe open
            if not stream.thread.is_alive():
                stream.source.close()

    def finding(self) -> Finding | None:
        """Return what stopped it; None if it ended well, or still runs."""
        if self.process.poll() is None:
            return None
        self._err.thread.join(2.0)
        said = self.stderr()
        if self.flooded:
            found = sanitizer.read(said, None, timed_out=True, files=self.program.files)
            text = f"It wrote more than {self.limits.output:,} bytes and was stopped."
            advice = "look for a loop that prints and never ends."
            return replace(found or Finding("output", ""), kind="output", text=text, advice=advice)
        return sanitizer.read(said, self.process.returncode, timed_out=self.stuck, files=self.program.files,
                              seconds=self.limits.seconds)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(
    program: Program, *arguments: str, limits: Limits | None = None, environment: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (), leaks: bool = False, place: Path | None = None,
) -> Running:
    """Start a program. Whoever starts it stops it; it ends by itself when the process that started it is gone.

    Args:
        program: the program.
        arguments: words of its command line.
        limits: what it may take.
        environment: more variables.
        pass_fds: file descriptors that it inherits.
        leaks: report memory that is never given back.
        place: its working directory; the present one if it is not given.
    """
    allowed = limits or Limits()
    variables = {**os.environ, **program.environment}
    if program.sanitized:
        leaks = leaks and os.environ.get("LABKIT_CPP_LEAKS", "1") != "0"
        variables.update(sanitizer.environment(leaks=leaks, memory_mb=allowed.memory_mb))
    # Its owner, with which it ends (support/kit-owner.cpp).
    variables.update({"LC_ALL": "C.UTF-8", "LABKIT_OWNER": str(os.getpid()), **(environment or {})})
    words = [str(program.path), *arguments]
    if os.name != "nt":
        bounds = f"{ROOM_FOR_SHADOWS}; ulimit -c 0; ulimit -t {math.ceil(allowed.cpu)}; ulimit -f 131072; exec \"$@\""
        words = ["/bin/sh", "-c", bounds, program.name, *words]
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables, cwd=place,
        pass_fds=pass_fds, start_new_session=os.name != "nt", bufsize=0,
    )
    return Running(program, process, allowed)


def run(
    program: Program, *arguments: str, stdin: str = "", limits: Limits | None = None,
    environment: Mapping[str, str] | None = None, leaks: bool = False, place: Path | None = None,
) -> Ran:
    """Run a program to its end.

    Args:
        program: the program.
        arguments: words of its command line.
        stdin: what it is given to read.
        limits: what it may take.
        environment: more variables.
        leaks: report memory that is never given back.
        place: its working directory; the present one if it is not given.
    """
    allowed = limits or Limits()
    with start(program, *arguments, limits=allowed, environment=environment, leaks=leaks, place=place) as running:
        feeder = threading.Thread(target=_feed, args=(running.process, stdin.encode()), daemon=True)
        feeder.start()
        if not running.wait(allowed.seconds):
            running.interrupt()
        seconds = running.seconds
        running.stop()
        feeder.join(1.0)
        killed = running.stuck
        return Ran(running.stdout(), running.stderr(), None if killed else running.process.returncode, seconds,
                   running.finding())


def _feed(process: subprocess.Popen[bytes], content: bytes) -> None:
    """Write the program's input and close it; one that does not read must not hold us up."""
    if process.stdin is None:
        return
    with contextlib.suppress(OSError, ValueError):
        process.stdin.write(content)
        process.stdin.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if os.name == "nt":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
