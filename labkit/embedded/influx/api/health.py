"""/health, /ping, /ready: answered without a token."""

from __future__ import annotations

import time

from labkit.embedded.influx.api.http import VERSION, Request, Response, Route, json_response
from labkit.embedded.influx.catalog import stamp

_STARTED_NS = time.time_ns()
_STARTED = time.monotonic()


def health(request: Request) -> Response:  # noqa: ARG001 - all handlers are called alike
    """Says that the server works, and its version."""
    return json_response({"name": "influxdb", "message": "ready for queries and writes", "status": "pass", "checks": [],
                          "version": VERSION, "commit": "labkit"})


def ping(request: Request) -> Response:  # noqa: ARG001
    """Says nothing; the version stands in the headers of every answer."""
    return Response(204)


def ready(request: Request) -> Response:  # noqa: ARG001
    """Says since when the server has been ready."""
    up = time.monotonic() - _STARTED
    hours, rest = divmod(up, 3600)
    minutes, seconds = divmod(rest, 60)
    text = (f"{hours:.0f}h" if hours else "") + (f"{minutes:.0f}m" if hours or minutes else "") + f"{seconds:.6f}s"
    return json_response({"status": "ready", "started": stamp(_STARTED_NS), "up": text})


ROUTES: list[Route] = [
    ("GET", "/health", health), ("GET", "/ping", ping), ("HEAD", "/ping", ping), ("GET", "/ready", ready),
]
