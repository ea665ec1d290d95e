"""A service or a fleet as `labkit up` runs it: a process of its own that announces itself in one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from labkit.services import Endpoint
from labkit.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]


class Running:
    """A process, and what it announced."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process, self.ready = process, ready
        self.url = f"http://127.0.0.1:{ready.get('port')}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=60, **options)

    def post(self, path: str, body: Any) -> requests.Response:
        return requests.post(self.url + path, json=body, timeout=40)

    def healthy(self) -> bool:
        return self.get("/health").status_code == 200

    def wait_healthy(self) -> None:
        try:
            wait_until(self.healthy, 60, what="/health says pass")
        except TimeoutError as error:
            raise AssertionError(self.get("/health").text) from error

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def addresses(*endpoints: Endpoint) -> dict[str, str]:
    """The environment in which services find these endpoints."""
    found: dict[str, str] = {}
    for each in endpoints:
        if each.service == "mqtt":
            found |= {"MQTT_HOST": each.host, "MQTT_PORT": str(each.port), "MQTT_USERNAME": each.username,
                      "MQTT_PASSWORD": each.password}
        else:
            found |= {"INFLUX_URL": each.url, "INFLUX_TOKEN": each.token, "INFLUX_ORG": each.org,
                      "INFLUX_BUCKET": each.bucket}
    return found


@contextmanager
def running(module: str, *arguments: str, **environment: str) -> Iterator[Running]:
    """Run a module until the block ends; its log is shown when it fails."""
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HTTP_PORT": "0", "HOME": os.environ.get("HOME", "/")}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([sys.executable, "-m", module, *arguments], env=base | environment, text=True,
                                   stdout=subprocess.PIPE, stderr=log)
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                log.seek(0)
                raise AssertionError(f"{module} ended with {process.wait(60)}:\n{log.read()[-3000:]}")
            yield Running(process, json.loads(line))
        except BaseException:
            log.seek(0)
            print(log.read()[-3000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
