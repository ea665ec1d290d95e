"""Watches the time of a submission and this process's memory, whatever the judge is doing at the moment.

libzmq keeps a message whole until its last frame has come, and a frame is only the promise of the next: a kernel that
sends without end fills the judge's memory, not its own. The cure is the same as for a submission that takes too long:
the capsule is killed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from grader.capsule.launcher import Kernel
from grader.capsule.memory import resident

ROOM = 768 << 20
"""Bytes by which the judge's memory may grow while it judges one submission."""
_EVERY = 0.1
"""Seconds between two looks: through a Unix socket come some 100 MB in that time."""


class Guard:
    """A thread that ends the kernel of a submission when it must.

    Args:
        seconds: wall time of the submission.
        over: called before the kernel is killed: kind of incident, and a sentence.
    """

    def __init__(self, seconds: float, over: Callable[[str, str], None]) -> None:
        self._seconds, self._over = seconds, over
        self._until = time.monotonic() + seconds
        self._most = resident() + ROOM
        self._kernel: Kernel | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="judge-guard", daemon=True)
        self._thread.start()

    def watch(self, kernel: Kernel | None) -> None:
        """Have a kernel to end, or none.

        Args:
            kernel: the submission's kernel.
        """
        with self._lock:
            self._kernel = kernel

    def extend(self, seconds: float) -> None:
        """Give it more time, from now on.

        Args:
            seconds: how much.
        """
        with self._lock:
            self._seconds += seconds
            self._until = time.monotonic() + seconds

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(_EVERY):
            # The lock is held while the kernel is killed: whoever calls `watch` then finds it done.
            with self._lock:
                if self._kernel is None:
                    continue
                if time.monotonic() > self._until:
                    self._over("time", f"It took longer than {self._seconds:g} s altogether.")
                elif resident() > self._most:
                    self._over("output", "It sent more than the judge can hold.")
                else:
                    continue
                self._kernel.stop()
                self._kernel = None
