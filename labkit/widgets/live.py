"""What live widgets share: a source that fills them, and that always ends.

A live widget ends by its button, by `stop()`, after its time, when the cell that made it runs again, and with the
kernel.
"""

from __future__ import annotations

import contextlib
import threading
import time
from abc import ABC, abstractmethod
from typing import Any

from labkit.widgets.view import box

TICK = 0.2
"""Seconds between two refreshes at most."""
_FORCE = 10.0
"""Seconds that a subscription may take to be in force before the widget is shown without it."""
_SETTLE = 0.5
"""Seconds that the first picture waits for something to show, so that a saved notebook shows something."""
_running: dict[str, Live] = {}


class Live(ABC):
    """A widget that is fed by a thread. Show it by naming it in a cell's last line.

    Args:
        title: what it is, for people.
        seconds: after how long it ends by itself.
        key: live widgets of one key replace each other.
        settle: how long the first picture waits at most for something to show, in seconds.
        subscribes: whether it misses what is sent before its subscription is in force. It is then made only when
            `listen` has called `subscribed()`: what the next cell sends must be seen.
    """

    def __init__(
        self, title: str, *, seconds: float, key: str, settle: float = _SETTLE, subscribes: bool = False
    ) -> None:
        self.title = title
        self.note = ""
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._end = threading.Event()
        self._first = threading.Event()
        self._subscribed = threading.Event()
        self._seconds = seconds
        self._until = self._drawn = 0.0
        self._key = key
        self._widget: Any = None
        self._content: Any = None
        if (before := _running.pop(key, None)) is not None:
            before.stop()
        _running[key] = self
        self._thread = threading.Thread(target=self._run, name=f"labkit-live-{key}", daemon=True)
        self._thread.start()
        if subscribes:
            self._subscribed.wait(_FORCE)
        self._first.wait(settle)

    # What a subclass gives

    @abstractmethod
    def listen(self) -> None:
        """Fill the widget while `going()`, in the widget's thread: change its state with `self._lock` held, then call
        `changed()`. An `OSError` ends it, with `unreachable` as what people read.
        """

    @abstractmethod
    def picture(self) -> str:
        """Return HTML of what is known now; the lock is held."""

    @abstractmethod
    def words(self) -> str:
        """Return the same as plain text; the lock is held."""

    def unreachable(self, error: OSError) -> str:
        """Return what people read when `listen` could not reach its source."""
        return f"It cannot be reached ({error}). Start the services of this notebook, and run this cell again."

    # What a subclass uses

    def going(self) -> bool:
        """Whether to go on listening. It draws what has changed, some times a second: ask it often."""
        if self._changed.is_set() and time.monotonic() - self._drawn >= TICK:
            self._changed.clear()
            self._refresh()
            self._drawn = time.monotonic()
        return not self._end.is_set() and time.monotonic() < self._until

    def subscribed(self) -> None:
        """Say that from now on nothing is missed."""
        self._subscribed.set()

    def changed(self) -> None:
        """Have the widget drawn anew."""
        self._changed.set()
        self._first.set()

    # What a person sees

    def __repr__(self) -> str:
        with self._lock:
            return "\n".join(filter(None, [self.words(), self.note]))

    def _html(self) -> str:
        with self._lock:
            note = f"<small>{self.note}</small>" if self.note else ""
            return box(self.picture() + note, self.title)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self), "text/html": self._html()}
        with contextlib.suppress(Exception):  # without widgets the picture of this moment is shown
            bundle = {**self._build()._repr_mimebundle_(include=include, exclude=exclude), **bundle}
        return bundle

    def _build(self) -> Any:
        import ipywidgets

        if self._widget is None:
            self._content = ipywidgets.HTML(self._html())
            button = ipywidgets.Button(description="Stop", tooltip=f"Stop: {self.title}", disabled=self._end.is_set())
            button.on_click(lambda _button: self._ask_to_stop())
            self._widget = ipywidgets.VBox([self._content, button])
        return self._widget

    # Life

    @property
    def alive(self) -> bool:
        """Whether it still listens."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop listening; the last picture stays. A second call does nothing."""
        self._ask_to_stop()
        if threading.current_thread() is not self._thread:
            self._thread.join(5)

    def _ask_to_stop(self) -> None:
        self._end.set()

    def __enter__(self) -> Live:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        self._until = time.monotonic() + self._seconds
        try:
            self.listen()
        except OSError as error:
            self.note = self.unreachable(error)
        finally:
            if not self.note:
                self.note = "Stopped. Run the cell again to go on."
            if _running.get(self._key) is self:
                del _running[self._key]
            self._end.set()
            self._subscribed.set()
            self._first.set()
            self._refresh()
            if self._widget is not None:
                with contextlib.suppress(Exception):
                    self._widget.children[-1].disabled = True

    def _refresh(self) -> None:
        if self._content is not None:
            with contextlib.suppress(Exception):  # a kernel that shuts down has no front end to send to
                self._content.value = self._html()


def stop_all() -> None:
    """Stop every live widget of this kernel."""
    for live in list(_running.values()):
        live.stop()
