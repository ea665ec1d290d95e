"""Whom Prometheus asks under Compose: every service that the compose files start, at the port that they give it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

STACK = Path(__file__).parents[2] / "stack"


class ComposeLoader(yaml.SafeLoader):
    """Reads Compose's own tags, such as `!override`, as nothing: ports that are published are not asked for here."""


for tag in ("!override", "!reset"):
    ComposeLoader.add_constructor(tag, lambda _loader, _node: None)


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in STACK.glob("compose*.yaml"):
        found |= yaml.load(path.read_text(), ComposeLoader).get("services", {})
    return found


def test_every_service_of_the_stack_is_asked_at_its_port() -> None:
    usual = services()["python"]["environment"]["HTTP_PORT"]
    ports = {name: service.get("environment", {}).get("HTTP_PORT", usual) for name, service in services().items()
             if any(str(word).startswith("stack.") for word in service.get("command") or ())}
    assert ports, "the compose files start no service of the stack"
    asked = {group["labels"]["job"]: group["targets"] for group in
             json.loads((STACK / "prometheus/targets/compose.json").read_text())
             if "__metrics_path__" not in group["labels"]}
    assert asked == {name: [f"{name}:{port}"] for name, port in ports.items()}
