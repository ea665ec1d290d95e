"""A fleet's `/health`: the same document as that of the house's services, with the messages that were sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sized
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from labkit.errors import StudentError


class Sending(Protocol):
    """What is asked of a fleet; `labkit.devices.fleet.Fleet` is one."""

    @property
    def devices(self) -> Sized:
        """Its devices."""

    @property
    def unconnected(self) -> int:
        """Devices without a connection."""

    @property
    def published(self) -> int:
        """Messages that the broker has."""

    @property
    def lost(self) -> int:
        """Messages that were given up."""

    @property
    def behind(self) -> float:
        """Simulated seconds that it is late."""


def report(name: str, fleet: Sending) -> dict[str, Any]:
    """The document.

    Args:
        name: of the fleet.
        fleet: the running fleet.
    """
    away = fleet.unconnected
    detail = f"{away} of {len(fleet.devices)} devices are not connected" if away else ""
    return {
        "service": name,
        "status": "fail" if away else "pass",
        "checks": {"mqtt": {"status": "fail" if away else "pass", "detail": detail}},
        "devices": len(fleet.devices),
        "sent": fleet.published,
        "lost": fleet.lost,
        "behind": round(fleet.behind, 3),
        "last_error": None,
    }


class HealthServer:
    """Serves `/health` of a fleet from a thread.

    Args:
        name: of the fleet.
        fleet: the running fleet.
        environment: HTTP_HOST (127.0.0.1) and HTTP_PORT (0: a free one) are read.
        more: further keys of the document.

    Raises:
        StudentError: HTTP_PORT is no port, or is taken.
    """

    def __init__(self, name: str, fleet: Sending, environment: Mapping[str, str],
                 more: Mapping[str, Any] | None = None) -> None:
        text = environment.get("HTTP_PORT") or "0"
        if not (text.isdecimal() and int(text) < 65_536):
            raise StudentError(f"HTTP_PORT is {text!r}, which is no port.", "give a number from 0 to 65535.")

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.path.partition("?")[0] == "/health"
                found = {"error": f"there is no {self.path}, only /health"}
                if known:
                    found = {**report(name, fleet), **(more or {})}
                body = json.dumps(found).encode()
                self.send_response(200 if known and found["status"] == "pass" else 503 if known else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: somebody asks every second."""

        try:
            self._server = ThreadingHTTPServer((environment.get("HTTP_HOST") or "127.0.0.1", int(text)), Handler)
        except OSError as error:
            raise StudentError(f"HTTP_PORT {text} cannot be had: {error.strerror}.",
                               "give another, or 0 for a free one.") from None
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="labkit-fleet-health", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the server and its thread."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
