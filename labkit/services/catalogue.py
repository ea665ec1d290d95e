"""Every service that the kit can start.

Each is declared in the module of its name, which is imported when it is asked for: a lab that needs a broker does not
pay for eleven services.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping

from labkit.errors import StudentError
from labkit.services.service import Service

NAMES = ("mqtt", "influxdb", "s3", "postgresql", "kafka", "timescaledb", "nodered", "nginx", "prometheus", "grafana",
         "telegraf")
"""The names of the services, in the order in which the labs need them. `nginx` is `labkit.services.nginx.NGINX`."""


class _Catalogue(Mapping[str, Service]):
    """The services by name."""

    def __getitem__(self, name: str) -> Service:
        if name not in NAMES:
            raise KeyError(name)
        declared: Service = getattr(importlib.import_module(f"labkit.services.{name}"), name.upper())
        return declared

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


SERVICES: Mapping[str, Service] = _Catalogue()
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
