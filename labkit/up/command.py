"""The command `labkit up`: from its words to an exit status."""

from __future__ import annotations

import contextlib
import json as _json
import math
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.live import Live

from labkit.devices.clock import FASTEST
from labkit.errors import StudentError
from labkit.up import status, systems
from labkit.up.supervisor import Supervisor, Wishes, check_house
from labkit.up.variables import to_attach
from labkit.up.view import text, view

_REFRESH = 0.5
"""Seconds between two pictures."""
_SETTLE = 10.0
"""Seconds that the house may take to be healthy when everything was started, before `--json` says that it is not."""
_TWICE = 1.0
"""Seconds within which two signals are one: `timeout` and others send theirs to the process and to its group."""
_MARK = "# Written by `labkit up`, which removes it at its end."
_MOST_DEVICES = 100_000
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")


def up(
    names: Sequence[str] = (), *, json: bool = False, duration: str | None = None, mine: bool = False,
    devices: int | None = None, speed: float = 1.0, seed: int = 1, without: str = "", env_file: Path | None = None,
) -> int:
    """Start systems of the house, show them, and stop them.

    Args:
        names: of the systems; all when there are none.
        json: print one status document (`labkit.up.status`) at the end, and nothing else. Without `duration` the end
            comes when everything is healthy, or has had its time to be.
        duration: how long to run when everything is started, such as `"30s"`; until Ctrl-C when None.
        mine: run the student's own parts where they are whole.
        devices: devices of each fleet.
        speed: simulated seconds of the devices in a real one.
        seed: of all devices.
        without: servers to leave out, separated by commas.
        env_file: where to write the variables that attach the kit to these servers, while they run.

    Returns:
        The exit status: 0 when all was well at the end, or when Ctrl-C ended it; else 1.

    Raises:
        StudentError: a word of the command is wrong.
        KitError: the systems are not described.
    """
    seconds = None if duration is None else parse_duration(duration)
    wishes = _wishes(mine, devices, speed, seed, without)
    course = systems.house()
    house = Supervisor(course, course.chosen(names), wishes)
    if env_file is not None:
        _check_writable(env_file)
    # What the kit says while it starts servers must not come between the JSON.
    quiet = contextlib.redirect_stdout(sys.stderr) if json else contextlib.nullcontext()
    with _asked_to_end() as asked, quiet, _running(house), _told(house, env_file):
        console = Console()
        show = _live(house, console) if console.is_terminal and not json else contextlib.nullcontext(None)
        with show as live:
            _watch(house, asked, seconds, json, live)
        found = status.document(house)
        if live is None and not json:
            print(text(found), flush=True)
        if not json:
            print("Stopping …", flush=True)
    if json:
        print(_json.dumps(found, indent=2))
    if house.failure and not json:
        print(f"labkit: {house.failure}", file=sys.stderr)
    ended_by_hand = asked.is_set() and not json and not house.failure
    return 0 if found["status"] == "pass" or ended_by_hand else 1


def _watch(house: Supervisor, asked: threading.Event, seconds: float | None, json: bool, live: Live | None) -> None:
    """Stay until it is time to end, and keep the picture fresh."""
    ready_at = math.inf
    said = live is not None or json
    while not asked.wait(_REFRESH):
        now = time.monotonic()
        if house.ready.is_set():
            ready_at = min(ready_at, now)
        if house.failure:
            return
        if seconds is not None and now - ready_at >= seconds:
            return
        if live is not None:
            live.update(view(status.document(house)), refresh=True)
        if not said and house.ready.is_set():
            said = True
            print(text(status.document(house)), flush=True)
        if json and seconds is None and house.ready.is_set():
            well = status.document(house)["status"] == "pass"
            if well or now - ready_at > _SETTLE:
                return


@contextlib.contextmanager
def _live(house: Supervisor, console: Console) -> Iterator[Live]:
    with Live(view(status.document(house)), console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
        yield live
        live.update(view(status.document(house)), refresh=True)


@contextlib.contextmanager
def _running(house: Supervisor) -> Iterator[None]:
    """Start the house in a thread, so that Ctrl-C is heard meanwhile; stop it on the way out."""
    starter = threading.Thread(target=house.start, name="labkit-up-start", daemon=True)
    starter.start()
    try:
        yield
    finally:
        house.stopping.set()
        if starter.is_alive():
            print("A server is still starting; it is stopped when it answers. Ctrl-C leaves at once.", file=sys.stderr,
                  flush=True)
        starter.join()
        house.stop()


@contextlib.contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set. The second time the process ends at once: guardians end what it started."""
    asked = threading.Event()
    first = math.inf

    def ask(number: int, _frame: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        first = min(first, now)
        if now - first > _TWICE:
            os._exit(128 + number)
        asked.set()

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, ask) for number in names]
    try:
        yield asked
    finally:
        for number, handler in zip(names, before, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def _told(house: Supervisor, path: Path | None) -> Iterator[None]:
    """Write the variables of the servers when all are started, and remove them at the end."""
    if path is None:
        yield
        return
    ended = threading.Event()

    def write() -> None:
        while not house.ready.wait(_REFRESH):
            if ended.is_set():
                return
        lines = [_MARK, *(f"{name}={_quoted(value)}" for name, value in to_attach(house.servers.endpoints()).items())]
        path.write_text("", encoding="utf-8")
        path.chmod(0o600)  # passwords and tokens
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    writer = threading.Thread(target=write, name="labkit-up-env-file", daemon=True)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()
        path.unlink(missing_ok=True)


def _quoted(value: str) -> str:
    """A value as a shell reads it: `set -a; . FILE; set +a`."""
    return value if re.fullmatch(r"[\w./:@%+,-]*", value, re.ASCII) else "'" + value.replace("'", "'\\''") + "'"


def _check_writable(path: Path) -> None:
    """Refuse a file that is somebody else's, before anything is started."""
    try:
        if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(_MARK):
            raise StudentError(f"--env-file names {path}, which is there already.", "name a file that is not there.")
        path.touch(mode=0o600)
    except OSError as error:
        raise StudentError(f"--env-file names {path}, which cannot be written: {error.strerror}.",
                           "name a file in a folder of yours.") from None
    path.write_text(f"{_MARK}\n", encoding="utf-8")


def _wishes(mine: bool, devices: int | None, speed: float, seed: int, without: str) -> Wishes:
    if devices is not None and not 1 <= devices <= _MOST_DEVICES:
        raise StudentError(f"--devices is {devices}.", f"give a number from 1 to {_MOST_DEVICES}.")
    if not 0 < speed <= FASTEST:
        raise StudentError(f"--speed is {speed:g}.", f"give a number above 0, at most {FASTEST:g}.")
    if mine:
        check_house()
    return Wishes(frozenset(_words(without)), devices, speed, seed, mine)


def _words(text: str) -> Iterable[str]:
    return (word.strip() for word in text.split(",") if word.strip())


def parse_duration(text: str) -> float:
    """Seconds of a text such as `"30s"`, `"5m"`, `"1.5h"` or `"30"`.

    Args:
        text: what was given to `--for`.

    Raises:
        StudentError: it is no duration, or not more than 0.
    """
    found = _DURATION.fullmatch(text.strip())
    seconds = float(found[1]) * {"s": 1, "m": 60, "h": 3600, None: 1}[found[2]] if found else 0.0
    if seconds <= 0:
        raise StudentError(f"--for is {text!r}, which is no time.", "write it as 30s, 5m or 1h.")
    return seconds
