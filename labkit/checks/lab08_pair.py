"""Two processors of one group in the check of 8.5: one is killed in the middle, and the other takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.checks import lab08_hints as hints
from labkit.checks.criterion import CriterionFailed
from labkit.checks.kafka_view import PARTITIONS
from labkit.checks.lab08_house import trouble

if TYPE_CHECKING:
    from labkit.checks.lab08_processor import Stage

JOINING = 20.0
"""Longest wait for the first output: a group comes together in about three seconds."""
DYING = 30.0
"""Longest wait for the others to take over from a dead member: it is missed after six seconds without a heartbeat."""


class Pair:
    """Two processors of one group; one, in a process of its own, is killed with output that Kafka has not taken.

    Args:
        stage: their topics and their group.
        mac: the controller whose records they get.
        count: records of one round.
    """

    def __init__(self, stage: Stage, mac: str, count: int = 40) -> None:
        self.stage, self.mac, self.count = stage, mac, count
        self.world = stage.world
        self.fronts = stage.front, stage.world.kafka_front()
        self.total = 0
        self._failed: CriterionFailed | None = None

    def begin(self) -> None:
        """Start both, let both work, and kill one. What is wrong with that is said by `end`."""
        try:
            self._kill_one()
        except CriterionFailed as failed:
            self._failed = failed

    def _send(self) -> None:
        """A round of records, in all partitions."""
        for partition in range(PARTITIONS):
            messages = [(self.mac, "analog/1/humidity-4", b"\x07")] * (self.count // PARTITIONS)
            self.stage.send(*messages, partition=partition)
        self.total += self.count

    def _share(self) -> bool:
        """Whether both have sent output."""
        return all(front.asked("Produce") for front in self.fronts)

    def _found(self, timeout: float) -> int:
        # A measurement that lacks it is judged in a criterion of its own.
        return len({str(each.get("timestamp")) for each in self.stage.outputs(self.total, timeout)})

    def _kill_one(self) -> None:
        members = [self.stage.spawn(self.fronts[0], batch=20), self.stage.start(self.fronts[1], batch=20)]
        for member in members:
            member.succeeds(hint=hints.NOTHING_CAME)

        def both_work() -> bool:
            self._send()
            self._found(JOINING if self.total == self.count else 6)
            return self._share()

        self.world.wait_until(both_work, JOINING)
        found = self._found(6)
        self.world.expect(found == self.total, expected=f"{self.total} measurements of two processors in one group",
                          found=f"{found}{trouble(members[0])}", hint=hints.NOTHING_CAME)
        self.world.expect(self._share(), expected="outputs of both members of the group",
                          found="one of them gets no records: have both the group that they were given?")
        self.fronts[0].hold("Produce")
        before = self.stage.committed()
        self._send()
        self.world.wait_until(lambda: self.fronts[0].waiting("Produce"), 10)
        early = self.world.wait_until(lambda: self.stage.committed() - before >= self.count, 0.5)
        self.world.expect(not early, hint=hints.COMMIT_EARLY,
                          expected="no commit of records whose output Kafka has not taken",
                          found=f"all {self.count} committed, and {self.fronts[0].waiting('Produce')} requests wait")
        members[0].call("kill").succeeds()
        self.fronts[0].close()  # what was on its way dies with the process

    def end(self) -> None:
        """Demand that the other one took over, and that nothing is lost."""
        if self._failed is not None:
            raise self._failed
        found = self._found(DYING)
        self.world.expect(found == self.total, expected=f"a measurement of each of {self.total} records, also of those "
                          "that the killed processor had", found=f"{found}: {self.total - found} are lost",
                          hint=hints.COMMIT_EARLY)
        self.world.wait_until(lambda: self.stage.committed() >= self.total, 8)
        self.world.expect(self.stage.committed() >= self.total, expected=f"{self.total} committed records",
                          found=f"{self.stage.committed()}", hint=hints.NOT_COMMITTED)
