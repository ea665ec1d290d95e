"""Under load, kill a member of a system twice, then count: nothing lost, nothing twice, all poison in its place.

Loss is judged by what the broker had acknowledged to the device.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Set

from labkit.waiting import wait_until
from tests.faults.house import System
from tests.faults.load import RATE, Load, Message

_blocks = itertools.count(1)
BLOCK = 100_000
"""Numbers of one test: several tests share a system."""
BROKER_WRITES = 2.0
"""Seconds after which a message that waits in the broker is on its disk: `autosave_interval` of stack/mosquitto, and
the writing. Mosquitto acknowledges before; the setting that writes at every change costs all speed."""
QUIET = 90.0
"""Seconds that what waits may take to arrive after the last fault."""


class Pipeline(ABC):
    """How a system is fed, and how one sees what came out of it.

    Args:
        system: the running system.
    """

    def __init__(self, system: System) -> None:
        self.system = system

    @abstractmethod
    def message(self, number: int) -> Message:
        """Topic and payload that carry a number."""

    @abstractmethod
    def poison(self, number: int) -> Message:
        """Topic and payload that nobody can read, different for each number."""

    @abstractmethod
    def stored(self) -> Iterable[int]:
        """The numbers that are stored, each as often as it is."""

    @abstractmethod
    def dead_letters(self) -> Iterable[int]:
        """The numbers of the poison in the dead-letter place, each at least once, all with reason and payload."""

    def survives(self, victim: str) -> None:
        """Kill a member twice under load, and count."""
        first = next(_blocks) * BLOCK
        load = Load(self.system.server("mqtt"), self.message, self.poison, first)
        kills = []
        for _ in range(2):
            load.wait(RATE)
            kills.append(time.monotonic())
            self.system.kill(victim)
        load.wait(RATE)
        acknowledged = load.stop()
        # What only the killed broker had, and had not written yet, no other member of the system can know.
        excused = {number for number, moment in acknowledged.items()
                   if victim == "mqtt" and any(kill - BROKER_WRITES < moment < kill + 0.5 for kill in kills)}
        self._expect(victim, first, acknowledged.keys() - excused, acknowledged.keys(), self.stored)
        poison, excused_poison = ({-number for number in numbers if number < 0} for numbers in (acknowledged, excused))
        # A dead letter is written at least once: a repeat of what nobody can read has no identity to know it by.
        self._expect(f"{victim}, dead letters", first, poison - excused_poison, poison,
                     lambda: set(self.dead_letters()))

    def _expect(self, what: str, first: int, wanted: Set[int], possible: Set[int],
                found: Callable[[], Iterable[int]]) -> None:
        wanted = {number for number in wanted if number > 0}

        def mine() -> list[int]:
            return sorted(number for number in found() if first <= number < first + BLOCK)

        with contextlib.suppress(TimeoutError):
            wait_until(lambda: wanted <= set(mine()), QUIET, what=what, most=1.0)
        arrived = mine()
        lost, twice, strange = wanted - set(arrived), len(arrived) - len(set(arrived)), set(arrived) - set(possible)
        assert (sorted(lost)[:20], twice, sorted(strange)[:20]) == ([], 0, []), (
            f"{what}: {len(lost)} of {len(wanted)} lost, {twice} stored twice, {len(strange)} that nobody sent\n"
            f"{self.system.state()}")
