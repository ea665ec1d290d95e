from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.checks import World
from labkit.checks.broker_client import connected
from labkit.checks.fake_broker import FakeBroker
from labkit.checks.gate import Gate
from labkit.errors import KitError
from labkit.services import Endpoint
from labkit.waiting import wait_until


@pytest.fixture
def gate(broker: Endpoint) -> Iterator[Gate]:
    before = set(threading.enumerate())  # other rooms on this worker have some
    with Gate(broker) as made:
        yield made
    assert not [each for each in threading.enumerate() if each.name.startswith("labkit-") and each not in before]


@contextlib.contextmanager
def client(endpoint: Endpoint) -> Iterator[Any]:
    made = connected(endpoint, "test")
    try:
        yield made
    finally:
        made.disconnect()
        made.loop_stop()


def send(made: Any, timeout: float = 60.0, size: int = 1) -> bool:
    sent = made.publish("gate/test", b"x" * size, qos=1)
    sent.wait_for_publish(timeout)
    return bool(sent.is_published())


def test_packets_are_counted_by_direction(gate: Gate) -> None:
    with client(gate.endpoint) as made:
        made.subscribe("gate/test", 1)
        assert send(made)
        wait_until(lambda: gate.acknowledged_by_client, 60, what="the client's PUBACK")
    assert (gate.sent, gate.acknowledged, gate.delivered, gate.acknowledged_by_client) == (1, 1, 1, 1)
    assert gate.count("SUBSCRIBE") == 1
    assert gate.count("SUBACK", from_client=False) == 1
    assert [(packet.topic, packet.qos) for packet in gate.published] == [("gate/test", 1)]


def test_connect_is_read_with_its_will(gate: Gate) -> None:
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    for protocol in (mqtt.MQTTv311, mqtt.MQTTv5):
        made = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="node-7", protocol=protocol)
        made.will_set("iot/node/7/status", "offline", qos=1, retain=True)
        made.connect(gate.endpoint.host, gate.endpoint.port, keepalive=17)
        made.disconnect()
    seen = wait_until(lambda: gate.connects if len(gate.connects) == 2 else None, 60, what="two CONNECTs")
    for connect, level in zip(seen, (4, 5), strict=True):
        assert (connect.client_id, connect.clean, connect.keepalive, connect.level) == ("node-7", True, 17, level)
        assert (connect.will_topic, connect.will_payload) == ("iot/node/7/status", b"offline")
        assert (connect.will_qos, connect.will_retain) == (1, True)


def test_a_cut_drops_connections_and_lets_new_ones_in(gate: Gate) -> None:
    with client(gate.endpoint) as made:
        lost = threading.Event()
        made.on_disconnect = lambda *_: lost.set()
        gate.cut()
        assert lost.wait(60)
        assert wait_until(lambda: gate.accepted == 2 and made.is_connected(), 60, what="a new connection")


def test_a_closed_gate_refuses_and_an_open_one_does_not(gate: Gate) -> None:
    gate.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", gate.port), timeout=60)
    gate.open()
    with client(gate.endpoint) as made:
        assert send(made)


def test_a_held_gate_keeps_bytes_until_it_opens(gate: Gate) -> None:
    with client(gate.endpoint) as made:
        gate.hold()
        assert not send(made, timeout=0.2)
        gate.open()
        assert wait_until(lambda: gate.acknowledged == 1, 60, what="the acknowledgement")


def test_a_delay_makes_answers_late_and_loses_nothing(gate: Gate) -> None:
    with client(gate.endpoint) as made:
        gate.delay(0.2)
        started = time.monotonic()
        assert send(made, size=700_000)
        assert time.monotonic() - started >= 0.2


def test_a_crashed_client_is_seen_by_the_broker_through_the_gate(gate: Gate, broker: Endpoint) -> None:
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    with World({"mqtt": broker}) as world:
        topic = f"iot/node/{world.unique('n')}/status"
        with world.broker.listen(topic) as heard:
            made = mqtt.Client(CallbackAPIVersion.VERSION2)
            made.will_set(topic, "offline", qos=1)
            made.connect(gate.endpoint.host, gate.endpoint.port)
            made.loop_start()
            wait_until(made.is_connected, 60, what="CONNACK")
            gate.close()
            assert [message.text for message in heard.wait(1, 60)] == ["offline"]
            made.disconnect()
            made.loop_stop()


def test_a_service_that_is_gone_drops_the_connection(broker: Endpoint) -> None:
    with World() as world, Gate(world.closed_port()) as gate, contextlib.suppress(ConnectionResetError):
        with socket.create_connection(("127.0.0.1", gate.port), timeout=60) as end:
            end.settimeout(60)
            assert end.recv(1) == b""
        assert gate.connections == 0


def test_a_gate_in_front_of_http_keeps_the_scheme() -> None:
    service = Endpoint("influxdb", "embedded", "labkit-influx", "", "127.0.0.1", 9, url="http://127.0.0.1:9")
    with Gate(service) as gate:
        assert gate.endpoint.url == f"http://127.0.0.1:{gate.port}"


@pytest.mark.parametrize(("code", "said"), [(4, "Bad user name or password"), (5, "Not authorized")])
def test_a_refusing_broker_gives_its_reason(code: int, said: str) -> None:
    with FakeBroker(code) as fake, pytest.raises(KitError, match=said):
        connected(fake.endpoint, "test")


def test_a_silent_broker_accepts_and_never_answers() -> None:
    with FakeBroker(None) as fake, socket.create_connection(("127.0.0.1", fake.endpoint.port), timeout=60) as end:
        end.sendall(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")
        wait_until(lambda: fake.asked, 60, what="it has read the CONNECT")
        end.settimeout(0.3)
        with pytest.raises(TimeoutError):
            end.recv(1)
        assert fake.accepted == 1


def test_a_packet_has_arrived_only_when_it_has_left_the_gate(gate: Gate) -> None:
    with client(gate.endpoint) as made:
        assert gate.arrived("CONNACK") == 1
        gate.hold()
        made.publish("gate/test", b"x", qos=1)
        # Nothing passes in either direction, so the broker cannot answer.
        assert (gate.sent, gate.arrived("PUBACK")) in {(0, 0), (1, 0)}
        gate.open()
        wait_until(lambda: gate.arrived("PUBACK") == 1, 60, what="PUBACK")
        gate.delay(3)
        made.publish("gate/test", b"x", qos=1)
        wait_until(lambda: gate.acknowledged == 2, 60, what="the broker's PUBACK")
        waits = gate.arrived("PUBACK") == 1
        gate.delay(0)
        wait_until(lambda: gate.arrived("PUBACK") == 2, 60, what="the late PUBACK")
        assert waits


def test_a_gate_lets_a_few_connections_in_and_no_crowd(gate: Gate) -> None:
    with contextlib.ExitStack() as crowd:
        for _ in range(40):
            crowd.enter_context(socket.create_connection(("127.0.0.1", gate.port), timeout=60))
        wait_until(lambda: gate.accepted >= 32, 60, what="the first connections")
        assert gate.connections <= 32
        assert gate.accepted == 32


def test_a_fake_brokers_address_says_nothing_but_another_port(broker: Endpoint) -> None:
    with World({"mqtt": broker}) as world:
        fakes = [world.refusing_broker().endpoint, world.silent_broker().endpoint, world.closed_port()]
        assert {dataclasses.replace(fake, port=0) for fake in fakes} == {dataclasses.replace(broker, port=0)}
