"""House plan: the ten labs as rooms, and which of them are the student's own work."""

from __future__ import annotations

import html

from labkit import house
from labkit.widgets.view import View, box, problem

_ROOM, _TALL, _GAP, _PER_ROW = 168, 74, 8, 4
_STATE = {
    "mine": ("✓ yours", "#2e7d32", ""),
    "reference": ("○ reference", "#757575", "6 4"),
    "empty": ("· not built yet", "#9e9e9e", "2 4"),
}


def house_plan() -> View:
    """Show the plan of the student's house: each part, its lab, and whether it is the student's or the reference."""
    try:
        rooms = house.rooms()
    except OSError as error:
        return problem("House plan", f"The folder of your house cannot be read: {error}")
    states = [
        (room, "mine" if room.mine else "reference" if house.reference_path(room.part) else "empty") for room in rooms
    ]
    count = sum(room.mine for room in rooms)
    head = f"Your house: {count} of {len(rooms)} parts are yours"
    lines = [head, *(f"  {_STATE[state][0]}: {room.part} (lab {room.lab}, {room.title})" for room, state in states)]
    shapes = []
    for place, (room, state) in enumerate(states):
        row, column = divmod(place, _PER_ROW)
        left, top = 14 + column * (_ROOM + _GAP), 64 + row * (_TALL + _GAP)
        word, colour, dash = _STATE[state]
        shapes.append(
            f"<g><rect x='{left}' y='{top}' width='{_ROOM}' height='{_TALL}' rx='4' "
            f"fill='{colour}' fill-opacity='{0.16 if state == 'mine' else 0.04}' stroke='{colour}' "
            f"stroke-width='2' stroke-dasharray='{dash}'/>"
            f"<text x='{left + 10}' y='{top + 24}' font-weight='600' font-size='15'>{html.escape(room.part)}</text>"
            f"<text x='{left + 10}' y='{top + 43}'>lab {room.lab}</text>"
            f"<text x='{left + 10}' y='{top + 61}'>{word}</text></g>"
        )
    rows = -(-len(states) // _PER_ROW)
    wide, tall = 28 + _PER_ROW * (_ROOM + _GAP) - _GAP, 64 + rows * (_TALL + _GAP) + 8
    outline = "fill='none' stroke='currentColor' stroke-width='2'"
    roof = f"<path d='M6 56 L{wide / 2} 10 L{wide - 6} 56 Z' {outline}/>"
    walls = f"<rect x='6' y='56' width='{wide - 12}' height='{tall - 60}' {outline}/>"
    said = html.escape("\n".join(lines), quote=True)
    svg = (
        f"<svg role='img' aria-label='{said}' viewBox='0 0 {wide} {tall}' width='{wide}' fill='currentColor' "
        f"style='max-width:100%;font:13px var(--jp-ui-font-family,sans-serif)'>{roof}{walls}{''.join(shapes)}</svg>"
    )
    return View("\n".join(lines), box(f"<b>{html.escape(head)}</b><br>{svg}", "House plan"))
