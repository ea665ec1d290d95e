"""One suite for every provider and engine of the MQTT broker: what a lab may rely on."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from labkit.errors import KitError
from labkit.services import Endpoint, Services, session, start
from labkit.services.mqtt import CAPABILITIES, GUEST
from labkit.services.probes import mqtt_refusal
from labkit.services.process import Process
from labkit.waiting import wait_until
from tests.services.paho_client import Client, RefusedError

PROVIDERS = [
    pytest.param("native/mosquitto", id="native", marks=pytest.mark.mosquitto),
    pytest.param("embedded/iotcore", id="iotcore"),
    pytest.param("embedded/amqtt", id="amqtt"),
    pytest.param("docker/mosquitto", id="docker", marks=pytest.mark.docker),
    pytest.param("attach", id="attach"),
]


def begin(provider: str, monkeypatch: pytest.MonkeyPatch, needs: list[str]) -> Services:
    """Start by a provider. For `attach`, a broker that is started apart stands for somebody else's server."""
    if provider == "attach":
        other = start("mqtt", provider="embedded/amqtt", mqtt=needs).mqtt
        login = f"{other.username}:{other.password}@" if other.username else ""
        monkeypatch.setenv("LABKIT_MQTT_URL", f"mqtt://{login}{other.host}:{other.port}")
        monkeypatch.setenv("LABKIT_MQTT_ENGINE", other.engine)
        monkeypatch.setenv("LABKIT_MQTT_CAPABILITIES", ",".join(other.capabilities))
    return start("mqtt", provider=provider, mqtt=needs)


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def broker(provider: str, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    return begin(provider, monkeypatch, []).mqtt


@pytest.fixture
def topic() -> str:
    return f"test/{uuid.uuid4().hex}"


@pytest.fixture
def name() -> str:
    return f"c{uuid.uuid4().hex[:16]}"


def test_an_endpoint_says_where_the_broker_is_and_who_runs_it(broker: Endpoint, provider: str) -> None:
    assert broker.service == "mqtt"
    assert broker.provider == provider.split("/")[0]
    assert broker.host == "127.0.0.1"
    assert 1024 < broker.port < 65536
    assert broker.capabilities <= CAPABILITIES.keys()
    if provider != "attach":  # MQTT has no question for a version
        assert broker.engine == provider.split("/")[1]
        assert re.fullmatch(r"\d+\.\d+\.\d+", broker.version), broker


def test_the_line_that_shows_an_endpoint_has_no_secret(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = begin(provider, monkeypatch, ["credentials"]).mqtt
    assert broker.password
    assert broker.password not in repr(broker)
    assert "\n" not in repr(broker)
    assert len(repr(broker)) < 100


def test_a_message_arrives(broker: Endpoint, topic: str) -> None:
    with Client(broker) as client:
        for qos in (0, 1):
            client.subscribe(topic, qos)
            client.publish(topic, b"21.5", qos=qos)
            assert client.receive() == [(topic, b"21.5")]


def test_a_wildcard_gets_what_matches_and_nothing_else(broker: Endpoint, topic: str) -> None:
    with Client(broker) as client:
        client.subscribe(f"{topic}/+/temperature")
        for room in ("kitchen/temperature", "kitchen/humidity", "hall/temperature"):
            client.publish(f"{topic}/{room}", b"1")
        arrived = [found for found, _ in client.receive(2)]
        assert arrived == [f"{topic}/kitchen/temperature", f"{topic}/hall/temperature"]
        with pytest.raises(queue.Empty):
            client.receive(timeout=0.2)


def test_a_megabyte_arrives(broker: Endpoint, topic: str) -> None:
    payload = os.urandom(1024 * 1024)
    with Client(broker) as client:
        client.subscribe(topic)
        client.publish(topic, payload)
        assert client.receive() == [(topic, payload)]


def test_a_message_that_is_not_retained_is_not_kept(broker: Endpoint, topic: str) -> None:
    with Client(broker) as client:
        client.publish(topic, b"gone")
        client.subscribe(topic)
        with pytest.raises(queue.Empty):
            client.receive(timeout=0.2)


def test_a_retained_message_goes_only_to_who_subscribes_to_it(broker: Endpoint, topic: str, name: str) -> None:
    with Client(broker) as other:
        other.subscribe(f"{topic}/#")
        other.publish(f"{topic}/kept", b"1", retain=True)
        with Client(broker, name=name, clean=False) as client, pytest.raises(queue.Empty):
            client.receive(timeout=0.2)
        other.publish(f"{topic}/kept", b"", retain=True)
    with Client(broker, name=name, clean=True):
        pass  # ends the session


def test_the_broker_listens_on_loopback_only(broker: Endpoint) -> None:
    addresses = {
        connection.laddr.ip for connection in psutil.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == broker.port
    }
    assert addresses == {"127.0.0.1"}


def test_a_stopped_broker_leaves_nothing(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {process.pid for process in psutil.Process().children()}
    monkeypatch.setattr("labkit.services.session._running", {})  # none of those that other tests use
    services = begin(provider, monkeypatch, [])
    endpoint = services.mqtt
    folders = [Path(running.server.directory) for every in session._running.values() for running in every
               if isinstance(running.server, Process)]
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in folders), "a directory that others can read"
    assert mqtt_refusal(endpoint.host, endpoint.port, timeout=60) == ""
    services.stop()
    if provider == "attach":
        assert mqtt_refusal(endpoint.host, endpoint.port, timeout=60) == "", "somebody else's broker must go on"
        start("mqtt", provider="embedded/amqtt").stop()
    assert mqtt_refusal(endpoint.host, endpoint.port) != ""
    # Not theirs too: a database that another room has on this worker has processes that come and go.
    assert {process.pid for process in psutil.Process().children()} <= before
    assert not [folder for folder in folders if folder.exists()]
    services.stop()  # a second time does no harm


# What a capability promises. Each proof gets an endpoint that says it has the capability.

def _qos2(broker: Endpoint, topic: str, name: str) -> None:
    with Client(broker) as client:
        assert client.subscribe(topic, qos=2) == 2
        for number in range(10):
            client.publish(topic, str(number).encode(), qos=2)
        assert [payload for _, payload in client.receive(10)] == [str(number).encode() for number in range(10)]
        with pytest.raises(queue.Empty):
            client.receive(timeout=0.2)


def _retained(broker: Endpoint, topic: str, name: str) -> None:
    with Client(broker) as client:
        client.publish(topic, b"first", retain=True)
        client.publish(topic, b"last", retain=True)
    with Client(broker) as late:
        late.subscribe(f"{topic}/#")  # a/# matches a
        message = late.messages.get(timeout=60)
        assert (message.payload, message.retain) == (b"last", True)
        late.publish(topic, b"", retain=True)
    with Client(broker) as later:
        later.subscribe(topic)
        with pytest.raises(queue.Empty):
            later.receive(timeout=0.2)


def _last_will(broker: Endpoint, topic: str, name: str) -> None:
    with Client(broker) as watcher:
        watcher.subscribe(topic)
        with Client(broker, will=(topic, b"polite")):
            pass
        with pytest.raises(queue.Empty):
            watcher.receive(timeout=0.2)  # a client that says goodbye has no last will
        with Client(broker, will=(topic, b"offline")) as node:
            node.cut()
            assert watcher.receive() == [(topic, b"offline")]


def _persistent_sessions(broker: Endpoint, topic: str, name: str) -> None:
    with Client(broker, name=name, clean=False) as client:
        client.subscribe(topic)
    with Client(broker) as sender:
        for number in range(50):
            sender.publish(topic, str(number).encode())
    with Client(broker, name=name, clean=False) as client:
        missed = [client.messages.get(timeout=60) for _ in range(50)]
        assert [message.payload for message in missed] == [str(number).encode() for number in range(50)]
        assert not any(message.retain for message in missed)
    with Client(broker, name=name, clean=True):
        pass  # ends the session, so that nothing is queued for it any more


def _anonymous_sessions(broker: Endpoint, topic: str, name: str) -> None:
    assert broker.username == ""
    _persistent_sessions(broker, topic, name)


def _mqtt5(broker: Endpoint, topic: str, name: str) -> None:
    with Client(broker, version=5) as new, Client(broker) as old:
        new.subscribe(topic)
        old.publish(topic, b"across")
        assert new.receive() == [(topic, b"across")]


def _sys_topics(broker: Endpoint, topic: str, name: str) -> None:
    with Client(broker) as client:
        client.subscribe("$SYS/#")
        assert client.receive()[0][0].startswith("$SYS/broker/")
    with Client(broker) as client:
        client.subscribe("#")
        client.publish(topic, b"after at least one round of $SYS")
        arrived = [topic for topic, _ in client.receive()]
        with contextlib.suppress(queue.Empty):
            while True:
                arrived += [topic for topic, _ in client.receive(timeout=1.2)]
        assert arrived
        assert not [topic for topic in arrived if topic.startswith("$")], "a leading wildcard does not match $SYS"


def _credentials(broker: Endpoint, topic: str, name: str) -> None:
    assert broker.username
    with Client(broker):
        pass
    for login in ((broker.username, "wrong"), ("nobody", broker.password), ("", "")):
        with pytest.raises(RefusedError), Client(broker, login=login):
            pass


def _auth_reason(broker: Endpoint, topic: str, name: str) -> None:
    login = (broker.username, "wrong")
    with pytest.raises(RefusedError, match=r"(?i)not authori[sz]ed|bad user name"), Client(broker, login=login):
        pass


def _acl(broker: Endpoint, topic: str, name: str) -> None:
    guest = (GUEST, broker.password)
    with Client(broker) as owner, Client(broker, login=guest) as client:
        client.subscribe("public/#")
        client.subscribe("private/#")  # refused, or granted and never served
        owner.subscribe("#")
        client.publish(f"public/{topic}", b"from the guest", qos=0)
        owner.publish(f"private/{topic}", b"secret")
        owner.publish(f"public/{topic}", b"open")
        assert client.receive() == [(f"public/{topic}", b"open")]
        assert owner.receive(2) == [(f"private/{topic}", b"secret"), (f"public/{topic}", b"open")]


def _durable(broker: Endpoint, topic: str, name: str) -> None:
    """It is killed and started again: tests/services/test_faults.py counts what is left. Here: it serves as before."""
    _retained(broker, topic, name)


def _wide_window(broker: Endpoint, topic: str, name: str) -> None:
    with Client(broker) as node, Client(broker, name=name, clean=False) as stage:
        stage.paho.manual_ack_set(True)
        stage.subscribe(topic)
        for number in range(100):
            node.publish(topic, str(number).encode())
        assert [payload for _, payload in stage.receive(100)] == [str(number).encode() for number in range(100)]


PROOFS: dict[str, Callable[[Endpoint, str, str], None]] = {
    "qos2": _qos2, "retained": _retained, "last_will": _last_will, "persistent_sessions": _persistent_sessions,
    "anonymous_sessions": _anonymous_sessions, "mqtt5": _mqtt5, "mqtt5_same_port": _mqtt5, "sys_topics": _sys_topics,
    "credentials": _credentials, "auth_reason": _auth_reason, "acl": _acl,
    "durable": _durable, "wide_window": _wide_window,
}


_AMQTT_LACKS = {"mqtt5", "mqtt5_same_port", "persistent_sessions", "anonymous_sessions", "durable", "wide_window"}
LACKING = {
    "native/mosquitto": set(),
    "docker/mosquitto": set(),
    "embedded/iotcore": {"mqtt5", "mqtt5_same_port", "sys_topics", "auth_reason", "acl", "durable"},
    "embedded/amqtt": _AMQTT_LACKS,
    "attach": _AMQTT_LACKS,  # amqtt stands for somebody else's server
}
"""What an engine cannot do, as measured."""


def test_every_capability_has_a_proof() -> None:
    assert PROOFS.keys() == CAPABILITIES.keys()


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_a_capability_is_kept_or_refused_by_name(
    provider: str, capability: str, topic: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if capability in LACKING[provider]:
        with pytest.raises(KitError, match=f"it lacks {capability}"):
            begin(provider, monkeypatch, [capability])
        return
    broker = begin(provider, monkeypatch, [capability]).mqtt
    assert capability in broker.capabilities
    PROOFS[capability](broker, topic, name)


@pytest.fixture(autouse=True)
def stop_what_was_attached(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An attached endpoint is found again only while its address is in the environment."""
    yield
    session._running["mqtt"] = [one for one in session._running.get("mqtt", []) if one.endpoint.provider != "attach"]


def test_a_bad_password_of_an_attached_broker_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with start(provider="embedded/amqtt", mqtt=["credentials"]) as services:
        monkeypatch.setenv("LABKIT_MQTT_URL", f"mqtt://lab:wrong@127.0.0.1:{services.mqtt.port}")
        with pytest.raises(KitError, match=r"not authorized|bad user name") as refusal:
            start("mqtt", provider="attach")
        assert "LABKIT_MQTT_URL" in str(refusal.value)
        assert "wrong" not in str(refusal.value)


def test_a_client_that_is_cut_is_noticed_without_waiting_for_its_keepalive(broker: Endpoint, topic: str) -> None:
    with Client(broker) as watcher:
        watcher.subscribe(topic)
        with Client(broker, will=(topic, b"offline")) as node:
            node.cut()
            wait_until(lambda: not watcher.messages.empty(), 60, what="the last will")
