"""The services that a lab runs on: `start` them, and see an `Endpoint` of each."""

from __future__ import annotations

from labkit.services.config import Config
from labkit.services.endpoint import Endpoint
from labkit.services.session import Services, current, start

__all__ = ["Config", "Endpoint", "Services", "current", "start"]
