"""The coordinator's end of a room: a process that judges one submission after the other."""

from __future__ import annotations

import collections
import contextlib
import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any

from grader.capsule.choose import Kind
from grader.capsule.makers import Maker, maker
from grader.layout import CourseFiles
from grader.submission import Graded, Submission
from labkit.errors import LabkitError

MARGIN = 120.0
"""A room that says nothing for so long after a submission's own limit has ended is stuck, in seconds."""
CLOSING = 5.0
"""How long a room may take to end when the line to it is closed, in seconds."""
_LOG_LINES = 40
_LINE = 256 << 20
"""A line of more characters is not of a room that works: its notebook's outputs are cut to far less."""


class Room:
    """A place in which submissions of one course are judged, one after the other.

    It starts when it is first needed, is warm for the next submission, and is made anew after it has died. One thread
    at a time may use it.

    Args:
        kind: what makes the room and its capsules.
        course: the course: its public and hidden cases are read in the room, nothing else of it is there.
    """

    def __init__(self, kind: Kind, course: CourseFiles) -> None:
        self._course = course
        self._maker: Maker = maker(kind, course)
        self._process: subprocess.Popen[bytes] | None = None
        self._said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._log: collections.deque[str] = collections.deque(maxlen=_LOG_LINES)
        self._readers: list[threading.Thread] = []
        self._ending = threading.Lock()

    def __enter__(self) -> Room:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self.close()

    def grade(self, submission: Submission, progress: Callable[[str], None] = lambda _text: None) -> Graded:
        """Judge a submission.

        Nothing that a submission does raises here. What the grader itself could not do is told in `Graded.fault`.

        Args:
            submission: the submission.
            progress: is given a line whenever the room has one.
        """
        started = time.monotonic()
        try:
            self._maker.prepare(submission.lab)
            process = self._warm()
            self._tell(process, {"submission": submission.data(), "course": self._maker.course_root})
            return self._listen(process, submission, progress)
        except (LabkitError, OSError, ValueError, TypeError, KeyError) as error:
            self._kill()
            seconds = round(time.monotonic() - started, 3)
            return Graded(submission.student, submission.lab, submission.notebook, fault=_told(error), seconds=seconds)
        except BaseException:
            self._kill()  # Ctrl-C: what is in it is half done
            raise

    def close(self) -> None:
        """End the room and everything in it, and wait until it is gone. It starts again when it is used again.

        Another thread may do so while `grade` waits: that then returns with a fault.
        """
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError, ValueError):
            _pipe(process.stdin).close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(CLOSING)
        self._kill()

    def _warm(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._kill()
        self._said = queue.SimpleQueue()
        self._log.clear()
        self._process = process = self._maker.start()
        self._readers = [
            threading.Thread(target=_read, args=(_pipe(process.stdout), self._said), name="grader-room", daemon=True),
            threading.Thread(target=_keep, args=(_pipe(process.stderr), self._log), name="grader-log", daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        return process

    def _tell(self, process: subprocess.Popen[bytes], message: dict[str, Any]) -> None:
        pipe = _pipe(process.stdin)
        try:
            pipe.write(json.dumps(message).encode() + b"\n")
            pipe.flush()
        except (OSError, ValueError):  # it has ended, or another thread has closed the room
            raise self._dead(process) from None

    def _listen(
        self, process: subprocess.Popen[bytes], submission: Submission, progress: Callable[[str], None]
    ) -> Graded:
        patience = submission.limits.submission + MARGIN
        while True:
            try:
                message = self._said.get(timeout=patience)
            except queue.Empty:
                raise RoomFaultError(f"The room said nothing for {patience:g} s and was ended.", self._tail()) from None
            if message is None:
                raise self._dead(process)
            if "need" in message:
                self._tell(process, self._maker.answer(message))
            elif "graded" in message:
                return Graded.read(message["graded"])
            elif "progress" in message:
                progress(str(message["progress"]))

    def _dead(self, process: subprocess.Popen[bytes]) -> RoomFaultError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        for reader in self._readers:
            reader.join(1.0)
        ended = "closed its line" if process.returncode is None else f"ended with status {process.returncode}"
        return RoomFaultError(f"The room {ended} before it had judged.", self._tail())

    def _tail(self) -> list[str]:
        return list(self._log)[-12:]

    def _kill(self) -> None:
        with self._ending:
            process, self._process = self._process, None
            if process is None:
                return
            self._maker.end(process)
        for reader in self._readers:
            reader.join(CLOSING)
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError, ValueError):
                _pipe(pipe).close()


class RoomFaultError(LabkitError):
    """The room died or is stuck.

    Args:
        message: what happened.
        log: last lines of what it printed.
    """

    def __init__(self, message: str, log: list[str]) -> None:
        told = [message, "Last lines of its log:", *(f"  | {line}" for line in log)] if log else [message]
        super().__init__("\n".join(told))


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, LabkitError) else f"{type(error).__name__}: {error}"


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("a room is started with pipes")
    return pipe


def _read(pipe: IO[bytes], said: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while (line := pipe.readline(_LINE)).endswith(b"\n"):
            said.put(json.loads(line))
    said.put(None)


def _keep(pipe: IO[bytes], log: collections.deque[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while line := pipe.readline(4096):
            log.append(line.decode(errors="replace").rstrip())
