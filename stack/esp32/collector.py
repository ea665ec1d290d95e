"""Carries telemetry to InfluxDB with the part `collector`, as Telegraf does it where there is Telegraf."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from stack.esp32.window import NARROW, WideClient, speaks_mqtt5
from stack.runtime import InfluxSettings, MqttSettings, ServiceSettings, Stage, Worker, ensure_bucket, load_part, run
from stack.runtime.checks import influx_problem, mqtt_problem


class CollectorSettings(ServiceSettings, MqttSettings, InfluxSettings):
    """Settings of the collector."""

    influx_bucket: str = "iot-esp32"
    batch_size: int = Field(default=500, ge=1, le=5000, description="messages that are written at once")
    max_age: float = Field(default=0.5, gt=0, le=60, description="seconds that the oldest message waits at most")
    client_id: str = Field(default="esp32-collector", min_length=1, description="keeps the session; one a copy")
    topic_filter: str = Field(default="iot/node/+/telemetry", description="$share/NAME/… lets several copies divide it")


class Collecting:
    """The part's collector, with a window as wide as its batches where the broker has that.

    Args:
        settings: of the service.
        stage: is told whether the part is the student's.
    """

    def __init__(self, settings: CollectorSettings, stage: Stage) -> None:
        self._settings, self._stage = settings, stage
        self._part = load_part("collector", stage)
        self._collector: Any = None

    @property
    def stats(self) -> dict[str, object]:
        """The collector's counts; the messages that wait are its lag."""
        if self._collector is None:
            return {}
        return {**self._collector.stats, "lag": len(getattr(self._collector, "waiting", ()))}

    def start(self) -> None:
        """Make the bucket, and begin to collect.

        Raises:
            ConnectionError: broker or database is not there yet.
        """
        settings = self._settings
        ensure_bucket(settings.influx)
        # A student's collector has a client of its own making, which is left as it is.
        wide = not self._stage.mine and settings.batch_size > NARROW and speaks_mqtt5(settings.mqtt)
        collector = self._part.Collector(
            settings.mqtt, settings.influx, topic_filter=settings.topic_filter, max_age=settings.max_age,
            batch_size=settings.batch_size if wide else min(settings.batch_size, NARROW), client_id=settings.client_id,
        )
        if wide:
            # Twice a batch: the next one arrives while this one is written.
            collector.client = WideClient(settings.client_id, 2 * settings.batch_size)
            collector.client.username_pw_set(settings.mqtt.username or None, settings.mqtt.password or None)
        collector.start()
        self._collector = collector
        self._stage.log.info("collecting", mqtt5=wide, batch_size=collector.batch_size)

    def stop(self) -> None:
        """Write and acknowledge what waits, and disconnect."""
        if self._collector is not None:
            self._collector.stop()


def build(settings: CollectorSettings, stage: Stage) -> Worker:
    """Make the service.

    Args:
        settings: the broker and the database.
        stage: its health and metrics.
    """
    worker = Collecting(settings, stage)
    stage.follow(lambda: worker.stats)
    stage.depends("mqtt", lambda: mqtt_problem(settings.mqtt))
    stage.depends("influxdb", lambda: influx_problem(settings.influx))
    return worker


if __name__ == "__main__":
    run("esp32-collector", CollectorSettings, build)
