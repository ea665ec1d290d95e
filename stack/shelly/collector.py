"""The service `shelly-collector`: runs the part's `ShellyCollector`."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import Field, SecretStr, field_validator

from stack.runtime import InfluxSettings, MqttSettings, ServiceSettings, Stage, ensure_bucket, load_part, run
from stack.runtime.checks import influx_problem, mqtt_problem
from stack.runtime.settings import Influx

_ADDRESS = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class CollectorSettings(ServiceSettings, MqttSettings, InfluxSettings):
    """The broker, the database, and what is known of the sensors."""

    influx_bucket: str = "shelly"
    gateway_topics: str = "+/events/rpc,+/events/ble"
    sensor_locations: str = "{}"
    sensor_keys: SecretStr = SecretStr("{}")
    dedup_window: float = Field(default=4.0, gt=0, le=3600, description="seconds")

    @field_validator("gateway_topics")
    @classmethod
    def _topics(cls, text: str) -> str:
        if not all(topic.strip() for topic in text.split(",")):
            raise ValueError("it takes topic filters, separated by commas")
        return text

    @field_validator("sensor_locations")
    @classmethod
    def _locations(cls, text: str) -> str:
        _by_address(text, r"[^\x00-\x1f\\]+", "a name, without control characters and backslashes")
        return text

    @field_validator("sensor_keys")
    @classmethod
    def _keys(cls, secret: SecretStr) -> SecretStr:
        _by_address(secret.get_secret_value(), r"[0-9a-fA-F]{32}", "32 hexadecimal digits")
        return secret

    @property
    def topics(self) -> list[str]:
        """Topic filters of the gateways."""
        return [topic.strip() for topic in self.gateway_topics.split(",")]

    @property
    def locations(self) -> dict[str, str]:
        """The place of each sensor, by its address."""
        return _by_address(self.sensor_locations)

    @property
    def keys(self) -> dict[str, str]:
        """The key of each sensor that encrypts, by its address."""
        return _by_address(self.sensor_keys.get_secret_value())


def _by_address(text: str, pattern: str = ".*", what: str = "") -> dict[str, str]:
    """Read a JSON object whose names are Bluetooth addresses."""
    try:
        found = json.loads(text)
    except ValueError:
        raise ValueError("it takes a JSON object") from None
    if not isinstance(found, dict):
        raise ValueError("it takes a JSON object")
    for address, value in found.items():
        if not _ADDRESS.fullmatch(address.lower()):
            raise ValueError(f"{address!r} is no Bluetooth address such as 7c:c6:b6:7f:48:ed")
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(f"the value of {address} must be {what}")
    return {address.lower(): value for address, value in found.items()}


class Worker:
    """The collector, and its bucket.

    Args:
        collector: made by the part.
        influx: the database; the bucket is made if it is missing.
    """

    def __init__(self, collector: Any, influx: Influx) -> None:
        self._collector, self._influx = collector, influx
        self.stop = collector.stop

    def start(self) -> None:
        """Make the bucket, and begin to collect.

        Raises:
            ConnectionError: the broker or the database is not there yet.
        """
        ensure_bucket(self._influx)
        self._collector.start()


def build(settings: CollectorSettings, stage: Stage) -> Worker:
    """Make the service's worker.

    Args:
        settings: the broker, the database, the sensors.
        stage: health and metrics.
    """
    collector = load_part("shelly", stage).ShellyCollector(
        settings.mqtt, settings.influx, topics=settings.topics, locations=settings.locations, keys=settings.keys,
        window=settings.dedup_window,
    )
    stage.follow(lambda: collector.stats)
    stage.depends("mqtt", lambda: mqtt_problem(settings.mqtt))
    stage.depends("influxdb", lambda: influx_problem(settings.influx))
    return Worker(collector, settings.influx)


if __name__ == "__main__":
    run("shelly-collector", CollectorSettings, build)
