"""What the suites of the web servers have in common: servers to ask, questions, and what is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil

from labkit.services import Endpoint
from labkit.services.probes import http_json
from labkit.waiting import wait_until

PROJECT = Path(__file__).parents[2]


def ask(url: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and text of a page; an error status is an answer too."""
    request = urllib.request.Request(url, data, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextmanager
def http_server(answers: dict[str, str], name: str = "") -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A small web server: its address, and the paths and headers that it was asked for, as they come."""
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            text = answers.get(self.path, answers.get("*"))
            body = (text if text is not None else "no such page").encode()
            self.send_response(200 if text is not None else 404)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Upstream", name)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def listens_on(endpoint: Endpoint) -> set[str]:
    """The addresses on which this machine listens at the endpoint's port."""
    return {connection.laddr.ip for connection in psutil.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == endpoint.port}


def answers(endpoint: Endpoint, path: str = "/") -> bool:
    try:
        http_json(endpoint.host, endpoint.port, path)
    except OSError:
        return False
    return True


def killed_owner_leaves(service: str, provider: str, arguments: str = "") -> list[str]:
    """Start a service in a process that is then killed with SIGKILL; what is still there after a minute."""
    code = f"""
import json, os, threading
from labkit.services import Config, session, start
endpoint = start({service!r}, provider={provider!r}{arguments})[{service!r}]
server = session._running[{service!r}][0].server
print(json.dumps([endpoint.port, str(getattr(server, "directory", "")), getattr(server, "name", "")]), flush=True)
threading.Event().wait(60)
"""
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=PROJECT, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        line = owner.stdout.readline()
        try:
            port, directory, container = json.loads(line)
        finally:
            os.kill(owner.pid, signal.SIGKILL)
            owner.wait()
    try:
        wait_until(lambda: not _left(port, directory, container), 60, what="everything gone")
    except TimeoutError:
        return _left(port, directory, container)
    return []


def _left(port: int, directory: str, container: str) -> list[Any]:
    key = directory or container
    found = [f"process {process.pid}: {process.info['cmdline']}" for process in psutil.process_iter(["cmdline"])
             if any(key in argument for argument in process.info["cmdline"] or ())]
    found += [f"port {port}" for connection in psutil.net_connections("inet")
              if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port]
    return found + ([directory] if directory and Path(directory).exists() else [])
