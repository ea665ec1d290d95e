"""Fleets of three, twenty and two hundred nodes, end to end: processes as they are deployed."""

from __future__ import annotations

import dataclasses
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from influxdb_client import InfluxDBClient

from labkit.checks.broker_view import viewing
from labkit.services import Endpoint
from labkit.waiting import wait_until
from tests.stack.esp32.looking import manage, online
from tests.stack.home.running import Running, addresses, running


@pytest.fixture(scope="module")
def places(broker: Endpoint, influx: Endpoint) -> dict[str, str]:
    return addresses(broker, dataclasses.replace(influx, bucket="esp32-fleets"))


@pytest.fixture(scope="module")
def manager(places: dict[str, str]) -> Iterator[Running]:
    with running("stack.esp32.manager", **places) as service:
        service.wait_healthy()
        yield service


def firmware(manager: Running) -> list[str]:
    return [manager.get(f"/nodes/{number:02d}").json()["firmware"] for number in (1, 2, 3)]


@pytest.mark.slow
def test_a_rollout_updates_the_fleet_and_one_that_is_refused_is_taken_back(
    places: dict[str, str], manager: Running, tmp_path: Path
) -> None:
    image = tmp_path / "firmware.bin"
    image.write_bytes(b"firmware")
    rest = ("--image", str(image), "--url", "http://127.0.0.1/firmware.bin")
    with running("labkit.devices", "esp32", "--count", "3", "--interval", "0.2", "--speed", "5", **places):
        wait_until(lambda: len(online(manager)) == 3, 60, what="three nodes are online")
        status, out, err = manage(places, "--timeout", "60", "rollout", "1.1.0", "--canary", "1", *rest)
        assert (status, json.loads(out)["updated"]) == (0, ["node_01", "node_02", "node_03"]), err
        # The manager has ears of its own, which may hear it a moment later.
        wait_until(lambda: firmware(manager) == ["1.1.0", "1.1.0", "1.1.0"], 60, what="the manager has heard it")
        # The third node has a newer firmware already and refuses this one: the first two are taken back.
        update = {"name": "esp32-node", "version": "3.0.0", "size": 8, "sha256": "0" * 64, "url": "http://127.0.0.1/f"}
        assert manager.post("/nodes/03/command", {"command": "update_firmware", "params": update}).status_code == 200
        wait_until(lambda: manager.get("/nodes/03").json()["firmware"] == "3.0.0", 60, what="node 3 runs 3.0.0")
        wait_until(lambda: len(online(manager)) == 3, 60, what="three nodes are online again")
        status, out, err = manage(places, "--timeout", "60", "rollout", "2.0.0", "--canary", "1", *rest)
        result = json.loads(out)
        assert (status, result["done"], result["rolled_back"]) == (1, False, ["node_02", "node_01"]), err
        assert "newer than 3.0.0" in result["failed"]["node_03"]
        wait_until(lambda: firmware(manager) == ["1.1.0", "1.1.0", "3.0.0"], 60, what="the manager has heard it")


def points(influx: Endpoint, bucket: str) -> dict[str, int]:
    query = (f'from(bucket: "{bucket}") |> range(start: 0) |> filter(fn: (r) => r._field == "uptime")'
             ' |> group(columns: ["node_id"]) |> count()')
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        tables = client.query_api().query(query)
    return {record["node_id"]: record.get_value() for table in tables for record in table.records}


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, 20, 200])
def test_every_reading_of_the_fleet_arrives_once(
    count: int, places: dict[str, str], manager: Running, broker: Endpoint, influx: Endpoint
) -> None:
    bucket = f"fleet-{count}"
    mine = places | {"INFLUX_BUCKET": bucket}
    with (
        viewing(broker) as view,
        running("stack.esp32.collector", CLIENT_ID=bucket, MAX_AGE="0.2", **mine) as collector,
        view.listen("iot/node/+/telemetry") as heard,
    ):
        collector.wait_healthy()
        with running("labkit.devices", "esp32", "--count", str(count), "--interval", "1", **mine) as nodes:
            wait_until(lambda: len(online(manager)) == count, 60, what=f"{count} nodes are online")
            acks = [manager.post(f"/nodes/{number:02d}/command", {"command": "set_led", "params": {"state": "on"}})
                    for number in range(1, count + 1, max(1, count // 20))]
            assert {ack.status_code for ack in acks} == {200}
            assert len(heard.wait(5 * count, 60)) >= 5 * count
            assert nodes.end() == 0
        heard.pass_through(60)
        sent = [m.json() for m in heard.quiet(1.0, 60) if m.topic.startswith("iot/")]
        wait_until(lambda: collector.get("/health").json()["received"] >= len(sent), 60, what="all has come in")
        # A node that restarts its second may measure twice in one: the same point by the contract.
        keys = {(reading["node_id"], reading["timestamp"]) for reading in sent}
        wait_until(lambda: sum(points(influx, bucket).values()) >= len(keys), 60, what="every reading is stored")
        stored = points(influx, bucket)
        assert (sum(stored.values()), len(stored)) == (len(keys), count)
        health = collector.get("/health").json()
        assert (health["rejected"], health["last_error"]) == (0, None)
    wait_until(lambda: not online(manager), 60, what="the manager has heard that they left")


def test_the_will_of_a_killed_node_is_seen(places: dict[str, str], manager: Running) -> None:
    with running("labkit.devices", "esp32", "--count", "2", "--interval", "0.5", **places) as nodes:
        wait_until(lambda: len(online(manager)) == 2, 60, what="two nodes are online")
        nodes.process.send_signal(signal.SIGKILL)
        wait_until(lambda: not online(manager), 60, what="the wills have come")
    assert manager.get("/nodes/01").json()["firmware"]
