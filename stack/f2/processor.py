"""Service f2-processor: raw records to measurements."""

from __future__ import annotations

import psycopg
from pydantic import Field

from stack.f2.dependencies import KafkaCheck, Migrated, database_problem
from stack.runtime import KafkaSettings, PostgresSettings, ServiceSettings, Stage, Worker, load_part, run


class ProcessorSettings(ServiceSettings, KafkaSettings, PostgresSettings):
    """Settings of the processor."""

    postgres_database: str = "device_params"
    raw_topic: str = Field(default="raw_iot_data", min_length=1)
    decoded_topic: str = Field(default="decoded_iot_data", min_length=1)
    dead_letter_topic: str = Field(default="dead_letter_iot_data", min_length=1)
    group: str = Field(default="f2-processor", min_length=1)
    batch: int = Field(default=2000, ge=1)
    max_wait: float = Field(default=0.05, gt=0, le=10, description="seconds")


def build(settings: ProcessorSettings, stage: Stage) -> Worker:
    """Make the processor, which connects when it is started.

    Args:
        settings: where everything is.
        stage: shows its health and counts.
    """
    f2 = load_part("f2", stage)
    worker = f2.Processor(
        settings.kafka_bootstrap, settings.postgres.dsn(), raw_topic=settings.raw_topic,
        decoded_topic=settings.decoded_topic, dead_letter_topic=settings.dead_letter_topic, group=settings.group,
        batch=settings.batch, max_wait=settings.max_wait,
    )
    stage.follow(lambda: worker.stats)
    stage.depends("kafka", KafkaCheck(settings.kafka_bootstrap))
    stage.depends("postgresql", lambda: database_problem(settings.postgres))
    return Migrated(worker, settings.postgres, "device_params")


if __name__ == "__main__":
    run("f2-processor", ProcessorSettings, build, waits_for=(psycopg.OperationalError,))
