"""Where a service can run. Each provider offers `candidates`, `missing` and `start`."""

from __future__ import annotations
