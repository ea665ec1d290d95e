"""The service `shelly-api`: the part's API on port 8000."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.routing import Route

from stack.runtime import InfluxSettings, ServiceSettings, Stage, docs, ensure_bucket, load_part, run
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
        # FastAPI's own pages are empty without the internet, from which they load their scripts.
        app.router.routes[:] = [route for route in app.routes
                                if not (isinstance(route, Route) and route.path.startswith(("/docs", "/redoc")))]
        app.add_api_route("/docs", self._docs, include_in_schema=False)

    def _docs(self) -> HTMLResponse:
        return HTMLResponse(docs.page(self.app.openapi()))

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
