"""The status document for people: tables that fit into 80 columns. A sign stands beside every colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from labkit.up.supervisor import LEFT_OUT

_SIGNS = {"pass": ("●", "green"), "fail": ("✗", "red"), "starting": ("○", "yellow"), "waiting": ("↻", "yellow"),
          "absent": ("–", "dim"), "stopped": ("■", "dim")}
LEGEND = "● works  ○ starts  ↻ ended, starts again  ✗ does not work  – absent"


def text(document: Mapping[str, Any], width: int = 100) -> str:
    """The status as plain text, for output that is no terminal.

    Args:
        document: what `labkit.up.status.document` returned.
        width: columns.
    """
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(view(document))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def view(document: Mapping[str, Any]) -> RenderableType:
    """The status as tables, what matters most first: a small terminal shows no more than its lines.

    Args:
        document: what `labkit.up.status.document` returned.
    """
    parts: list[RenderableType] = [_headline(document), *_pages(document), Text()]
    if document["processes"]:
        parts += [_processes(document), Text()]
    blocks = (_said(document), _servers(document["servers"]), _absent(document["servers"]))
    parts += [block for block in blocks if block is not None]
    if document["house"]:
        parts += [Text.assemble(("Yours ", "bold"), f"{', '.join(document['house']['parts'])}, from "
                                f"{document['house']['folder']}")]
    return Group(*parts, Text(LEGEND, style="dim"))


def _headline(document: Mapping[str, Any]) -> Text:
    minutes, seconds = divmod(int(document["seconds"]), 60)
    starting = any(row["status"] == "starting" for row in (*document["servers"], *document["processes"]))
    if document["status"] == "pass":
        state, style = "● all is well", "green"
    elif starting or not document["problems"]:
        state, style = "○ starting", "yellow"
    else:
        state, style = "✗ not well", "red"
    return Text.assemble(("labkit up ", "bold"), " ".join(document["systems"]), f"  {minutes}:{seconds:02d}  ",
                         (state, style), "  Ctrl-C ends")


def _pages(document: Mapping[str, Any]) -> list[Text]:
    """What a person may open in a browser, near the top: in a small terminal the servers stand below the last line."""
    found = [f"{row['name']} {row['page']}" for row in (*document["processes"], *document["servers"])
             if row["page"] and row["status"] == "pass"]
    return [Text.assemble(("Open ", "bold"), "  ".join(found))] if found else []


def _table(*columns: str, right: Sequence[str] = (), elastic: str = "") -> Table:
    """A table without lines. Only the elastic column is cut where the terminal is too narrow."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=True, overflow="ellipsis",
                         ratio=1 if column == elastic else None)
    table.expand = bool(elastic)
    return table


def _name(row: Mapping[str, Any]) -> Text:
    sign, style = _SIGNS[row["status"]]
    return Text.assemble((sign, style), " ", row["name"])


def _processes(document: Mapping[str, Any]) -> Table:
    table = _table("", "address", "messages", "a second", "lag", "restarts",
                   right=["messages", "a second", "lag", "restarts"])
    for name in document["systems"]:
        rows = [row for row in document["processes"] if row["system"] == name]
        if rows:
            table.add_row(Text(name, style="bold"))
        for row in rows:
            mine = Text(" yours", style="bold") if row["mine"] else Text()
            where = f"{row['devices']} devices" if row["devices"] else row["address"]
            messages = row["sent"] if row["devices"] else row["received"]
            rate = "" if row["rate"] is None else f"{row['rate']:.1f}"
            table.add_row(_name(row) + mine, where, _number(messages), rate, _number(row["lag"]),
                          str(row["restarts"] or ""))
    return table


def _servers(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("Servers", "runs on", "address", "restarts", right=["restarts"], elastic="runs on")
    present = [row for row in rows if row["status"] != "absent"]
    table.columns[0].min_width = max((len(row["name"]) + 2 for row in present), default=0)
    table.columns[2].min_width = max((len(row["address"]) for row in present), default=0)
    table.columns[3].min_width = len("restarts")
    for row in present:
        where = f"{row['provider']}: {row['engine']} {row['version']}".strip() if row["provider"] else ""
        table.add_row(_name(row), where, row["address"], str(row["restarts"] or ""))
    return table


def _absent(rows: Sequence[Mapping[str, Any]]) -> Table | None:
    """What does not run here, what that costs, and why, unless the person who started it left it out."""
    table = _pairs("Absent")
    for row in rows:
        if row["status"] == "absent":
            why = "" if row["error"] == LEFT_OUT else f" ({row['error']})"
            table.add_row(_name(row), Text.assemble(row["without"], (why, "dim")))
    return table if table.row_count else None


def _said(document: Mapping[str, Any]) -> Table | None:
    """The last errors, and problems that are nobody's error."""
    table = _pairs("Said last")
    everything = (*document["servers"], *document["processes"])
    rows = [row for row in everything if row["error"] and row["status"] != "absent"]
    for row in rows:
        table.add_row(_name(row), row["error"])
    known = [*rows, *(row for row in everything if row["status"] == "starting")]  # the sign ○ says that already
    for problem in document["problems"]:
        if not any(problem.startswith(f"{row['name']}:") for row in known):
            table.add_row(Text("✗", style="red"), problem)
    return table if table.row_count else None


def _pairs(title: str) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column(title, no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
