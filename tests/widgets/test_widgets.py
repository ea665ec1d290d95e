from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from labkit import house
from labkit.checks.broker_view import viewing
from labkit.checks.fake_broker import FakeBroker, fake_endpoint
from labkit.services import Endpoint
from labkit.waiting import wait_until
from labkit.widgets import house_plan, live_chart, service_lights, topic_explorer
from labkit.widgets.chart import value_at
from labkit.widgets.mqtt_live import MqttLive

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_the_topic_explorer_shows_the_tree_with_last_payloads(broker: Endpoint) -> None:
    with viewing(broker) as view, topic_explorer(broker, "explore/#") as explorer:
        for payload in (b"1", b"2"):
            view.publish("explore/a/x", payload)
        view.publish("explore/<b>", b"<script>")
        wait_until(lambda: "<b>" in repr(explorer), 60, what="the message")
        assert re.search(r"explore\n    <b>: <script> \(1 message\)\n    a\n      x: 2 \(2 messages\)", repr(explorer))
        markup = explorer._repr_mimebundle_()["text/html"]
        assert "<script>" not in markup
        assert "&lt;script&gt;" in markup
        assert "aria-label='Topic explorer'" in markup


def test_the_topic_explorer_leaves_out_what_the_kit_sends(broker: Endpoint) -> None:
    with viewing(broker) as view, topic_explorer(broker) as explorer:
        view.publish("labkit/mark/1", b"of the kit")
        view.publish("of/a/student", b"2")
        wait_until(lambda: "student" in repr(explorer), 60, what="the message")
        assert "labkit" not in repr(explorer)


def test_what_the_next_cell_publishes_is_seen_however_long_the_subscription_takes(
    broker: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = MqttLive._on_connect
    slow = threading.Event()

    def late(self: MqttLive, *arguments: Any) -> None:
        slow.wait(1.0)  # longer than the first picture waits for something to show
        at_once(self, *arguments)

    monkeypatch.setattr(MqttLive, "_on_connect", late)
    with viewing(broker) as view, topic_explorer(broker, "slow/#") as explorer:
        view.publish("slow/door", b"open")
        wait_until(lambda: "open" in repr(explorer), 60, what="the message")


def test_the_topic_explorer_keeps_what_a_person_can_read(broker: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.widgets.topics._MOST", 3)
    with viewing(broker) as view, topic_explorer(broker, "many/#") as explorer:
        for number in range(5):
            view.publish(f"many/{number}", b"x" * 500)
        wait_until(lambda: "2 messages of further topics" in repr(explorer), 60, what="all messages")
        assert "(500 bytes)" in repr(explorer)


def test_the_live_chart_says_in_words_what_it_draws(broker: Endpoint) -> None:
    with viewing(broker) as view, live_chart(broker, "chart/+/t", "v.0", unit="°C") as chart:
        for number in (20, 22.5, 21):
            view.publish("chart/kitchen/t", {"v": [number]})
        view.publish("chart/kitchen/t", b"no json")
        wait_until(lambda: "left out" in repr(chart), 60, what="all messages")
        assert "chart/kitchen/t: 21 °C now, 20 °C to 22.5 °C in 3 readings" in repr(chart)
        markup = chart._repr_mimebundle_()["text/html"]
        assert re.search(r"<svg role='img' aria-label='Live chart: v.0 of chart/\+/t", markup)
        assert "kitchen: 21 °C</text>" in markup


@pytest.mark.parametrize(
    ("payload", "path", "number"),
    [
        (b'{"a": {"b": 1.5}}', "a.b", 1.5),
        (b"[1, 2]", "1", 2.0),
        (b"7", "", 7.0),
        (b'{"a": true}', "a", None),
        (b'{"a": NaN}', "a", None),
        (b"x", "a", None),
        (b"[1]", "a", None),
        (b'{"a": "1"}', "a", None),
    ],
)
def test_the_number_at_a_path(payload: bytes, path: str, number: float | None) -> None:
    assert value_at(payload, path) == number


def test_a_live_widget_ends_by_itself_and_says_so(broker: Endpoint) -> None:
    explorer = topic_explorer(broker, seconds=0.3)
    wait_until(lambda: not explorer.alive, 60, what="the end")
    assert "Run the cell again to go on." in repr(explorer)


def test_running_the_cell_again_replaces_the_widget(broker: Endpoint) -> None:
    with topic_explorer(broker) as first, topic_explorer(broker) as second:
        assert (first.alive, second.alive) == (False, True)


def test_the_stop_button_stops_it(broker: Endpoint) -> None:
    with topic_explorer(broker) as explorer:
        button = explorer._build().children[1]
        button.click()
        wait_until(lambda: not explorer.alive, 60, what="the end")
        wait_until(lambda: button.disabled, 60, what="the button")


def test_a_broker_that_is_gone_or_refuses_is_told_kindly() -> None:
    explorer = topic_explorer(fake_endpoint(1))
    wait_until(lambda: not explorer.alive, 60, what="the end")
    assert "The broker cannot be reached" in repr(explorer)
    with FakeBroker(5) as fake:
        chart = live_chart(fake.endpoint)
        wait_until(lambda: not chart.alive, 60, what="the end")
    assert "refused the connection: Not authorized" in repr(chart)


def test_service_lights_say_up_and_down_in_words(broker: Endpoint) -> None:
    lights = service_lights()
    assert re.search(r"● up  <mqtt: .*answers in \d+ ms", repr(lights))
    assert "</span> <b>up</b>" in lights.markup
    down = service_lights({"mqtt": fake_endpoint(1)})  # type: ignore[arg-type]
    assert "○ down" in repr(down)
    assert "run the cell with start(…) again" in repr(down)


def test_service_lights_say_where_each_service_would_run_before_one_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is a stand-in: where services run differs between machines, and the test of `doctor` looks at that."""
    planned = {"state": "planned", "title": "Kafka", "engine": "", "version": "", "provider": "", "note": ""}
    missing = planned | {"state": "missing", "title": "InfluxDB 2"}
    ready = planned | {"state": "ready", "title": "MQTT broker", "engine": "mosquitto", "version": "2.0"}
    rows = [ready | {"provider": "native", "note": "a <b>"}, missing, planned]
    monkeypatch.setattr("labkit.services.current", lambda: None)
    monkeypatch.setattr("labkit.services.doctor.report", lambda: {"services": rows})
    lights = service_lights()
    assert "MQTT broker: mosquitto 2.0 (native), a <b>" in repr(lights)
    assert "InfluxDB 2: cannot run here" in repr(lights)
    assert "Kafka" not in repr(lights)
    assert "a &lt;b&gt;" in lights.markup


def test_the_house_plan_names_each_part_and_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_HOUSE", str(tmp_path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    house.save("mqtt", "def f(): return 1")
    plan = house_plan()
    assert "Your house: 1 of 11 parts are yours" in repr(plan)
    assert "✓ yours: mqtt (lab 01, MQTT basics)" in repr(plan)
    assert "role='img' aria-label='Your house: 1 of 11" in plan.markup


def test_all_widgets_run_headless(broker: Endpoint) -> None:
    source = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
os.environ["LABKIT_MQTT_URL"] = "mqtt://{broker.host}:{broker.port}"
from labkit import house_plan, live_chart, reference_node, service_lights, start, topic_explorer
services = start("mqtt")
node = reference_node(services.mqtt, interval=0.1)
"""
    cells = [
        source,
        "topic_explorer(services.mqtt)",
        "live_chart(services.mqtt)",
        "service_lights()",
        "house_plan()",
        "from labkit.widgets import stop_all\nstop_all(); node.stop()\nimport threading\n"
        "[t.name for t in threading.enumerate() if 'labkit' in t.name or 'paho' in t.name]",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    NotebookClient(book, timeout=60).execute()
    bundles = [cell.outputs[0].data for cell in book.cells[1:5]]
    assert all("text/plain" in data and "text/html" in data for data in bundles)
    assert all("application/vnd.jupyter.widget-view+json" in data for data in bundles[:2])
    assert "telemetry" in bundles[0]["text/plain"]
    assert book.cells[5].outputs[0].data["text/plain"] == "[]"
    assert not [output for cell in book.cells for output in cell.outputs if output.get("name") == "stderr"]
