"""Under load, kill members of a system, each twice, then count: nothing lost, nothing twice, all poison in its place.

Loss is judged by what the broker, or the API, had acknowledged to who sent it.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Protocol

from labkit.waiting import wait_until
from tests.faults.house import System
from tests.faults.load import RATE, Load, Message

_blocks = itertools.count(1)
BLOCK = 100_000
"""Numbers of one run: several may share a system."""
BROKER_WRITES = 2.0
"""Seconds after which a message that waits in the broker is on its disk: `autosave_interval` of stack/mosquitto, and
the writing. Mosquitto acknowledges before; the setting that writes at every change costs all speed."""
QUIET = 60.0
"""Seconds without anything new after which nothing more is expected. However long all of it takes: a loaded machine
takes its time, and the test has a limit of its own."""


class Running(Protocol):
    """Load that runs, numbers its messages, and knows which were acknowledged."""

    def wait(self, messages: int) -> None:
        """Wait until so many more were sent."""

    def stop(self) -> Mapping[int, float]:
        """End when all is acknowledged; gives the moment of each acknowledgement, by number; poison has `-number`."""

    def abandon(self) -> None:
        """End now, whatever is acknowledged. Safe to call after `stop`."""


@dataclass(frozen=True, slots=True)
class Kill:
    """A member that was killed.

    Args:
        victim: its name.
        began: when (time.monotonic).
        ended: when it worked again.
    """

    victim: str
    began: float
    ended: float


class Pipeline(ABC):
    """How a system is fed, and how one sees what came out of it.

    Args:
        system: the running system.
    """

    trusts_the_broker = True
    """Whether what is acknowledged may be in the broker only."""

    rate = RATE
    """Messages a second."""

    def __init__(self, system: System) -> None:
        self.system = system

    @abstractmethod
    def load(self, first: int) -> Running:
        """Begin to feed the system, with numbers from this one on."""

    @abstractmethod
    def stored(self) -> Iterable[int]:
        """The numbers that are stored, each as often as it is."""

    def dead_letters(self) -> Iterable[int]:
        """The numbers of the poison in the dead-letter place, each at least once, all with reason and payload."""
        return ()

    def survives(self, *victims: str) -> list[Kill]:
        """Kill members under load, each twice, one after the other, and count.

        Args:
            victims: their names.

        Returns:
            the kills, in their order.
        """
        first = next(_blocks) * BLOCK
        load, kills = self.load(first), list[Kill]()
        try:
            load.wait(self.rate)
            for victim in victims:
                for _ in range(2):
                    load.wait(self.rate // 2)
                    began = time.monotonic()
                    self.system.kill(victim)
                    kills.append(Kill(victim, began, time.monotonic()))
            load.wait(self.rate)
            acknowledged = load.stop()
        finally:
            load.abandon()
        # What only the killed broker had, and had not written yet, no other member of the system can know.
        excused = {number for number, moment in acknowledged.items()
                   if any(kill.victim == "mqtt" and kill.began - BROKER_WRITES < moment < kill.began + 0.5
                          for kill in kills)} if self.trusts_the_broker else set[int]()

        def expect(what: str, sign: int, found: Callable[[], Iterable[int]]) -> None:
            moments = {sign * number: moment for number, moment in acknowledged.items() if sign * number > 0}
            wanted = moments.keys() - {sign * number for number in excused}
            assert wanted, f"{what}: nothing was sent"
            self._expect(what, first, wanted, moments, kills, found)

        expect("messages", 1, self.stored)
        if any(number < 0 for number in acknowledged):
            # A dead letter is written at least once: a repeat of what nobody can read has no identity to know it by.
            expect("dead letters", -1, lambda: set(self.dead_letters()))
        return kills

    def _expect(self, what: str, first: int, wanted: Set[int], sent: Mapping[int, float], kills: Iterable[Kill],
                found: Callable[[], Iterable[int]]) -> None:
        def mine() -> list[int]:
            return sorted(number for number in found() if first <= number < first + BLOCK)

        def more_than(known: int) -> list[int]:
            now = mine()
            return now if len(now) > known else []

        arrived = mine()
        with contextlib.suppress(TimeoutError):
            while not wanted <= set(arrived):
                arrived = wait_until(functools.partial(more_than, len(arrived)), QUIET, what=f"more {what}", most=1.0)
        lost, twice, strange = wanted - set(arrived), len(arrived) - len(set(arrived)), set(arrived) - sent.keys()
        told = [f"{number}, acknowledged {_when(sent[number], kills)}" for number in sorted(lost)[:20]]
        assert (told, twice, sorted(strange)[:20]) == ([], 0, []), (
            f"{what}: {len(lost)} of {len(wanted)} lost, {twice} stored twice, {len(strange)} that nobody sent\n"
            f"{told}\n{self.system.state()}")


def _when(moment: float, kills: Iterable[Kill]) -> str:
    """The moment as it lies to the nearest kill: it says who lost the message."""
    kill = min(kills, key=lambda one: abs(one.began - moment))
    return f"{moment - kill.began:+.2f} s from a kill of {kill.victim}"


class MqttPipeline(Pipeline):
    """A system that is fed by publishing."""

    @abstractmethod
    def message(self, number: int) -> Message:
        """Topic and payload that carry a number."""

    @abstractmethod
    def poison(self, number: int) -> Message:
        """Topic and payload that nobody can read, different for each number."""

    def load(self, first: int) -> Running:
        """Publish, and poison between."""
        return Load(self.system.server("mqtt"), self.message, self.poison, first, self.rate)
