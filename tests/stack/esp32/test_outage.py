"""Broker and database go away and come back under the manager and the collector."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from labkit.services import Endpoint
from labkit.waiting import wait_until
from tests.firmware.virtual_board import Mosquitto
from tests.stack.esp32.looking import online
from tests.stack.esp32.test_collector import readings, stored
from tests.stack.home.running import addresses, running


@pytest.mark.mosquitto
@pytest.mark.slow
def test_the_manager_says_that_its_broker_is_away_and_works_again_when_it_is_back(
    tmp_path: Path, influx: Endpoint
) -> None:
    broker = Mosquitto(tmp_path)
    broker.start()
    here = Endpoint("mqtt", "native", "mosquitto", "", "127.0.0.1", broker.port)
    places = addresses(here, dataclasses.replace(influx, bucket="esp32-outage"))
    led = {"command": "set_led", "params": {"state": "on"}, "timeout": 1}
    try:
        with (running("stack.esp32.manager", HEALTH_INTERVAL="0.3", **places) as manager,
              running("labkit.devices", "esp32", "--count", "2", "--interval", "1", **places)):
            manager.wait_healthy()
            wait_until(lambda: len(online(manager)) == 2, 60, what="two nodes are online")
            wait_until(lambda: manager.get("/broker").status_code == 200, 60, what="the broker's health is there")
            broker.kill()
            wait_until(lambda: manager.get("/health").status_code == 503, 60, what="/health says fail")
            wait_until(lambda: manager.get("/broker").status_code == 503, 60, what="the broker's health is gone")
            assert manager.get("/health").json()["checks"]["mqtt"]["status"] == "fail"
            assert manager.post("/nodes/01/command", led).status_code in (503, 504)
            broker.start()
            manager.wait_healthy()
            wait_until(lambda: manager.post("/nodes/01/command", led).status_code == 200, 60,
                       what="a command is acknowledged again")
            wait_until(lambda: manager.get("/broker").status_code == 200, 60, what="the broker's health is back")
            wait_until(lambda: manager.get("/health").json()["last_error"] is None, 60, what="no error stands there")
    finally:
        broker.kill()


def test_the_manager_without_a_database_says_so_at_the_table(broker: Endpoint, influx: Endpoint) -> None:
    from stack.esp32.manager import Manager, ManagerSettings
    from stack.parts import fleet
    from stack.runtime import Stage, load

    settings = load(ManagerSettings, {"influx_url": "http://127.0.0.1:1", "influx_token": "t"})
    answer = Manager(settings, fleet, Stage("esp32-manager")).app.test_client().get("/fleet")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "database" in answer.json["error"]


@pytest.mark.mosquitto
@pytest.mark.slow
def test_a_broker_that_is_killed_under_load_costs_no_reading_and_doubles_none(tmp_path: Path, influx: Endpoint) -> None:
    """The session of MQTT 5, with hundreds of messages in flight, is the broker's to keep and ours to find again."""
    broker = Mosquitto(tmp_path)
    broker.start()
    here = Endpoint("mqtt", "native", "mosquitto", "", "127.0.0.1", broker.port)
    places = addresses(here, dataclasses.replace(influx, bucket="esp32-broker-killed"))
    acknowledged: set[int] = set()
    node = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="nodes", clean_session=False)  # type: ignore[attr-defined]
    node.reconnect_delay_set(1, 1)
    node.max_queued_messages_set(0)
    node.on_publish = lambda _client, _data, mid, *_: acknowledged.add(mid)
    try:
        with running("stack.esp32.collector", **places) as collector:
            collector.wait_healthy()
            node.connect("127.0.0.1", broker.port)
            node.loop_start()
            for number, (topic, reading) in enumerate(readings(0, 2000)):
                node.publish(topic, json.dumps(reading), qos=1)
                if number == 1000:
                    wait_until(lambda: len(acknowledged) > 200, 60, what="the broker is under load")
                    broker.kill()
                    broker.start()
            wait_until(lambda: len(acknowledged) == 2000, 60, what="the broker has every reading")
            wait_until(lambda: stored(influx, "esp32-broker-killed") == 2000, 60, what="every reading is stored")
            wait_until(lambda: collector.get("/health").json()["last_error"] is None, 60, what="no error stands there")
            assert collector.get("/health").json()["rejected"] == 0
    finally:
        node.disconnect()
        node.loop_stop()
        broker.kill()
