"""Keeps what code prints, and keeps it off the screen: a line on stderr would cost a student the points of the cell."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

MOST = 20_000
"""Characters that are kept of what one call prints; the rest is counted."""


class Capture(io.TextIOBase):
    """A text stream that keeps the head of what is written and counts the rest."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._kept = 0
        self._left = 0
        self._lock = threading.Lock()

    def writable(self) -> bool:
        """Say that one may write."""
        return True

    def write(self, text: str) -> int:
        """Keep the text as far as there is room."""
        with self._lock:
            room = MOST - self._kept
            if room > 0:
                self._parts.append(text[:room])
                self._kept += len(self._parts[-1])
            self._left += max(0, len(text) - max(room, 0))
        return len(text)

    def text(self) -> str:
        """Return what was kept, with a note of how much was not."""
        with self._lock:
            head = "".join(self._parts)
            return f"{head}… ({self._left:,} characters more)" if self._left else head


@contextlib.contextmanager
def captured() -> Iterator[Capture]:
    """Send print, warnings and logging of the whole process to a `Capture` while the block runs."""
    kept = Capture()
    streams = (sys.stdout, sys.stderr)
    # A handler made by logging.basicConfig() holds the old stream itself.
    moved = [(handler, handler.stream) for handler in _stream_handlers() if handler.stream in streams]
    for handler, _ in moved:
        handler.stream = kept
    # What a program logs is something that it says, wherever the handlers of this process send it (a file, pytest).
    shown = any(handler in logging.getLogger().handlers for handler, _ in moved)
    listening = None if shown else logging.StreamHandler(kept)
    if listening is not None:
        listening.setLevel(logging.WARNING)
        logging.getLogger().addHandler(listening)
    try:
        with contextlib.redirect_stdout(kept), contextlib.redirect_stderr(kept):
            yield kept
    finally:
        if listening is not None:
            logging.getLogger().removeHandler(listening)
        for handler, stream in moved:
            handler.stream = stream


def _stream_handlers() -> list[logging.StreamHandler[Any]]:
    known = list(logging.root.manager.loggerDict.values())  # loggers, and places of names that have none yet
    loggers = [logging.root, *(logger for logger in known if isinstance(logger, logging.Logger))]
    found = {id(handler): handler for logger in loggers for handler in logger.handlers}
    return [handler for handler in found.values() if isinstance(handler, logging.StreamHandler)]


@contextlib.contextmanager
def quiet_descriptors() -> Iterator[None]:
    """Keep what child processes and C libraries write off the notebook (descriptors 1 and 2) while the block runs."""
    try:
        saved = [os.dup(1), os.dup(2)]
    except OSError:
        yield
        return
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            for descriptor, copy in zip((1, 2), saved, strict=True):
                os.dup2(copy, descriptor)
                os.close(copy)
