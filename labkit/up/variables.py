"""Addresses as variables: those that the processes of the house read, and those that attach notebooks to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

from labkit.services import Endpoint


def _mqtt(endpoint: Endpoint) -> dict[str, str]:
    return {"MQTT_HOST": endpoint.host, "MQTT_PORT": str(endpoint.port),
            "MQTT_USERNAME": endpoint.username, "MQTT_PASSWORD": endpoint.password}


def _influxdb(endpoint: Endpoint) -> dict[str, str]:
    return {"INFLUX_URL": endpoint.url, "INFLUX_TOKEN": endpoint.token, "INFLUX_ORG": endpoint.org}


def _kafka(endpoint: Endpoint) -> dict[str, str]:
    return {"KAFKA_BOOTSTRAP": endpoint.bootstrap}


def _database(prefix: str) -> Callable[[Endpoint], dict[str, str]]:
    def variables(endpoint: Endpoint) -> dict[str, str]:
        return {f"{prefix}_HOST": endpoint.host, f"{prefix}_PORT": str(endpoint.port),
                f"{prefix}_USER": endpoint.username, f"{prefix}_PASSWORD": endpoint.password}

    return variables


def _s3(endpoint: Endpoint) -> dict[str, str]:
    return {"S3_URL": endpoint.url, "S3_ACCESS_KEY": endpoint.username, "S3_SECRET_KEY": endpoint.password}


_OF_THE_STACK: Mapping[str, Callable[[Endpoint], dict[str, str]]] = {
    "mqtt": _mqtt,
    "influxdb": _influxdb,
    "kafka": _kafka,
    "postgresql": _database("POSTGRES"),
    "timescaledb": _database("TIMESCALE"),
    "s3": _s3,
}


def for_the_stack(endpoints: Iterable[Endpoint]) -> dict[str, str]:
    """The variables in which processes of the house find these servers (`stack/runtime/settings.py`).

    Args:
        endpoints: running servers; one that no process reads gives nothing.
    """
    found: dict[str, str] = {}
    for endpoint in endpoints:
        if endpoint.service in _OF_THE_STACK:
            found |= _OF_THE_STACK[endpoint.service](endpoint)
    return found


def to_attach(endpoints: Iterable[Endpoint]) -> dict[str, str]:
    """The variables LABKIT_… with which another process attaches to these servers (provider `attach`).

    Args:
        endpoints: running servers.
    """
    found: dict[str, str] = {}
    for endpoint in endpoints:
        prefix = f"LABKIT_{endpoint.service.upper()}"
        values = {"URL": _url(endpoint), "ENGINE": endpoint.engine,
                  "CAPABILITIES": ",".join(sorted(endpoint.capabilities))}
        if endpoint.service == "influxdb":
            values |= {"TOKEN": endpoint.token, "ORG": endpoint.org, "BUCKET": endpoint.bucket}
        if endpoint.service == "s3":
            values |= {"ACCESS_KEY": endpoint.username, "SECRET_KEY": endpoint.password, "BUCKET": endpoint.bucket}
        found |= {f"{prefix}_{name}": value for name, value in values.items()}
    return found


_SCHEMES = {"mqtt": "mqtt", "kafka": "kafka", "postgresql": "postgresql", "timescaledb": "postgresql"}


def _url(endpoint: Endpoint) -> str:
    if endpoint.url:
        return endpoint.url
    login = f"{quote(endpoint.username, '')}:{quote(endpoint.password, '')}@" if endpoint.username else ""
    path = f"/{endpoint.database}" if endpoint.database else ""
    return f"{_SCHEMES[endpoint.service]}://{login}{endpoint.host}:{endpoint.port}{path}"
