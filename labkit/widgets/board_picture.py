"""Pictures of a board: its lamp, its connection's state machine, its ring buffer. HTML from plain data."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

_BLUE, _GREEN, _AMBER = "#2f7fe0", "#2e7d32", "#b7791f"
_STATES = {
    "READY": (70, 44), "TRYING": (230, 44), "ON TRIAL": (390, 44), "HOLDING": (550, 44), "WAITING": (310, 138),
}
"""Where the states of `Backoff` stand: the middle of each box."""
_WIDE, _TALL = 104, 36
_ARROWS = (
    ("M122 44H172", "may_try", 147, 21), ("M282 44H332", "connected", 307, 21),
    ("M442 44H492", "held", 467, 21),
    ("M232 62 276 118", "failed", 224, 98), ("M388 62 346 118", "failed", 394, 98),
    ("M550 62V138H368", "failed", 528, 98), ("M258 138H70V68", "delay over", 112, 98),
)
_CELLS = 48
"""Up to so many places a buffer is drawn as a ring of cells; above that as a bar."""

State = Mapping[str, Any]


def lamp(name: str, state: State) -> str:
    """Return the board with its blue lamp.

    Args:
        name: of the board.
        state: its state; `led_on`, `brightness` (0 to 255) and `wifi` (None: not known) are looked at.
    """
    on, brightness = bool(state.get("led_on")), int(state.get("brightness") or 0)
    share = brightness / 255 if on else 0.0
    said = lamp_words(state)
    pins = "".join(f"<circle cx='{28 + step * 14.5:.1f}' cy='{row}' r='3' fill='#c9a227'/>"
                   for row in (14, 146) for step in range(13))
    rays = "".join(
        f"<line x1='{58 + 17 * math.cos(angle):.1f}' y1='{80 + 17 * math.sin(angle):.1f}' "
        f"x2='{58 + (19 + 9 * share) * math.cos(angle):.1f}' y2='{80 + (19 + 9 * share) * math.sin(angle):.1f}' "
        f"stroke='#8fc4ff' stroke-width='2.5' stroke-linecap='round'/>"
        for angle in (math.tau * step / 8 for step in range(8))) if share else ""
    opacity = f"{0.25 + 0.75 * share:.2f}"
    light = f"<circle cx='58' cy='80' r='12' fill='#58a6ff' fill-opacity='{opacity}'/>" if share else ""
    waves = "<circle cx='100' cy='53' r='3' fill='#e5e7eb'/>" + "".join(
        f"<path d='M{100 - 6 * step} {52 - 5 * step}a{8 * step} {8 * step} 0 0 1 {12 * step} 0' fill='none' "
        "stroke='#e5e7eb' stroke-width='2.5'/>" for step in (1, 2, 3))
    radio = "" if state.get("wifi") is None else (
        waves if state["wifi"] else "<path d='M90 36l20 18m0-18-20 18' stroke='#ff8a80' stroke-width='3'/>")
    return (
        f"<svg role='img' aria-label='{html.escape(f'{name}: {said}', quote=True)}' viewBox='0 0 250 182' width='250' "
        f"style='max-width:100%;font:13px var(--jp-ui-font-family,sans-serif)'>"
        "<rect x='6' y='4' width='224' height='152' rx='8' fill='#1f2933' stroke='#6b7280'/>"
        f"{pins}<rect x='126' y='40' width='96' height='80' rx='3' fill='#b9c0c8'/>"
        "<text x='174' y='86' text-anchor='middle' fill='#1f2933' font-weight='600'>ESP32</text>"
        f"{radio}{rays}<circle cx='58' cy='80' r='12' fill='#20354d' stroke='#8fb7e8' stroke-width='1.5'/>{light}"
        "<text x='58' y='128' text-anchor='middle' fill='#e5e7eb' font-size='11'>LED, GPIO2</text>"
        f"<text x='118' y='174' text-anchor='middle' fill='currentColor'>{html.escape(said)}</text></svg>"
    )


def lamp_words(state: State) -> str:
    """Return what the lamp does, in words."""
    return f"LED on, brightness {state.get('brightness')}" if state.get("led_on") else "LED off"


def machine(state: State) -> str:
    """Return the state machine of the connection; the present state is filled and marked.

    Args:
        state: its state; `connection`, `failures` and `due_ms` are looked at.
    """
    now = str(state.get("connection"))
    boxes = []
    for name, (x, y) in _STATES.items():
        here = name == now
        look = f"fill='{_AMBER if name in ('WAITING', 'TRYING') else _GREEN}' stroke-width='3'" if here else \
            "fill='currentColor' fill-opacity='.06' stroke-width='1.3'"
        ink = " style='color:#fff;fill:#fff'" if here else ""
        boxes.append(
            f"<g><rect x='{x - _WIDE / 2}' y='{y - _TALL / 2}' width='{_WIDE}' "
            f"height='{_TALL}' rx='{_TALL / 2}' stroke='currentColor' {look}/>"
            f"<text x='{x}' y='{y + 5}' text-anchor='middle' font-weight='{700 if here else 400}'{ink}>"
            f"{'▶ ' if here else ''}{name}</text></g>")
    arrows = "".join(
        f"<path d='{path}' fill='none' stroke='currentColor' stroke-width='1.3' marker-end='url(#labkit-tip)'/>"
        f"<text x='{x}' y='{y}' text-anchor='middle' font-size='11'>{label}</text>" for path, label, x, y in _ARROWS)
    return (
        f"<svg role='img' aria-label='{html.escape(machine_words(state), quote=True)}' viewBox='0 0 612 166' "
        "width='612' "
        "fill='currentColor' style='max-width:100%;font:13px var(--jp-ui-font-family,sans-serif)'>"
        "<defs><marker id='labkit-tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' "
        "orient='auto'><path d='M0 0 8 4 0 8z' fill='currentColor'/></marker></defs>"
        f"{arrows}{''.join(boxes)}</svg>"
    )


def machine_words(state: State) -> str:
    """Return the state of the connection in words."""
    failures = state.get("failures") or 0
    times = f", {failures} failure{'' if failures == 1 else 's'} in a row" if failures else ""
    due = state.get("due_ms")
    wait = f", next try in {due / 1000:.1f} s" if state.get("connection") == "WAITING" and due is not None else ""
    return f"Connection: {state.get('connection')}{times}{wait}"


def buffer(state: State) -> str:
    """Return the ring buffer: a ring of cells if it is small, a bar if it is large.

    Args:
        state: its state; `measured`, `buffered` and `capacity` are looked at.
    """
    said, size, capacity = buffer_words(state), int(state["buffered"]), int(state["capacity"])
    if capacity > _CELLS:
        full = 560 * min(1.0, size / capacity)
        inside = (f"<rect x='8' y='10' width='560' height='22' rx='4' fill='none' stroke='currentColor'/>"
                  f"<rect x='8' y='10' width='{full:.1f}' height='22' rx='4' fill='{_BLUE}'/>")
        wide, tall = 580, 44
    else:
        # The buffer numbers its items: item n lies in cell n modulo the capacity.
        oldest = int(state.get("measured") or size) - size
        held = {number % capacity: number for number in range(oldest, oldest + size)}
        inside = "".join(_cell(place, capacity, held.get(place), oldest) for place in range(capacity))
        inside += f"<text x='100' y='98' text-anchor='middle' font-size='24' font-weight='600'>{size}</text>"
        inside += f"<text x='100' y='116' text-anchor='middle'>of {capacity}</text>"
        wide, tall = 200, 200
    return (
        f"<svg role='img' aria-label='{html.escape(said, quote=True)}' viewBox='0 0 {wide} {tall}' width='{wide}' "
        f"fill='currentColor' style='max-width:100%;font:13px var(--jp-ui-font-family,sans-serif)'>{inside}</svg>"
    )


def _cell(place: int, capacity: int, number: int | None, oldest: int) -> str:
    """A piece of the ring; the oldest item has a thick edge and its number."""
    inner, outer, gap = 52.0, 84.0, 0.02
    begin = math.tau * place / capacity - math.pi / 2 + gap
    end = math.tau * (place + 1) / capacity - math.pi / 2 - gap
    large = 1 if end - begin > math.pi else 0

    def at(radius: float, angle: float) -> str:
        return f"{100 + radius * math.cos(angle):.1f} {100 + radius * math.sin(angle):.1f}"

    path = (f"M{at(outer, begin)}A{outer} {outer} 0 {large} 1 {at(outer, end)}L{at(inner, end)}"
            f"A{inner} {inner} 0 {large} 0 {at(inner, begin)}Z")
    is_oldest = number is not None and number == oldest
    look = f"fill='{_BLUE}'" if number is not None else "fill='currentColor' fill-opacity='.06'"
    middle = at(92, (begin + end) / 2).split()
    label = f"<text x='{middle[0]}' y='{float(middle[1]) + 4:.1f}' text-anchor='middle' font-size='11' " \
            f"font-weight='600'>{number}</text>" if is_oldest else ""
    title = f"<title>{f'reading {number}' if number is not None else 'free'}</title>"
    return (f"<path d='{path}' {look} stroke='currentColor' stroke-width='{3 if is_oldest else 1}'>{title}</path>"
            f"{label}")


def buffer_words(state: State) -> str:
    """Return how full the buffer is, in words."""
    return f"Ring buffer: {state['buffered']} of {state['capacity']} places hold a reading"


def counts(state: State) -> str:
    """Return what the board has counted, in one line of words."""
    names = (("measured", "measured"), ("acknowledged", "acknowledged"), ("buffered", "in the buffer"),
             ("lost", "lost"), ("repeated", "sent again"), ("messages", "messages of all kinds"))
    told = [f"{word} {state[key]}" for key, word in names if state.get(key) is not None]
    return ", ".join([f"up for {int(state.get('uptime') or 0)} s", *told])
