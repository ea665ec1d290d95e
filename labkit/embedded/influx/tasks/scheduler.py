"""Runs tasks."""

from __future__ import annotations

from labkit.embedded.influx.engine import Engine


class Scheduler:
    """Runs tasks."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""
