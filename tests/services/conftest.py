"""Tests choose their providers: what is set in the environment of the person who runs them must not matter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.services import current, session
from tests.conftest import stand_in

STAND_INS = [path.parent.name for path in Path(__file__).parents[1].glob("images/*/Dockerfile")]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("LABKIT_") and name != "LABKIT_TEST_OFFICIAL_IMAGES":
            monkeypatch.delenv(name)
    if not os.environ.get("LABKIT_TEST_OFFICIAL_IMAGES"):
        for name in STAND_INS:
            monkeypatch.setenv(f"LABKIT_IMAGE_{name.upper()}", stand_in(name))


@pytest.fixture(autouse=True, scope="module")
def nothing_runs_before_and_after_a_file() -> Iterator[None]:
    """What tests of other rooms share on this worker is neither found here nor stopped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("labkit.services.session._running", {})
        yield
        running = current()
        while running is not None:
            running.stop()
            running = current()


@pytest.fixture(autouse=True)
def attached_only_while_its_address_is_known() -> Iterator[None]:
    """A server that was attached in one test is not found again in the next, which has not said its address."""
    yield
    for name, found in session._running.items():
        session._running[name] = [one for one in found if one.endpoint.provider != "attach"]


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Docker, whatever this one has: an address where nobody listens."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
