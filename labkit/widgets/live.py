"""What topic explorer and live chart share: a connection that fills a widget, and that always ends.

A live widget ends by its button, by `stop()`, after its time, when the cell that made it runs again, and with the
kernel.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from labkit.widgets.view import box

if TYPE_CHECKING:
    from labkit.services import Endpoint

_TICK = 0.2
"""Seconds between two refreshes at most."""
_SETTLE = 0.5
"""Seconds that the first picture waits for messages, so that a saved notebook shows something."""
_running: dict[str, Live] = {}


class Live(ABC):
    """A widget that is fed by a subscription. Show it by naming it in a cell's last line.

    Args:
        title: what it is, for people.
        broker: where to listen.
        topic_filter: what to subscribe to.
        seconds: after how long it ends by itself.
        key: live widgets of one key replace each other.
    """

    def __init__(self, title: str, broker: Endpoint, topic_filter: str, *, seconds: float, key: str) -> None:
        self.title = title
        self.broker = broker
        self.topic_filter = topic_filter
        self.note = ""
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._end = threading.Event()
        self._first = threading.Event()
        self._seconds = seconds
        self._key = key
        self._widget: Any = None
        self._content: Any = None
        if (before := _running.pop(key, None)) is not None:
            before.stop()
        _running[key] = self
        self._thread = threading.Thread(target=self._run, name=f"labkit-live-{key}", daemon=True)
        self._thread.start()
        self._first.wait(_SETTLE)

    # What a subclass gives

    @abstractmethod
    def take(self, topic: str, payload: bytes, moment: float) -> None:
        """Note a message; the lock is held.

        Args:
            topic: its topic.
            payload: its bytes.
            moment: when it came, seconds since 1970.
        """

    @abstractmethod
    def picture(self) -> str:
        """Return HTML of what is known now; the lock is held."""

    @abstractmethod
    def words(self) -> str:
        """Return the same as plain text; the lock is held."""

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
        try:
            self._listen()
        except OSError as error:
            self.note = (
                f"The broker cannot be reached ({error}). Start the services of this notebook, and run this cell again."
            )
        finally:
            if not self.note:
                self.note = "Stopped. Run the cell again to go on."
            if _running.get(self._key) is self:
                del _running[self._key]
            self._end.set()
            self._first.set()
            self._refresh()
            if self._widget is not None:
                with contextlib.suppress(Exception):
                    self._widget.children[1].disabled = True

    def _listen(self) -> None:
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"labkit-live-{uuid.uuid4().hex[:8]}")
        if self.broker.username:
            client.username_pw_set(self.broker.username, self.broker.password)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.connect(self.broker.host, self.broker.port, keepalive=30)
        until = time.monotonic() + self._seconds
        drawn = 0.0
        try:
            while not self._end.is_set() and time.monotonic() < until:
                if client.loop(timeout=_TICK / 2) != mqtt.MQTT_ERR_SUCCESS:
                    self.note = self.note or "The broker closed the connection. Run the cell again when it is back."
                    return
                if self._changed.is_set() and time.monotonic() - drawn >= _TICK:
                    self._changed.clear()
                    self._refresh()
                    drawn = time.monotonic()
        finally:
            client.disconnect()

    def _on_connect(self, client: Any, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.note = f"The broker refused the connection: {reason}."
            self._end.set()
        else:
            client.subscribe(self.topic_filter, 0)

    def _on_message(self, _client: Any, _userdata: Any, message: Any) -> None:
        with self._lock:
            self.take(message.topic, bytes(message.payload), time.time())
        self._changed.set()
        self._first.set()

    def _refresh(self) -> None:
        if self._content is not None:
            with contextlib.suppress(Exception):  # a kernel that shuts down has no front end to send to
                self._content.value = self._html()


def stop_all() -> None:
    """Stop every live widget of this kernel."""
    for live in list(_running.values()):
        live.stop()
