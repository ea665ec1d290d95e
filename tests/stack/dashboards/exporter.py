"""A stage that exports the metrics of the part, and works a little at every question."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from stack.parts.dashboards import StageMetrics


@dataclass
class Exporter:
    """Where it listens, and its numbers."""

    address: str
    metrics: StageMetrics
    registry: CollectorRegistry


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Be silent."""


@contextmanager
def exporter(service: str) -> Iterator[Exporter]:
    """A stage: ten messages between two questions, one of them is rejected; its lag grows by 1,000."""
    registry = CollectorRegistry()
    metrics = StageMetrics(service, registry)
    application = make_wsgi_app(registry)

    def answer(environ, start_response):  # type: ignore[no-untyped-def]
        for number in range(10):
            with suppress(ValueError), metrics.message():
                if number == 0:
                    raise ValueError("cannot be read")
        metrics.lag.inc(1000)
        return application(environ, start_response)

    server = make_server("127.0.0.1", 0, answer, handler_class=_Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Exporter(f"127.0.0.1:{server.server_address[1]}", metrics, registry)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
