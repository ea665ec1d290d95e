"""Faults of a service on demand: kill it as a crash would, and start it again where its clients look for it.

>>> services = start("postgresql")
>>> kill(services, "postgresql")       # SIGKILL: nothing is flushed, nothing is said to the clients
>>> restart(services, "postgresql")    # the same port, and what was on its disk

What a server still knows afterwards is its capability `durable`; one without it comes back empty.
"""

from __future__ import annotations

import time

from labkit.errors import KitError
from labkit.services import catalogue
from labkit.services.providers.base import Running, Server, wait_for_answer
from labkit.services.session import Services
from labkit.services.unavailable import UnavailableError
from labkit.waiting import wait_until

_ENDS = 10.0
"""How long the end of a killed server may take to be seen, in seconds."""
_LINGERS = 5.0
"""How long what a killed server left (a child, a lock, a port) may be in the way of the next one, in seconds."""
_STARTS = 60.0
"""How long a killed server may take until it answers again, in seconds: it may have much to recover."""


def kill(services: Services, name: str) -> None:
    """Kill a service at once; its data stays.

    Args:
        services: what `start` returned.
        name: name of the service.

    Raises:
        KitError: it belongs to somebody else, or did not end.
    """
    running = services.running(name)
    server = _ours(running)
    try:
        server.kill()
        wait_until(lambda: server.exit_code() is not None, _ENDS, what=f"the end of {running.endpoint.engine}")
    except (OSError, TimeoutError) as error:
        raise KitError(f"{name} could not be killed: {error}.", log=server.log()) from error


def restart(services: Services, name: str) -> None:
    """Start a killed service again on its port, and wait until it answers.

    A service that still runs is killed first.

    Args:
        services: what `start` returned.
        name: name of the service.

    Raises:
        KitError: it belongs to somebody else, or does not answer again.
    """
    running = services.running(name)
    server = _ours(running)
    if running.alive():
        kill(services, name)
    until = time.monotonic() + _LINGERS
    while True:
        try:
            server.start()
            wait_for_answer(catalogue.service(name), running.endpoint, server, _STARTS)
            return
        except (UnavailableError, OSError) as error:
            if not (running.alive() or time.monotonic() > until):
                continue
            raise KitError(f"{name} could not be started again: {error}.", log=server.log()) from error


def _ours(running: Running) -> Server:
    if running.server is None:
        endpoint = running.endpoint
        raise KitError(f"{endpoint.service} at {endpoint.host}:{endpoint.port} belongs to somebody else.",
                       fix=f"unset LABKIT_{endpoint.service.upper()}_URL, so that the kit starts one of its own.")
    return running.server
