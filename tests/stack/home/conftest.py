from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from labkit.services import Endpoint, start
from stack.parts import api
from stack.runtime import ensure_bucket
from tests.brokers import PROVIDER


@pytest.fixture(scope="session")
def broker() -> Iterator[Endpoint]:
    with start("mqtt", provider=PROVIDER) as services:
        yield services.mqtt


@pytest.fixture(scope="session")
def influx() -> Iterator[Endpoint]:
    with start("influxdb", provider="embedded") as services:
        endpoint = dataclasses.replace(services.influxdb, bucket="iot-data")
        ensure_bucket(endpoint)  # type: ignore[arg-type]
        yield endpoint


@pytest.fixture(scope="session")
def app(broker: Endpoint, influx: Endpoint) -> Iterator[Flask]:
    app = api.create_app(broker, influx)
    yield app
    app.extensions["database"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def away(influx: Endpoint) -> Iterator[FlaskClient]:
    """The API while broker and database are down: nobody listens on port 1."""
    app = api.create_app(
        dataclasses.replace(influx, service="mqtt", host="127.0.0.1", port=1),
        dataclasses.replace(influx, url="http://127.0.0.1:1"),
    )
    yield app.test_client()
    app.extensions["database"].close()
