"""Provider `docker`: the pinned image of the real server, by testcontainers."""

from __future__ import annotations

from labkit.services.providers.base import CannotStart, Running
from labkit.services.service import Service


def engines(service: Service) -> list[tuple[str, frozenset[str]]]:
    """The engines of this provider with their capabilities, the preferred one first."""
    return [(image.engine, image.capabilities) for image in service.images]


def missing(service: Service, engine: str) -> CannotStart | None:  # noqa: ARG001
    """Why this provider cannot be used, None when it can."""
    return CannotStart("not written yet")


def start(service: Service, engine: str, needs: frozenset[str]) -> Running:
    """Start a container."""
    raise CannotStart("not written yet")
