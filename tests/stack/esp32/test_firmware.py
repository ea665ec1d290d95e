"""The management of the fleet with the firmware itself: five virtual boards in C++, updated over HTTP."""

from __future__ import annotations

import dataclasses
import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from influxdb_client import InfluxDBClient

from labkit.services import Endpoint
from labkit.waiting import wait_until
from tests.firmware.building import build
from tests.firmware.virtual_board import Boards
from tests.stack.esp32.looking import manage, online
from tests.stack.home.running import Running, addresses, running

pytestmark = [pytest.mark.cpp, pytest.mark.slow]
NODES = [f"node_{number}" for number in range(51, 56)]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """An image of firmware, and where it is served."""
    path = tmp_path_factory.mktemp("images") / "node.bin"
    path.write_bytes(bytes(range(256)) * 400)
    handler = functools.partial(Quiet, directory=str(path.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield path, f"http://127.0.0.1:{server.server_port}/node.bin"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def places(broker: Endpoint, influx: Endpoint) -> dict[str, str]:
    return addresses(broker, dataclasses.replace(influx, bucket="esp32-firmware"))


@pytest.fixture(scope="module")
def manager(places: dict[str, str]) -> Iterator[Running]:
    # A name each: the broker ends the connection of the other client of a name.
    with (running("stack.esp32.manager", CLIENT_ID="firmware-watch", **places) as manager,
          running("stack.esp32.collector", CLIENT_ID="firmware", **places) as collector):
        manager.wait_healthy()
        collector.wait_healthy()
        yield manager


@pytest.fixture
def boards(places: dict[str, str], manager: Running) -> Iterator[Boards]:
    boards = Boards(build("node"), "--id", "51", "--count", "5", "--interval", "1", environment=places)
    try:
        boards.ready()
        wait_until(lambda: online(manager) == NODES, 60, what="five boards are online")
        yield boards
    finally:
        boards.kill()
        wait_until(lambda: not online(manager), 60, what="the wills of the boards have come")


def test_the_boards_obey_refuse_and_their_readings_are_stored(
    boards: Boards, manager: Running, influx: Endpoint
) -> None:
    done = manager.post("/nodes/51/command", {"command": "set_led", "params": {"state": "on", "brightness": 128}})
    assert (done.status_code, done.json()["ok"]) == (200, True)
    too_bright = {"command": "set_led", "params": {"state": "on", "brightness": 300}}
    refused = manager.post("/nodes/node_52/command", too_bright)
    assert (refused.status_code, refused.json()["reason"]) == (409, "brightness must be 0 to 255")

    def rows() -> list[dict[str, Any]]:
        return [row for row in manager.get("/fleet?window=60").json()["nodes"] if row["online"] and row["rate"]]

    wait_until(lambda: [row["node_id"] for row in rows()] == NODES, 60, what="the table has five boards")
    query = ('from(bucket: "esp32-firmware") |> range(start: -1h) |> filter(fn: (r) => r._field == "temperature")'
             ' |> last()')
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        values = [record.get_value() for table in client.query_api().query(query) for record in table.records]
    assert len(values) == 5
    assert all(isinstance(value, float) and 5 < value < 40 for value in values)


def firmware(manager: Running) -> set[str]:
    return {node["firmware"] for node in manager.get("/nodes").json()["nodes"] if node["node_id"] in NODES}


def test_a_rollout_brings_firmware_to_the_boards_and_a_false_image_stops_at_the_canary(
    boards: Boards, manager: Running, places: dict[str, str], images: tuple[Path, str]
) -> None:
    path, url = images
    words = ("--timeout", "60", "rollout")
    status, out, err = manage(places, *words, "1.1.0", "--image", str(path), "--url", url, "--canary", "1")
    assert (status, json.loads(out)["updated"]) == (0, NODES), err
    # The manager has ears of its own, which may hear it a moment later.
    wait_until(lambda: firmware(manager) == {"1.1.0"}, 60, what="the manager has heard it")

    other = path.with_name("other.bin")  # not what is served: each board sees that by its SHA-256
    other.write_bytes(path.read_bytes()[::-1])
    status, out, err = manage(places, *words, "1.2.0", "--image", str(other), "--url", url, "--canary", "2")
    result = json.loads(out)
    assert (status, result["done"], result["updated"]) == (1, False, []), err
    assert result["failed"] == {"node_51": "node_51 refuses update_firmware: "
                                           "the image's SHA-256 is not that of its manifest"}
    assert result["untouched"] == NODES[1:]
    assert firmware(manager) == {"1.1.0"}
