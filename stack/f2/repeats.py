"""Repeats on MQTT: a message that comes again is given its first moment (stack/contracts/f2.md, "One in effect").

The broker marks its own repeats and keeps their packet ids; a controller that did not see the acknowledgement of a
broker that died sends a message that looks like a new one.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from stack.f2.kafka import tail

_ID_USED_AGAIN = 60_000
"""Messages after which a packet id means nothing any more: there are 65,535 of them."""
_REPEATED_WITHIN = 60.0
"""Seconds after a lost connection in which controllers repeat."""


@dataclass(slots=True)
class Taken:
    """An MQTT message that the connector has taken."""

    topic: str
    payload: bytes
    time: int  # of its first arrival, microseconds since 1970: with the topic, its identity from here on
    number: int = 0  # counts arrivals
    packet: str = ""  # "id client": how it is found again in Kafka
    delivered: bool = False  # Kafka has it

    @property
    def headers(self) -> list[tuple[str, str]]:
        """What goes to Kafka beside the payload."""
        return [("topic", self.topic), ("time", str(self.time)), ("packet", self.packet)]


class Repeats:
    """What a connector has taken, to find a message that comes again.

    Args:
        client_id: the connector's name on the broker.
        repeat_window: seconds before a lost connection; 0: never take a message for a controller's repeat.
    """

    def __init__(self, client_id: str, repeat_window: float) -> None:
        self._client_id, self._repeat_window = client_id, repeat_window
        self._taken: dict[int, Taken] = {}  # by packet id
        self._last_time = 0
        self._count = 0
        self._suspects: dict[str, deque[Taken]] = {}  # by topic: what a controller may send again
        self._suspects_until = 0.0

    def recall(self, bootstrap: str, topic: str, count: int) -> None:
        """Read the end of the raw topic: what this connector had taken before it was killed.

        Args:
            bootstrap: where Kafka is.
            topic: the raw topic.
            count: records of a partition to read.
        """
        for record in tail(bootstrap, topic, count):
            headers = dict(record.headers() or ())
            packet = (headers.get("packet") or b"").decode("utf-8", "replace")
            mid, _, client_id = packet.partition(" ")
            if client_id == self._client_id:
                message = Taken(headers["topic"].decode(), record.value() or b"", int(headers["time"]),
                                packet=packet, delivered=True)
                if int(mid) not in self._taken or self._taken[int(mid)].time < message.time:
                    self._taken[int(mid)] = message
        self._last_time = max((taken.time for taken in self._taken.values()), default=0)

    def forget_packets(self) -> None:
        """The broker began a new session: it numbers its packets anew."""
        self._taken.clear()

    def suspect(self) -> None:
        """The connection is lost: remember what came last; its controllers may not have been told that it arrived."""
        since = self._last_time - self._repeat_window * 1_000_000
        self._suspects = {}
        self._suspects_until = time.monotonic() + _REPEATED_WITHIN
        for taken in sorted(self._taken.values(), key=lambda taken: taken.time):
            if taken.time > since:
                self._suspects.setdefault(taken.topic, deque()).append(taken)

    def find(self, topic: str, payload: bytes, mid: int, *, marked: bool, retained: bool) -> Taken | None:
        """Find the message of which this one is a repeat.

        Args:
            topic: the MQTT topic.
            payload: what was published.
            mid: the packet's id; 0 with QoS 0.
            marked: the broker says that it may have delivered it before.
            retained: the broker's copy of an old message: it comes again with every subscription.
        """
        self._count += 1
        if retained:
            found: Taken | None = Taken(topic, payload, self._last_time, delivered=True)
        else:
            found = (self._redelivered(topic, payload, mid) if marked else None) or self._sent_again(topic, payload)
        return found

    def new(self, topic: str, payload: bytes, mid: int) -> Taken:
        """Give a message its moment. No two get the same."""
        self._last_time = max(time.time_ns() // 1000, self._last_time + 1)
        return Taken(topic, payload, self._last_time, self._count, f"{mid} {self._client_id}")

    def remember(self, mid: int, taken: Taken) -> None:
        """Note under which packet id a message came; not before it was handed over, for it may have to come again."""
        if mid:
            self._taken[mid] = taken

    def _redelivered(self, topic: str, payload: bytes, mid: int) -> Taken | None:
        before = self._taken.get(mid)
        if before and before.topic == topic and before.payload == payload:
            return before if self._count - before.number < _ID_USED_AGAIN else None
        return None

    def _sent_again(self, topic: str, payload: bytes) -> Taken | None:
        """A controller repeats in order, and before anything new on a topic."""
        if not self._suspects:
            return None
        if time.monotonic() > self._suspects_until:
            self._suspects = {}
        before = self._suspects.get(topic)
        while before:
            if (taken := before.popleft()).payload == payload:
                return taken
        self._suspects.pop(topic, None)
        return None
