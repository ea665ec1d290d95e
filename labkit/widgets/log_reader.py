"""What a log holds at this moment, as anybody can ask Kafka from outside: records, ends, committed offsets, members.

It joins no group and commits nothing: whoever is looked at does not notice.
"""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

SHOWN = 12
"""Records of a partition that are kept, the newest ones."""
_BEHIND = 2000
"""Further back than this it jumps ahead: nobody can follow so many records."""
_BACK = 4 * SHOWN
_TOPICS_EVERY, _GROUP_EVERY, _MEMBERS_EVERY = 1.0, 0.3, 1.0
"""Seconds between two questions."""
_ANSWER = 1.0
"""Seconds in which the broker must answer."""
_STEP = 0.1


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a partition.

    Args:
        offset: its number there.
        key: its key as text, empty if it has none.
        size: of its value, in bytes.
    """

    offset: int
    key: str
    size: int


@dataclass(slots=True)
class Partition:
    """One partition as last seen.

    Args:
        topic: its topic.
        number: its number.
        end: the offset that the next record will get.
        committed: where the group goes on after a restart; None if it has committed nothing there.
        member: who of the group reads it now, empty if nobody or if the broker does not say.
        records: the newest ones, oldest first.
    """

    topic: str
    number: int
    end: int = 0
    committed: int | None = None
    member: str = ""
    records: deque[Record] = field(default_factory=lambda: deque(maxlen=SHOWN))

    @property
    def lag(self) -> int | None:
        """How many records the group has not committed yet; None if it has committed nothing there."""
        return None if self.committed is None else max(0, self.end - self.committed)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen last.

    Args:
        partitions: in order of topic and number.
        members: how many members the group has; None if the broker does not say.
        state: the group's state in words, empty when it is the usual one.
        answers: whether the broker answered when it was last asked.
    """

    partitions: tuple[Partition, ...] = ()
    members: int | None = None
    state: str = ""
    answers: bool = True


class LogReader:
    """Looks at topics and at one group.

    Args:
        bootstrap: `host:port` of the broker.
        topics: their names; one that does not exist yet is found as soon as it does.
        group: the group whose offsets and members are asked for, None for none.
    """

    def __init__(self, bootstrap: str, topics: Iterable[str], group: str | None) -> None:
        from confluent_kafka import Consumer
        from confluent_kafka.admin import AdminClient

        silent = logging.getLogger("labkit.widgets.log")
        silent.addHandler(logging.NullHandler())
        silent.propagate = False
        common: dict[str, Any] = {
            "bootstrap.servers": bootstrap, "broker.address.family": "any", "socket.timeout.ms": int(_ANSWER * 1000),
            "reconnect.backoff.max.ms": 500,
        }
        # It assigns itself partitions, and subscribes to nothing: so it is no member of the group whose name it has.
        own = {"group.id": group or f"labkit-view-{uuid.uuid4().hex[:8]}", "enable.auto.commit": False,
               "auto.offset.reset": "earliest", "fetch.wait.max.ms": 100, "enable.partition.eof": False}
        self.topics = tuple(topics)
        self.group = group
        self._partitions: dict[tuple[str, int], Partition] = {}
        self._members: int | None = None
        self._state, self._answers = "", True
        self._consumer: Any = Consumer(common | own, logger=silent)
        self._admin: Any = AdminClient(common, logger=silent)
        self._next: dict[str, float] = {}
        """When each question is asked again, by the monotonic clock."""
        self._members_told: Future[Any] | None = None
        self._heard: set[str] = set()
        self._names: dict[str, str] = {}
        """Member ids and what they are called here, in the order in which they were first seen."""

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def look(self) -> bool:
        """Take what has come since the last look, for a tenth of a second; return whether anything has changed."""
        from confluent_kafka import KafkaException

        changed = False
        if self._due("topics", _TOPICS_EVERY):
            try:
                changed |= self._find_partitions()
                changed |= not self._answers or "topics" not in self._heard
                self._answers = True
                self._heard.add("topics")
            except KafkaException:
                told, self._answers = self._answers, False
                return told
        for message in self._consumer.consume(_BEHIND, timeout=_STEP):
            changed |= self._take(message)
        changed |= self._follow_ends()
        if self.group:
            changed |= self._ask_group()
        return changed

    def seen(self) -> Seen:
        """Return what is known now, as a copy."""
        partitions = tuple(replace(partition, records=partition.records.copy())
                           for _, partition in sorted(self._partitions.items()))
        return Seen(partitions, self._members, self._state, self._answers)

    @property
    def complete(self) -> bool:
        """Whether there was an answer to each question, the group's among them."""
        return {"topics", *(("members",) if self.group else ())} <= self._heard

    def _due(self, question: str, every: float) -> bool:
        if time.monotonic() < self._next.get(question, 0.0):
            return False
        self._next[question] = time.monotonic() + every
        return True

    def _find_partitions(self) -> bool:
        """Ask which partitions there are, and read those that are new, from a little before their end."""
        from confluent_kafka import TopicPartition

        there = self._consumer.list_topics(timeout=_ANSWER).topics  # of one topic: that may create it
        found = {(topic, number) for topic in self.topics if topic in there and there[topic].error is None
                 for number in there[topic].partitions}
        if found == set(self._partitions):
            return False
        starts = []
        for place in sorted(found):
            low, high = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=_ANSWER)
            known = self._partitions.get(place)
            at = known.records[-1].offset + 1 if known and known.records else max(low, high - _BACK)
            starts.append(TopicPartition(*place, at))
            self._partitions.setdefault(place, Partition(*place, end=max(high, 0)))
        for place in set(self._partitions) - found:
            del self._partitions[place]
        self._consumer.assign(starts)
        return True

    def _take(self, message: Any) -> bool:
        partition = self._partitions.get((message.topic(), message.partition()))
        if partition is None or message.error() is not None:
            return False
        offset = message.offset()
        if partition.records and offset <= partition.records[-1].offset:  # the topic is another one of the same name
            partition.records.clear()
            partition.end = 0
        key = (message.key() or b"").decode("utf-8", "backslashreplace")
        partition.records.append(Record(offset, key, len(message.value() or b"")))
        partition.end = max(partition.end, offset + 1)
        return True

    def _follow_ends(self) -> bool:
        """Take the ends that came with the last fetches: Tansu answers the question for them too low."""
        from confluent_kafka import KafkaException, TopicPartition

        changed = False
        for place, partition in self._partitions.items():
            with contextlib.suppress(KafkaException):
                _, high = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
                if high > partition.end:
                    partition.end, changed = high, True
                if partition.records and high - partition.records[-1].offset > _BEHIND:
                    self._consumer.seek(TopicPartition(*place, high - _BACK))
        return changed

    def _ask_group(self) -> bool:
        changed = False
        if self._partitions and self._due("offsets", _GROUP_EVERY):
            changed |= self._find_committed()
        if self._members_told is None and self._due("members", _MEMBERS_EVERY):
            self._members_told = self._admin.describe_consumer_groups([self.group])[self.group]
        if self._members_told is not None and self._members_told.done():
            answer, self._members_told = self._members_told, None
            changed |= "members" not in self._heard
            self._heard.add("members")
            # Of a group that nobody has joined yet, newer brokers say that there is none.
            changed |= self._take_members(None if answer.exception() else answer.result())
        return changed

    def _find_committed(self) -> bool:
        # Not by AdminClient.list_consumer_group_offsets: librdkafka 2.16 crashes when a coordinator answers that with
        # an error, which it does when a broker is stopped.
        from confluent_kafka import KafkaException, TopicPartition

        try:
            found = self._consumer.committed([TopicPartition(*place) for place in self._partitions], timeout=_ANSWER)
        except KafkaException:
            self._next["topics"] = 0.0  # whether it answers at all
            return False
        changed = False
        for place in found:
            if place.error is None:
                partition = self._partitions[place.topic, place.partition]
                committed = place.offset if place.offset >= 0 else None
                changed |= committed != partition.committed
                partition.committed = committed
        return changed

    def _take_members(self, answer: Any) -> bool:
        members = sorted(answer.members, key=lambda member: str(member.member_id)) if answer else []
        named = {}
        for member in members:
            name = self._names.setdefault(member.member_id, f"member {_letters(len(self._names))}")
            for place in member.assignment.topic_partitions if member.assignment else ():
                named[place.topic, place.partition] = name
        state = answer.state.name.replace("_", " ").lower() if answer else ""
        said = "" if state in {"", "stable", "empty", "dead", "unknown"} else state
        # Tansu tells no members: a group that rests and has none is called empty.
        count = None if not members and state in {"stable", "unknown"} else len(members)
        changed = (count, said) != (self._members, self._state)
        self._members, self._state = count, said
        for place, partition in self._partitions.items():
            changed |= partition.member != named.get(place, "")
            partition.member = named.get(place, "")
        return changed


def _letters(number: int) -> str:
    """Return A to Z, then AA and so on."""
    head, last = divmod(number, 26)
    return (_letters(head - 1) if head else "") + chr(ord("A") + last)
