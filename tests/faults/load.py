"""Load that knows what was acknowledged: numbered messages at QoS 1, and poison between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import paho.mqtt.client as mqtt

from labkit.services import Endpoint
from labkit.waiting import wait_until

RATE = 200
"""Messages a second: the two cores of a test machine, shared with other tests, must not be the fault."""
POISON_EVERY = 50

Message = tuple[str, bytes]


class Load:
    """A device that counts up, and sends again what its broker did not acknowledge.

    Args:
        broker: where to publish.
        message: topic and payload of a number.
        poison: topic and payload of a number, which nobody can read.
        first: the first number.
        rate: messages a second.
    """

    def __init__(self, broker: Endpoint, message: Callable[[int], Message], poison: Callable[[int], Message],
                 first: int, rate: int = RATE) -> None:
        self._message, self._poison, self._rate = message, poison, rate
        self._next = first
        self._numbers: dict[int, int] = {}
        """Number of a message, or minus the number of a poison, by its packet identifier."""
        self._acknowledged: dict[int, float] = {}
        """When the broker acknowledged a packet (time.monotonic)."""
        self._ending = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"load-{first}", clean_session=False)
        self._client.max_queued_messages_set(0)
        self._client.reconnect_delay_set(0.1, 0.5)
        self._client.on_publish = self._on_publish
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ending.wait(10 / self._rate):
            for _ in range(10):
                if self._next % POISON_EVERY == 0:
                    self._send(-self._next, self._poison(self._next))
                self._send(self._next, self._message(self._next))
                self._next += 1

    def _send(self, number: int, message: Message) -> None:
        self._numbers[self._client.publish(*message, qos=1).mid] = number

    def _on_publish(self, _client: object, _userdata: object, mid: int, *_: object) -> None:
        self._acknowledged[mid] = time.monotonic()

    def wait(self, messages: int) -> None:
        """Wait until so many more were sent."""
        enough = self._next + messages
        wait_until(lambda: self._next >= enough, 60, what=f"{messages} messages")

    def stop(self) -> dict[int, float]:
        """End when all is acknowledged; gives the moment of each acknowledgement, by number; poison has `-number`."""
        self._ending.set()
        self._thread.join()
        wait_until(lambda: len(self._acknowledged) == len(self._numbers), 60, what="the broker's acknowledgements")
        return {self._numbers[packet]: moment for packet, moment in self._acknowledged.items()}

    def abandon(self) -> None:
        """End now, whatever is acknowledged. Safe to call after `stop`."""
        self._ending.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()
