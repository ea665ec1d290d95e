"""Tests choose their providers: what is set in the environment of the person who runs them must not matter."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from labkit.services import current

STAND_IN = "labkit-test/mosquitto:trixie"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("LABKIT_") and name != "LABKIT_TEST_OFFICIAL_IMAGES":
            monkeypatch.delenv(name)
    if not os.environ.get("LABKIT_TEST_OFFICIAL_IMAGES"):
        monkeypatch.setenv("LABKIT_IMAGE_MOSQUITTO", STAND_IN)


@pytest.fixture(autouse=True, scope="module")
def nothing_runs_after_a_file() -> Iterator[None]:
    yield
    running = current()
    while running is not None:
        running.stop()
        running = current()


@pytest.fixture(autouse=True)
def an_engine_for_docker_tests(request: pytest.FixtureRequest) -> None:
    """A test of the docker provider fails without an engine and the image: a skipped one would prove nothing."""
    if request.node.get_closest_marker("docker") is None:
        return
    try:
        answer = subprocess.run(["docker", "image", "inspect", STAND_IN], capture_output=True, text=True, timeout=10,
                                check=False)
        problem = answer.stderr.strip() if answer.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    if problem and not os.environ.get("LABKIT_TEST_OFFICIAL_IMAGES"):
        pytest.fail(f"No Docker engine with the stand-in image: {problem}\n"
                    "Try: sudo tests/images/engine.sh start && sudo tests/images/build.sh   (tests/images/README.md)")


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Docker, whatever this one has: an address where nobody listens."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
