"""What a simulated device is: a state machine that is told the time and gives messages. No clock, no socket."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from labkit.devices.faults import NO_FAULTS, Faults


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message.

    Args:
        topic: where it is published.
        payload: its bytes.
        qos: 0, 1 or 2.
        retain: whether the broker keeps it.
        time: when the device made it, seconds since 1970, UTC, by the true clock.
    """

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    time: float = 0.0


class Device:
    """A device of a fleet. Subclass it and write `step`.

    What is measured goes through `measured`, a time stamp through `stamp`, a battery level through `charge`: there,
    where they happen in real devices, faults are put in.

    Args:
        kind: name of its fleet; with `id` and `seed` it decides every random number.
        id: its name, unique in its fleet.
        interval: seconds between two steps; more than 0. It may change while the device runs.
        seed: of the whole fleet.

    Raises:
        ValueError: the interval is not positive.
    """

    subscriptions: tuple[str, ...] = ()
    """Topic filters that it listens to."""
    will: Message | None = None
    """What the broker publishes when the device vanishes. A device with a will has a connection of its own."""
    next_step: float | None = None
    """`receive` sets it to have the next step at another moment than the interval says: seconds since 1970."""
    battery_powered = False
    """Whether it has a battery that can be low."""

    def __init__(self, kind: str, id: str, interval: float, seed: int = 1) -> None:
        if not interval > 0:
            raise ValueError(f"interval is {interval}: it takes seconds, more than 0")
        self.kind = kind
        self.id = id
        self.interval = interval
        self.seed = seed
        self.random = random.Random(f"{kind}:{id}:{seed}")
        self.faults: Faults = NO_FAULTS

    def connected(self, now: float) -> Iterable[Message]:  # noqa: ARG002 - for subclasses
        """What it says whenever it has (re)connected, before its next step.

        Args:
            now: seconds since 1970, UTC.
        """
        return ()

    def step(self, now: float) -> Iterable[Message]:
        """What it says at its interval.

        Args:
            now: seconds since 1970, UTC; never goes back.
        """
        raise NotImplementedError

    def receive(self, topic: str, payload: bytes, now: float) -> Iterable[Message]:  # noqa: ARG002 - for subclasses
        """What it answers to a message on one of its subscriptions. Nothing that arrives may raise.

        Args:
            topic: where the message was published.
            payload: its bytes.
            now: seconds since 1970, UTC.
        """
        return ()

    def receive_retained(self, topic: str, payload: bytes, now: float) -> Iterable[Message]:
        """What it answers to a message that the broker had kept, on one of its subscriptions: the same, if not said.

        Args:
            topic: where the message was published.
            payload: its bytes.
            now: seconds since 1970, UTC.
        """
        return self.receive(topic, payload, now)

    def leaving(self, now: float) -> Iterable[Message]:  # noqa: ARG002 - for subclasses
        """What it says before it is switched off in order; a will is for the other case.

        Args:
            now: seconds since 1970, UTC.
        """
        return ()

    def tick(self, now: float) -> list[Message]:
        """One step with the faults of the radio: what really leaves the device.

        Args:
            now: seconds since 1970, UTC; never goes back.
        """
        return self.faults.radio(self.step(now))

    def measured(self, name: str, value: float, now: float) -> float:
        """What the sensor shows where the truth is `value`.

        Args:
            name: of the quantity; each has its own faults.
            value: the truth, in any unit.
            now: seconds since 1970, UTC.
        """
        return self.faults.sensor(name, value, now)

    def stamp(self, now: float) -> float:
        """What the device's own clock says.

        Args:
            now: the true time, seconds since 1970, UTC.
        """
        return self.faults.clock(now)

    def charge(self, percent: float) -> float:
        """What the device says of its battery.

        Args:
            percent: the truth, 0 to 100.
        """
        return self.faults.battery(percent)
