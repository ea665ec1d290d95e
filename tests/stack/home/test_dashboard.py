"""Path 1 of seed 000 up to a person's eyes, and all paths through the one entrance: real Node-RED, Nginx, Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import requests

from labkit.checks.broker_view import viewing
from labkit.services import Endpoint, start
from labkit.services.nodered import deploy
from labkit.waiting import wait_until
from stack.parts.automation import flow, nginx_config
from tests.browser import chromium
from tests.stack.home.running import addresses, running

pytestmark = [pytest.mark.nodered, pytest.mark.slow]


@pytest.fixture(scope="module")
def entrance(broker: Endpoint, influx: Endpoint) -> Iterator[str]:
    """The home as it is deployed, but for Grafana, behind Nginx. The simulator has one sensor, of temperature."""
    places = addresses(broker, influx) | {"INFLUX_BUCKET": "entrance"}
    with (start("nodered", provider="embedded") as services, running("stack.home.api", **places) as api,
          running("labkit.devices", "home", "--count", "1", "--interval", "0.5", **places)):
        deploy(services.nodered, flow(broker))
        api.wait_healthy()
        site = nginx_config({"nodered": f"127.0.0.1:{services.nodered.port}",
                             "api": api.url.removeprefix("http://"), "grafana": "127.0.0.1:1"}, rate=100, burst=100)
        with start("nginx", provider="embedded", config={"nginx": site}) as front:
            yield front.nginx.url


@pytest.mark.browser
def test_what_the_simulator_measures_is_on_the_dashboard_and_so_is_what_a_script_publishes(
    entrance: str, broker: Endpoint
) -> None:
    from playwright.sync_api import sync_playwright

    with (viewing(broker) as view, view.listen("sensors/temperature/temp-001") as heard,
          sync_playwright() as playwright, chromium(playwright) as browser):
        page = browser.new_page()
        page.goto(f"{entrance}/dashboard/house")
        gauge = "document.querySelector('#nrdb-ui-widget-gauge-{}')?.innerText ?? ''"
        page.locator("#nrdb-ui-widget-gauge-temperature").wait_for()

        def newest_is_shown() -> bool:
            # A line of its own: the gauge also says its unit and the ends of its scale.
            measured = {f"{message.json()['value']:g}" for message in heard.messages}
            return bool(measured & set(page.evaluate(gauge.format("temperature")).split("\n")[1:]))

        wait_until(newest_is_shown, 30, what="the gauge says what the sensor has measured")
        # Path 3: one message of a script, through the API, reaches the dashboard and another subscriber.
        with view.listen("sensors/humidity/+") as other:
            reading = {"device_id": "script-001", "type": "humidity", "value": 61.5, "unit": "%", "room": "living",
                       "timestamp": 1_704_844_800}
            sent = requests.post(f"{entrance}/api/mqtt/publish", timeout=60,
                                 json={"topic": "sensors/humidity/script-001", "message": reading})
            assert sent.json()["published"] is True
            page.wait_for_function(f"{gauge.format('humidity')}.includes('61.5')", timeout=60_000)
            assert other.wait(1, 60)[0].json() == reading


def test_a_script_writes_and_queries_through_the_entrance(entrance: str) -> None:
    point = {"measurement": "script", "fields": {"value": 7}, "tags": {"room": "attic"}}
    assert requests.post(f"{entrance}/api/database/write", json=point, timeout=60).status_code == 201
    query = 'from(bucket: "entrance") |> range(start: -1h) |> filter(fn: (r) => r._measurement == "script")'
    answer = requests.post(f"{entrance}/api/database/query", json={"query": query}, timeout=60)
    assert [row["_value"] for row in answer.json()["rows"]] == [7.0]
    wait_until(lambda: requests.get(f"{entrance}/api/devices/temp-001/latest", timeout=60).status_code == 200, 60,
               what="the simulator's readings are in the database")
    assert "OpenAPI" in requests.get(f"{entrance}/api/docs", timeout=60).text


def test_a_bounded_wait_is_not_cut_off_by_the_entrance(entrance: str, broker: Endpoint) -> None:
    found: list[requests.Response] = []
    body = {"topic": "entrance/hello", "count": 1, "timeout": 20}
    thread = threading.Thread(
        target=lambda: found.append(requests.post(f"{entrance}/api/mqtt/subscribe", json=body, timeout=40)))
    thread.start()
    with viewing(broker) as view:
        while thread.is_alive():
            view.publish("entrance/hello", b"hello")
            thread.join(0.1)
    assert found[0].json()["messages"][0]["payload"] == "hello"
