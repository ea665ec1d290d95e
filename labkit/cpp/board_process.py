"""The program of the virtual boards as a process: what its boards tell, what it says beside that, and how it ends.

The program is `firmware/src/host`; what it tells with `--trace` stands in firmware/README.md, "What it tells".
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from labkit.cpp import sanitizer
from labkit.cpp.build import Program
from labkit.cpp.run import ROOM_FOR_SHADOWS
from labkit.cpp.sanitizer import Finding

_KEPT = 64 * 1024
"""Bytes that are kept of each thing that it says beside its trace."""
_JOIN = 5.0
"""Seconds for the last words of a program that has ended; a grandchild may hold the pipe open."""
_NUMBERS = ("t", "failures", "measured", "acknowledged", "buffered", "capacity", "lost", "repeated", "uptime")


class BoardProcess:
    """One or many boards, which run until they are stopped or this process ends.

    Args:
        program: the firmware, as `labkit.cpp.board.program` builds it.
        words: of its command line; `--trace` and `--tied` are added.
        on_state: is called with each line of the trace, from a thread: `trace` is the board's name, the rest its state.
        on_complaint: is called with each line of its standard error, from a thread.
        environment: variables that it gets, those of the program added; those of this process if not given.
        own_session: whether Ctrl-C in the terminal, and the end of this process's group, leave it alone.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self, program: Program, words: Sequence[object], *, on_state: Callable[[dict[str, Any]], None],
        on_complaint: Callable[[bytes], None] | None = None, environment: Mapping[str, str] | None = None,
        own_session: bool = True,
    ) -> None:
        self.program = program
        self.last_words: dict[str, Any] = {}
        """The line that it ends with: what it counted; empty before."""
        self._on_state, self._on_complaint = on_state, on_complaint
        self._said, self._complaints = bytearray(), bytearray()
        command = [str(program.path), *map(str, words), "--trace", "--tied"]
        if os.name != "nt":
            command = ["/bin/sh", "-c", f'{ROOM_FOR_SHADOWS}; exec "$@"', program.name, *command]
        self._process = subprocess.Popen(
            command, env={**(os.environ if environment is None else environment), **program.environment}, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=own_session and os.name != "nt",
        )
        self._readers = [self._follow(self._process.stdout, self._hear),
                         self._follow(self._process.stderr, self._note_complaint)]

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit status, or minus the number of the signal that ended it; None while it runs."""
        return self._process.poll()

    def said(self) -> str:
        """What the student's files have printed, the newest at the end."""
        return self._said.decode("utf-8", "replace")

    def complaints(self) -> str:
        """What it wrote to its standard error, a sanitizer's report included."""
        return self._complaints.decode("utf-8", "replace")

    def finding(self) -> Finding | None:
        """What a program that has ended died of, in plain words; None if it ended well, or runs."""
        code = self.returncode
        if code is None:
            return None
        self._join()
        return sanitizer.read(self.complaints(), code, files=self.program.files)

    def say(self, line: str) -> None:
        """Hand it a line, such as `wifi off`. One that has ended does not mind."""
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            with contextlib.suppress(OSError):  # it has just ended
                pipe.write(f"{line}\n".encode())

    def wait(self, seconds: float) -> int | None:
        """Wait for its end, for so long at most; returns its exit status, None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def stop(self, seconds: float) -> None:
        """Tell it to end, and kill it if it has not ended after so long. Safe to call twice."""
        if self.returncode is None:
            with contextlib.suppress(OSError):
                self._process.terminate()
            self.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End it at once. Safe to call twice."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _join(self) -> None:
        for reader in self._readers:
            reader.join(_JOIN)

    def _follow(self, stream: IO[bytes] | None, take: Callable[[bytes], None]) -> threading.Thread:
        name = f"labkit-{self.program.name}-{self._process.pid}"
        thread = threading.Thread(target=_read_lines, args=(stream, take), name=name, daemon=True)
        thread.start()
        return thread

    def _hear(self, line: bytes) -> None:
        with contextlib.suppress(ValueError, RecursionError):
            told = json.loads(line)
            if isinstance(told, dict) and _is_state(told):
                self._on_state(told)
                return
            if isinstance(told, dict) and "stopped" in told:
                self.last_words = told
                return
            if isinstance(told, dict) and ("ready" in told or "led" in told):
                return
        _keep(self._said, line)

    def _note_complaint(self, line: bytes) -> None:
        _keep(self._complaints, line)
        if self._on_complaint is not None:
            self._on_complaint(line)


def _is_state(told: Mapping[str, Any]) -> bool:
    """Whether a line is of the trace: a student's firmware prints what it likes."""
    numbers = [told[key] for key in _NUMBERS if type(told.get(key)) in (int, float)]
    whole = len(numbers) == len(_NUMBERS) and all(map(math.isfinite, numbers))
    return whole and isinstance(told.get("connection"), str) and isinstance(told.get("trace"), str)


def _read_lines(stream: IO[bytes] | None, take: Callable[[bytes], None]) -> None:
    """Read to the end, whatever comes: a firmware that nobody listens to would stand still."""
    rest = bytearray()
    with contextlib.suppress(OSError, ValueError):
        while stream is not None and (piece := os.read(stream.fileno(), 65_536)):
            *lines, last = (bytes(rest) + piece).split(b"\n")
            for line in lines:
                take(line + b"\n")
            rest = bytearray(last[-_KEPT:])
    if rest:
        take(bytes(rest))


def _keep(kept: bytearray, line: bytes) -> None:
    kept += line
    del kept[:-_KEPT]
