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
    """The status as tables.

    Args:
        document: what `labkit.up.status.document` returned.
    """
    parts: list[RenderableType] = [_headline(document), Text(), _servers(document["servers"])]
    for name, system in document["systems"].items():
        rows = [row for row in document["processes"] if row["system"] == name]
        if rows:
            parts += [Text(), _system(name, system, rows)]
    if document["house"]:
        parts += [Text(), Text(f"Yours: {', '.join(document['house']['parts'])} (from {document['house']['folder']})")]
    if errors := _errors(document):
        parts += [Text(), Text("Said last", style="bold"), errors]
    return Group(*parts, Text(), Text(LEGEND, style="dim"))


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
                         (state, style), "   Ctrl-C stops everything")


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=True,
                         overflow="ellipsis")
    return table


def _name(row: Mapping[str, Any]) -> Text:
    sign, style = _SIGNS[row["status"]]
    return Text.assemble((sign, style), " ", row["name"])


def _servers(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("Servers", "runs on", "address", "restarts", right=["restarts"])
    for row in rows:
        if row["status"] == "absent":
            where = Text(f"absent: {row['without']}", style="dim")
        else:
            where = Text(f"{row['provider']}: {row['engine']} {row['version']}".strip() if row["provider"] else "")
        table.add_row(_name(row), where, row["address"], str(row["restarts"] or ""))
    return table


def _system(name: str, system: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _table(name, "address", "messages", "msg/s", "lag", "restarts",
                   right=["messages", "msg/s", "lag", "restarts"])
    table.title, table.title_justify, table.title_style = system["title"], "left", "bold"
    table.columns[0].min_width = 17
    table.columns[1].min_width = 15
    for row in rows:
        mine = Text(" yours", style="bold") if row["mine"] else Text()
        where = f"{row['devices']} devices" if row["devices"] else row["address"]
        messages = row["sent"] if row["devices"] else row["received"]
        table.add_row(
            _name(row) + mine, where, _number(messages), "" if row["rate"] is None else f"{row['rate']:.1f}",
            _number(row["lag"]), str(row["restarts"] or ""),
        )
    return table


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _errors(document: Mapping[str, Any]) -> Table | None:
    table = Table(box=None, padding=(0, 1), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    rows = [row for row in (*document["servers"], *document["processes"])
            if row["error"] and row["error"] != LEFT_OUT]
    for row in rows:
        table.add_row(_name(row), row["error"])
    for problem in document["problems"]:
        if not any(problem.startswith(f"{row['name']}:") for row in rows):
            table.add_row(Text("✗", style="red"), problem)
    return table if table.row_count else None
