"""The service `meter-collector`: from MQTT into the archive and the time series, and thresholds watched beside it."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import psycopg
from pydantic import Field

from stack.meter import checks, schema
from stack.runtime import (
    InfluxSettings,
    MqttSettings,
    PostgresSettings,
    S3Settings,
    ServiceSettings,
    Stage,
    ensure_bucket,
    load_part,
    run,
)
from stack.runtime.checks import influx_problem, mqtt_problem

MOST_BEHIND = 100_000
"""Readings that wait for the thresholds while PostgreSQL is away. Above it the oldest are let go: a threshold is
about how things are, and the newest reading says that."""


class CollectorSettings(ServiceSettings, MqttSettings, InfluxSettings, PostgresSettings, S3Settings):
    """Where the broker and the stores are, and how much is done at a time."""

    influx_bucket: str = "iot-metrics"
    postgres_database: str = "iot_meter"
    client_id: str = Field(default="meter-collector", min_length=1, description="another one for each copy")
    share: str = Field(default="", pattern=r"^[A-Za-z0-9_-]*$", description="group of copies that share the messages")
    batch_size: int = Field(default=500, ge=1, le=10_000)
    writers: int = Field(default=16, ge=1, le=64, description="objects that are written side by side")
    pack_above: int = Field(default=200, ge=0, description="larger batches are archived as one object; 0: never")
    register_devices: bool = True


class Watcher:
    """Hands readings to the thresholds on a thread of its own: PostgreSQL must not hold up the collector.

    Readings wait while the database is away. One that it refuses for ever is logged, and hinders no other: both stores
    have it, only its thresholds are not watched.

    Args:
        watch: takes readings, and raises when the database is away.
        stage: its log.
    """

    def __init__(self, watch: Any, stage: Stage) -> None:
        self._watch, self._stage = watch, stage
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MOST_BEHIND)
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="thresholds", daemon=True)

    def take(self, readings: list[dict[str, Any]]) -> None:
        """Put readings in the line, and return at once."""
        with self._changed:
            self._waiting.extend(readings)
            self._changed.notify_all()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Watch what is waiting, if the database answers, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                readings = list(self._waiting)
                self._waiting.clear()
            if not readings:
                return
            try:
                self._judge(readings)
            except psycopg.Error as error:
                self._stage.log.warning("thresholds wait", error=str(error).strip())
                with self._changed:
                    if self._changed.wait_for(lambda: self._stopping, timeout=1.0):
                        return
                    self._waiting = deque((*readings, *self._waiting), maxlen=MOST_BEHIND)

    def _judge(self, readings: list[dict[str, Any]]) -> None:
        """Watch readings; what the database refuses is found by halving. A reading may be watched again."""
        try:
            self._watch(readings)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(readings) > 1:
                middle = len(readings) // 2
                self._judge(readings[:middle])
                self._judge(readings[middle:])
                return
            self._stage.log.error("reading refused by the thresholds", error=str(error).strip(),
                                  reading=json.dumps(readings[0])[:2000])


class Service:
    """The collector of the part, its thresholds, and what both need before they start.

    Args:
        settings: where everything is.
        devices: the part.
        stage: health and metrics.
    """

    def __init__(self, settings: CollectorSettings, devices: Any, stage: Stage) -> None:
        self._settings, self._devices, self._stage = settings, devices, stage
        self._watcher = Watcher(self._alerts().watch, stage)
        topic_filter = "iot/+/telemetry"
        self._collector = devices.Collector(
            settings.mqtt, settings.s3, settings.influx,
            topic_filter=f"$share/{settings.share}/{topic_filter}" if settings.share else topic_filter,
            client_id=settings.client_id, batch_size=settings.batch_size, writers=settings.writers,
            pack_above=settings.pack_above, after=self._after,
        )

    def _alerts(self) -> Any:
        return self._devices.AlertWatch(self._settings.postgres.dsn(), register=self._settings.register_devices)

    def _after(self, readings: list[dict[str, Any]]) -> None:
        now = time.time()
        for reading in readings:
            self._stage.observe_latency(now - reading["timestamp"])
        self._watcher.take(readings)

    @property
    def stats(self) -> Mapping[str, Any]:
        """Counts of the collector."""
        stats: Mapping[str, Any] = self._collector.stats
        return stats

    def start(self) -> None:
        """Make what is missing in the servers, then collect."""
        schema.prepare(self._settings.postgres, self._devices.MIGRATIONS)
        ensure_bucket(self._settings.influx)
        self._collector.start()
        self._watcher.start()

    def stop(self) -> None:
        """Bring what is under way to its end."""
        self._collector.stop()
        self._watcher.stop()


def build(settings: CollectorSettings, stage: Stage) -> Service:
    """Make the service's worker.

    Args:
        settings: where everything is.
        stage: health and metrics.
    """
    worker = Service(settings, load_part("devices", stage), stage)
    stage.follow(lambda: worker.stats)
    stage.depends("mqtt", lambda: mqtt_problem(settings.mqtt))
    stage.depends("postgresql", checks.postgresql(settings.postgres.dsn()))
    stage.depends("influxdb", lambda: influx_problem(settings.influx))
    stage.depends("s3", checks.s3(settings.s3))
    return worker


if __name__ == "__main__":
    run("meter-collector", CollectorSettings, build, waits_for=(psycopg.OperationalError,))
