"""Every service that the kit can start."""

from __future__ import annotations

from labkit.errors import StudentError
from labkit.services.influxdb import INFLUXDB
from labkit.services.mqtt import MQTT
from labkit.services.service import Service

SERVICES: dict[str, Service] = {service.name: service for service in (MQTT, INFLUXDB)}
"""The services by name."""


def service(name: str) -> Service:
    """Find a service by its name.

    Raises:
        StudentError: there is no such service; the message names those that there are.
    """
    try:
        return SERVICES[name]
    except KeyError:
        raise StudentError(f"There is no service {name!r}.", f"use one of: {', '.join(SERVICES)}.") from None
