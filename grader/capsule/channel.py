"""The line between a room and the coordinator: one JSON object a line, on the room's standard input and output."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from typing import IO, Any


class Channel:
    """The room's end of the line.

    Args:
        hears: where the coordinator's lines come from.
        says: where ours go.
    """

    def __init__(self, hears: IO[str], says: IO[str]) -> None:
        self._hears = hears
        self._says = says
        self._lock = threading.Lock()
        self._heard: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    @classmethod
    def take(cls) -> Channel:
        """Take over standard input and output: whatever else this process prints goes to standard error, the log.

        When the coordinator closes the line or dies, this process ends at once, whatever it is doing. It leaves
        nothing: what it has started ends with it.
        """
        sys.stdout.flush()
        says = os.fdopen(os.dup(1), "w", encoding="utf-8")
        hears = os.fdopen(os.dup(0), encoding="utf-8")
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        channel = cls(hears, says)
        threading.Thread(target=channel._listen, name="grader-channel", daemon=True).start()
        return channel

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self._hears:
                self._heard.put(json.loads(line))
        os._exit(0)

    def say(self, message: dict[str, Any]) -> None:
        """Send one object. From any thread."""
        line = json.dumps(message)
        with self._lock:
            print(line, file=self._says, flush=True)

    def hear(self) -> dict[str, Any]:
        """Wait for the coordinator's next object."""
        return self._heard.get()
