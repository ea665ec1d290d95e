"""The drawings of the report, as SVG that takes its colours from the page. Each says in words what it shows."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT, BINS = 720, 210, 10
_LEFT, _TOP, _BOTTOM = 4, 40, 34


def bins(scores: Sequence[float], most: float) -> list[int]:
    """Count scores in ten bins of equal width; full marks are in the last.

    Args:
        scores: points.
        most: points that can be had.
    """
    counted = Counter(min(int(score / most * BINS), BINS - 1) if most else 0 for score in scores)
    return [counted[place] for place in range(BINS)]


def histogram(scores: Sequence[float], most: float, name: str) -> Markup:
    """Draw how scores are distributed, with the median.

    Args:
        scores: points, at least one.
        most: points that can be had.
        name: whose they are, for those who hear the page.
    """
    counted = bins(scores, most)
    step, room = (WIDTH - 2 * _LEFT) / BINS, HEIGHT - _TOP - _BOTTOM
    highest, floor = max(counted) or 1, HEIGHT - _BOTTOM
    middle = statistics.median(scores)
    at = _LEFT + (middle / most if most else 0) * BINS * step
    parts = [f'<line class="median" x1="{at:.1f}" x2="{at:.1f}" y1="16" y2="{floor}"/>']
    for place, number in enumerate(counted):
        left, high = _LEFT + place * step + 3, room * number / highest
        if number:
            parts.append(f'<rect class="bar" x="{left:.1f}" y="{floor - high:.1f}" width="{step - 6:.1f}" '
                         f'height="{high:.1f}" rx="2"/>'
                         f'<text class="strong" x="{left + step / 2 - 3:.1f}" y="{floor - high - 6:.1f}" '
                         f'text-anchor="middle">{number}</text>')
    for place in range(0, BINS + 1, 2):
        end = "start" if place == 0 else "end" if place == BINS else "middle"
        parts.append(f'<text x="{_LEFT + place * step:.1f}" y="{floor + 17}" text-anchor="{end}">'
                     f'{most * place / BINS:g}</text>')
    # The word stays inside the drawing at both ends.
    end = "start" if at < 90 else "end" if at > WIDTH - 90 else "middle"
    parts.append(f'<text class="strong" x="{at:.1f}" y="11" text-anchor="{end}">median {middle:g}</text>')
    said = ", ".join(f"{number} from {most * place / BINS:g} to {most * (place + 1) / BINS:g} points"
                     for place, number in enumerate(counted) if number)
    # The parts are numbers of ours; the name is the only text from outside.
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)}: {len(scores)} students, '
        f'median {middle:g} of {most:g} points; {said}">'
        f'<line class="axis" x1="0" x2="{WIDTH}" y1="{floor}" y2="{floor}"/>{"".join(parts)}</svg>')


def shares(parts: Sequence[tuple[str, int]], width: int = 240) -> Markup:
    """Draw how a class divides, as one bar; the numbers stand beside it in the table.

    Args:
        parts: class of each part in the page's style, and how many.
        width: of the bar.
    """
    total, at, drawn = sum(number for _, number in parts) or 1, 0.0, []
    for style, number in parts:
        wide = width * number / total
        if number:
            drawn.append(f'<rect class="{style}" x="{at:.1f}" y="0.5" width="{max(wide - 1, 1):.1f}" height="13"/>')
        at += wide
    return Markup(f'<svg class="shares" viewBox="0 0 {width} 14" width="{width}" height="14" '
                  f'aria-hidden="true">{"".join(drawn)}</svg>')
