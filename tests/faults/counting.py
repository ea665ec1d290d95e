"""Under load, kill a member of a system twice, then count: nothing lost, nothing twice, all poison in its place."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable

from labkit.waiting import wait_until
from tests.faults.house import System
from tests.faults.load import RATE, Load, Message

_blocks = itertools.count(1)
BLOCK = 100_000
"""Numbers of one test: several tests share a system."""
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
        """The numbers of the poison in the dead-letter place, each as often as it is, all with reason and payload."""

    def survives(self, victim: str) -> None:
        """Kill a member twice under load, and count."""
        first = next(_blocks) * BLOCK
        load = Load(self.system.server("mqtt"), self.message, self.poison, first)
        for _ in range(2):
            load.wait(RATE)
            self.system.kill(victim)
        load.wait(RATE)
        sent, poisoned = load.stop()

        def mine(numbers: Iterable[int]) -> list[int]:
            return sorted(number for number in numbers if first <= number < first + BLOCK)

        try:
            wait_until(lambda: sent <= set(mine(self.stored())), QUIET, what="all messages are stored", most=1.0)
        finally:
            stored = mine(self.stored())
            lost, twice = sorted(sent - set(stored)), len(stored) - len(set(stored))
            assert (lost[:20], twice) == ([], 0), f"{victim}: {len(lost)} of {len(sent)} lost, {twice} stored twice"
        wait_until(lambda: set(poisoned) <= set(mine(self.dead_letters())), QUIET, what="all poison is a dead letter",
                   most=1.0)
        assert set(mine(self.dead_letters())) == set(poisoned), victim
