"""Board view: a board with its lamp, its Wi-Fi switch, its state machine and its ring buffer, live."""

from __future__ import annotations

import contextlib
import html
from typing import Any, Protocol

from labkit.widgets import board_picture as draw
from labkit.widgets.live import TICK, Live


class Board(Protocol):
    """What can be drawn: the boards of `labkit.devices` and `labkit.cpp`. One that can be cut off has `wifi(on)`."""

    @property
    def name(self) -> str:
        """Such as `"node_01"`."""

    @property
    def alive(self) -> bool:
        """Whether it runs."""

    @property
    def state(self) -> dict[str, Any]:
        """What is to be seen now: `uptime` (s), `led_on`, `brightness`; if it has them, also `wifi`, `connection`,
        `failures`, `due_ms`, `measured`, `acknowledged`, `buffered`, `capacity`, `lost`, `repeated`.
        """


class BoardView(Live):
    """A board, live.

    Args:
        board: which one.
        seconds: after how long it ends by itself.
    """

    def __init__(self, board: Board, seconds: float = 300.0) -> None:
        self.board = board
        self._state: dict[str, Any] = {}
        self._switch: Any = None
        super().__init__("Board", seconds=seconds, key=f"board:{board.name}")

    def listen(self) -> None:
        """Look at the board until it is stopped, or the board is."""
        while self.going():
            alive, state = self.board.alive, dict(self.board.state)
            if state != self._state:
                with self._lock:
                    self._state = state
                self.changed()
            if not alive:
                self.note = "The board has stopped. Start it again, and run this cell again."
                return
            self._end.wait(TICK / 2)

    def words(self) -> str:
        """Return lamp, connection, buffer and counts, a line each."""
        state = self._state
        lines = [f"Board {self.board.name}: {draw.lamp_words(state)}"]
        if state.get("wifi") is not None:
            lines.append(f"  Wi-Fi {'on' if state['wifi'] else 'off'}")
        if state.get("connection"):
            lines.append(f"  {draw.machine_words(state)}")
        if state.get("capacity"):
            lines.append(f"  {draw.buffer_words(state)}")
        return "\n".join([*lines, f"  {draw.counts(state)}"])

    def picture(self) -> str:
        """Return all pictures, each with its words."""
        state, name = self._state, self.board.name
        pictures = [draw.lamp(name, state)]
        if state.get("capacity"):
            pictures.append(_with(draw.buffer(state), draw.buffer_words(state)))
        if state.get("connection"):
            pictures.append(_with(draw.machine(state), draw.machine_words(state)))
        row = "".join(f"<div>{picture}</div>" for picture in pictures)
        return (f"<b>Board {html.escape(name)}</b>"
                f"<div style='display:flex;flex-wrap:wrap;gap:1em 2em;align-items:center'>{row}</div>"
                f"<p style='margin:.2em 0'>{html.escape(draw.counts(state))}</p>")

    def _build(self) -> Any:
        import ipywidgets

        made = self._widget is not None
        widget = super()._build()
        if not made and self._state.get("wifi") is not None:
            on = bool(self._state["wifi"])
            self._switch = ipywidgets.ToggleButton(value=on, description=_switch_text(on), icon="wifi",
                                                   tooltip="Take the board's Wi-Fi away, or give it back")
            self._switch.observe(self._switched, names="value")
            self._switch.layout.width, self._content.layout.width = "16em", "100%"
            widget.layout.flex_flow = "row wrap"
            # In the page's order, by which a keyboard goes, as on the screen: the picture, Wi-Fi, Stop.
            widget.children = [self._content, self._switch, *widget.children[1:]]
        return widget

    def _switched(self, change: Any) -> None:
        self._switch.description = _switch_text(change["new"])
        with contextlib.suppress(OSError):  # a board that has ended says so by itself
            self.board.wifi(change["new"])  # type: ignore[attr-defined]


def _switch_text(on: bool) -> str:
    return "Wi-Fi is on: switch off" if on else "Wi-Fi is off: switch on"


def _with(picture: str, words: str) -> str:
    return f"{picture}<br><small>{html.escape(words)}</small>"


def board_view(board: Board, seconds: float = 300.0) -> BoardView:
    """Show a board: its lamp, its state machine, its ring buffer, as they are now, and a switch for its Wi-Fi.

    Args:
        board: a board that `simulated_board` or `board` started.
        seconds: after how long the view ends by itself; the board runs on.
    """
    return BoardView(board, seconds)
