"""Service f2-sink: measurements into the hypertable."""

from __future__ import annotations

import psycopg
from pydantic import Field

from stack.f2.dependencies import KafkaCheck, Migrated, database_problem
from stack.runtime import KafkaSettings, ServiceSettings, Stage, TimescaleSettings, Worker, load_part, run


class SinkSettings(ServiceSettings, KafkaSettings, TimescaleSettings):
    """Settings of the sink."""

    decoded_topic: str = Field(default="decoded_iot_data", min_length=1)
    dead_letter_topic: str = Field(default="dead_letter_iot_data", min_length=1)
    group: str = Field(default="f2-sink", min_length=1)
    batch: int = Field(default=5000, ge=1)
    max_wait: float = Field(default=0.1, gt=0, le=10, description="seconds")


def build(settings: SinkSettings, stage: Stage) -> Worker:
    """Make the sink, which connects when it is started.

    Args:
        settings: where everything is.
        stage: shows its health, its counts and the time from a message's arrival to the database.
    """
    f2 = load_part("f2", stage)
    worker = f2.Sink(
        settings.kafka_bootstrap, settings.timescale.dsn(), decoded_topic=settings.decoded_topic,
        dead_letter_topic=settings.dead_letter_topic, group=settings.group, batch=settings.batch,
        max_wait=settings.max_wait, observe=stage.observe_latency,
    )
    stage.follow(lambda: worker.stats)
    stage.depends("kafka", KafkaCheck(settings.kafka_bootstrap))
    stage.depends("timescaledb", lambda: database_problem(settings.timescale))
    return Migrated(worker, settings.timescale, "timeseries")


if __name__ == "__main__":
    run("f2-sink", SinkSettings, build, waits_for=(psycopg.OperationalError,))
