"""/api/v2/tasks."""

from __future__ import annotations

from labkit.embedded.influx.api.http import Route

ROUTES: list[Route] = []
