"""Topic explorer: the tree of topics that is in use, with the last payload of each."""

from __future__ import annotations

import html
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkit.widgets.mqtt_live import MqttLive

if TYPE_CHECKING:
    from labkit.services import Endpoint

_MOST = 200
"""Topics that are kept; a broker may have many more than a person can read."""
_LONGEST = 120
_EMPTY = '""'
"""How an empty level is shown."""


@dataclass
class _Topic:
    payload: bytes
    moment: float
    count: int = 1


class TopicExplorer(MqttLive):
    """The tree of topics, live.

    Args:
        broker: where to listen.
        topic_filter: what to show.
        seconds: after how long it ends by itself.
    """

    def __init__(self, broker: Endpoint, topic_filter: str = "#", seconds: float = 300.0) -> None:
        self._topics: dict[str, _Topic] = {}
        self._left_out = 0
        super().__init__("Topic explorer", broker, topic_filter, seconds=seconds, key="topics")

    def take(self, topic: str, payload: bytes, moment: float) -> None:
        """Note a message. What the kit sends itself is left out: a student who reads it would look for its sender."""
        if topic.startswith("labkit/"):
            return
        known = self._topics.get(topic)
        if known is not None:
            known.payload, known.moment, known.count = payload, moment, known.count + 1
        elif len(self._topics) < _MOST:
            self._topics[topic] = _Topic(payload, moment)
        else:
            self._left_out += 1

    def words(self) -> str:
        """Return the tree as text."""
        lines = [self._head()]
        seen: set[tuple[str, ...]] = set()
        for topic, state in sorted(self._topics.items()):
            levels = tuple(topic.split("/"))
            for depth in range(1, len(levels)):
                if levels[:depth] not in seen:
                    seen.add(levels[:depth])
                    lines.append("  " * depth + (levels[depth - 1] or _EMPTY))
            lines.append(
                "  " * len(levels) + f"{levels[-1] or _EMPTY}: {_text(state.payload)} ({_messages(state.count)})"
            )
        return "\n".join(lines)

    def picture(self) -> str:
        """Return the tree as nested lists."""
        return f"<b>{html.escape(self._head())}</b>{_branch(_tree(self._topics), time.time())}"

    def _head(self) -> str:
        more = f", {self._left_out} messages of further topics not shown" if self._left_out else ""
        where = f"{self.broker.host}:{self.broker.port}"
        return f"Topic explorer: {len(self._topics)} topics under {self.topic_filter} on {where}{more}"


class _Node(dict[str, "_Node"]):
    state: _Topic | None = None


def _tree(topics: dict[str, _Topic]) -> _Node:
    root = _Node()
    for topic, state in sorted(topics.items()):
        at = root
        for level in topic.split("/"):
            at = at.setdefault(level, _Node())
        at.state = state
    return root


def _branch(node: _Node, now: float) -> str:
    items = []
    for level, below in node.items():
        state = below.state
        said = ""
        if state is not None:
            age = max(0.0, now - state.moment)
            said = (
                f": <code style='overflow-wrap:anywhere'>{html.escape(_text(state.payload))}</code> "
                f"<small>({_messages(state.count)}, the last {age:.0f} s ago)</small>"
            )
        items.append(f"<li><b>{html.escape(level or _EMPTY)}</b>{said}{_branch(below, now) if below else ''}</li>")
    return f"<ul style='margin:.1em 0;padding-left:1.3em'>{''.join(items)}</ul>"


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _text(payload: bytes) -> str:
    text = payload.decode("utf-8", "backslashreplace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(payload)} bytes)"


def topic_explorer(broker: Endpoint, topic_filter: str = "#", seconds: float = 300.0) -> TopicExplorer:
    """Show the tree of topics that is in use, live; name it in the last line of a cell.

    Args:
        broker: where to listen.
        topic_filter: what to show.
        seconds: after how long it ends by itself.
    """
    return TopicExplorer(broker, topic_filter, seconds)
