from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from labkit.checks.broker_view import viewing
from labkit.devices.esp32 import build
from labkit.devices.fleet import Fleet
from labkit.services import Endpoint
from stack.parts import fleet

Answer = Callable[[dict[str, Any]], list[Any]]


@contextmanager
def node(broker: Endpoint, node_id: str, answer: Answer) -> Iterator[None]:
    """A node that answers each command with the documents (or bytes) that `answer` makes of it."""
    ready = threading.Event()

    def on_message(client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        for document in answer(json.loads(message.payload)):
            payload = document if isinstance(document, bytes) else json.dumps(document)
            client.publish(f"iot/node/{node_id}/status", payload, qos=1)

    with fleet.connection(broker) as client:
        client.on_message = on_message
        client.on_subscribe = lambda *_: ready.set()
        client.subscribe(f"iot/node/{node_id}/command", qos=1)
        assert ready.wait(60)
        yield


def done(command: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"node_id": "node_n", "ack": {"id": command["id"], "command": command["command"], "ok": True, **more}}


def test_a_simulated_node_acknowledges_and_refuses(broker: Endpoint, client: mqtt.Client) -> None:
    with Fleet(build(1, 5.0, 1, time.time()), broker):
        ack = fleet.send_command(client, "01", "set_led", {"state": "on", "brightness": 128}, 30)
        refused = fleet.send_command(client, "01", "set_led", {"state": "on", "brightness": 300}, 30)
    assert (ack.node_id, ack.command, ack.ok, ack.reason) == ("node_01", "set_led", True, "")
    assert 0 < ack.seconds < 60
    assert (refused.ok, refused.reason) == (False, "brightness must be 0 to 255")
    assert refused.id != ack.id


def test_a_command_goes_out_as_the_contract_says(broker: Endpoint, client: mqtt.Client) -> None:
    with viewing(broker) as view, view.listen("iot/node/n1/command") as heard, node(broker, "n1", lambda c: [done(c)]):
        ack = fleet.send_command(client, "n1", "restart", {}, 30)
        (message,) = heard.wait(1, 60)
    assert message.json() == {"id": ack.id, "command": "restart", "params": {}}
    assert (message.qos, message.retain) == (1, False)


def test_only_the_answer_with_its_own_id_counts(broker: Endpoint, client: mqtt.Client) -> None:
    def answer(command: dict[str, Any]) -> list[Any]:
        other = done(command) | {"ack": {"id": "c-other", "command": "set_led", "ok": False, "reason": "another"}}
        return [other, b"online", b"{", b"[1]", b'{"ack": 5}', b'{"ack": {"id": [1]}}', b"\xff", done(command)]

    with node(broker, "n2", answer):
        assert fleet.send_command(client, "n2", "set_led", {}, 30).ok is True


def test_an_answer_that_comes_twice_is_one(broker: Endpoint, client: mqtt.Client) -> None:
    with node(broker, "n3", lambda command: [done(command), done(command, ok=False)]):
        assert fleet.send_command(client, "n3", "set_led", {}, 30).ok is True
        assert fleet.send_command(client, "n3", "set_led", {}, 30).ok is True


@pytest.mark.parametrize("ok", [1, "true", None])
def test_only_true_is_an_acknowledgement(broker: Endpoint, client: mqtt.Client, ok: object) -> None:
    with node(broker, "n4", lambda command: [done(command, ok=ok)]):
        assert fleet.send_command(client, "n4", "set_led", {}, 30).ok is False


def test_a_silent_node_is_a_timeout_that_names_it(client: mqtt.Client) -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError, match=r"node nobody did not acknowledge 'set_led' within 0\.2 s"):
        fleet.send_command(client, "nobody", "set_led", {}, 0.2)
    assert time.monotonic() - began < 20
    assert not fleet.pending[client]


def test_a_late_answer_is_not_taken_for_the_next_command(broker: Endpoint, client: mqtt.Client) -> None:
    held: list[dict[str, Any]] = []

    def answer(command: dict[str, Any]) -> list[Any]:
        held.append(command)
        return [done(held[0], ok=False), done(command)] if len(held) == 2 else []

    with node(broker, "n5", answer):
        with pytest.raises(TimeoutError):
            fleet.send_command(client, "n5", "set_led", {}, 0.2)
        assert fleet.send_command(client, "n5", "set_led", {}, 30).ok is True


def test_many_commands_at_once_each_get_their_own_answer(broker: Endpoint, client: mqtt.Client) -> None:
    def answer(command: dict[str, Any]) -> list[Any]:
        return [done(command, ok=False, reason=str(command["params"]["number"]))]

    with node(broker, "n6", answer), ThreadPoolExecutor(20) as pool:
        acks = list(pool.map(lambda i: fleet.send_command(client, "n6", "x", {"number": i}, 10), range(100)))
    assert [ack.reason for ack in acks] == [str(number) for number in range(100)]
    assert not fleet.pending[client]


def test_the_clients_own_callback_still_sees_every_status(broker: Endpoint, client: mqtt.Client) -> None:
    seen: list[bytes] = []
    client.on_message = lambda _client, _data, message: seen.append(message.payload)
    with node(broker, "n7", lambda command: [b"online", done(command)]):
        fleet.send_command(client, "n7", "x", {}, 30)
    assert seen[0] == b"online"
    assert len(seen) == 2


@pytest.mark.parametrize(("node_id", "command", "params"), [
    ("", "x", {}), ("a/b", "x", {}), ("+", "x", {}), ("#", "x", {}), ("a\0", "x", {}), (1, "x", {}),
    ("01", "", {}), ("01", 5, {}), ("01", "x", []), ("01", "x", {"v": float("nan")}), ("01", "x", {"v": {1}}),
])
def test_what_cannot_be_a_command_is_refused(client: mqtt.Client, node_id: Any, command: Any, params: Any) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        fleet.send_command(client, node_id, command, params, 1)


def test_a_client_that_is_not_connected_is_told_at_once() -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)  # type: ignore[attr-defined]
    with pytest.raises(ConnectionError, match="not connected"):
        fleet.send_command(client, "01", "x", {}, 1)
