"""One process of the house: started, asked for its health, started again when it ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labkit.services.process import Process, private_directory

_EVERY = 1.0
"""Seconds between two questions for the health of a process."""
_LIVES = 0.2
"""Seconds between two looks whether it is there, and between two questions until it is well: they cost little."""
_ANSWER = 10.0
"""Seconds that /health may take: its own checks have time-outs of their own."""
_RATE_OVER = 5.0
"""Seconds over which messages a second are counted."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a process that has ended is started again: they double."""
_HOPELESS = 3
"""Restarts after which nobody waits for a process any more; it is still started again."""
_STEADY = 60.0
"""Seconds after which a process that ends is not taken for one that fails again and again."""
_COUNTS = ("received", "stored", "rejected", "duplicates", "sent")


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of a process at one moment.

    Args:
        state: `starting`, `pass`, `fail`, `waiting` (it ended, and is started again in a moment) or `stopped`.
        port: TCP port of its HTTP server; 0 while there is none.
        received: messages since the first start, also before a restart; the next four likewise.
        stored: messages that the next stage has.
        rejected: messages that cannot be read.
        duplicates: messages that were there already.
        sent: messages of simulated devices that the broker has.
        rate: messages received, or sent, in a second, over the last seconds; None while it is not known.
        lag: messages that wait; None when the process does not count them.
        error: the last one; empty when there was none.
        checks: what is wrong with each thing that it depends on, empty where nothing is.
        mine: whether it runs a part of the student's.
        restarts: how often it was started again.
    """

    state: str = "starting"
    port: int = 0
    received: int = 0
    stored: int = 0
    rejected: int = 0
    duplicates: int = 0
    sent: int = 0
    rate: float | None = None
    lag: int | None = None
    error: str = ""
    checks: Mapping[str, str] | None = None
    mine: bool = False
    restarts: int = 0


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        if os.name != "nt":  # on Windows this option would let two servers have one port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Child:
    """A process that a thread looks after.

    Args:
        name: such as `"f2-sink"`.
        words: what follows `python`, such as `("-m", "stack.f2.sink")`.
        environment: variables beside those of this process.
        port: the HTTP port that it shall have; 0 for any free one.
    """

    def __init__(self, name: str, words: Sequence[str], environment: Mapping[str, str], port: int = 0) -> None:
        self.name = name
        self._words, self._environment, self._port = tuple(words), dict(environment), port
        self._sight = Sight()
        self._before = dict.fromkeys(_COUNTS, 0)
        """What the process had counted before it was started again."""
        self._seen: deque[tuple[float, int]] = deque()
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._process: Process | None = None
        self._thread = threading.Thread(target=self._look_after, name=f"labkit-up-{name}", daemon=True)

    @property
    def sight(self) -> Sight:
        """What is seen of it now."""
        return self._sight

    def start(self) -> None:
        """Start it, and return at once."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait until it works, until it has ended again and again, or for so long.

        Returns:
            Whether it works.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._sight.state == "pass" or self._sight.restarts >= _HOPELESS
                                   or self._stop.is_set(), seconds)
            return self._sight.state == "pass"

    def stop(self) -> None:
        """End it. Safe to call twice, and before it was started."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._see(state="stopped")

    def _see(self, **changes: Any) -> None:
        with self._changed:
            self._sight = replace(self._sight, **changes)
            self._changed.notify_all()

    def _look_after(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stop.is_set():
            began = time.monotonic()
            reason = self._run_once()
            if self._stop.is_set():
                return
            pause = _FIRST_PAUSE if time.monotonic() - began > _STEADY else pause
            self._see(state="waiting", error=reason, rate=None)
            self._stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            if not self._stop.is_set():
                self._before = {name: getattr(self._sight, name) for name in _COUNTS}
                self._seen.clear()
                self._see(state="starting", restarts=self._sight.restarts + 1)

    def _run_once(self) -> str:
        """Run it until it ends, or until it shall end; returns why it has ended."""
        directory = private_directory()
        try:
            # -P keeps the working folder off the module path: a file `json.py` must not become the library's.
            process = Process([sys.executable, "-P", *self._words], directory,
                              self._environment | {"HTTP_PORT": str(self._port)})
        except OSError as error:
            shutil.rmtree(directory, ignore_errors=True)
            return str(error)
        try:
            announced, asked = False, float("-inf")
            while not self._stop.wait(_LIVES if announced else 0.1):
                code = process.exit_code()
                if code is not None:
                    if not announced and self._port:
                        self._port = 0  # somebody may have taken the port since it was looked at
                    return f"ended with exit code {code}: {last_words(process.log())}"
                announced = announced or self._announced(process)
                # What is well is asked now and then; what is not yet, or no more, again and again.
                if announced and (self._sight.state != "pass" or time.monotonic() - asked >= _EVERY):
                    self._ask()
                    asked = time.monotonic()
            return ""
        finally:
            process.stop()

    def _announced(self, process: Process) -> bool:
        """Whether the process has said which port it has."""
        port = process.announced_port()
        if port:
            self._port = port  # the same one after a restart: others were told
            self._see(port=port)
        return bool(port)

    def _ask(self) -> None:
        """Read /health."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER)
            with contextlib.closing(connection):
                connection.request("GET", "/health")
                answer = json.loads(connection.getresponse().read())
            self._read(answer)
        except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError, AttributeError) as error:
            self._see(state="fail", error=f"/health: {error or type(error).__name__}", rate=None)

    def _read(self, answer: Mapping[str, Any]) -> None:
        counts = {name: self._before[name] + int(answer.get(name) or 0) for name in _COUNTS}
        now = time.monotonic()
        moved = counts["received"] + counts["sent"]
        self._seen.append((now, moved))
        while len(self._seen) > 2 and now - self._seen[0][0] > _RATE_OVER:
            self._seen.popleft()
        then, before = self._seen[0]
        rate = (moved - before) / (now - then) if now > then else None
        checks = {name: str(check["detail"]) if check["status"] != "pass" else ""
                  for name, check in answer["checks"].items()}
        wrong = "; ".join(f"{name}: {detail}" for name, detail in checks.items() if detail)
        lag = answer.get("lag")
        self._see(state="pass" if answer["status"] == "pass" else "fail", rate=rate, checks=checks,
                  lag=None if lag is None else int(lag), error=wrong or str(answer.get("last_error") or ""),
                  mine=bool(answer.get("mine")), **counts)


def last_words(log: Sequence[str]) -> str:
    """The last line of a log that says something: of a structured one its event and error."""
    for line in reversed(log):
        if not line.strip():
            continue
        with contextlib.suppress(ValueError, AttributeError):
            entry = json.loads(line)
            said = [str(entry[name]) for name in ("event", "error") if entry.get(name)]
            line = ": ".join(said) or line
        return line.strip()
    return "it said nothing"
