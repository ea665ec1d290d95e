"""Settings of the services: read once from the environment, into one frozen object; a bad value is refused by name.

Each field is the variable of its name in capitals. A secret `X` may be given as `X_FILE`, the path of a file that
holds it, which is how compose hands secrets over.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from psycopg.conninfo import make_conninfo
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class SettingsError(Exception):
    """The environment does not hold what a service needs; the message has a line for each variable."""


@dataclass(frozen=True, slots=True)
class Broker:
    """An MQTT broker; no login when `username` is empty."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Influx:
    """An InfluxDB and the bucket of a service."""

    url: str
    token: str = field(repr=False)
    org: str
    bucket: str


@dataclass(frozen=True, slots=True)
class Database:
    """A PostgreSQL database."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str

    def dsn(self, database: str | None = None) -> str:
        """The connection string that libpq takes.

        Args:
            database: another database of the same server.
        """
        return make_conninfo(host=self.host, port=self.port, user=self.user, password=self.password,
                             dbname=database or self.database, connect_timeout=5)


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """An S3 store and the bucket of a service."""

    url: str
    access_key: str
    secret_key: str = field(repr=False)
    bucket: str


class _FromFiles(PydanticBaseSettingsSource):
    """The variables `X_FILE`: each names a file that holds the secret `X`."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - pydantic's names
        path = os.environ.get(f"{field_name.upper()}_FILE", "")
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip("\r\n"), field_name, False
        except OSError as error:
            raise SettingsError(f"{field_name.upper()}_FILE: {path} cannot be read: {error.strerror}") from None

    def __call__(self) -> dict[str, Any]:
        read = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()
                if field.annotation is SecretStr}
        return {name: value for name, value in read.items() if value is not None}


class _Settings(BaseSettings):
    # An empty variable is one that is not set: compose passes such for `${X:-}`.
    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=False)

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was given by name, then the environment, then the files of secrets."""
        return init_settings, env_settings, _FromFiles(settings_cls)


class ServiceSettings(_Settings):
    """What every service has: where it serves its health and metrics, and how much it logs."""

    http_host: str = "127.0.0.1"
    http_port: int = Field(default=0, ge=0, le=65535, description="0 takes a free port and announces it")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class MqttSettings(_Settings):
    """The broker."""

    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=1, le=65535)
    mqtt_username: str = ""
    mqtt_password: SecretStr = SecretStr("")

    @property
    def mqtt(self) -> Broker:
        """The broker, as parts take it."""
        return Broker(self.mqtt_host, self.mqtt_port, self.mqtt_username, self.mqtt_password.get_secret_value())


class InfluxSettings(_Settings):
    """The time series database."""

    influx_url: str = Field(default="http://127.0.0.1:8086", pattern=r"^https?://[^/\s]+$")
    influx_token: SecretStr
    influx_org: str = "iot-org"
    influx_bucket: str

    @property
    def influx(self) -> Influx:
        """The database, as parts take it."""
        return Influx(self.influx_url, self.influx_token.get_secret_value(), self.influx_org, self.influx_bucket)


class KafkaSettings(_Settings):
    """The log."""

    kafka_bootstrap: str = Field(default="127.0.0.1:9092", pattern=r"^[^:\s,]+:\d+(,[^:\s,]+:\d+)*$")


class PostgresSettings(_Settings):
    """The relational database."""

    postgres_host: str = "127.0.0.1"
    postgres_port: int = Field(default=5432, ge=1, le=65535)
    postgres_user: str = "postgres"
    postgres_password: SecretStr
    postgres_database: str

    @property
    def postgres(self) -> Database:
        """The database, as parts take it."""
        return Database(self.postgres_host, self.postgres_port, self.postgres_user,
                        self.postgres_password.get_secret_value(), self.postgres_database)


class TimescaleSettings(_Settings):
    """The database of measurements."""

    timescale_host: str = "127.0.0.1"
    timescale_port: int = Field(default=5433, ge=1, le=65535)
    timescale_user: str = "postgres"
    timescale_password: SecretStr
    timescale_database: str = "timeseries"

    @property
    def timescale(self) -> Database:
        """The database, as parts take it."""
        return Database(self.timescale_host, self.timescale_port, self.timescale_user,
                        self.timescale_password.get_secret_value(), self.timescale_database)


class S3Settings(_Settings):
    """The object store."""

    s3_url: str = Field(default="http://127.0.0.1:9000", pattern=r"^https?://[^/\s]+$")
    s3_access_key: str
    s3_secret_key: SecretStr
    s3_bucket: str = "iot-data"

    @field_validator("s3_bucket")
    @classmethod
    def _bucket(cls, name: str) -> str:
        if not (3 <= len(name) <= 63 and name.replace("-", "").replace(".", "").isalnum() and name == name.lower()):
            raise ValueError("a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens")
        return name

    @property
    def s3(self) -> ObjectStore:
        """The store, as parts take it."""
        return ObjectStore(self.s3_url, self.s3_access_key, self.s3_secret_key.get_secret_value(), self.s3_bucket)


S = TypeVar("S", bound=ServiceSettings)


def load(kind: type[S], given: Mapping[str, Any] | None = None) -> S:
    """Read the settings of a service.

    Args:
        kind: the class of its settings.
        given: fields that do not come from the environment, for tests.

    Raises:
        SettingsError: a variable is missing or wrong.
    """
    try:
        return kind(**(given or {}))
    except ValidationError as error:
        lines = sorted(_complaint(kind, detail) for detail in error.errors(include_url=False))
        raise SettingsError("\n".join(lines)) from None


def _complaint(kind: type[ServiceSettings], detail: Any) -> str:
    name = str(detail["loc"][0])
    variable = name.upper()
    secret = name in kind.model_fields and kind.model_fields[name].annotation is SecretStr
    if detail["type"] == "missing":
        return f"{variable} is not set" + (f"; set it, or {variable}_FILE to a file that holds it." if secret else ".")
    shown = "" if secret else f" is {detail['input']!r}"
    return f"{variable}{shown}: {detail['msg'][:1].lower()}{detail['msg'][1:]}."
