"""What every test runs on, said once and shown in the report's header."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess

import pytest

from tests.browser import installed_chromium

# A test that cares chooses its provider itself. The others must not ask for an official image that no test machine can
# pull, so they get the native broker, or the embedded one where it is missing.
MOSQUITTO = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
PROVIDERS = {
    "LABKIT_MQTT_PROVIDER": "native" if MOSQUITTO else "embedded",
    "LABKIT_INFLUXDB_PROVIDER": "embedded",
}

STAND_IN = "labkit-test/mosquitto:trixie"


@functools.cache
def docker_problem() -> str:
    """Why a test cannot use the Docker engine and the stand-in image, empty if it can."""
    if os.environ.get("LABKIT_TEST_OFFICIAL_IMAGES"):
        return ""
    try:
        answer = subprocess.run(
            ["docker", "image", "inspect", STAND_IN], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return answer.stderr.strip() if answer.returncode else ""


# What a marked test needs: why it is missing, and how to get it.
NEEDS = {
    "docker": (
        docker_problem,
        "sudo tests/images/engine.sh start && sudo tests/images/build.sh   (tests/images/README.md)",
    ),
    "browser": (lambda: "" if installed_chromium() else "Chromium is not installed", "sudo apt install chromium"),
    "mosquitto": (lambda: "" if MOSQUITTO else "mosquitto is not installed", "sudo apt install mosquitto"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine lacks, and say how to get it. CI installs it all: there, nothing may be skipped."""
    for name, (problem, get) in NEEDS.items():
        if item.get_closest_marker(name) and (missing := problem()):
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{missing}. Try: {get}")


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
