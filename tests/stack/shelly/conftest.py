from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator

import pytest

from labkit.services import Endpoint, start
from stack.runtime import ensure_bucket
from tests.brokers import PROVIDER


@pytest.fixture(scope="session")
def broker() -> Iterator[Endpoint]:
    with start("mqtt", provider=PROVIDER) as services:
        yield services.mqtt


@pytest.fixture(scope="session")
def database() -> Iterator[Endpoint]:
    with start("influxdb", provider="embedded") as services:
        yield services.influxdb


@pytest.fixture
def influx(database: Endpoint) -> Endpoint:
    """The database with a bucket of its own for each test."""
    endpoint = dataclasses.replace(database, bucket=f"shelly-{uuid.uuid4().hex[:8]}")
    ensure_bucket(endpoint)  # type: ignore[arg-type]
    return endpoint
