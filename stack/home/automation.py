"""Runs the part `automation` as a service: lamps follow the motion sensors of their rooms."""

from __future__ import annotations

import json

from pydantic import Field, field_validator

from stack.runtime import MqttSettings, ServiceSettings, Stage, Worker, load_part, run
from stack.runtime.checks import mqtt_problem


class AutomationSettings(ServiceSettings, MqttSettings):
    """The broker, which lamp follows which sensor, and when."""

    lights: str = Field(default='{"motion-001": "lamp-001", "motion-002": "lamp-002"}',
                        description="JSON: id of the lamp by id of its sensor")
    debounce: float = Field(default=0.5, ge=0, le=60, description="seconds of motion before it counts")
    hold: float = Field(default=120.0, ge=0, le=86_400, description="seconds of light after the last motion")
    override: float = Field(default=900.0, ge=0, le=86_400, description="seconds that a person's switching counts")

    @field_validator("lights")
    @classmethod
    def _lights(cls, text: str) -> str:
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict) or not found:
            raise ValueError('it takes a JSON object such as {"motion-001": "lamp-001"}')
        for sensor, lamp in found.items():
            # A lamp's id becomes a level of a topic.
            if not isinstance(lamp, str) or not lamp or any(letter in lamp for letter in "/+#\0"):
                raise ValueError(f"the lamp of {sensor} must be an id such as lamp-001, not {lamp!r}")
        return text


def build(settings: AutomationSettings, stage: Stage) -> Worker:
    """Make the service.

    Args:
        settings: the broker and the lights.
        stage: its health and metrics.
    """
    worker: Worker = load_part("automation", stage).Automation(
        settings.mqtt, json.loads(settings.lights), debounce=settings.debounce, hold=settings.hold,
        override=settings.override,
    )
    stage.follow(lambda: worker.stats)  # type: ignore[attr-defined]  # the part's, not every worker's
    stage.depends("mqtt", lambda: mqtt_problem(settings.mqtt))
    return worker


if __name__ == "__main__":
    run("home-automation", AutomationSettings, build)
