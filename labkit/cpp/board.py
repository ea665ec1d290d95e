"""A virtual board: the firmware with the student's files, compiled, as a process that speaks MQTT to a broker.

Its process is `labkit.cpp.board_process`; here is what a notebook and a check ask of one board.
"""

from __future__ import annotations

import atexit
import os
import signal
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from labkit.cpp import build, workshop
from labkit.cpp.board_process import BoardProcess
from labkit.cpp.sanitizer import Finding
from labkit.errors import KitError, StudentError
from labkit.house_sources import SOURCES
from labkit.house_sources import firmware as house_firmware
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
    host = house_firmware() / "src" / "host"
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
        environment |= {"MQTT_USERNAME": broker.username, "MQTT_PASSWORD": broker.password}
        self._events: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._asked_to_end = False
        self._process = BoardProcess(self.program, words, on_state=self._take, environment=environment)
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
        return self._process.returncode is None

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
        self._process.say("wifi on" if on else "wifi off")

    def said(self) -> str:
        """What the student's files have printed, the newest at the end."""
        return self._process.said()

    def complaints(self) -> str:
        """What it wrote to its standard error, a sanitizer's report included."""
        return self._process.complaints()

    @property
    def finding(self) -> Finding | None:
        """What stopped it, in plain words; None while it runs, and if it was told to end."""
        code = self._process.returncode
        if self._asked_to_end and code in (0, -signal.SIGKILL, -signal.SIGTERM):
            return None
        return self._process.finding()

    def stop(self) -> dict[str, Any]:
        """Tell it to end: it sends what it has, says goodbye, and is killed if that takes too long.

        A second call does nothing.

        Returns:
            What it counted: `measured`, `acknowledged`, `buffered`, `lost`, `repeated`, `sensor_failures`; empty if it
            did not come to that.
        """
        self._asked_to_end = True
        self._process.stop(_FAREWELL)
        atexit.unregister(self.kill)
        return {name: value for name, value in self._process.last_words.items() if name not in ("stopped", "devices")}

    def kill(self) -> None:
        """End it without a word, as a power cut does. The broker then publishes its last will. Safe to call twice."""
        self._asked_to_end = True
        self._end()

    def _end(self) -> None:
        atexit.unregister(self.kill)
        self._process.kill()

    def _take(self, told: dict[str, Any]) -> None:
        if told.pop("trace") == self.name:
            self._events.append(told)

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
