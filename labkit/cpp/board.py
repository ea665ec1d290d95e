"""A virtual board: the firmware with the student's files, compiled, as a process that speaks MQTT to a broker.

The program is `firmware/src/host`; what it tells with `--trace` (firmware/README.md, "What it tells") is kept here.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import math
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Protocol

from labkit.cpp import build, sanitizer, workshop
from labkit.cpp.run import ROOM_FOR_SHADOWS
from labkit.cpp.sanitizer import Finding
from labkit.errors import KitError, StudentError
from labkit.house_sources import SOURCES
from labkit.waiting import wait_until

FILES = SOURCES["node"]
"""The files that a student writes."""
STAND_IN = Path(__file__).parent / "stand_in"
"""Plain versions of these files, which stand in for those that an exercise is not about."""

_LIMITS = "limits.hpp"
_START = 30.0
"""Seconds until its first word: a loaded machine needs some."""
_FAREWELL = 6.0
"""Seconds that it may take to say goodbye: three by itself."""
_KEPT = 20_000
"""Lines of its trace that are kept: a day at rest, a quarter of an hour at its busiest."""
_SAID = 64 * 1024
"""Bytes that are kept of what it says beside that."""


class Broker(Protocol):
    """What a board needs to know of a broker; an `Endpoint` of `labkit.services` has it."""

    @property
    def host(self) -> str:
        """Host name or address."""

    @property
    def port(self) -> int:
        """TCP port."""

    @property
    def username(self) -> str:
        """Empty when the broker asks for none."""

    @property
    def password(self) -> str:
        """Empty when the broker asks for none."""


def program(
    files: Mapping[str, str] | None = None, *, only: Collection[str] | None = None, capacity: int | None = None,
    sanitize: bool = True,
) -> build.Program:
    """Build the program of a virtual board.

    Args:
        files: the student's files, name → text; those of this notebook's `%%cpp` cells if not given.
        only: names of the files that are to be the student's; all if not given. Plain stand-ins are taken for the rest.
        capacity: readings that the board keeps; as on the real board if not given.
        sanitize: whether it watches over its own memory.

    Raises:
        StudentError: a file is not there, is not written yet, or does not compile.
        KitError: there is no compiler, or no libmosquitto.
    """
    own = workshop.files() if files is None else files
    wanted = FILES if only is None else tuple(only)
    if unknown := [file for file in wanted if file not in FILES]:
        raise StudentError(f"The firmware has no file {unknown[0]!r} of yours.", f"use some of {', '.join(FILES)}.")
    if missing := [file for file in wanted if file not in own]:
        cell = "the cell that begins" if len(missing) == 1 else "their cells, the first of which begins"
        raise StudentError(f"There is no {', '.join(missing)} in this notebook yet.",
                           f"run {cell} with `%%cpp {missing[0]}`.")
    texts = {file: own[file] if file in wanted else (STAND_IN / file).read_text("utf-8") for file in FILES}
    if capacity is not None:
        if capacity < 1:
            raise StudentError(f"capacity is {capacity}.", "give the number of readings to keep, 1 or more.")
        texts[_LIMITS] = f"#pragma once\n#define NODE_BUFFERED_READINGS {capacity}\n"
    host = build.firmware() / "src" / "host"
    return build.program("board", sorted(host.glob("*.cpp")), texts, sanitize=sanitize, libraries=("mosquitto",),
                         include=(host,))


class Board:
    """A virtual board that runs until it is stopped, or this process ends.

    Args:
        broker: where it connects to.
        node_id: `"01"` or `"node_01"`: the level of its topics, as given. In messages it always has the prefix `node_`.
        files: as for `program`.
        only: as for `program`.
        interval: seconds between two readings, 1 or more.
        capacity: as for `program`.
        hold: seconds after which a connection counts as one that holds; 10 on the real board.
        backoff: seconds that it waits at most after the first failed attempt, and after any.
        seed: makes its signals and its chances.
        firmware: version that it starts with.
        sanitize: as for `program`.

    Raises:
        StudentError: as for `program`; or the firmware ended as soon as it began.
        KitError: as for `program`.
    """

    def __init__(
        self, broker: Broker, node_id: str = "node_01", *, files: Mapping[str, str] | None = None,
        only: Collection[str] | None = None, interval: int = 1, capacity: int | None = None, hold: float = 10.0,
        backoff: tuple[float, float] = (1.0, 60.0), seed: int = 1, firmware: str = "1.0.0", sanitize: bool = True,
    ) -> None:
        self.name = node_id if node_id.startswith("node_") else f"node_{node_id}"
        self.program = program(files, only=only, capacity=capacity, sanitize=sanitize)
        words = ["--host", broker.host, "--port", broker.port, "--id", node_id, "--interval", interval, "--hold", hold,
                 "--backoff-base", backoff[0], "--backoff-cap", backoff[1], "--seed", seed, "--firmware", firmware]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MQTT_")}
        environment |= {**self.program.environment, "MQTT_USERNAME": broker.username, "MQTT_PASSWORD": broker.password}
        command = [str(self.program.path), *map(str, words), "--trace", "--tied"]
        if os.name != "nt":
            command = ["/bin/sh", "-c", f'{ROOM_FOR_SHADOWS}; exec "$@"', self.program.name, *command]
        self._process = subprocess.Popen(
            command, env=environment, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            # Ctrl-C in the terminal, or an interrupted cell, must not reach it.
            start_new_session=os.name != "nt",
        )
        self._events: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._told: dict[str, Any] = {}
        """The last line of the board that is not of its trace: what it counted, at its end."""
        self._said, self._errors = bytearray(), bytearray()
        self._asked_to_end = False
        self._readers = [self._follow(self._process.stdout, self._take),
                         self._follow(self._process.stderr, lambda line: _keep(self._errors, line))]
        atexit.register(self.kill)
        try:
            wait_until(lambda: self._events or not self.alive, _START, what="the board's first word")
        except BaseException:
            self.kill()
            raise
        if not self._events:
            self._end()
            raise self._ended_at_once()

    def __repr__(self) -> str:
        state = "runs" if self.alive else "has stopped"
        return f"<{self.name}: {state}, {self.state['measured']} readings, {self.state['acknowledged']} acknowledged>"

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def state(self) -> dict[str, Any]:
        """How it is now: the last line of its trace, with `t`, `connection`, `failures`, `due_ms`, `wifi`, `online`,
        `led_on`, `brightness`, `measured`, `acknowledged`, `buffered`, `capacity`, `lost`, `repeated`, `interval`,
        `uptime`.
        """
        return dict(self._events[-1])

    def events(self) -> list[dict[str, Any]]:
        """How it was, at each change: such states, the oldest first."""
        return [dict(event) for event in tuple(self._events)]

    def wifi(self, on: bool) -> None:
        """Switch its Wi-Fi on or off. One that has ended does not mind."""
        self._say("wifi on" if on else "wifi off")

    def said(self) -> str:
        """What the student's files have printed, the newest at the end."""
        return self._said.decode("utf-8", "replace")

    def complaints(self) -> str:
        """What it wrote to its standard error, a sanitizer's report included."""
        return self._errors.decode("utf-8", "replace")

    @property
    def finding(self) -> Finding | None:
        """What stopped it, in plain words; None while it runs, and if it was told to end."""
        code = self._process.poll()
        if code is None or (self._asked_to_end and code in (0, -signal.SIGKILL, -signal.SIGTERM)):
            return None
        self._join()
        return sanitizer.read(self.complaints(), code, files=self.program.files)

    def stop(self) -> dict[str, Any]:
        """Tell it to end: it sends what it has, says goodbye, and is killed if that takes too long.

        A second call does nothing.

        Returns:
            What it counted: `measured`, `acknowledged`, `buffered`, `lost`, `repeated`, `sensor_failures`; empty if it
            did not come to that.
        """
        self._asked_to_end = True
        if self.alive:
            with contextlib.suppress(OSError):
                self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_FAREWELL)
        self._end()
        return {name: value for name, value in self._told.items() if name not in ("stopped", "devices")}

    def kill(self) -> None:
        """End it without a word, as a power cut does. The broker then publishes its last will. Safe to call twice."""
        self._asked_to_end = True
        self._end()

    def _end(self) -> None:
        atexit.unregister(self.kill)
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
            reader.join(5.0)

    def _say(self, line: str) -> None:
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            with contextlib.suppress(OSError):  # it has just ended
                pipe.write(f"{line}\n".encode())

    def _follow(self, stream: IO[bytes] | None, take: Any) -> threading.Thread:
        thread = threading.Thread(target=_read_lines, args=(stream, take), name=f"labkit-{self.name}", daemon=True)
        thread.start()
        return thread

    def _take(self, line: bytes) -> None:
        with contextlib.suppress(ValueError, RecursionError):
            told = json.loads(line)
            if isinstance(told, dict) and told.get("trace") == self.name and _is_state(told):
                self._events.append({key: value for key, value in told.items() if key != "trace"})
                return
            if isinstance(told, dict) and "stopped" in told:
                self._told = told
                return
            if isinstance(told, dict) and ("ready" in told or "led" in told):
                return
        _keep(self._said, line)

    def _ended_at_once(self) -> Exception:
        found = self.finding
        if found is not None:
            return StudentError(f"The firmware of {self.name} ended as soon as it began. {found}", found.advice)
        said = self.complaints().strip().splitlines()
        return KitError(f"The board {self.name} ended as soon as it began.", log=said[-5:])

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


_NUMBERS = ("t", "failures", "measured", "acknowledged", "buffered", "capacity", "lost", "repeated", "uptime")


def _is_state(told: Mapping[str, Any]) -> bool:
    """Whether a line is of the trace: a student's firmware prints what it likes."""
    numbers = [told[key] for key in _NUMBERS if type(told.get(key)) in (int, float)]
    whole = len(numbers) == len(_NUMBERS) and all(map(math.isfinite, numbers))
    return whole and isinstance(told.get("connection"), str)


def _read_lines(stream: IO[bytes] | None, take: Any) -> None:
    """Read to the end, whatever comes: a firmware that nobody listens to would stand still."""
    rest = bytearray()
    with contextlib.suppress(OSError, ValueError):
        while stream is not None and (piece := os.read(stream.fileno(), 65_536)):
            *lines, last = (bytes(rest) + piece).split(b"\n")
            for line in lines:
                take(line + b"\n")
            rest = bytearray(last[-_SAID:])
    if rest:
        take(bytes(rest))


def _keep(kept: bytearray, line: bytes) -> None:
    kept += line
    del kept[:-_SAID]


_started: dict[tuple[str, int, str], Board] = {}


def board(
    broker: Broker, node_id: str = "node_01", *, interval: int = 1, capacity: int | None = None,
    only: Iterable[str] | None = None, **options: Any,
) -> Board:
    """Compile the firmware with the files of this notebook's `%%cpp` cells, and start it as a virtual board.

    A board that an earlier call started with the same id at the same broker is stopped: two boards of one name would
    throw each other out.

    Args:
        broker: where it connects to.
        node_id: `"01"` or `"node_01"`.
        interval: seconds between two readings, 1 or more.
        capacity: readings that it keeps while the broker is away; 720 if not given, as on the real board.
        only: names of the files that are to be yours; all if not given. Plain stand-ins are taken for the rest.
        options: further ones of `Board`.

    Raises:
        StudentError: a file is not there, is not written yet, or does not compile; the message says which and where.
        KitError: there is no compiler, or no libmosquitto.
    """
    place = (broker.host, broker.port, node_id)
    if (earlier := _started.pop(place, None)) is not None:
        earlier.stop()
    chosen = None if only is None else tuple(only)
    _started[place] = Board(broker, node_id, interval=interval, capacity=capacity, only=chosen, **options)
    return _started[place]
