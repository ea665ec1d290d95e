from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

PROVIDERS = {"MQTT": "native", "KAFKA": "native", "INFLUXDB": "embedded", "S3": "embedded", "POSTGRESQL": "embedded",
             "TIMESCALEDB": "embedded"}


@pytest.fixture(scope="module", autouse=True)
def servers_that_keep_what_they_acknowledge() -> Iterator[None]:
    """Choose providers by the environment, as a person would: the real log, and servers with a disk."""
    with pytest.MonkeyPatch.context() as patch:
        for name, provider in PROVIDERS.items():
            patch.setenv(f"LABKIT_{name}_PROVIDER", provider)
        patch.setenv("LABKIT_KAFKA_JARS", str(Path.home() / ".cache" / "labkit-test" / "kafka"))
        yield
