"""Serves `/health` and `/metrics` of a stage, beside the routes of the service itself."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from stack.runtime.stage import Stage

Answer = tuple[int, str, bytes]
_THREADS = 16
"""Requests that a WSGI service answers at the same time; `/mqtt/subscribe` and the like hold one for seconds."""


def answer(stage: Stage, path: str) -> Answer | None:
    """What a stage itself answers.

    Args:
        stage: the stage.
        path: path of the request.

    Returns:
        status, content type and body; None when the path is not the stage's.
    """
    if path == "/health":
        report = stage.report()
        status = 200 if report["status"] == "pass" else 503
        return status, "application/json", json.dumps(report, default=str).encode()
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST, generate_latest(stage.registry)
    return None


def wsgi(stage: Stage, app: Any) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """Put the stage's routes before a WSGI application.

    Args:
        stage: the stage.
        app: the application; None for a service that has no routes of its own.
    """

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        found = answer(stage, environ.get("PATH_INFO", ""))
        if found is None and app is not None:
            return app(environ, start_response)  # type: ignore[no-any-return]
        status, kind, body = found or (404, "application/json", b'{"error": "there are /health and /metrics"}')
        start_response(f"{status} {HTTPStatus(status).phrase}",
                       [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    return application


def asgi(stage: Stage, app: Any) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """Put the stage's routes before an ASGI application.

    Args:
        stage: the stage.
        app: the application.
    """

    async def application(scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "") if scope["type"] == "http" else ""
        # In a thread: a dependency that hangs must not hold up the other requests.
        found = await asyncio.to_thread(answer, stage, path) if path in ("/health", "/metrics") else None
        if found is None:
            await app(scope, receive, send)
            return
        status, kind, body = found
        await send({"type": "http.response.start", "status": status, "headers": [
            (b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    return application


class Server:
    """An HTTP server in a thread.

    Args:
        stage: the stage.
        app: a WSGI or ASGI application, or None.
        host: address to listen on.
        port: TCP port, 0 for a free one.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, stage: Stage, app: Any, host: str, port: int) -> None:
        self._stopped: Callable[[], None]
        if app is not None and inspect.iscoroutinefunction(getattr(app, "__call__", app)):  # noqa: B004
            self.port = self._serve_asgi(asgi(stage, app), host, port)
        else:
            self.port = self._serve_wsgi(wsgi(stage, app), host, port)

    def _serve_wsgi(self, app: Any, host: str, port: int) -> int:
        import waitress  # here, not above: a service needs one of the two servers

        server = waitress.create_server(app, host=host, port=port, threads=_THREADS, clear_untrusted_proxy_headers=True)
        thread = threading.Thread(target=server.run, name="http", daemon=True)
        thread.start()

        def stop() -> None:
            server.task_dispatcher.shutdown(cancel_pending=True, timeout=2)  # first: an answer needs the server's loop
            server.close()
            thread.join(2)

        self._stopped = stop
        return int(server.effective_port)

    def _serve_asgi(self, app: Any, host: str, port: int) -> int:
        import uvicorn

        config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, lifespan="auto")
        socket = config.bind_socket()
        socket.listen(config.backlog)  # the port is announced next: who asks before the server runs must wait, not fail
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, name="http", daemon=True)
        thread.start()

        def stop() -> None:
            server.should_exit = True
            thread.join(5)
            socket.close()

        self._stopped = stop
        return int(socket.getsockname()[1])

    def stop(self) -> None:
        """Finish what is being answered, and close the port."""
        self._stopped()
