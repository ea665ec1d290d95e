"""Carries telemetry to InfluxDB with the part `collector`, as Telegraf does it where there is Telegraf."""

from __future__ import annotations

from pydantic import Field

from stack.runtime import InfluxSettings, MqttSettings, ServiceSettings, Stage, Worker, ensure_bucket, load_part, run
from stack.runtime.checks import influx_problem, mqtt_problem


class CollectorSettings(ServiceSettings, MqttSettings, InfluxSettings):
    """Settings of the collector."""

    influx_bucket: str = "iot-esp32"
    batch_size: int = Field(default=20, ge=1, le=5000, description="not more than the broker's in-flight window")
    max_age: float = Field(default=1.0, gt=0, le=60, description="seconds that the oldest message waits at most")
    client_id: str = Field(default="esp32-collector", min_length=1, description="keeps the session; one a copy")
    topic_filter: str = Field(default="iot/node/+/telemetry", description="$share/NAME/… lets several copies divide it")


class Collecting:
    """The part's collector, and the bucket that it writes to.

    Args:
        settings: of the service.
        stage: is told whether the part is the student's.
    """

    def __init__(self, settings: CollectorSettings, stage: Stage) -> None:
        self._influx = settings.influx
        self._collector = load_part("collector", stage).Collector(
            settings.mqtt, settings.influx, topic_filter=settings.topic_filter, batch_size=settings.batch_size,
            max_age=settings.max_age, client_id=settings.client_id,
        )

    @property
    def stats(self) -> dict[str, object]:
        """The collector's counts; the messages that wait are its lag."""
        return {**self._collector.stats, "lag": len(getattr(self._collector, "waiting", ()))}

    def start(self) -> None:
        """Make the bucket, and begin to collect.

        Raises:
            ConnectionError: broker or database is not there yet.
        """
        ensure_bucket(self._influx)
        self._collector.start()

    def stop(self) -> None:
        """Write and acknowledge what waits, and disconnect."""
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
