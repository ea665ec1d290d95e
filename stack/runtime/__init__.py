"""What every service of the stack shares: settings, logs, health, metrics, the student's parts, a clean end."""

from stack.runtime.buckets import ensure_bucket
from stack.runtime.main import Worker, run
from stack.runtime.migrations import MigrationError, migrate
from stack.runtime.parts import PartError, load_part
from stack.runtime.settings import (
    Broker,
    Database,
    Influx,
    InfluxSettings,
    KafkaSettings,
    MqttSettings,
    ObjectStore,
    PostgresSettings,
    S3Settings,
    ServiceSettings,
    SettingsError,
    TimescaleSettings,
    load,
)
from stack.runtime.stage import Stage

__all__ = [
    "Broker",
    "Database",
    "Influx",
    "InfluxSettings",
    "KafkaSettings",
    "MigrationError",
    "MqttSettings",
    "ObjectStore",
    "PartError",
    "PostgresSettings",
    "S3Settings",
    "ServiceSettings",
    "SettingsError",
    "Stage",
    "TimescaleSettings",
    "Worker",
    "ensure_bucket",
    "load",
    "load_part",
    "migrate",
    "run",
]
