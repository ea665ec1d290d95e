"""Service lights: what runs, where, and whether it answers now."""

from __future__ import annotations

import html
import socket
import time
from typing import TYPE_CHECKING

from labkit.widgets.view import View, box

if TYPE_CHECKING:
    from labkit.services import Endpoint, Services

_PATIENCE = 1.0
_LEFT = "text-align:left;padding-right:1em"


def service_lights(services: Services | None = None) -> View:
    """Show the services of this notebook; run the cell again to ask again.

    Args:
        services: what `start(...)` returned; what this kernel has started if not given.
    """
    if services is None:
        from labkit.services import current

        services = current()
    if services is None:
        return _outlook()
    rows = [(endpoint, _answer(endpoint)) for endpoint in _endpoints(services)]
    lines = [
        f"  {'● up' if seconds is not None else '○ down'}  {endpoint!r}{_said(seconds)}" for endpoint, seconds in rows
    ]
    cells = "".join(_row(endpoint, seconds) for endpoint, seconds in rows)
    head = "".join(
        f"<th scope='col' style='{_LEFT}'>{name}</th>" for name in ("state", "service", "engine", "provider", "address")
    )
    return View(
        "\n".join(["Services:", *lines]),
        box(f"<table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>", "Services"),
    )


def _outlook() -> View:
    """Say where each service would run, since none runs: the short form of `labkit doctor`."""
    from labkit.services import doctor

    rows = [row for row in doctor.report()["services"] if row["state"] != "planned"]
    places = []
    for row in rows:
        engine = f"{row['engine']} {row['version']}".strip()
        where = f"{engine} ({row['provider']})" if row["provider"] else "cannot run here"
        places.append((row["title"], where, row["note"]))
    said = "No service was started in this notebook. Here they would run on:"
    lines = [f"  {title}: {where}{note and ', ' + note}" for title, where, note in places]
    names = ("service", "runs on", "note")
    head = "".join(f"<th scope='col' style='{_LEFT}'>{name}</th>" for name in names)
    cells = "".join(
        "<tr>" + "".join(f"<td style='{_LEFT}'>{html.escape(text)}</td>" for text in place) + "</tr>"
        for place in places
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>"
    more = "<p>In a terminal, <code>labkit doctor</code> says more.</p>"
    return View(
        "\n".join([said, *lines, "In a terminal, `labkit doctor` says more."]),
        box(f"<p>{said}</p>{table}{more}", "Where each service would run"),
    )


def _endpoints(services: Services) -> list[Endpoint]:
    return [services[name] for name in services]


def _answer(endpoint: Endpoint) -> float | None:
    """Return how long the service takes to accept a connection, in seconds, or None if it does not."""
    started = time.perf_counter()
    try:
        with socket.create_connection((endpoint.host, endpoint.port), timeout=_PATIENCE):
            return time.perf_counter() - started
    except OSError:
        return None


def _said(seconds: float | None) -> str:
    return (
        f", answers in {seconds * 1000:.0f} ms"
        if seconds is not None
        else ", does not answer: run the cell with start(…) again"
    )


def _row(endpoint: Endpoint, seconds: float | None) -> str:
    symbol, word, colour = ("●", "up", "#2e7d32") if seconds is not None else ("○", "down", "#c62828")
    mark = f"<span aria-hidden='true' style='color:{colour}'>{symbol}</span> <b>{word}</b>"
    said = (
        f"{endpoint.engine} {endpoint.version}",
        endpoint.provider,
        f"{endpoint.host}:{endpoint.port}{_said(seconds)}",
    )
    cells = "".join(f"<td style='{_LEFT}'>{html.escape(text)}</td>" for text in said)
    name = f"<th scope='row' style='{_LEFT}'>{html.escape(endpoint.service)}</th>"
    return f"<tr><td style='{_LEFT}'>{mark}</td>{name}{cells}</tr>"
