"""The F2 stages as processes, as they are deployed: started, asked for their health, killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

from labkit.services import Endpoint
from labkit.waiting import wait_until


def environment(broker: Endpoint, bootstrap: str, postgresql: Endpoint, timescaledb: Endpoint) -> dict[str, str]:
    """The variables of all stages."""
    places = {"MQTT_HOST": broker.host, "MQTT_PORT": broker.port, "KAFKA_BOOTSTRAP": bootstrap, "LOG_LEVEL": "WARNING"}
    for name, place in (("POSTGRES", postgresql), ("TIMESCALE", timescaledb)):
        places |= {f"{name}_HOST": place.host, f"{name}_PORT": place.port, f"{name}_USER": place.username,
                   f"{name}_PASSWORD": place.password}
    return {name: str(value) for name, value in places.items()}


class StageProcess:
    """A stage in a process of its own.

    Args:
        name: `connector`, `processor` or `sink`.
        variables: its environment.
    """

    def __init__(self, name: str, variables: dict[str, str]) -> None:
        self.name = name
        self.variables = variables
        self.launch()

    def launch(self) -> None:
        """Start it, also after it was killed."""
        self.process = subprocess.Popen([sys.executable, "-m", f"stack.f2.{self.name}"], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env={**os.environ, **self.variables})
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"{self.name} ended with {self.process.wait()}: {self.process.communicate()[1]}"
        self.url = f"http://127.0.0.1:{json.loads(line)['port']}"

    def health(self) -> dict[str, Any]:
        """The document of /health, with its HTTP status."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=60) as answer:
                return {"http": answer.status, **json.load(answer)}
        except urllib.error.HTTPError as error:
            with error:
                return {"http": error.code, **json.load(error)}

    def metrics(self) -> str:
        """What Prometheus reads."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=60) as answer:
            return str(answer.read().decode())

    def ready(self) -> None:
        """Wait until it works."""
        wait_until(lambda: self.health()["http"] == 200, 60, what=f"health of f2-{self.name}")

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> int:
        """End it in order, and return its exit status."""
        self.process.terminate()
        self.process.communicate(timeout=60)
        return self.process.returncode
