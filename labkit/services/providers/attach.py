"""Provider `attach`: a service that somebody else runs, at an address from the environment."""

from __future__ import annotations

import os
import time

from labkit.services.config import NONE, Config
from labkit.services.endpoint import Endpoint
from labkit.services.providers.base import Running, complete
from labkit.services.service import Service
from labkit.services.unavailable import UnavailableError

_TRIES = 3
"""How often a server is asked that says nothing: a question waits for one to three seconds."""
_AT_ONCE = 0.9
"""An answer within so many seconds is one, be it a refusal; later it is a silence."""


def engines(service: Service) -> list[tuple[str, frozenset[str]]]:
    """The engine that the environment names, with its capabilities; nothing when it names none.

    Raises:
        StudentError: the address is wrong.
    """
    endpoint = service.attach(os.environ)
    return [(endpoint.engine, endpoint.capabilities)] if endpoint else []


def missing(service: Service, engine: str) -> UnavailableError | None:  # noqa: ARG001 - all providers are asked alike
    """Why this provider cannot be used, None when it can. The server is asked."""
    endpoint = service.attach(os.environ)
    if endpoint is None:
        return UnavailableError(f"{service.variable} is not set",
                                fix=f"set {service.variable} to the address of a server")
    refusal = _problem(service, endpoint)
    if not refusal:
        try:
            refusal = service.refusal(endpoint)
        except OSError as error:
            refusal = str(error)
    if not refusal:
        return None
    return UnavailableError(f"{endpoint.host}:{endpoint.port}, from {service.variable}: {refusal}", started=True,
                            fix=f"start the server at that address, or unset {service.variable}")


def _problem(service: Service, endpoint: Endpoint) -> str:
    """What is wrong with the server, empty when it answers.

    One that is silent may be busy, as a classroom's is when all come at once: it is asked again.
    """
    problem = ""
    for _ in range(_TRIES):
        began = time.monotonic()
        problem = service.ready(endpoint)
        if not problem or time.monotonic() - began < _AT_ONCE:
            break
    return problem


def version(service: Service, engine: str) -> str:  # noqa: ARG001
    """The version that the server tells, empty when it tells none."""
    endpoint = service.attach(os.environ)
    return service.version(endpoint) if endpoint and service.version else ""


def start(service: Service, engine: str, needs: frozenset[str], config: Config = NONE) -> Running:
    """Find the server at its address.

    Raises:
        UnavailableError: it does not answer, or refuses; or it would have to read a configuration.
    """
    if config != NONE:
        raise UnavailableError("a server that somebody else runs takes no configuration from here",
                               fix=f"unset {service.variable}")
    reason = missing(service, engine)
    endpoint = service.attach(os.environ)
    if reason is not None or endpoint is None:
        raise reason or UnavailableError(f"{service.variable} is not set")
    return Running(complete(service, endpoint, needs))
