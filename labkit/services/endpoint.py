"""What a lab sees of a service: where it is and how to log in, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of a running service.

    Args:
        service: name in the catalogue, `"mqtt"` or `"influxdb"`.
        provider: `"attach"`, `"docker"`, `"native"` or `"embedded"`.
        engine: the program that answers, such as `"mosquitto"`.
        version: its version, empty when it does not say.
        host: host name or address.
        port: TCP port.
        username: empty when the service asks for none.
        password: empty when the service asks for none.
        url: `http://host:port` for a service with an HTTP interface, else empty.
        token: access token, empty when there is none.
        org: organisation (InfluxDB), else empty.
        bucket: bucket to write to (InfluxDB), else empty.
        capabilities: what this engine can do, by the names of the catalogue.
    """

    service: str
    provider: str
    engine: str
    version: str
    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    url: str = ""
    token: str = field(default="", repr=False)
    org: str = ""
    bucket: str = ""
    capabilities: frozenset[str] = field(default=frozenset(), repr=False)

    def __repr__(self) -> str:
        """One short line without secrets."""
        engine = f"{self.engine} {self.version}".strip()
        return f"<{self.service}: {engine} ({self.provider}) at {self.host}:{self.port}>"
