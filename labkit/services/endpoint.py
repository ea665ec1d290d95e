"""What a lab sees of a service: where it is and how to log in, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field


def _quoted(value: str) -> str:
    """A value of a connection string: in quotation marks when a character of it means something there."""
    if value.replace(".", "").replace("-", "").replace("_", "").isalnum():
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of a running service.

    Args:
        service: name in the catalogue, such as `"mqtt"`.
        provider: `"attach"`, `"docker"`, `"native"` or `"embedded"`.
        engine: the program that answers, such as `"mosquitto"`.
        version: its version, empty when it does not say.
        host: host name or address.
        port: TCP port.
        username: empty when the service asks for none; the access key of S3.
        password: empty when the service asks for none; the secret key of S3.
        url: `http://host:port` for a service with an HTTP interface, else empty.
        token: access token, empty when there is none.
        org: organisation (InfluxDB), else empty.
        bucket: bucket to write to (InfluxDB, S3), else empty.
        database: database to connect to (PostgreSQL), else empty.
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
    database: str = ""
    capabilities: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def bootstrap(self) -> str:
        """`host:port`, as Kafka's clients take it."""
        return f"{self.host}:{self.port}"

    @property
    def dsn(self) -> str:
        """How a client of PostgreSQL connects: a connection string of libpq (section 32.1.1.1). It has the password."""
        words = {"host": self.host, "port": str(self.port), "dbname": self.database, "user": self.username,
                 "password": self.password}
        return " ".join(f"{name}={_quoted(value)}" for name, value in words.items() if value)

    def __repr__(self) -> str:
        """One short line without secrets."""
        engine = f"{self.engine} {self.version}".strip()
        return f"<{self.service}: {engine} ({self.provider}) at {self.host}:{self.port}>"
