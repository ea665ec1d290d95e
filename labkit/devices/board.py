"""One simulated ESP32 board, for a notebook: it measures, reports and obeys, and tells what its lamp does.

It is the board of `labkit.devices.esp32` and needs no compiler. The board that runs a student's C++ is
`labkit.cpp.board`; `labkit.board_view` draws both.
"""

from __future__ import annotations

from typing import Any

from labkit.devices.clock import SimClock
from labkit.devices.esp32 import Esp32Node
from labkit.devices.fleet import Fleet
from labkit.devices.nodes import Broker


class SimulatedBoard:
    """A board that runs in a thread of this process until it is stopped.

    Args:
        broker: where it publishes and listens; an `Endpoint` of `labkit.services` will do.
        number: 1 for node_01 on the topics `iot/node/01/…`, and so on.
        interval: seconds between two readings.
        seed: makes the signals.

    Raises:
        KitError: the broker cannot be reached, or does not let the board in.
        ValueError: the interval is not positive.
    """

    def __init__(self, broker: Broker, number: int = 1, interval: float = 2.0, seed: int = 1) -> None:
        self._clock = SimClock()
        self._node = Esp32Node(number, interval, seed, self._clock.start)
        self.name = self._node.id
        self.topic = self._node.topic
        self._fleet = Fleet([self._node], broker, self._clock).start()

    def __repr__(self) -> str:
        state = f"runs on {self.topic}" if self.alive else "stopped"
        return f"<simulated board {self.name}: {state}, lamp {'on' if self._node.led_on else 'off'}>"

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return not self._fleet.wait(0)

    @property
    def state(self) -> dict[str, Any]:
        """What is to be seen of it: uptime in seconds, lamp, messages of all kinds that the broker has."""
        return {
            "uptime": max(0, int(self._clock.now() - self._clock.start)),
            "led_on": self._node.led_on,
            "brightness": self._node.brightness,
            "messages": self._fleet.published,
        }

    def stop(self) -> None:
        """Switch it off in order: it says goodbye; no thread stays. A second call does nothing."""
        self._fleet.stop()

    def __enter__(self) -> SimulatedBoard:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


_started: dict[tuple[str, int, int], SimulatedBoard] = {}


def simulated_board(broker: Broker, number: int = 1, interval: float = 2.0, seed: int = 1) -> SimulatedBoard:
    """Start a simulated ESP32 board on `iot/node/{number}/…`; see `SimulatedBoard`.

    A board that an earlier call started with the same number at the same broker is stopped: a cell that is run twice
    must not make two boards.

    Args:
        broker: where it publishes and listens.
        number: 1 for node_01, and so on.
        interval: seconds between two readings.
        seed: makes the signals.
    """
    place = (broker.host, broker.port, number)
    if (earlier := _started.pop(place, None)) is not None:
        earlier.stop()
    _started[place] = SimulatedBoard(broker, number, interval, seed)
    return _started[place]
