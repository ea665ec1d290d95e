"""Runs many devices in one thread: by the clock over MQTT, or as fast as it goes without one."""

from __future__ import annotations

import heapq
import math
import threading
from collections.abc import Iterator, Sequence

from labkit.devices.clock import SimClock
from labkit.devices.device import Device, Message
from labkit.devices.nodes import Broker
from labkit.devices.registry import Sink
from labkit.devices.transport import Links
from labkit.errors import KitError

_LONGEST_WAIT = 0.1
"""Real seconds after which a fleet looks whether it shall stop."""
_STEPS_AT_ONCE = 64
"""Steps between two looks at the network, for a fleet that is behind."""


class Schedule:
    """Whose turn it is. The first steps are spread over one interval; device number 0 starts at once.

    Args:
        devices: the devices.
        start: the first moment, seconds since 1970, UTC.
    """

    def __init__(self, devices: Sequence[Device], start: float) -> None:
        count = len(devices)
        self._devices = devices
        self._numbers = {device.id: index for index, device in enumerate(devices)}
        self._moves = [0] * count
        """How often a device's next step was moved; what stands in the heap with an older number is void."""
        self._due = [(start + device.interval * index / count, index, 0) for index, device in enumerate(devices)]
        heapq.heapify(self._due)

    def next_due(self) -> float:
        """The moment of the next step, seconds since 1970."""
        while self._due and self._due[0][2] != self._moves[self._due[0][1]]:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else math.inf

    def step(self) -> tuple[Device, list[Message]]:
        """Let the next device make its step, at exactly the moment when it is due."""
        due = self.next_due()
        _, index, moves = self._due[0]
        device = self._devices[index]
        messages = device.tick(due)
        heapq.heapreplace(self._due, (due + device.interval, index, moves))
        return device, messages

    def move(self, device: Device, moment: float) -> None:
        """Let a device make its next step at another moment, and the further ones from there.

        Args:
            device: one of them.
            moment: seconds since 1970, UTC; not before its last step.
        """
        index = self._numbers[device.id]
        self._moves[index] += 1
        heapq.heappush(self._due, (moment, index, self._moves[index]))


def simulate(devices: Sequence[Device], *, start: float, seconds: float) -> Iterator[Message]:
    """Yield what devices say in a stretch of simulated time, oldest first, without a broker and without waiting.

    Args:
        devices: new devices; the same seeds yield the same bytes.
        start: the first moment, seconds since 1970, UTC.
        seconds: how long the stretch is.
    """
    for device in devices:
        yield from device.connected(start)
    schedule = Schedule(devices, start)
    while schedule.next_due() < start + seconds:
        yield from schedule.step()[1]


class Fleet:
    """Devices that publish to a broker, from one thread.

    Args:
        devices: the devices, each with an `id` of its own.
        broker: where they publish; an `Endpoint` of `labkit.services` will do.
        clock: their time; the real one if not given.
        sink: a second way for what they say.
        seconds: simulated seconds after which the fleet ends by itself; endless if not given. All steps of this
            stretch are made, however slow the machine is.

    Raises:
        ValueError: two devices have the same id.
    """

    def __init__(self, devices: Sequence[Device], broker: Broker, clock: SimClock | None = None,
                 sink: Sink | None = None, seconds: float = math.inf) -> None:
        if len({device.id for device in devices}) < len(devices):
            raise ValueError("two devices of the fleet have the same id")
        self.devices = devices
        self.clock = clock or SimClock()
        self.steps = 0
        """Steps that were made."""
        self.behind = 0.0
        """Simulated seconds that the last step came too late."""
        self._broker, self._sink, self._seconds = broker, sink, seconds
        self._links: Links | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    @property
    def published(self) -> int:
        """Messages that the broker has."""
        return self._links.acknowledged if self._links else 0

    @property
    def lost(self) -> int:
        """Messages that nobody has: the connection was down for too long."""
        return self._links.lost if self._links else 0

    @property
    def unconnected(self) -> int:
        """Devices that have no connection now."""
        return self._links.unconnected() if self._links else len(self.devices)

    def start(self) -> Fleet:
        """Connect, and run in a thread. What is published for a device from now on reaches it.

        Raises:
            KitError: the broker cannot be reached, or does not let the devices in; or the fleet was started before.
        """
        if self._links is not None:
            raise KitError("This fleet was started before.", fix="make a new one.")
        self._links = Links(self._broker, self.devices)
        self._thread = threading.Thread(target=self._run_and_remember, name="labkit-fleet", daemon=True)
        self._thread.start()
        return self

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the fleet has ended.

        Args:
            seconds: for how long, at most; endlessly if not given.

        Returns:
            Whether it has ended.
        """
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def ask_to_stop(self) -> None:
        """Ask the devices to switch off, without waiting: for a signal handler."""
        self._stop.set()

    def stop(self) -> None:
        """Switch the devices off in order; no thread and no connection stays. Safe to call twice.

        Raises:
            Exception: what a device or a sink has raised.
        """
        self._stop.set()
        self.wait()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def __enter__(self) -> Fleet:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run_and_remember(self) -> None:
        try:
            self._run()
        except BaseException as error:
            self._failure = error

    def _run(self) -> None:
        links = self._links
        assert links is not None
        self.clock.restart()
        end = self.clock.start + self._seconds
        schedule = Schedule(self.devices, self.clock.start)
        try:
            while not self._stop.is_set() and schedule.next_due() < end:
                self._say_hello(links)
                self._work(links, schedule, end)
                links.pump(min(self.clock.until(schedule.next_due()), _LONGEST_WAIT))
                self._listen(links, schedule)
            while not self._stop.is_set() and self.clock.until(end) > 0:  # the last interval also takes its time
                links.pump(min(self.clock.until(end), _LONGEST_WAIT))
                self._listen(links, schedule)
            for device in self.devices:
                self._send(links, device, list(device.leaving(self.clock.now())))
            links.flush()
        finally:
            links.close()
            if self._sink is not None:
                self._sink.close()

    def _say_hello(self, links: Links) -> None:
        for device in links.connected_again():
            self._send(links, device, list(device.connected(self.clock.now())))

    def _work(self, links: Links, schedule: Schedule, end: float) -> None:
        for _ in range(_STEPS_AT_ONCE):
            due, now = schedule.next_due(), self.clock.now()
            if due > now or due >= end:
                return
            self.behind = now - due
            device, messages = schedule.step()
            self.steps += 1
            self._send(links, device, messages)

    def _listen(self, links: Links, schedule: Schedule) -> None:
        heard, links.inbox = links.inbox, []
        for device, answer in heard:
            self._send(links, device, list(answer(self.clock.now())))
            if device.next_step is not None:
                schedule.move(device, device.next_step)
                device.next_step = None

    def _send(self, links: Links, device: Device, messages: list[Message]) -> None:
        for message in messages:
            links.publish(device, message)
        if messages and self._sink is not None:
            self._sink.write(messages)
