"""A fleet keeps its time, its connections and its words; it leaves nothing behind."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import paho.mqtt.client as mqtt
import psutil
import pytest

from labkit.checks.broker_view import viewing
from labkit.devices.clock import SimClock
from labkit.devices.device import Device, Message
from labkit.devices.fleet import Fleet, simulate
from labkit.devices.registry import MODULES, fleet_kind
from labkit.devices.transport import Address, Links, broker_address
from labkit.errors import KitError, StudentError
from labkit.services.endpoint import Endpoint
from labkit.waiting import wait_until

START = 1_767_225_600.0


class Talker(Device):
    """Says its number of steps; listens; has a will when it is asked to."""

    def __init__(self, id: str, interval: float = 1.0, will: bool = False) -> None:
        super().__init__("talker", id, interval)
        self.subscriptions = (f"to/{id}", "to/all/#")
        if will:
            self.will = Message(f"from/{id}/state", b"gone", retain=True)
        self.count = 0

    def connected(self, now: float) -> Iterable[Message]:
        return [Message(f"from/{self.id}/state", b"here", retain=True, time=now)]

    def step(self, now: float) -> Iterable[Message]:
        self.count += 1
        return [Message(f"from/{self.id}/count", json.dumps([self.count, now]).encode(), time=now)]

    def receive(self, topic: str, payload: bytes, now: float) -> Iterable[Message]:
        if payload == b"hurry":
            self.next_step = now
        if payload == b"break":
            raise RuntimeError("the device broke")
        return [Message(f"from/{self.id}/answer", topic.encode() + b" " + payload, time=now)]

    def receive_retained(self, _topic: str, payload: bytes, now: float) -> Iterable[Message]:
        return [Message(f"from/{self.id}/answer", b"kept " + payload, time=now)]

    def leaving(self, now: float) -> Iterable[Message]:
        return [Message(f"from/{self.id}/state", b"bye", retain=True, time=now)]


class Ear:
    """Hears `from/#` from outside."""

    def __init__(self, broker: Endpoint) -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        ready = threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.username_pw_set(broker.username or None, broker.password or None)
        self.client.on_message = lambda _c, _u, m: self.heard.put((m.topic, m.payload))
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.connect(broker.host, broker.port)
        self.client.subscribe("from/#", qos=1)
        self.client.loop_start()
        assert ready.wait(60)

    def until(self, topic: str, payload: bytes | None = None) -> list[tuple[str, bytes]]:
        """Everything up to the message with this topic (and payload)."""
        seen: list[tuple[str, bytes]] = []
        while True:
            seen.append(self.heard.get(timeout=60))
            if seen[-1][0] == topic and payload in (None, seen[-1][1]):
                return seen


@pytest.fixture
def ear(broker: Endpoint) -> Iterator[Ear]:
    with viewing(broker) as view:  # tests without an ear leave states too
        for topic in view.retained("from/#"):
            view.clear(topic)
    ear = Ear(broker)
    yield ear
    ear.client.disconnect()
    ear.client.loop_stop()


def test_the_same_seed_makes_the_same_bytes_and_the_steps_are_spread_over_one_interval() -> None:
    def said() -> list[Message]:
        return list(simulate([Talker("a", 2.0), Talker("b", 2.0)], start=START, seconds=6))

    assert said() == said()
    assert [(m.topic[5], m.time - START) for m in said()][2:] == [
        ("a", 0), ("b", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)]


@pytest.mark.parametrize("will", [False, True])
def test_a_live_run_says_the_same_as_a_pure_one_and_the_broker_has_it_all(broker: Endpoint, ear: Ear, will: bool
                                                                          ) -> None:
    names = ["a", "b"]
    fleet = Fleet([Talker(name, 5.0, will) for name in names], broker, SimClock(1000, START), seconds=600)
    fleet.start()
    assert fleet.wait(60)
    fleet.stop()
    heard = ear.until("from/b/state", b"bye")
    assert fleet.published == 2 * 120 + 4
    assert fleet.lost == 0
    for name in names:
        pure = [m.payload for m in simulate([Talker(n, 5.0) for n in names], start=START, seconds=600)
                if m.topic == f"from/{name}/count"]
        assert [payload for topic, payload in heard if topic == f"from/{name}/count"] == pure


def test_time_runs_as_much_faster_as_asked(broker: Endpoint) -> None:
    began = time.monotonic()
    with Fleet([Talker("a", 60.0)], broker, SimClock(1000, START), seconds=1000) as fleet:
        assert fleet.wait(60)
    assert fleet.steps == 17
    assert time.monotonic() - began >= 1.0


def test_messages_reach_the_devices_that_listen_and_answers_come_back(broker: Endpoint, ear: Ear) -> None:
    with Fleet([Talker("a", 1000.0), Talker("b", 1000.0, will=True)], broker):
        ear.until("from/b/state", b"here")
        ear.client.publish("to/b", b"1", qos=1)
        assert ear.until("from/b/answer")[-1][1] == b"to/b 1"
        ear.client.publish("to/all/x", b"2", qos=1)
        heard: set[tuple[str, bytes]] = set()
        while len(heard) < 2:
            topic, payload = ear.heard.get(timeout=60)
            heard |= {(topic, payload)} if topic.endswith("answer") else set()
        assert heard == {("from/a/answer", b"to/all/x 2"), ("from/b/answer", b"to/all/x 2")}


def test_a_device_can_have_its_next_step_at_another_moment(broker: Endpoint, ear: Ear) -> None:
    with Fleet([Talker("a", 1000.0)], broker):
        assert json.loads(ear.until("from/a/count")[-1][1])[0] == 1
        ear.client.publish("to/a", b"hurry", qos=1)
        assert json.loads(ear.until("from/a/count")[-1][1])[0] == 2


def test_a_retained_message_is_told_from_a_new_one(broker: Endpoint, ear: Ear) -> None:
    ear.client.publish("to/a", b"old", qos=1, retain=True).wait_for_publish(60)
    try:
        with Fleet([Talker("a", 1000.0)], broker):
            assert ear.until("from/a/answer")[-1][1] == b"kept old"
    finally:
        ear.client.publish("to/a", b"", qos=1, retain=True).wait_for_publish(60)


def test_a_device_with_a_will_that_vanishes_is_told_of_and_one_that_leaves_says_so_itself(
    broker: Endpoint, ear: Ear
) -> None:
    device = Talker("a", 1000.0, will=True)
    links = Links(broker, [device])
    for key in list(links.selector.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]  # the cable is pulled: no farewell
    assert ear.until("from/a/state")[-1][1] == b"gone"
    links.close()
    with Fleet([device], broker):
        ear.until("from/a/state", b"here")
    states = [payload for topic, payload in ear.until("from/a/state", b"bye") if topic == "from/a/state"]
    assert states == [b"bye"], "no will after a farewell"


def test_a_fleet_goes_on_when_its_broker_comes_back(tmp_path: Any) -> None:
    from labkit.services.probes import free_port
    from labkit.services.process import Process

    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")

    def serve(number: int) -> Process:
        folder = tmp_path / str(number)
        folder.mkdir()
        return Process(["/usr/sbin/mosquitto", "-c", str(config)], folder)

    address = Address("127.0.0.1", port)
    first = serve(1)

    def connected() -> Fleet | None:
        try:
            return Fleet([Talker("a", 0.05), Talker("b", 0.05, will=True)], address).start()
        except KitError:
            return None

    fleet = wait_until(connected, 60, what="the broker")
    assert fleet is not None
    try:
        wait_until(lambda: fleet.published > 10, 60, what="messages")
        first.stop()
        second = serve(2)
        try:
            before = fleet.published
            wait_until(lambda: fleet.published > before + 50, 60, what="messages to the broker that came back")
        finally:
            fleet.stop()
            second.stop()
    finally:
        fleet.stop()
        first.stop()
    assert fleet.lost == 0


def test_no_thread_and_no_socket_stays(broker: Endpoint) -> None:
    process = psutil.Process()
    threads, sockets = threading.active_count(), {each.laddr for each in process.net_connections()}
    with Fleet([Talker(str(n), 0.1, will=n % 2 == 0) for n in range(20)], broker) as fleet:
        wait_until(lambda: fleet.steps > 40, 60, what="steps")
    fleet.stop()
    wait_until(lambda: threading.active_count() <= threads, 60, what="the end of the threads")
    # Not their number: one of an earlier test may be closed only now.
    wait_until(lambda: {each.laddr for each in process.net_connections()} <= sockets, 60, what="the end of the sockets")


def test_what_a_device_raises_is_told(broker: Endpoint, ear: Ear) -> None:
    fleet = Fleet([Talker("a", 1000.0)], broker).start()
    ear.until("from/a/state", b"here")
    ear.client.publish("to/a", b"break", qos=1)
    assert fleet.wait(60)
    with pytest.raises(RuntimeError, match="the device broke"):
        fleet.stop()


def test_a_broker_that_is_not_there_or_refuses_is_told(secret_broker: Endpoint) -> None:
    with pytest.raises(KitError, match=r"could not reach the broker at 127\.0\.0\.1:1"):
        Fleet([Talker("a")], Address("127.0.0.1", 1)).start()
    with pytest.raises(KitError, match="did not let the devices in"):
        Fleet([Talker("a")], Address(secret_broker.host, secret_broker.port, "nobody", "wrong")).start()


def test_two_devices_with_one_name_are_refused(broker: Endpoint) -> None:
    with pytest.raises(ValueError, match="same id"):
        Fleet([Talker("a"), Talker("a")], broker)
    with Fleet([Talker("a")], broker) as fleet, pytest.raises(KitError, match="started before"):
        fleet.start()


@pytest.mark.parametrize("speed", [0.0, -1.0, 1000.5, float("nan")])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="at most 1000"):
        SimClock(speed)


def test_the_clock_shows_simulated_time_and_says_how_long_to_wait() -> None:
    real = [0.0]
    clock = SimClock(100, START, monotonic=lambda: real[0])
    real[0] = 2.0
    assert clock.now() == START + 200
    assert clock.until(START + 300) == pytest.approx(1.0)
    assert clock.until(START) == 0
    clock.restart()
    assert clock.now() == START


def test_the_brokers_address_comes_from_the_environment_and_secrets_from_files(tmp_path: Any) -> None:
    (tmp_path / "password").write_text("open sesame\n")
    found = broker_address({"MQTT_HOST": "h", "MQTT_PORT": "1884", "MQTT_USERNAME": "u",
                            "MQTT_PASSWORD_FILE": str(tmp_path / "password")})
    assert found == Address("h", 1884, "u", "open sesame")
    assert "sesame" not in repr(found)
    assert broker_address({}) == Address("127.0.0.1", 1883)
    with pytest.raises(StudentError, match="MQTT_PORT is 'x'"):
        broker_address({"MQTT_PORT": "x"})
    with pytest.raises(StudentError, match="MQTT_PASSWORD_FILE"):
        broker_address({"MQTT_PASSWORD_FILE": str(tmp_path / "none")})


def test_a_fleet_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(StudentError, match=", ".join(MODULES)):
        fleet_kind("cars")
