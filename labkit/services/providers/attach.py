"""Provider `attach`: a service that somebody else runs, at an address from the environment."""

from __future__ import annotations

import os
from dataclasses import replace

from labkit.services.endpoint import Endpoint
from labkit.services.providers.base import CannotStart, Running
from labkit.services.service import Service


def engines(service: Service) -> list[tuple[str, frozenset[str]]]:
    """The engine that the environment names, with its capabilities; nothing when it names none."""
    endpoint = service.attach(os.environ)
    return [(endpoint.engine, endpoint.capabilities)] if endpoint else []


def missing(service: Service, engine: str) -> CannotStart | None:  # noqa: ARG001 - all providers are asked alike
    """Why this provider cannot be used, None when it can."""
    if service.attach(os.environ) is None:
        return CannotStart(f"{service.variable} is not set", fix=f"set {service.variable} to the address of a server.")
    return None


def start(service: Service, engine: str, needs: frozenset[str]) -> Running:  # noqa: ARG001
    """Ask the server whether it is there.

    Raises:
        CannotStart: it does not answer, or refuses.
    """
    endpoint: Endpoint | None = service.attach(os.environ)
    if endpoint is None:
        raise CannotStart(f"{service.variable} is not set")
    refusal = service.ready(endpoint)
    if refusal:
        raise CannotStart(f"{endpoint.host}:{endpoint.port} ({service.variable}): {refusal}",
                          fix=f"start the server at that address, or unset {service.variable}.")
    if service.version is not None:
        endpoint = replace(endpoint, version=service.version(endpoint))
    return Running(endpoint)
