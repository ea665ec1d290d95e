"""What every service of the stack shares: settings, logs, health, metrics, the student's parts, a clean end."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from stack.runtime.main import Worker, run
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

if TYPE_CHECKING:
    from stack.runtime.buckets import ensure_bucket
    from stack.runtime.migrations import MigrationError, migrate

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

# The drivers of the databases take half of the time that a service takes to start; not every service has a database.
_LATER = {"ensure_bucket": "buckets", "MigrationError": "migrations", "migrate": "migrations"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
