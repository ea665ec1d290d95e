"""A driver: a program made of one file of the student's and a little of ours, which calls the student's functions.

A check never believes what such a program says about its own correctness. It hands in plain data and gets plain data
back; what is right, it knows itself. The program reads a request a line and writes an answer a line, on pipes of their
own, so the student's code may print what it likes (labkit/cpp/drivers/wire.hpp has the other end). When it crashes,
loops or leaves, the call raises an error that says why, and the next call starts the program anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import struct
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from labkit.cpp import build, run
from labkit.cpp.driver_faults import EndlessLoop, NoAnswer, fault
from labkit.errors import KitError

DRIVERS = Path(__file__).parent / "drivers"
"""Where the drivers' sources are."""
LARGEST = 4 * 1024 * 1024
"""Bytes of one answer."""
_ENDING = 5.0
"""Seconds that a program gets to end after it has closed its answers: a sanitizer may be writing its report."""
_SHORT = 2.0
"""Seconds that a call gets when one before it did not end."""
_KIT_ERROR, _KIT_SAYS = 97, "driver: "  # as in wire.cpp


class Driver:
    """Calls C++ functions of the student's.

    Args:
        name: the driver: `labkit/cpp/drivers/drive_NAME.cpp`.
        files: the student's files, name → text.
        limit: time limit of one call, in seconds; it becomes shorter once a call did not end.

    Raises:
        CompileError: the files do not compile with the driver.
        KitError: there is no compiler.
    """

    def __init__(self, name: str, files: Mapping[str, str], *, limit: float = 5.0) -> None:
        self.limit = limit
        self._program = build.program(f"drive_{name}", DRIVERS / f"drive_{name}.cpp", files, include=(DRIVERS,))
        self._running: _Conversation | None = None

    def call(self, name: str, *args: Any) -> Any:
        """Call a function.

        Args:
            name: a function that the driver knows.
            args: `str` or `bytes` for text, `int`, `float` (rounded to a C++ `float`), `bool`, and lists of these.

        Returns:
            What it answered: JSON types; text is `str`, or `bytes` if it is no UTF-8.

        Raises:
            Fault: the program ended, crashed or did not answer in time.
            KitError: the driver does not understand the kit.
        """
        running = self._running = self._running or _Conversation(self._program, self.limit)
        try:
            return running.ask(_words(name, args))
        except BaseException as error:  # an interrupt, too: the answer would be taken for that of the next call
            if isinstance(error, EndlessLoop):
                # The next call will hardly end either, and somebody waits for the result.
                self.limit = min(self.limit, _SHORT)
            self.close()
            raise
        finally:
            print(running.printed(), end="")

    def close(self) -> None:
        """End the program; the next call starts it anew."""
        running, self._running = self._running, None
        if running is not None:
            running.end()


class _Conversation:
    """The program while it runs."""

    def __init__(self, program: build.Program, limit: float) -> None:
        self._limit = limit
        asked, self._ask = os.pipe()
        self._answers, answered = os.pipe()
        try:
            self._running = run.start(program, str(asked), str(answered), limits=run.Limits(seconds=limit),
                                      pass_fds=(asked, answered), place=Path(tempfile.gettempdir()))
        except OSError as error:
            os.close(self._ask)
            os.close(self._answers)
            raise KitError(f"A program made of your code could not be started: {error}.") from error
        finally:
            os.close(asked)
            os.close(answered)
        os.set_blocking(self._ask, False)
        self._waiting = b""
        self._shown = 0

    def printed(self) -> str:
        """Return what the program wrote to its standard output since the last time."""
        text = self._running.stdout()
        self._shown, new = len(text), text[self._shown :]
        return new

    def ask(self, line: str) -> Any:
        """Send a request and return the answer; see `Driver.call`."""
        until = time.monotonic() + self._limit
        try:
            self._send(line.encode(), until)
            answer = self._receive(until)
        except TimeoutError:
            self._running.interrupt()
            raise fault(self._running.finding()) from None
        except (EOFError, BrokenPipeError):
            raise self._ended() from None
        try:
            return _plain(json.loads(answer))
        except (ValueError, RecursionError):
            raise NoAnswer from None

    def _send(self, data: bytes, until: float) -> None:
        while data:
            _wait(self._ask, until, select.POLLOUT)
            data = data[os.write(self._ask, data) :]

    def _receive(self, until: float) -> bytes:
        while b"\n" not in self._waiting:
            _wait(self._answers, until, select.POLLIN)
            piece = os.read(self._answers, 65_536)
            if not piece:
                raise EOFError
            self._waiting += piece
            if len(self._waiting) > LARGEST:
                raise NoAnswer
        answer, _, self._waiting = self._waiting.partition(b"\n")
        return answer

    def _ended(self) -> Exception:
        """Say why the program ended by itself."""
        if not self._running.wait(_ENDING):
            self._running.interrupt()
        found, said = self._running.finding(), self._running.stderr()
        if self._running.process.returncode == _KIT_ERROR and said.startswith(_KIT_SAYS):
            return KitError(f"A driver of the kit failed: {said[-500:]}")
        return fault(found)

    def end(self) -> None:
        """End the program and everything that it has started. An honest one would end by itself: its requests end."""
        for pipe in (self._ask, self._answers):
            with contextlib.suppress(OSError):
                os.close(pipe)
        self._running.stop()


def _wait(pipe: int, until: float, event: int) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
        raise TimeoutError


def _words(name: str, args: tuple[Any, ...]) -> str:
    return " ".join([name, *(word for value in args for word in _word(value))]) + "\n"


def _word(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"b{value:d}"
    elif isinstance(value, int):
        yield f"i{value}"
    elif isinstance(value, float):
        yield f"f{struct.pack('>f', value).hex()}"
    elif isinstance(value, (str, bytes)):
        yield f"t{(value.encode() if isinstance(value, str) else value).hex()}"
    else:
        yield f"l{len(value)}"
        for item in value:
            yield from _word(item)


def _plain(value: Any) -> Any:
    """Return an answer with its texts in place of their hexadecimal digits."""
    if isinstance(value, str):
        raw = bytes.fromhex(value)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value
