"""The data paths of seed 000, end to end on real parts. Path 1 up to the browser is in test_dashboard.py."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from labkit.checks.broker_view import viewing
from labkit.services import Endpoint
from labkit.waiting import wait_until
from tests.stack.home.running import Running, addresses, running


@pytest.fixture(scope="module")
def home(broker: Endpoint, influx: Endpoint) -> Iterator[Running]:
    """The whole system as it is deployed: simulator and API, each a process, with a bucket of their own."""
    places = addresses(broker, influx) | {"INFLUX_BUCKET": "paths"}
    with running("stack.home.api", **places) as service:
        service.wait_healthy()
        with running("labkit.devices", "home", "--interval", "0.5", **places) as simulator:
            assert (simulator.ready["ready"], simulator.ready["devices"]) == (True, 16)
            yield service


def test_path_1_the_simulators_readings_are_on_mqtt_and_in_the_database(home: Running, broker: Endpoint) -> None:
    with viewing(broker) as view, view.listen("sensors/+/+") as heard:
        readings = [message.json() for message in heard.wait(32, 60)]
    assert {r["device_id"] for r in readings} >= {"temp-001", "hum-001", "motion-001", "lamp-001", "co2-002"}
    assert all(abs(r["timestamp"] - time.time()) < 60 for r in readings)

    def stored() -> bool:
        rows = home.get("/devices/temp-001/history?minutes=5").json().get("readings", [])
        return len(rows) >= 2

    wait_until(stored, 60, what="readings of temp-001 are in the database")
    assert len(home.get("/devices").json()["devices"]) == 16


def test_path_2_a_script_writes_through_the_api_and_queries_it_back(home: Running) -> None:
    moment = int(time.time()) - 60
    written = home.post("/database/write", {"measurement": "script", "tags": {"room": "attic"}, "timestamp": moment,
                                            "fields": {"temperature": 21}})
    assert (written.status_code, written.json()) == (201, {"written": 1})
    answer = home.post("/database/query", {
        "query": 'from(bucket: "paths") |> range(start: -1h) |> filter(fn: (r) => r._measurement == "script")'})
    (row,) = answer.json()["rows"]
    assert (row["_value"], row["room"], row["_field"]) == (21.0, "attic", "temperature")


def test_path_3_one_message_of_a_script_reaches_every_subscriber(home: Running, broker: Endpoint) -> None:
    import threading

    through_api: list[dict[str, object]] = []

    def subscribe() -> None:
        answer = home.post("/mqtt/subscribe", {"topic": "script/+", "count": 1, "timeout": 25})
        through_api.extend(answer.json()["messages"])

    thread = threading.Thread(target=subscribe)
    thread.start()
    with viewing(broker) as view, view.listen("script/hello") as one, view.listen("#") as two:
        while thread.is_alive():  # until the API has subscribed, which only its answer shows; it waits 25 s at most
            view.publish("script/hello", {"value": 1})
            thread.join(0.05)
        assert one.wait(1, 60)[0].json() == {"value": 1}
        wait_until(lambda: "script/hello" in [each.topic for each in two.messages], 60, what="it, among all others")
    assert through_api[0]["payload"] == {"value": 1}


def test_a_command_through_the_api_switches_a_lamp_of_the_simulator(home: Running, broker: Endpoint) -> None:
    wait_until(lambda: home.get("/devices/lamp-001").status_code == 200, 60, what="the lamp was heard")
    with viewing(broker) as view, view.listen("sensors/lamp/lamp-001") as heard:
        assert home.post("/devices/lamp-001/command", {"state": "on"}).status_code == 202
        wait_until(lambda: any(m.json()["value"] == 1 for m in heard.messages), 60, what="the lamp says that it is on")
    assert home.post("/devices/lamp-001/command", {"state": "off"}).status_code == 202
