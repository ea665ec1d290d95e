from __future__ import annotations

import json
import re
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from labkit.checks.broker_view import viewing
from labkit.devices.home import KINDS, Lamp, build
from labkit.devices.home_influx import line
from labkit.services import Endpoint
from stack.home.docs import page

CONTRACTS = Path(__file__).resolve().parents[3] / "stack" / "contracts"
SAMPLE = (CONTRACTS / "home.reading.json").read_text(encoding="utf-8").strip()


def test_the_simulator_speaks_the_sample_to_the_byte() -> None:
    sample = json.loads(SAMPLE)
    device = build(1, 5, 1, sample["timestamp"])[0]
    message = device._reading(21.38, sample["timestamp"] + 0.7)
    assert message.payload.decode() == SAMPLE
    assert (message.topic, message.qos, message.retain) == ("sensors/temperature/temp-001", 1, False)


def test_the_point_is_the_sample() -> None:
    assert line(SAMPLE.encode()) == (CONTRACTS / "home.point.lp").read_text(encoding="utf-8").strip()


def test_the_lamp_obeys_the_sample_of_a_command() -> None:
    lamp = next(device for device in build(8, 5, 1, 0) if isinstance(device, Lamp))
    (answer,) = lamp.receive("commands/lamp/lamp-001", (CONTRACTS / "home.command.json").read_bytes(), 5)
    assert json.loads(answer.payload)["value"] == 1


def test_the_page_names_every_type_with_its_ids_and_unit() -> None:
    text = (CONTRACTS / "home.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `(\w+)` \| `(\w+)-001` \| [^|]+ \| (?:`(.+)` )?\|$", text, re.MULTILINE)
    assert {name: (prefix, unit) for name, prefix, unit in found} == {
        name: (kind.prefix, kind.unit) for name, kind in KINDS.items()
    }


def paths_of(app: Flask) -> set[tuple[str, str]]:
    own = {"static", "openapi", "docs"}
    return {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules() if rule.endpoint not in own
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_the_description_has_every_path_of_the_api_and_no_other(app: Flask) -> None:
    description = json.loads((CONTRACTS / "home.openapi.json").read_text(encoding="utf-8"))
    described = {(path, method) for path, methods in description["paths"].items() for method in methods}
    assert described == paths_of(app)


def test_every_example_of_the_description_is_served(client: FlaskClient, broker: Endpoint) -> None:
    description = json.loads((CONTRACTS / "home.openapi.json").read_text(encoding="utf-8"))
    client.post("/database/write", json={"measurement": "sensors", "fields": {"value": 21.4}, "tags": {
        "device_id": "temp-001", "type": "temperature", "room": "living", "unit": "°C"}})
    with viewing(broker) as view:
        view.publish("sensors/temperature/temp-001", SAMPLE, retain=True)
        for path, methods in description["paths"].items():
            for method, operation in methods.items():
                example = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
                if path == "/mqtt/subscribe":
                    example = {**example, "timeout": 0.2}
                answer = client.open(path.replace("{device_id}", "temp-001"), method=method, json=example)
                assert str(answer.status_code) == min(operation["responses"]), (path, answer.json)


def test_the_page_for_people_shows_every_path() -> None:
    for path in json.loads((CONTRACTS / "home.openapi.json").read_text(encoding="utf-8"))["paths"]:
        assert path.replace("{", "{") in page()
