"""The service `meter-api`: the Device Manager of the part `devices`, with its OpenAPI description."""

from __future__ import annotations

from typing import Any

import psycopg
from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue

from stack.meter import checks, schema
from stack.meter.openapi import DOCUMENT
from stack.runtime import (
    InfluxSettings,
    PostgresSettings,
    S3Settings,
    ServiceSettings,
    Stage,
    docs,
    ensure_bucket,
    load_part,
    run,
)
from stack.runtime.checks import influx_problem


class ApiSettings(ServiceSettings, InfluxSettings, PostgresSettings, S3Settings):
    """Where the registry, the time series and the archive are."""

    influx_bucket: str = "iot-metrics"
    postgres_database: str = "iot_meter"


class Manager:
    """The application and what it needs before it can answer.

    Args:
        settings: where the servers are.
        devices: the part.
    """

    def __init__(self, settings: ApiSettings, devices: Any) -> None:
        self._settings, self._devices = settings, devices
        self.app: Flask = devices.create_app(settings.postgres.dsn(), settings.s3, settings.influx)
        self.app.add_url_rule("/openapi.json", "openapi", _openapi)
        self.app.add_url_rule("/docs", "docs", lambda: Response(docs.page(DOCUMENT), mimetype="text/html"))

    def start(self) -> None:
        """Make tables and buckets that are missing."""
        schema.prepare(self._settings.postgres, self._devices.MIGRATIONS)
        ensure_bucket(self._settings.influx)
        with self._devices.Archive(self._settings.s3) as archive:
            archive.make_bucket()

    def stop(self) -> None:
        """Close the connections of the application."""
        self.app.extensions["close"]()


def _openapi() -> ResponseReturnValue:
    return jsonify(DOCUMENT)


def build(settings: ApiSettings, stage: Stage) -> Manager:
    """Make the service's worker.

    Args:
        settings: where the servers are.
        stage: health and metrics.
    """
    stage.depends("postgresql", checks.postgresql(settings.postgres.dsn()))
    stage.depends("influxdb", lambda: influx_problem(settings.influx))
    stage.depends("s3", checks.s3(settings.s3))
    return Manager(settings, load_part("devices", stage))


if __name__ == "__main__":
    run("meter-api", ApiSettings, build, waits_for=(psycopg.OperationalError,))
