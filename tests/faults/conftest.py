from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def servers_that_keep_what_they_acknowledge() -> None:
    """Choose providers by the environment, as a person would: the real log, and servers with a disk."""
    os.environ.update({
        "LABKIT_MQTT_PROVIDER": "native", "LABKIT_INFLUXDB_PROVIDER": "embedded", "LABKIT_S3_PROVIDER": "embedded",
        "LABKIT_POSTGRESQL_PROVIDER": "embedded", "LABKIT_TIMESCALEDB_PROVIDER": "embedded",
        "LABKIT_KAFKA_PROVIDER": "native",
    })
    os.environ.setdefault("LABKIT_KAFKA_JARS", str(Path.home() / ".cache" / "labkit-test" / "kafka"))
