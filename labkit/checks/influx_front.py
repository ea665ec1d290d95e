"""A front for an InfluxDB: it hands requests on, notes every write, and can answer in the database's place.

What the retries of a client are worth shows only when the server fails in a chosen way at a chosen moment.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import zlib
from collections import deque
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from labkit.services import Endpoint

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})
"""Headers that belong to one connection (RFC 9110, 7.6.1), or that this server writes itself."""
_THREAD = "labkit-influx-front"
LARGEST = 32 * 1024 * 1024
"""Bytes of one request's body, packed or unpacked; a longer one is refused with 413."""
MOST = 10_000
"""Requests that are noted; further ones are answered only."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer in the database's place.

    Args:
        status: HTTP status; 0 closes the connection without an answer.
        code: InfluxDB's short name of the error.
        message: InfluxDB's sentence on it.
        retry_after: the header `Retry-After`, in seconds; empty for none.
    """

    status: int
    code: str = ""
    message: str = ""
    retry_after: str = ""


BUSY = Answer(503, "unavailable", "the service is overloaded, try again later")
HANG_UP = Answer(0)


@dataclass(frozen=True, slots=True)
class Write:
    """One write request that came by.

    Args:
        began: when it came, in seconds of the monotonic clock.
        lines: its lines.
        status: what it was answered; 0 if the connection was closed.
    """

    began: float
    lines: tuple[str, ...]
    status: int


class InfluxFront:
    """An HTTP server on a free loopback port in front of an InfluxDB. A context manager; hand out `endpoint`.

    Args:
        influx: the database behind it, with the bucket to write to.
    """

    def __init__(self, influx: Endpoint) -> None:
        self._behind = influx
        self._lock = threading.Lock()
        self._writes: list[Write] = []
        self._denied = 0
        self._answers: deque[Answer] = deque()
        self._always: Answer | None = None
        self._open: set[socket.socket] = set()
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def setup(self) -> None:
                # By its name a thread is known as the kit's own, not as one that the student left running.
                threading.current_thread().name = _THREAD
                super().setup()
                with front._lock:
                    front._open.add(self.connection)

            def finish(self) -> None:
                with front._lock:
                    front._open.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

            def _any(self) -> None:
                front._handle(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _any  # noqa: N815 - names of http.server

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: a word on stderr would cost the student points."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.05,), name=_THREAD, daemon=True)
        self._thread.start()
        port = self._server.server_address[1]
        self.endpoint = replace(influx, host="127.0.0.1", port=port, url=f"http://127.0.0.1:{port}")

    @property
    def writes(self) -> list[Write]:
        """The write requests that came by, in order."""
        with self._lock:
            return list(self._writes)

    @property
    def denied(self) -> int:
        """Requests of any kind that were answered with 401 or 403."""
        with self._lock:
            return self._denied

    def forget(self) -> None:
        """Forget the writes that came by, and hand on again."""
        with self._lock:
            self._writes.clear()
            self._answers.clear()
            self._always = None

    def answer(self, *answers: Answer) -> None:
        """Answer the next write requests so, one after the other; those behind them are handed on."""
        with self._lock:
            self._answers.extend(answers)

    def answer_always(self, answer: Answer | None) -> None:
        """Answer every write request so, until this is called with None."""
        with self._lock:
            self._always = answer

    def close(self) -> None:
        """Stop the server, and end the connections that clients keep open."""
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=5)

    def __enter__(self) -> InfluxFront:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        began = time.monotonic()
        told = request.headers.get("Content-Length") or "0"
        if not told.isdecimal() or int(told) > LARGEST:
            request.close_connection = True
            request.send_error(413)
            return
        body = request.rfile.read(int(told))
        is_write = urlsplit(request.path).path in {"/api/v2/write", "/write"}
        answer = self._next_answer() if is_write else None
        if answer is None:
            status, headers, content = self._handed_on(request, body)
        else:
            status, headers, content = _written_out(answer)
        with self._lock:
            self._denied += status in {401, 403}
            if is_write and len(self._writes) < MOST:
                self._writes.append(Write(began, _lines(body, request.headers.get("Content-Encoding", "")), status))
        if status == 0:
            request.close_connection = True
            return
        request.send_response(status)
        for name, value in headers:
            request.send_header(name, value)
        if status != 204:
            request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        if content and request.command != "HEAD":
            request.wfile.write(content)

    def _next_answer(self) -> Answer | None:
        with self._lock:
            return self._answers.popleft() if self._answers else self._always

    def _handed_on(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        there = urlsplit(self._behind.url)
        kind = HTTPSConnection if there.scheme == "https" else HTTPConnection
        connection = kind(there.hostname or self._behind.host, there.port, timeout=20)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP | {"host"}}
            connection.request(request.command, there.path + request.path, body=body or None, headers=headers)
            answer = connection.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
            return answer.status, kept, answer.read()
        except OSError as error:
            return _written_out(Answer(502, "unavailable", f"no answer from the database: {error}"))
        finally:
            connection.close()


def _written_out(answer: Answer) -> tuple[int, list[tuple[str, str]], bytes]:
    headers = [("Content-Type", "application/json; charset=utf-8"), ("X-Platform-Error-Code", answer.code)]
    if answer.retry_after:
        headers.append(("Retry-After", answer.retry_after))
    return answer.status, headers, json.dumps({"code": answer.code, "message": answer.message}).encode()


def _lines(body: bytes, encoding: str) -> tuple[str, ...]:
    text = body
    if encoding == "gzip":
        with contextlib.suppress(zlib.error):  # what is no gzip, the database refuses
            text = zlib.decompressobj(wbits=31).decompress(body, LARGEST)
    return tuple(line for line in text.decode("utf-8", "replace").split("\n") if line.strip())
