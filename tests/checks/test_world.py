from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from labkit.checks import Student, World, broker_view, criterion
from labkit.checks.broker_view import viewing
from labkit.errors import KitError
from labkit.services import Endpoint
from tests.checks.toy import judge_with


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert not [thread for thread in set(threading.enumerate()) - before if thread.is_alive()]


def test_messages_arrive_in_order_with_qos(broker: Endpoint) -> None:
    with World({"mqtt": broker}) as world:
        topic = f"test/{world.unique('t')}"
        with world.broker.listen(f"{topic}/#") as heard:
            for number in range(5):
                world.broker.publish(f"{topic}/{number}", {"n": number})
            messages = heard.wait(5, 60)
        assert [(message.topic, message.json(), message.qos) for message in messages] == [
            (f"{topic}/{n}", {"n": n}, 1) for n in range(5)
        ]


def test_waiting_for_more_than_come_returns_what_came(broker: Endpoint) -> None:
    with World({"mqtt": broker}) as world, world.broker.listen(f"test/{world.unique('t')}") as heard:
        assert heard.wait(1, timeout=0.1) == []
        assert heard.quiet(0.05) == []


def test_retained_messages_are_found_and_others_are_not(broker: Endpoint) -> None:
    with World({"mqtt": broker}) as world:
        topic = f"test/{world.unique('t')}"
        world.broker.publish(f"{topic}/kept", b"1", retain=True)
        world.broker.publish(f"{topic}/gone", b"2")
        assert world.broker.retained(f"{topic}/#") == {f"{topic}/kept": b"1"}
        world.broker.clear(f"{topic}/kept")
        assert world.broker.retained(f"{topic}/#") == {}


def test_all_retained_messages_are_found_however_many_there_are(broker: Endpoint) -> None:
    with World({"mqtt": broker}) as world:
        topic = f"test/{world.unique('t')}"
        for number in range(60):
            world.broker.publish(f"{topic}/{number}", b"1", retain=True)
        assert len(world.broker.retained(f"{topic}/#")) == 60


SOURCE = """
import paho.mqtt.publish
def leave(broker, topic):
    paho.mqtt.publish.single(topic, "x", qos=1, retain=True, hostname=broker.host, port=broker.port)
"""


@pytest.mark.parametrize("points", [4, 3])
def test_a_check_leaves_no_retained_message_even_when_it_breaks(broker: Endpoint, points: int) -> None:
    topics: list[str] = []

    def check(student: Student, world: World) -> None:
        topics.extend(f"test/{world.unique('t')}/{n}" for n in (1, 2))
        world.broker.listen("test/#")
        with criterion("a", points=points):
            world.broker.publish(topics[0], b"world", retain=True)
            student.call("leave", world.mqtt, topics[1]).succeeds()
            with viewing(broker) as view:
                assert set(view.retained("test/#")) == set(topics)
            world.expect(points == 4, expected="", found="")

    result = judge_with(check, SOURCE, endpoints={"mqtt": broker})
    assert (result.score, result.notes) == (4 if points == 4 else 0, [])
    with viewing(broker) as view:
        assert view.retained("test/#") == {}


def test_a_gate_or_fake_broker_may_be_handed_to_the_student(broker: Endpoint) -> None:
    def check(student: Student, world: World) -> None:
        for thing in (world.gate("mqtt"), world.refusing_broker(), world.silent_broker(), world.closed_port()):
            student.call("port", thing).satisfies(lambda port: port > 0, "a port")

    assert judge_with(check, "def port(broker): return broker.port", endpoints={"mqtt": broker}).score == 4


def test_a_failed_client_of_the_students_is_disconnected_after_the_check(broker: Endpoint) -> None:
    source = """
        import paho.mqtt.client as mqtt
        def connect(broker):
            client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
            client.connect(broker.host, broker.port)
            client.loop_start()
            return client
    """

    def check(student: Student, world: World) -> None:
        client = student.call("connect", world.mqtt)
        client.call("is_connected").gives("never")

    assert judge_with(check, source, endpoints={"mqtt": broker}).notes == []


def test_a_service_that_the_exercise_did_not_ask_for_is_the_kits_mistake() -> None:
    with pytest.raises(KitError, match="does not ask for it"):
        _ = World().mqtt


def test_waiting_in_the_world_ends_without_an_error() -> None:
    assert World().wait_until(lambda: 0, 0.05) == 0
    assert World().wait_until(lambda: "yes", 0.05) == "yes"


def test_a_broker_that_is_gone_is_a_kit_error() -> None:
    with World() as world:
        gone = world.closed_port()
        with World({"mqtt": gone}) as other, pytest.raises(KitError, match="could not reach"):
            other.broker.publish("a", b"")


def test_a_listener_that_is_full_still_notices_that_all_has_arrived(
    broker: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_view, "MOST", 3)
    with World({"mqtt": broker}) as world:
        topic = f"test/{world.unique('t')}"
        with world.broker.listen(topic) as heard:
            for number in range(10):
                world.broker.publish(topic, str(number))
            heard.wait(3, 60)
            heard.pass_through(60)
            assert [message.text for message in heard.messages] == ["0", "1", "2"]


def test_a_listener_keeps_no_more_bytes_than_it_may(broker: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_view, "LARGEST", 100)
    with World({"mqtt": broker}) as world:
        topic = f"test/{world.unique('t')}"
        with world.broker.listen(topic) as heard:
            for size in (60, 60, 30):
                world.broker.publish(topic, "x" * size)
            heard.wait(2, 60)
            heard.pass_through(60)
            assert [len(message.payload) for message in heard.messages if message.topic == topic] == [60, 30]
