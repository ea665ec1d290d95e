"""The service `shelly-api`: the part's API on port 8000."""

from __future__ import annotations

from fastapi import FastAPI
from pydantic import Field

from stack.runtime import InfluxSettings, ServiceSettings, Stage, ensure_bucket, load_part, run
from stack.runtime.checks import influx_problem
from stack.runtime.settings import Influx


class ApiSettings(ServiceSettings, InfluxSettings):
    """The database."""

    http_port: int = Field(default=8000, ge=0, le=65535, description="0 takes a free port and announces it")
    influx_bucket: str = "shelly"


class Api:
    """The application, and its bucket.

    Args:
        app: made by the part.
        influx: the database; the bucket is made if it is missing.
    """

    def __init__(self, app: FastAPI, influx: Influx) -> None:
        self.app = app
        self._influx = influx

    def start(self) -> None:
        """Make the bucket.

        Raises:
            ConnectionError: the database is not there yet.
        """
        ensure_bucket(self._influx)

    def stop(self) -> None:
        """Nothing to end: every question has a connection of its own."""


def build(settings: ApiSettings, stage: Stage) -> Api:
    """Make the service.

    Args:
        settings: the database.
        stage: health and metrics.
    """
    stage.depends("influxdb", lambda: influx_problem(settings.influx))
    return Api(load_part("shelly", stage).create_api(settings.influx), settings.influx)


if __name__ == "__main__":
    run("shelly-api", ApiSettings, build)
