"""Every service that the kit can start."""

from __future__ import annotations

from labkit.errors import StudentError
from labkit.services.grafana import GRAFANA
from labkit.services.influxdb import INFLUXDB
from labkit.services.kafka import KAFKA
from labkit.services.mqtt import MQTT
from labkit.services.nginx import NGINX
from labkit.services.nodered import NODERED
from labkit.services.postgresql import POSTGRESQL
from labkit.services.prometheus import PROMETHEUS
from labkit.services.s3 import S3
from labkit.services.service import Service
from labkit.services.telegraf import TELEGRAF
from labkit.services.timescaledb import TIMESCALEDB

SERVICES: dict[str, Service] = {service.name: service for service in (
    MQTT, INFLUXDB, S3, POSTGRESQL, KAFKA, TIMESCALEDB,
    NODERED, NGINX, PROMETHEUS, GRAFANA, TELEGRAF,
)}
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
