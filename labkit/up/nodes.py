"""`python -m labkit.up.nodes`: the nodes as virtual boards, with the firmware of lab 03, for `labkit up esp32 --mine`.

The firmware is the student's when all its files are written (HOUSE and HOUSE_PARTS, as for the other parts), else the
reference. The process is for the supervisor what `python -m labkit.devices esp32` is: the same variables, the same line
when it is ready, the same `/health`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from labkit import house
from labkit.cpp import board, compiler
from labkit.cpp.board_process import BoardProcess
from labkit.devices.health import HealthServer
from labkit.errors import KitError, LabkitError

MOST = 1_000
"""Boards that one program runs."""
_FAREWELL = 8.0
"""Seconds until a program that was told to end is killed."""


def why_not(devices: int, speed: float) -> str:
    """Say why the boards cannot run here, in one sentence; empty if they can.

    Args:
        devices: how many are wanted.
        speed: simulated seconds in a real one.
    """
    instead = "simulated nodes run in place of the firmware: "
    if speed != 1:
        return f"{instead}its time is real time, and --speed is {speed:g}"
    if devices > MOST:
        return f"{instead}it runs at most {MOST:,} boards"
    try:
        compiler.require("mosquitto")
        house.firmware()
    except KitError as error:
        return f"{instead}{error.message} {error.fix}".strip()
    return ""


class Boards:
    """All boards, in one process of their own, and what is known of them.

    Args:
        files: the firmware's files, name → text.
        count: how many.
        words: of the program's command line, beside `--count`.

    Raises:
        StudentError: the firmware does not compile.
        KitError: it cannot be compiled here.
    """

    def __init__(self, files: Mapping[str, str], count: int, words: Sequence[str]) -> None:
        self.devices = range(count)
        self.behind = 0.0
        self._state: dict[str, dict[str, Any]] = {}
        # In the group of this process: what ends it ends the boards, at once.
        self._process = BoardProcess(board.program(files), ["--count", count, *words], on_state=self._keep,
                                     on_complaint=_pass_on, own_session=False)

    def _keep(self, told: dict[str, Any]) -> None:
        self._state[told["trace"]] = told

    @property
    def unconnected(self) -> int:
        """Boards without a session."""
        return len(self.devices) - sum(bool(told["online"]) for told in tuple(self._state.values()))

    @property
    def published(self) -> int:
        """Readings that the broker has acknowledged."""
        return sum(int(told["acknowledged"]) for told in tuple(self._state.values()))

    @property
    def lost(self) -> int:
        """Readings that a full buffer has given up."""
        return sum(int(told["lost"]) for told in tuple(self._state.values()))

    def wait(self, seconds: float) -> int | None:
        """Wait for its end, for so long at most; returns its exit status, None while it runs."""
        return self._process.wait(seconds)

    def finding(self) -> str:
        """What stopped it, in plain words."""
        found = self._process.finding()
        return str(found) if found else f"it ended with exit status {self._process.returncode}"

    def stop(self) -> None:
        """Tell it to end, and see that it does."""
        self._process.stop(_FAREWELL)


def _pass_on(line: bytes) -> None:
    """To the log of this process."""
    sys.stderr.write(line.decode("utf-8", "replace"))
    sys.stderr.flush()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m labkit.up.nodes", description="Run nodes as virtual boards.")
    parser.add_argument("--count", type=int, default=3, help="boards")
    parser.add_argument("--interval", type=float, default=5.0, help="seconds between two readings of a board")
    parser.add_argument("--seed", type=int, default=1, help="makes their signals")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run boards until they are told to end.

    Args:
        arguments: the words of the command; those of the process if not given.

    Returns:
        The exit status: 0, or 1 if the firmware does not compile or stopped by itself.
    """
    options = _options(arguments)
    asked = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: asked.set())
    mine = "node" in os.environ.get("HOUSE_PARTS", "").split(",")
    if mine and os.environ.get("HOUSE"):
        os.environ["LABKIT_HOUSE"] = os.environ["HOUSE"]
    try:
        files, owner = house.sources("node", mine=mine)
        boards = Boards(files, options.count, ["--interval", str(max(1, round(options.interval))),
                                               "--seed", str(options.seed)])
    except LabkitError as error:
        print(f"esp32: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    health = None
    try:
        health = HealthServer("esp32", boards, os.environ, {"mine": owner == "mine"})
        print(json.dumps({"ready": True, "devices": options.count, "port": health.port}), flush=True)
        while not asked.is_set() and boards.wait(0.5) is None:
            pass
        if not asked.is_set():
            print(f"esp32: the firmware stopped: {' '.join(boards.finding().split())}", file=sys.stderr)
            return 1
    except LabkitError as error:
        print(f"esp32: {error}", file=sys.stderr)
        return 1
    finally:
        if health is not None:
            health.stop()
        boards.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
