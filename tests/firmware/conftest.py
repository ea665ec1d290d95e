"""A built node, a broker, a listener; each is ended whatever a test does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.firmware.building import build
from tests.firmware.virtual_board import Boards, Listener, Mosquitto

StartBoards = Callable[..., Boards]


@pytest.fixture(scope="session")
def program() -> Path:
    return build("node")


@pytest.fixture(scope="module")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """For tests that leave the broker as it is; each has node ids of its own."""
    mosquitto = Mosquitto(tmp_path_factory.mktemp("mosquitto"))
    mosquitto.start()
    yield mosquitto
    mosquitto.kill()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that a test may kill."""
    mosquitto = Mosquitto(tmp_path)
    mosquitto.start()
    yield mosquitto
    mosquitto.kill()


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    listeners: list[Listener] = []

    def start(*arguments: object, **options: str) -> Listener:
        listeners.append(Listener(*arguments, **options))  # type: ignore[arg-type]
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture
def boards(program: Path) -> Iterator[StartBoards]:
    """Starts boards that find a broker again within a second."""
    running: list[Boards] = []

    def start(mosquitto: Mosquitto, *arguments: str, environment: dict[str, str] | None = None) -> Boards:
        quick = ("--backoff-base", "0.2", "--backoff-cap", "1", "--interval", "1")
        running.append(Boards(program, "--port", str(mosquitto.port), *quick, *arguments, environment=environment))
        return running[-1]

    yield start
    for one in running:
        one.kill()
