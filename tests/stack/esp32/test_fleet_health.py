from __future__ import annotations

import contextlib
import threading
import time

import paho.mqtt.client as mqtt
import pytest

from labkit.checks.broker_view import viewing
from labkit.checks.fake_broker import FakeBroker, fake_endpoint
from labkit.services import Endpoint, start
from labkit.waiting import wait_until
from stack.parts import fleet


def test_the_brokers_own_numbers_are_read_and_published(broker: Endpoint, client: mqtt.Client) -> None:
    # A broker counts once a second, or every few: the first numbers may be from before the client was there.
    wait_until(lambda: fleet.broker_health(broker)["stats"]["clients_connected"], 60, what="the client is counted")
    health = fleet.broker_health(broker)
    status, stats = health["status"], health["stats"]
    assert status["status"] == "online"
    assert broker.version in status["version"]
    assert status["uptime"] >= 0
    assert 0 < status["round_trip_ms"] < 60_000
    assert abs(status["timestamp"] - time.time()) < 60
    assert stats["clients_connected"] >= 1
    assert stats["messages_received"] > 0
    with viewing(broker) as view:
        kept = view.retained("iot/broker/#")
    assert set(kept) == {"iot/broker/status", "iot/broker/stats"}
    import json

    assert json.loads(kept["iot/broker/status"]) == status
    assert json.loads(kept["iot/broker/stats"]) == stats


@pytest.mark.mosquitto
def test_mosquitto_tells_every_number(monkeypatch: pytest.MonkeyPatch) -> None:
    # A new one, whatever runs: before 2.0.16 it forgets after a minute what did not change (its ChangeLog says so).
    monkeypatch.setattr("labkit.services.session._running", {})
    with start("mqtt", provider="native") as services:

        def missing() -> list[str]:
            health = fleet.broker_health(services.mqtt)
            return [name for name, value in (health["stats"] | health["status"]).items() if value is None]

        with fleet.connection(services.mqtt):  # Mosquitto tells its maximum when a client stays
            with contextlib.suppress(TimeoutError):
                wait_until(lambda: not missing(), 60, what="every number is told")
            assert not missing(), f"{services.mqtt} tells {fleet.read_sys(services.mqtt)[0]}"


def test_a_broker_without_numbers_is_online_and_tells_nothing() -> None:
    with start("mqtt", provider="embedded/iotcore") as services:
        health = fleet.broker_health(services.mqtt)
    assert health["status"]["status"] == "online"
    assert health["status"]["version"] is None
    assert {value for name, value in health["stats"].items() if name != "timestamp"} == {None}


def test_a_broker_that_is_away_or_refuses_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = threading.active_count()
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:1"):
        fleet.broker_health(fake_endpoint(1))
    with FakeBroker(5) as fake, pytest.raises(ConnectionError, match="Not authorized"):
        fleet.broker_health(fake.endpoint)
    monkeypatch.setattr(fleet, "ANSWER_TIMEOUT", 0.2)
    with FakeBroker(None) as fake, pytest.raises(ConnectionError, match=r"no answer within 0\.2 s"):
        fleet.broker_health(fake.endpoint)
    wait_until(lambda: threading.active_count() <= threads, 60, what="the end of the threads")


@pytest.mark.parametrize(("text", "number"), [
    ("4 seconds", 4), ("0.53", 0.53), ("12", 12), ("", None), (None, None), ("mosquitto", None), ("nan", None),
    ("inf", None),
])
def test_a_number_of_sys_is_read_with_or_without_its_unit(text: str | None, number: float | None) -> None:
    assert fleet.number(text) == number
