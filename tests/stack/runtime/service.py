"""A service for tests of the runtime: `python service.py`, told by its environment how to behave."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stack.runtime import InfluxSettings, MqttSettings, ServiceSettings, Stage, run


class Settings(ServiceSettings, MqttSettings, InfluxSettings):
    influx_bucket: str = "iot-data"
    batch_size: int = 20


class Worker:
    def __init__(self, app: Any) -> None:
        self.app = app
        self.stats: Mapping[str, Any] = {"received": 3, "stored": 2, "rejected": 1, "lag": 7, "error": "a bad line"}

    def start(self) -> None:
        if (needed := os.environ.get("NEEDS")) and not Path(needed).exists():
            raise ConnectionError("no broker yet")
        if os.environ.get("BREAKS"):
            raise ValueError("a fault of its own")

    def stop(self) -> None:
        print("stopped", flush=True)


def application() -> Any:
    kind = os.environ.get("APP", "")
    if kind == "flask":
        from flask import Flask

        flask = Flask("toy")
        flask.get("/hello")(lambda: "flask")
        return flask
    if kind == "fastapi":
        from fastapi import FastAPI

        fastapi = FastAPI()

        @fastapi.get("/hello")
        def hello() -> str:
            return "fastapi"

        return fastapi
    return None


def build(settings: Settings, stage: Stage) -> Worker:
    worker = Worker(application())
    stage.follow(lambda: worker.stats)
    stage.depends("mqtt", lambda: os.environ.get("MQTT_PROBLEM", ""))
    stage.observe_latency(0.3)
    return worker


if __name__ == "__main__":
    run("toy", Settings, build)
