"""The HTTP server: WSGI application and waitress around it.

Why waitress: it is imported in 20 ms (tornado: 70 ms), reads bodies in one thread and runs handlers in a few others,
knows chunked bodies, limits sizes, and is well kept. Of a write of 5000 lines almost all the time goes into the lines.
"""

from __future__ import annotations

import logging
import select
import socket
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from labkit.embedded.influx.api.http import (
    MAX_BODY_BYTES,
    REASONS,
    VERSION,
    ApiError,
    Request,
    Response,
    Route,
    error_response,
)
from labkit.embedded.influx.api.router import Router
from labkit.embedded.influx.engine import Engine
from labkit.embedded.influx.tasks.scheduler import Scheduler

if TYPE_CHECKING:
    from waitress.server import TcpWSGIServer

log = logging.getLogger("labkit.influx")

_OPEN = {("GET", "/api/v2/setup"), ("POST", "/api/v2/setup"), ("GET", "/health"), ("GET", "/ping"), ("HEAD", "/ping"),
         ("GET", "/ready"), ("GET", "/api/v2")}
"""What needs no token."""


def routes() -> list[Route]:
    """All routes of the API."""
    from labkit.embedded.influx.api import (
        authorizations,
        buckets,
        delete,
        health,
        orgs,
        query,
        setup,
        tasks,
        users,
        write,
    )

    modules = (health, setup, orgs, buckets, authorizations, users, write, query, delete, tasks)
    return [route for module in modules for route in module.ROUTES]


class Application:
    """The WSGI application.

    Args:
        engine: the database.
        scheduler: of the tasks.
    """

    def __init__(self, engine: Engine, scheduler: Scheduler) -> None:
        self.engine = engine
        self.scheduler = scheduler
        self._router = Router(routes())

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        try:
            response = self._answer(Request(environ, self.engine, self.scheduler))
        except ApiError as error:
            response = error_response(error)
        except Exception:
            log.exception("%s %s", environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"))
            response = error_response(ApiError("internal error", "an internal error has occurred"))
        headers = [*response.headers, ("X-Influxdb-Build", "labkit"), ("X-Influxdb-Version", VERSION)]
        if response.type:
            headers.append(("Content-Type", response.type))
        body = response.body
        if isinstance(body, list):
            headers.append(("Content-Length", str(sum(map(len, body)))))
        start_response(f"{response.status} {REASONS[response.status]}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else body

    def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(204)
        if (request.method, request.path.rstrip("/")) not in _OPEN and request.path.startswith("/api/v2"):
            _ = request.authorization  # 401 comes before 404 and 405
        handler, ids = self._router.find(request.method, request.path)
        return handler(request, *ids)


def _keep_alive_channel() -> type:
    """A channel of waitress that stays open behind a 204, which is the answer to each write.

    waitress closes a connection behind each answer without a Content-Length, and a 204 must not have one (RFC 9110).
    """
    from waitress.channel import HTTPChannel
    from waitress.task import WSGITask

    class Task(WSGITask):
        def set_close_on_finish(self) -> None:
            asked = self.version == "1.0" or self.request.headers.get("CONNECTION", "").lower() == "close"
            if asked or self.has_body:
                super().set_close_on_finish()

    class Channel(HTTPChannel):
        task_class = Task

    return Channel


def make_server(engine: Engine, scheduler: Scheduler, port: int) -> TcpWSGIServer:
    """Listen on 127.0.0.1; `run` of what is returned serves until it is closed.

    Args:
        engine: the database.
        scheduler: of the tasks.
        port: TCP port, 0 for a free one.

    Raises:
        OSError: the port is taken.
    """
    from waitress import create_server

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that a request waits a moment is nothing to tell
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    server = create_server(
        Application(engine, scheduler),
        sockets=[listener],
        threads=8,
        ident="labkit",
        connection_limit=500,
        recv_bytes=256 * 1024,
        inbuf_overflow=MAX_BODY_BYTES,  # bodies stay in memory
        outbuf_overflow=64 * 1024 * 1024,
        max_request_body_size=2 * MAX_BODY_BYTES,  # above it waitress itself refuses; up to it, we do, in JSON
        clear_untrusted_proxy_headers=True,
        asyncore_use_poll=hasattr(select, "poll"),
    )
    server.channel_class = _keep_alive_channel()
    return server
