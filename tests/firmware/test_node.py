"""The virtual board against a real broker: the same core that runs on an ESP32."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.waiting import wait_until
from tests.firmware.conftest import StartBoards
from tests.firmware.virtual_board import Boards, Listener, Mosquitto

# The first test of a fresh checkout builds the node: a minute of one core, longer where many share it.
pytestmark = [pytest.mark.cpp, pytest.mark.mosquitto, pytest.mark.timeout(600)]

CONTRACT = Path(__file__).parents[2] / "stack" / "contracts" / "telemetry.json"
Listen = Callable[..., Listener]


def keys(document: Any) -> Any:
    return {key: keys(value) for key, value in document.items()} if isinstance(document, dict) else type(document)


@pytest.fixture(autouse=True, scope="module")
def silent(program: Path, shared_broker: Mosquitto) -> Iterator[tuple[Boards, float]]:
    """A node that has nothing to say while the other tests run, and since when (time.monotonic)."""
    node = Boards(program, "--port", str(shared_broker.port), "--id", "18", "--interval", "3600")
    try:
        node.ready()
        yield node, time.monotonic()
    finally:
        node.kill()


def test_telemetry_is_that_of_the_contract(shared_broker: Mosquitto, boards: StartBoards, listen: Listen) -> None:
    listener = listen(shared_broker.port)
    boards(shared_broker, "--id", "01").ready()
    listener.wait("iot/node/01/telemetry", lambda seen: len(seen) > 1)
    sample = json.loads(CONTRACT.read_text())
    for topic, payload, retained in list(listener.messages):
        if topic == "iot/node/01/telemetry":
            reading = json.loads(payload)
            assert list(reading) == list(sample)
            assert keys(reading) == keys(sample)
            assert json.dumps(reading).encode() == payload, "the bytes are those of the contract's sample"
            assert reading["node_id"] == "node_01"
            assert not retained


def test_the_node_counts_its_time_stamps_up_by_the_interval(
    shared_broker: Mosquitto, boards: StartBoards, listen: Listen
) -> None:
    listener = listen(shared_broker.port)
    boards(shared_broker, "--id", "node_02").ready()
    seen = listener.wait("iot/node/node_02/telemetry", lambda seen: len(seen) > 3 and seen)
    times = [reading["timestamp"] for reading in seen]
    assert times == list(range(times[0], times[0] + len(times)))
    assert [reading["uptime"] for reading in seen] == list(range(len(seen)))


def test_a_new_listener_is_told_that_the_node_is_there(
    shared_broker: Mosquitto, boards: StartBoards, listen: Listen
) -> None:
    boards(shared_broker, "--id", "03", "--firmware", "1.2.3").ready()
    status = listen(shared_broker.port).wait("iot/node/03/status", lambda seen: seen)[0]
    assert list(status) == ["node_id", "status", "uptime", "wifi_rssi", "firmware"]
    assert status["node_id"] == "node_03"
    assert status["status"] == "online"
    assert status["firmware"] == "1.2.3"
    assert -90 < status["wifi_rssi"] < -30


def test_commands_are_carried_out_and_acknowledged(
    shared_broker: Mosquitto, boards: StartBoards, listen: Listen
) -> None:
    listener = listen(shared_broker.port)
    node = boards(shared_broker, "--id", "04")
    node.ready()
    lit = {"id": "c-17", "command": "set_led", "params": {"state": "on", "brightness": 128}}
    assert listener.command("04", json.dumps(lit)) == {"id": "c-17", "command": "set_led", "ok": True}
    led = {"node_id": "node_04", "led": {"state": "on", "brightness": 128}}
    wait_until(lambda: led in node.lines, 60, what="what the board says of its lamp")  # its line and its answer race
    lit["id"], lit["params"] = "c-18", {"state": "on", "brightness": 256}
    assert listener.command("04", json.dumps(lit)) == {
        "id": "c-18",
        "command": "set_led",
        "ok": False,
        "reason": "brightness must be 0 to 255",
    }
    slower = {"id": "ü€😀", "command": "set_interval", "params": {"seconds": 3600}}
    assert listener.command("04", json.dumps(slower)) == {"id": "ü€😀", "command": "set_interval", "ok": True}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "malformed JSON at byte 0"),
        (b"\xff\x00{", "malformed JSON at byte 0"),
        (b'{"command": "set_led"', "malformed JSON at byte 21"),
        (b"[" * 900, "malformed JSON at byte 8"),
        (b" " * 100_000, "message is longer than 1024 bytes"),
        (b'{"command": "self_destruct"}', "unknown command 'self_destruct'"),
    ],
)
def test_what_is_no_command_is_refused_with_its_reason(
    message: bytes, reason: str, shared_broker: Mosquitto, boards: StartBoards, listen: Listen
) -> None:
    listener = listen(shared_broker.port)
    boards(shared_broker, "--id", "05").ready()
    answer = listener.command("05", message)
    assert answer["ok"] is False
    assert answer["reason"] == reason


def test_a_retained_command_is_refused(shared_broker: Mosquitto, boards: StartBoards, listen: Listen) -> None:
    listener = listen(shared_broker.port)
    topic = "iot/node/06/command"
    listener.client.publish(topic, b'{"command": "restart"}', qos=1, retain=True).wait_for_publish(60)
    boards(shared_broker, "--id", "06").ready()
    found = listener.wait("iot/node/06/status", lambda seen: [one["ack"] for one in seen if "ack" in one])
    assert found[0]["reason"] == "a command must not be retained"
    listener.client.publish(topic, b"", qos=1, retain=True).wait_for_publish(60)


def test_a_node_that_is_killed_leaves_its_last_will(
    shared_broker: Mosquitto, boards: StartBoards, listen: Listen
) -> None:
    node = boards(shared_broker, "--id", "07")
    node.ready()
    node.kill()
    offline = {"node_id": "node_07", "status": "offline"}
    listen(shared_broker.port).wait("iot/node/07/status", lambda seen: seen and seen[-1] == offline)


def test_a_node_that_is_stopped_delivers_what_it_has_and_says_goodbye(
    shared_broker: Mosquitto, boards: StartBoards, listen: Listen
) -> None:
    listener = listen(shared_broker.port)
    node = boards(shared_broker, "--id", "08")
    node.ready()
    listener.wait("iot/node/08/telemetry", lambda seen: seen)
    counted = node.stop()
    assert counted["measured"] == counted["acknowledged"]
    assert counted["buffered"] == 0
    offline = {"node_id": "node_08", "status": "offline"}
    listener.wait("iot/node/08/status", lambda seen: seen[-1] == offline)
    assert len(listener.of("iot/node/08/telemetry")) == counted["measured"]


def test_a_restart_answers_first_and_comes_back(shared_broker: Mosquitto, boards: StartBoards, listen: Listen) -> None:
    listener = listen(shared_broker.port)
    boards(shared_broker, "--id", "09").ready()
    listener.wait("iot/node/09/telemetry", lambda seen: seen)
    assert listener.command("09", '{"id": "r", "command": "restart"}')["ok"] is True
    seen = listener.wait("iot/node/09/status", lambda seen: len(seen) > 3 and seen)
    assert [one.get("status") for one in seen] == ["online", None, "offline", "online"]
    assert seen[-1]["uptime"] == 0
    readings = listener.wait("iot/node/09/telemetry", lambda seen: len(seen) > 3 and seen)
    times = [reading["timestamp"] for reading in readings]
    assert len(set(times)) == len(times)


def test_nothing_is_lost_or_doubled_while_the_broker_is_dead_for_five_seconds(
    broker: Mosquitto, boards: StartBoards, listen: Listen
) -> None:
    listener = listen(broker.port)
    node = boards(broker, "--id", "10")
    node.ready()
    telemetry = "iot/node/10/telemetry"
    listener.wait(telemetry, lambda seen: len(seen) > 2)
    before = len(listener.of(telemetry))
    broker.kill()
    threading.Event().wait(5)
    broker.start()
    listener.wait(telemetry, lambda seen: len(seen) >= before + 7)
    counted = node.stop()
    assert counted["lost"] == counted["buffered"] == counted["sensor_failures"] == 0
    assert counted["acknowledged"] == counted["measured"]
    by_time: dict[int, set[str]] = {}
    for reading in listener.of(telemetry):
        by_time.setdefault(reading["timestamp"], set()).add(json.dumps(reading))
    times = sorted(by_time)
    assert times == list(range(times[0], times[0] + counted["measured"])), "one time stamp a second, none missing"
    assert all(len(versions) == 1 for versions in by_time.values()), "a repeated reading is the same to the byte"
    order = list(dict.fromkeys(reading["timestamp"] for reading in listener.of(telemetry)))
    assert order == times, "in the order in which they were measured"


def test_without_wifi_the_broker_says_offline_and_afterwards_nothing_is_missing(
    shared_broker: Mosquitto, boards: StartBoards, listen: Listen
) -> None:
    listener = listen(shared_broker.port)
    node = boards(shared_broker, "--id", "11", "--count", "2")
    node.ready()
    telemetry, status = "iot/node/11/telemetry", "iot/node/11/status"
    listener.wait(telemetry, lambda seen: len(seen) > 1)
    node.say("wifi off 11")
    listener.wait(status, lambda seen: seen[-1] == {"node_id": "node_11", "status": "offline"})
    before = len(listener.of(telemetry))
    neighbours = len(listener.of("iot/node/12/telemetry"))
    listener.wait("iot/node/12/telemetry", lambda seen: len(seen) >= neighbours + 3)
    assert len(listener.of(telemetry)) == before
    node.say("wifi on 11")
    listener.wait(telemetry, lambda seen: len(seen) >= before + 3)
    counted = node.stop()
    assert counted["acknowledged"] == counted["measured"]
    times = [reading["timestamp"] for reading in listener.of(telemetry)]
    assert times == list(range(times[0], times[0] + len(times)))
    assert "offline" not in [one.get("status") for one in listener.of("iot/node/12/status")][:-1]


def test_a_line_that_the_boards_do_not_know_is_named(shared_broker: Mosquitto, boards: StartBoards) -> None:
    node = boards(shared_broker, "--id", "13")
    node.ready()
    node.say("wifi off 99")
    node.say("sing")
    wait_until(lambda: len(node.complaints) > 1, 60, what="two complaints")
    assert "'wifi off 99'" in node.complaints[0]
    assert "'sing'" in node.complaints[1]


def test_twenty_boards_of_one_process_are_twenty_nodes(
    shared_broker: Mosquitto, boards: StartBoards, listen: Listen
) -> None:
    listener = listen(shared_broker.port)
    node = boards(shared_broker, "--id", "a-081", "--count", "20")
    assert node.ready() == {"ready": True, "devices": 20}
    ids = [f"a-{number:03}" for number in range(81, 101)]
    for node_id in ids:
        listener.wait(f"iot/node/{node_id}/telemetry", lambda seen: len(seen) > 1)
    counted = node.stop()
    assert counted["devices"] == 20
    assert counted["acknowledged"] == counted["measured"] >= 40
    first = {json.dumps(listener.of(f"iot/node/{node_id}/telemetry")[0]["sensors"]) for node_id in ids}
    assert len(first) > 10, "each board hangs in a room of its own"


def test_boards_that_start_before_their_broker_find_it(tmp_path: Path, boards: StartBoards, listen: Listen) -> None:
    mosquitto = Mosquitto(tmp_path)
    node = boards(mosquitto, "--id", "01")
    wait_until(lambda: node.complaints, 60, what="a complaint")
    assert "Connection refused" in node.complaints[0]
    try:
        mosquitto.start()
        node.ready()
        counted = node.stop()
        assert counted["acknowledged"] == counted["measured"]
    finally:
        mosquitto.kill()


def test_the_password_comes_from_a_file_and_a_wrong_one_is_named(
    tmp_path: Path, boards: StartBoards, listen: Listen
) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "house", "s3cret"], check=True, capture_output=True)
    mosquitto = Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {passwords}")
    mosquitto.start()
    try:
        secret = tmp_path / "secret"
        secret.write_text("s3cret\n")
        boards(mosquitto, environment={"MQTT_USERNAME": "house", "MQTT_PASSWORD_FILE": str(secret)}).ready()
        wrong = boards(mosquitto, "--id", "02", "--username", "house", "--password", "guess")
        wait_until(lambda: wrong.complaints, 60, what="a complaint")
        assert "not authorised" in wrong.complaints[0]
    finally:
        mosquitto.kill()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--port", "0"], "--port is '0': it takes a whole number from 1 to 65535"),
        (["--port", "mqtt"], "--port is 'mqtt'"),
        (["--interval", "0.5"], "--interval is '0.5': it takes a whole number from 1 to 3600"),
        (["--count", "2000"], "--count is '2000'"),
        (["--id", "a/b"], "--id is 'a/b': it takes 1 to 24 letters"),
        (["--id", "kitchen", "--count", "2"], "--id is 'kitchen': with --count it ends with"),
        (["--firmware", "1.0"], "--firmware is '1.0'"),
        (["--backoff-cap", "-1"], "--backoff-cap is '-1'"),
        (["--backoff-base", "nan"], "--backoff-base is 'nan'"),
        (["--host", ""], "--host is empty"),
        (["--port"], "--port takes a value"),
        (["--colour", "red"], "unknown option --colour"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(program: Path, arguments: list[str], complaint: str) -> None:
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert not done.stdout


def test_for_ends_by_itself(shared_broker: Mosquitto, boards: StartBoards) -> None:
    node = boards(shared_broker, "--id", "14", "--for", "1")
    wait_until(lambda: node.lines and node.lines[-1].get("stopped"), 60, what="the end")


class Images(http.server.SimpleHTTPRequestHandler):
    """Serves files and keeps quiet."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """A board that finds a fault hangs up in the middle."""
        with contextlib.suppress(ConnectionError):
            super().copyfile(source, outputfile)


@pytest.fixture
def images(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which its files are served."""
    folder = tmp_path / "images"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Images, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def update(version: str, image: bytes, url: str, **changes: Any) -> str:
    manifest = {"name": "esp32-node", "version": version, "size": len(image), "url": url}
    manifest |= {"sha256": hashlib.sha256(image).hexdigest(), "min_version": "1.0.0"} | changes
    return json.dumps({"id": f"u-{version}", "command": "update_firmware", "params": manifest})


def test_a_server_that_says_nothing_holds_the_boards_up_for_two_seconds(
    shared_broker: Mosquitto, boards: StartBoards, listen: Listen
) -> None:
    listener = listen(shared_broker.port)
    boards(shared_broker, "--id", "16").ready()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it lets the board in, and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/node.bin"
        assert listener.command("16", update("1.0.1", b"image", url))["reason"] == "the image could not be fetched"


def test_an_update_is_fetched_checked_installed_and_can_be_taken_back(
    shared_broker: Mosquitto, boards: StartBoards, listen: Listen, images: tuple[Path, str]
) -> None:
    folder, address = images
    image = bytes(range(256)) * 2_000
    (folder / "node.bin").write_bytes(image)
    url = f"{address}/node.bin"
    listener = listen(shared_broker.port)
    boards(shared_broker, "--id", "15").ready()

    def refusal(command: str) -> str:
        return str(listener.command("15", command)["reason"])

    assert refusal(update("0.9.0", image, url)) == "version must be newer than 1.0.0"
    assert refusal(update("1.0.1", image, url, sha256="0" * 64)) == "the image's SHA-256 is not that of its manifest"
    assert refusal(update("1.0.2", image, url, size=len(image) - 1)) == "the image is larger than its manifest says"
    assert refusal(update("1.0.3", image, url, size=len(image) + 1)) == "the image is smaller than its manifest says"
    assert refusal(update("1.0.4", image, f"{address}/none")) == "the image could not be fetched"
    assert refusal(update("1.0.5", image, url, beta=True)) == "unknown key 'beta'"
    assert refusal('{"id": "b", "command": "rollback_firmware"}') == "there is no earlier firmware"

    def comes_back_with(version: str) -> None:
        listener.wait("iot/node/15/status", lambda seen: seen[-1].get("firmware") == version)

    assert listener.command("15", update("1.1.0", image, url))["ok"] is True
    comes_back_with("1.1.0")
    assert listener.command("15", '{"id": "b2", "command": "rollback_firmware"}')["ok"] is True
    comes_back_with("1.0.0")


def test_the_same_seed_measures_the_same(shared_broker: Mosquitto, boards: StartBoards, listen: Listen) -> None:
    listener = listen(shared_broker.port)

    def first(seed: str) -> dict[str, Any]:
        seen = len(listener.of("iot/node/16/telemetry"))
        node = boards(shared_broker, "--id", "16", "--seed", seed)
        reading: dict[str, Any] = listener.wait("iot/node/16/telemetry", lambda all_: all_[seen:])[0]
        node.stop()
        return reading["sensors"]  # type: ignore[no-any-return]

    assert abs(first("1")["temperature"] - first("1")["temperature"]) <= 0.1, "the sun moved a little"
    assert first("1") != first("2")


def test_boards_close_their_standard_input_gracefully(shared_broker: Mosquitto, program: Path) -> None:
    done = subprocess.run(
        [str(program), "--port", str(shared_broker.port), "--id", "17", "--for", "1"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["stopped"] is True
    assert not done.stderr


@pytest.mark.slow
def test_a_node_with_nothing_to_say_keeps_its_session(
    silent: tuple[Boards, float], shared_broker: Mosquitto, listen: Listen
) -> None:
    node, since = silent
    # The broker gives up one and a half times the keep-alive of 15 s after the last packet.
    threading.Event().wait(max(0.0, since + 24 - time.monotonic()))
    listener = listen(shared_broker.port)
    listener.wait("iot/node/18/status", lambda seen: seen and seen[-1]["status"] == "online")
    assert node.complaints == []
