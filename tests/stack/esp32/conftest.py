from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import paho.mqtt.client as mqtt
import pytest

from labkit.services import Endpoint, start
from stack.parts import fleet
from stack.runtime import ensure_bucket


@pytest.fixture(scope="session")
def broker() -> Iterator[Endpoint]:
    """One with $SYS: Mosquitto where it is installed, else amqtt."""
    with start(mqtt=["sys_topics"]) as services:
        yield services.mqtt


@pytest.fixture(scope="session")
def influx() -> Iterator[Endpoint]:
    with start("influxdb", provider="embedded") as services:
        endpoint = dataclasses.replace(services.influxdb, bucket="iot-esp32")
        ensure_bucket(endpoint)  # type: ignore[arg-type]
        yield endpoint


@pytest.fixture
def client(broker: Endpoint) -> Iterator[mqtt.Client]:
    with fleet.connection(broker) as client:
        yield client
