"""Weighs all processes below this one, again and again: what a room, its services and its capsule hold together."""

from __future__ import annotations

import contextlib
import threading
from types import TracebackType

import psutil

_EVERY = 0.25


class Scales:
    """Notes the most memory that was held at any moment while the block ran, in MB: `most`."""

    def __init__(self) -> None:
        self.most = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._weigh, daemon=True)

    def __enter__(self) -> Scales:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _weigh(self) -> None:
        own = psutil.Process()
        while not self._over.wait(_EVERY):
            held = 0
            for process in own.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    about = process.memory_info()
                    # Pages of programs and libraries are shared by all: what is left is their own.
                    held += about.rss - about.shared
            self.most = max(self.most, held / 1e6)
