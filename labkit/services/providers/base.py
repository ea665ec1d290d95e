"""What all providers have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from labkit.services.config import NONE, Config
from labkit.services.endpoint import Endpoint
from labkit.services.service import Service
from labkit.services.unavailable import UnavailableError
from labkit.waiting import wait_until

T = TypeVar("T")


class Server(Protocol):
    """The running thing behind an endpoint."""

    def log(self) -> list[str]:
        """The last lines that it wrote."""

    def exit_code(self) -> int | None:
        """Its exit code, None while it runs."""

    def kill(self) -> None:
        """Kill it at once and keep what it left.

        Raises:
            OSError: it cannot be reached.
        """

    def start(self) -> None:
        """Start it again after `kill`, on the same port, with what it left.

        Raises:
            OSError: it cannot be reached.
        """

    def stop(self) -> None:
        """End it and remove what it left. Safe to call twice."""


@dataclass(slots=True, eq=False)
class Running:
    """A service that answers.

    Args:
        endpoint: its address.
        server: what runs it; None when it belongs to somebody else (attach).
        skipped: why not a provider before this one, a line for each.
        failed: those of them that should have worked and did not.
        config: what its starter gave it to read.
    """

    endpoint: Endpoint
    server: Server | None = None
    skipped: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    config: Config = NONE

    def alive(self) -> bool:
        """Whether its process still runs. What belongs to somebody else is taken as alive."""
        return self.server is None or self.server.exit_code() is None

    def stop(self) -> None:
        """End it, if it is ours."""
        if self.server is not None:
            self.server.stop()


_TRIES = 3


def again_if_taken(start_once: Callable[[], Running]) -> Running:
    """Start a server; and again when its port was taken between the moment it was found and the moment it was bound.

    Raises:
        UnavailableError: it cannot be started.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            return start_once()
        except UnavailableError as error:
            taken = any("in use" in line.lower() for line in error.log)
            if not (taken and tries_left):
                raise
    raise AssertionError("the last try either returns or raises")


def complete(service: Service, endpoint: Endpoint, needs: frozenset[str]) -> Endpoint:
    """The endpoint with what only the running server can say: its version, and what this build of it cannot do.

    Raises:
        UnavailableError: it lacks a need.
    """
    if service.version is not None:
        endpoint = replace(endpoint, version=service.version(endpoint))
    if service.discover is not None:
        endpoint = replace(endpoint, capabilities=endpoint.capabilities & service.discover(endpoint))
        lacking = sorted(needs - endpoint.capabilities)
        if lacking:
            raise UnavailableError(f"this {endpoint.engine} {endpoint.version} lacks {', '.join(lacking)}",
                                   started=True)
    return endpoint


def wait_for_answer(service: Service, endpoint: Endpoint, server: Server, timeout: float) -> None:
    """Wait until a server that was just started answers in its own protocol.

    Raises:
        UnavailableError: it ended, or did not answer in time; with its last log lines.
    """
    last = "it was not asked"

    def ready() -> bool:
        nonlocal last
        ended = server.exit_code()
        if ended is not None:
            raise UnavailableError(f"{endpoint.engine} ended with exit code {ended}", log=server.log(), started=True)
        last = service.ready(endpoint)
        # The port could have been taken by another program meanwhile: what answers must be the one that runs.
        return not last and server.exit_code() is None

    _wait(ready, timeout, endpoint.engine, server, lambda: last)


def wait_for_port(announced: Callable[[], int], server: Server, engine: str, timeout: float) -> int:
    """Wait until a server has said which port it took.

    Raises:
        UnavailableError: it ended, or said nothing in time; with its last log lines.
    """
    return _wait_for_word(announced, server, engine, timeout, "it did not say which port it took")


def wait_for_log(output: Callable[[], str], pattern: str, server: Server, engine: str, timeout: float) -> None:
    """Wait until a server has written a line.

    Raises:
        UnavailableError: it ended, or did not write it in time; with its last log lines.
    """
    _wait_for_word(lambda: re.search(pattern, output()), server, engine, timeout, "it did not say that it runs")


def _wait_for_word(word: Callable[[], T], server: Server, engine: str, timeout: float, otherwise: str) -> T:
    def said() -> T:
        answer = word()
        ended = server.exit_code()
        if not answer and ended is not None:
            raise UnavailableError(f"{engine} ended with exit code {ended}", log=server.log(), started=True)
        return answer

    return _wait(said, timeout, engine, server, lambda: otherwise)


def _wait(ready: Callable[[], T], timeout: float, engine: str, server: Server, last: Callable[[], str]) -> T:
    try:
        return wait_until(ready, timeout, what=engine)
    except TimeoutError:
        raise UnavailableError(
            f"{engine} runs, but was not ready within {timeout:g} s: {last()}", log=server.log(),
            fix="look at the last lines of its log; on a slow machine, start it again.", started=True,
        ) from None
