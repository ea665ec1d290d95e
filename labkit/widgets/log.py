"""Log view: the partitions of topics with their newest records, and how far a group has got, live."""

from __future__ import annotations

import html
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from labkit.widgets.live import Live
from labkit.widgets.log_reader import LogReader, Partition, Seen

if TYPE_CHECKING:
    from labkit.services import Endpoint

_ANSWER = 2.0
_FIRST = 4.0
"""Seconds that the first picture may take: a client of Kafka asks for addresses before it asks for anything else."""
_CELL, _HIGH, _GAP, _ROW, _WIDTH, _LEFT = 54, 36, 4, 70, 724, 22
_KEY = 6
"""Characters of a key that a cell has room for: its last ones, where the numbers of devices differ."""
_KEY_FONT = "font:10px var(--jp-code-font-family,monospace)"
"""Of keys: letters of one width, six units each, so that seven of them leave room on both sides of a cell."""
_DONE = "#0072b2"


class LogView(Live):
    """The partitions of topics, live.

    Args:
        kafka: the broker.
        topics: names of the topics.
        group: the group whose offsets are shown.
        seconds: after how long it ends by itself.
    """

    def __init__(self, kafka: Endpoint, topics: Iterable[str], group: str | None, seconds: float = 300.0) -> None:
        self.kafka = kafka
        self.topics = tuple(topics)
        self.group = group
        self._seen = Seen()
        key = f"log:{','.join(self.topics)}:{group or ''}"
        super().__init__("Log view", seconds=seconds, key=key, settle=_FIRST)

    def unreachable(self, error: OSError) -> str:
        """Return what people read when there is no broker."""
        return f"Kafka cannot be reached ({error}). Start the services of this notebook, and run this cell again."

    def listen(self) -> None:
        """Look at the log until it is stopped. A broker that goes away is waited for."""
        # Kafka's client would go on trying where nobody is.
        socket.create_connection((self.kafka.host, self.kafka.port), timeout=_ANSWER).close()
        reader = LogReader(self.kafka.bootstrap, self.topics, self.group)
        drawn = False
        try:
            while self.going():
                if not reader.look():
                    continue
                with self._lock:
                    self._seen = reader.seen()
                if reader.complete or drawn:
                    drawn = True
                    self.changed()
        finally:
            reader.close()

    def words(self) -> str:
        """Return a line a partition."""
        missing = [f"  {topic}: there is no such topic yet" for topic in self._missing()]
        rows = [f"  {partition.topic} {partition.number}: {self._said(partition)}{_keys(partition)}"
                for partition in self._seen.partitions]
        return "\n".join([self._head(), *rows, *missing])

    def picture(self) -> str:
        """Return the rows as SVG with a description."""
        missing = "".join(f"<p>{html.escape(topic)}: there is no such topic yet.</p>" for topic in self._missing())
        legend = ""
        if self.group:
            legend = f"<small>Solid with ✓: committed by {html.escape(self.group)}. Dashed: not yet.</small><br>"
        svg = self._svg() if self._seen.partitions else ""
        return f"<b>{html.escape(self._head())}</b><br>{legend}{svg}{missing}"

    def _missing(self) -> list[str]:
        there = {partition.topic for partition in self._seen.partitions}
        return [topic for topic in self.topics if topic not in there]

    def _head(self) -> str:
        seen = self._seen
        head = f"Log view: {', '.join(self.topics)}"
        if self.group:
            lags = [partition.lag for partition in seen.partitions if partition.lag is not None]
            state = f", {seen.state}" if seen.state else ""
            lag = f", lag {sum(lags)}" if lags else ""
            members = "" if seen.members is None else f" ({_count(seen.members, 'member')})"
            head += f", group {self.group}{members}{state}{lag}"
        return head if seen.answers else f"{head} (Kafka does not answer now: as last seen)"

    def _said(self, partition: Partition) -> str:
        said = f"end {partition.end}"
        if self.group:
            said += f", committed {partition.committed}, lag {partition.lag}" if partition.lag is not None \
                else ", nothing committed"
            said += f", read by {partition.member}" if partition.member else ""
        return said

    def _svg(self) -> str:
        rows = "".join(self._row(partition, place * _ROW) for place, partition in enumerate(self._seen.partitions))
        said, tall = html.escape(self.words(), quote=True), len(self._seen.partitions) * _ROW
        return (
            f"<svg role='img' aria-label='{said}' viewBox='0 0 {_WIDTH} {tall}' width='{_WIDTH}' "
            f"style='max-width:100%;font:12px var(--jp-ui-font-family,sans-serif)' fill='currentColor'>{rows}</svg>"
        )

    def _row(self, partition: Partition, top: int) -> str:
        parts = [
            f"<text x='0' y='{top + 18}' font-weight='600' font-size='13'>{html.escape(partition.topic)} "
            f"{partition.number}</text>"
            f"<text x='{_WIDTH - 2}' y='{top + 18}' text-anchor='end'>{html.escape(self._said(partition))}</text>"
        ]
        records = list(partition.records)
        if not records:
            parts.append(f"<text x='{_LEFT}' y='{top + 44}' opacity='.7'>"
                         f"{'not read yet' if partition.end else 'no record'}</text>")
        elif records[0].offset:
            parts.append(f"<text x='2' y='{top + 47}'>…</text>")
        for place, record in enumerate(records):
            left, high = _LEFT + place * (_CELL + _GAP), top + 24
            done = partition.committed is not None and record.offset < partition.committed
            look = f"fill='{_DONE}' fill-opacity='.2' stroke='{_DONE}'" if done else \
                "fill='none' stroke='currentColor'" + (" stroke-dasharray='4 3'" if self.group else "")
            about = html.escape(f"offset {record.offset}, key {record.key or 'none'}, {record.size} bytes")
            middle, number = left + _CELL / 2, f"{'✓ ' if done else ''}{record.offset}"
            parts.append(
                f"<g><title>{about}</title>"
                f"<rect x='{left}' y='{high}' width='{_CELL}' height='{_HIGH}' rx='3' stroke-width='1.5' {look}/>"
                f"<text x='{middle}' y='{high + 15}' text-anchor='middle' font-weight='600' "
                f"font-size='{min(12, 72 // len(number))}'>{number}</text>"
                f"<text x='{middle}' y='{high + 29}' text-anchor='middle' style='{_KEY_FONT}'>"
                f"{html.escape(_short(record.key))}</text></g>"
            )
        return "".join(parts)


def _short(key: str) -> str:
    return key if len(key) <= _KEY + 1 else f"…{key[-_KEY:]}"


def _keys(partition: Partition) -> str:
    keys = sorted({record.key for record in partition.records if record.key})
    return f"; keys of its last {_count(len(partition.records), 'record')}: {', '.join(keys)}" if keys else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def log_view(
    kafka: Endpoint, topics: str | Iterable[str], group: str | None = None, seconds: float = 300.0
) -> LogView:
    """Show the partitions of topics live: their newest records, and how far a group has got; name it in the last line
    of a cell. It reads as somebody else: no group gets fewer records by it.

    Args:
        kafka: the broker.
        topics: name of a topic, or several. One that does not exist yet appears when it does.
        group: the consumer group whose committed offsets, lag and members are shown.
        seconds: after how long it ends by itself.
    """
    return LogView(kafka, [topics] if isinstance(topics, str) else topics, group, seconds)
