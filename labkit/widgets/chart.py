"""Live chart: one number of each message as a line, a line a topic."""

from __future__ import annotations

import html
import json
import math
from collections import deque
from typing import TYPE_CHECKING, Any

from labkit.widgets.mqtt_live import MqttLive

if TYPE_CHECKING:
    from labkit.services import Endpoint

_KEEP = 600
_LINES = 6
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 720, 260, 56, 26, 12, 150
# Okabe and Ito's palette, told apart with every kind of colour vision; dash pattern and name tell, too.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_DASHES = ("", "6 3", "2 3", "10 3 2 3", "1 2", "12 4")


def value_at(payload: bytes, path: str) -> float | None:
    """Return the number at a path of a JSON payload, or None.

    Args:
        payload: the message.
        path: keys joined by points, `"sensors.temperature"`; "" if the payload is the number.
    """
    try:
        found: Any = json.loads(payload)
        for key in path.split(".") if path else ():
            found = found[int(key)] if isinstance(found, list) else found[key]
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    good = isinstance(found, (int, float)) and not isinstance(found, bool) and math.isfinite(found)
    return float(found) if good else None


class LiveChart(MqttLive):
    """A live line chart.

    Args:
        broker: where to listen.
        topic_filter: what to listen to.
        path: where the number stands in the JSON payload.
        seconds: after how long it ends by itself.
        unit: written at the numbers, such as `"°C"`.
    """

    def __init__(self, broker: Endpoint, topic_filter: str, path: str, seconds: float = 300.0, unit: str = "") -> None:
        self.path = path
        self.unit = unit
        self._lines: dict[str, deque[tuple[float, float]]] = {}
        self._skipped = 0
        super().__init__("Live chart", broker, topic_filter, seconds=seconds, key=f"chart:{topic_filter}:{path}")

    def take(self, topic: str, payload: bytes, moment: float) -> None:
        """Note a message."""
        number = value_at(payload, self.path)
        if number is None or (topic not in self._lines and len(self._lines) >= _LINES):
            self._skipped += 1
            return
        self._lines.setdefault(topic, deque(maxlen=_KEEP)).append((moment, number))

    def words(self) -> str:
        """Return the last, least and greatest number of each line."""
        lines = [self._head()]
        for topic, points in self._lines.items():
            numbers = [number for _, number in points]
            lines.append(
                f"  {topic}: {self._number(numbers[-1])} now, "
                f"{self._number(min(numbers))} to {self._number(max(numbers))} "
                f"in {len(numbers)} readings"
            )
        return "\n".join(lines)

    def picture(self) -> str:
        """Return the chart as SVG with a description."""
        if not self._lines:
            return f"<b>{html.escape(self._head())}</b><p>No reading has come yet.</p>"
        return f"<b>{html.escape(self._head())}</b><br>{self._svg()}"

    def _head(self) -> str:
        left = f", {self._skipped} messages without that number or of further topics left out" if self._skipped else ""
        return f"Live chart: {self.path or 'payload'} of {self.topic_filter}{left}"

    def _number(self, number: float) -> str:
        return f"{number:.4g}{' ' + self.unit if self.unit else ''}"

    def _svg(self) -> str:
        times = [moment for points in self._lines.values() for moment, _ in points]
        numbers = [number for points in self._lines.values() for _, number in points]
        first, last = min(times), max(max(times), min(times) + 1.0)
        low, high = min(numbers), max(numbers)
        margin = max((high - low) * 0.1, 0.5)
        low, high = low - margin, high + margin

        def x(moment: float) -> float:
            return _LEFT + (moment - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)

        def y(number: float) -> float:
            return _TOP + (high - number) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

        parts = []
        for step in range(5):
            number = low + (high - low) * step / 4
            parts.append(
                f"<line x1='{_LEFT}' x2='{_WIDTH - _RIGHT}' y1='{y(number):.1f}' y2='{y(number):.1f}' "
                "stroke='currentColor' opacity='.15'/>"
                f"<text x='{_LEFT - 6}' y='{y(number) + 4:.1f}' text-anchor='end'>{number:.4g}</text>"
            )
        parts.append(
            f"<text x='{_LEFT}' y='{_HEIGHT - 6}'>{last - first:.0f} s ago</text>"
            f"<text x='{_WIDTH - _RIGHT}' y='{_HEIGHT - 6}' text-anchor='end'>now</text>"
        )
        for place, (topic, points) in enumerate(self._lines.items()):
            path = " ".join(f"{x(moment):.1f},{y(number):.1f}" for moment, number in points)
            colour, name = _COLOURS[place], html.escape(topic.split("/")[-2] if "/" in topic else topic)
            parts.append(
                f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2' "
                f"stroke-dasharray='{_DASHES[place]}'/><text x='{_WIDTH - _RIGHT + 6}' "
                f"y='{y(points[-1][1]) + 4:.1f}'>{name}: {self._number(points[-1][1])}</text>"
            )
        said = html.escape(self.words(), quote=True)
        return (
            f"<svg role='img' aria-label='{said}' viewBox='0 0 {_WIDTH} {_HEIGHT}' width='{_WIDTH}' "
            "style='max-width:100%;font:12px var(--jp-ui-font-family,sans-serif)' fill='currentColor'>"
            f"{''.join(parts)}</svg>"
        )


def live_chart(
    broker: Endpoint,
    topic_filter: str = "iot/node/+/telemetry",
    path: str = "sensors.temperature",
    seconds: float = 300.0,
    unit: str = "",
) -> LiveChart:
    """Draw one number of each message as it comes; name it in the last line of a cell.

    Args:
        broker: where to listen.
        topic_filter: what to listen to.
        path: where the number stands in the JSON payload, keys joined by points.
        seconds: after how long it ends by itself.
        unit: written at the numbers, such as `"°C"`.
    """
    return LiveChart(broker, topic_filter, path, seconds, unit)
