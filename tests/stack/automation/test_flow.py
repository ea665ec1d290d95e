"""The flow in a real Node-RED, looked at as a person does."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from labkit.services import Endpoint
from labkit.services.nodered import deploy
from stack.parts.automation import GAUGES, flow
from tests.browser import chromium
from tests.services.paho_client import Client

pytestmark = pytest.mark.nodered


def reading(kind: str, value: object, **changes: object) -> bytes:
    """A reading as stack/contracts/home.md."""
    return json.dumps({"device_id": f"{kind}-001", "type": kind, "value": value, "unit": "", "room": "kitchen",
                       "timestamp": int(time.time()), **changes}).encode()


def test_every_node_is_wired_to_a_node_that_is_there(broker: Endpoint) -> None:
    nodes = {node["id"]: node for node in flow(broker)}
    assert len(nodes) == len(flow(broker))
    for node in nodes.values():
        for output in node.get("wires", []):
            assert set(output) <= nodes.keys()
        for link in ("group", "page", "ui", "theme", "broker"):
            if link in node and node["type"] != "mqtt-broker":
                assert node[link] in nodes, f"{node['id']}.{link}"


def test_the_address_and_the_login_of_the_broker_stand_in_one_node() -> None:
    house = Endpoint("mqtt", "attach", "", "", "broker.house", 1884, username="lab", password="hush")
    (node,) = [node for node in flow(house) if node["type"] == "mqtt-broker"]
    assert (node["broker"], node["port"]) == ("broker.house", "1884")
    assert node["credentials"] == {"user": "lab", "password": "hush"}
    assert json.dumps(flow(house)).count("hush") == 1


def test_each_type_has_an_output_a_gauge_and_a_chart(broker: Endpoint) -> None:
    nodes = {node["id"]: node for node in flow(broker)}
    route = nodes["route"]
    assert [rule["v"] for rule in route["rules"]] == list(GAUGES)
    assert route["wires"] == [[f"gauge-{kind}", f"chart-{kind}"] for kind in GAUGES]


@pytest.mark.browser
def test_a_person_sees_the_newest_value_of_each_type_in_a_gauge_and_a_chart_under_it(
    nodered: Endpoint, broker: Endpoint, tmp_path: Path
) -> None:
    from playwright.sync_api import sync_playwright

    deploy(nodered, flow(broker))
    with sync_playwright() as playwright, chromium(playwright) as browser, Client(broker) as client:
        page = browser.new_page(viewport={"width": 1280, "height": 1100})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{nodered.url}/dashboard/house")
        page.get_by_text("Temperature", exact=True).first.wait_for()

        def says(kind: str) -> str:
            return page.locator(f"#nrdb-ui-widget-gauge-{kind}").inner_text()

        def publish(kind: str, value: object, **changes: object) -> None:
            client.publish(f"sensors/{kind}/{kind}-001", reading(kind, value, **changes))

        def shown(kind: str, value: str) -> None:
            """Publish until it is shown: the flow may not have subscribed yet, and QoS 1 keeps nothing for it."""
            end = time.monotonic() + 60
            while value not in says(kind):
                assert time.monotonic() < end, f"the gauge of {kind} says {says(kind)!r}"
                publish(kind, float(value))
                page.wait_for_timeout(200)

        shown("temperature", "21.5")
        for kind, value in (("humidity", "48"), ("co2", "912"), ("power", "1250")):
            shown(kind, value)
        # What is no reading is dropped, and what comes behind it is shown.
        for poison in (b"no JSON", b"7", b'{"value": "hot", "type": "temperature"}', b"null"):
            client.publish("sensors/temperature/temp-001", poison)
        publish("temperature", 22.5, room="living")
        page.wait_for_function("document.querySelector('#nrdb-ui-widget-gauge-temperature').innerText.includes('22.5')")
        assert "21.5" not in says("temperature")
        for kind in GAUGES:
            assert page.locator(f"#nrdb-ui-widget-chart-{kind} canvas").count() == 1, f"the chart of {kind} is drawn"
        arcs = page.locator("#nrdb-ui-widget-gauge-temperature svg path").count()
        assert arcs >= 3, "the gauge has its arc with a colour a segment"
        page.screenshot(path=tmp_path / "dashboard.png")  # pytest keeps the folders of its last three runs
        assert problems == []
