"""Runs the part `api` as a service: the REST interface of the home on port 5000, with its description on /docs."""

from __future__ import annotations

import threading
from typing import Any

from flask import Flask, Response
from pydantic import Field

from stack.home.docs import DESCRIPTION, page
from stack.runtime import InfluxSettings, MqttSettings, ServiceSettings, Stage, ensure_bucket, load_part, run
from stack.runtime.checks import influx_problem, mqtt_problem
from stack.runtime.settings import Influx


class ApiSettings(ServiceSettings, MqttSettings, InfluxSettings):
    """Settings of the API."""

    http_port: int = Field(default=5000, ge=0, le=65535, description="0 takes a free port and announces it")
    influx_bucket: str = "iot-data"


class Api:
    """The application, and what the service adds: counts, and the pages that describe it.

    Args:
        app: made by the part.
        influx: the database; its bucket is made if it is missing.
    """

    def __init__(self, app: Flask, influx: Influx) -> None:
        self.app = app
        self._influx = influx
        self._counts = {"received": 0, "stored": 0, "rejected": 0}
        self._lock = threading.Lock()
        app.after_request(self._count)
        app.add_url_rule("/openapi.json", "openapi", lambda: Response(DESCRIPTION, mimetype="application/json"))
        app.add_url_rule("/docs", "docs", lambda: Response(page(), mimetype="text/html"))

    @property
    def stats(self) -> dict[str, Any]:
        """Requests: all, those that were served, those that were refused or failed."""
        with self._lock:
            return dict(self._counts)

    def _count(self, response: Response) -> Response:
        with self._lock:
            self._counts["received"] += 1
            self._counts["rejected" if response.status_code >= 400 else "stored"] += 1
        return response

    def start(self) -> None:
        """Make the bucket.

        Raises:
            ConnectionError: the database is not there yet.
        """
        ensure_bucket(self._influx)

    def stop(self) -> None:
        """End the connections to the database, if the part keeps some."""
        if (database := self.app.extensions.get("database")) is not None:
            database.close()


def build(settings: ApiSettings, stage: Stage) -> Api:
    """Make the service.

    Args:
        settings: the broker and the database.
        stage: its health and metrics.
    """
    part = load_part("api", stage)
    api = Api(part.create_app(settings.mqtt, settings.influx), settings.influx)
    stage.follow(lambda: api.stats)
    stage.depends("mqtt", lambda: mqtt_problem(settings.mqtt))
    stage.depends("influxdb", lambda: influx_problem(settings.influx))
    return api


if __name__ == "__main__":
    run("home-api", ApiSettings, build)
