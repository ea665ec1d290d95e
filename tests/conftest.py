"""What every test runs on, said once and shown in the report's header."""

from __future__ import annotations

import os
import shutil

import pytest

# A test that cares chooses its provider itself. The others must not ask for an official image that no test machine can
# pull, so they get the native broker, or the embedded one where it is missing.
MOSQUITTO = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
PROVIDERS = {
    "LABKIT_MQTT_PROVIDER": "native" if MOSQUITTO else "embedded",
    "LABKIT_INFLUXDB_PROVIDER": "embedded",
}


def pytest_configure() -> None:
    os.environ.update(PROVIDERS)


def pytest_report_header() -> list[str]:
    """Say what the tests run on, and what is not run here because there is no package of it."""
    chosen = ", ".join(f"{name.split('_')[1].lower()}: {provider}" for name, provider in PROVIDERS.items())
    absent = [] if shutil.which("influxd") else ["influxd is not on PATH: the native InfluxDB is not run here"]
    return [f"services unless a test chooses: {chosen}", *absent]


@pytest.fixture(autouse=True)
def a_house_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the house of the person who runs the tests alone."""
    monkeypatch.setenv("LABKIT_HOUSE", str(tmp_path_factory.mktemp("house")))
