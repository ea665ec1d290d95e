"""Service f2-connector: MQTT to Kafka."""

from __future__ import annotations

from pydantic import Field

from stack.f2.dependencies import KafkaCheck
from stack.runtime import KafkaSettings, MqttSettings, ServiceSettings, Stage, Worker, load_part, run
from stack.runtime.checks import mqtt_problem


class ConnectorSettings(ServiceSettings, MqttSettings, KafkaSettings):
    """Settings of the connector."""

    topic_filter: str = Field(default="cmnd/#", pattern=r"^([^/+#]*/|\+/)*(#|\+|[^/+#]+)$",
                              description="copies of the service share $share/f2/cmnd/#")
    client_id: str = Field(default="f2-connector", min_length=1, description="each copy has its own, and keeps it")
    raw_topic: str = Field(default="raw_iot_data", min_length=1)
    dead_letter_topic: str = Field(default="dead_letter_iot_data", min_length=1)
    window: int = Field(default=5000, ge=1, le=20_000, description="most messages that are unacknowledged")
    repeat_window: float = Field(default=2.0, ge=0, description="seconds; 0: no message is a controller's repeat")


def build(settings: ConnectorSettings, stage: Stage) -> Worker:
    """Make the connector, which connects when it is started.

    Args:
        settings: where everything is.
        stage: shows its health and counts.
    """
    f2 = load_part("f2", stage)
    worker: Worker = f2.Connector(
        settings.mqtt, settings.kafka_bootstrap, topic_filter=settings.topic_filter, client_id=settings.client_id,
        raw_topic=settings.raw_topic, dead_letter_topic=settings.dead_letter_topic, window=settings.window,
        repeat_window=settings.repeat_window,
    )
    stage.follow(lambda: worker.stats)  # type: ignore[attr-defined]
    stage.depends("mqtt", lambda: mqtt_problem(settings.mqtt))
    stage.depends("kafka", KafkaCheck(settings.kafka_bootstrap))
    return worker


if __name__ == "__main__":
    run("f2-connector", ConnectorSettings, build)
