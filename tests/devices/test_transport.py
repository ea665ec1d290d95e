"""When a fleet has been started, its devices hear."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.checks.fake_broker import FakeBroker
from labkit.checks.gate import Gate
from labkit.devices import transport
from labkit.devices.transport import Links
from labkit.errors import KitError
from labkit.services.endpoint import Endpoint
from tests.brokers import refusing_broker
from tests.devices.test_fleet import Talker


def two(will: bool) -> list[Talker]:
    """Two devices: with a will each has a connection of its own."""
    return [Talker("c", 1000.0, will=will), Talker("d", 1000.0, will=will)]


@pytest.mark.parametrize("will", [False, True])
def test_links_are_there_when_the_broker_has_confirmed_every_subscription(
    broker: Endpoint, monkeypatch: pytest.MonkeyPatch, will: bool
) -> None:
    confirmed: list[Any] = []
    real = transport._Link._on_subscribe

    def note(link: transport._Link, *told: Any) -> None:
        confirmed.append(link)
        real(link, *told)

    monkeypatch.setattr(transport._Link, "_on_subscribe", note)
    links = Links(broker, two(will))
    try:
        assert len(confirmed) == 3 + will, "a topic each, and one of all, which two on one connection share"
        assert not any(link.missing for link in links._links)
        assert all(link.client.socket() is not None for link in links._links)
    finally:
        links.close()


@pytest.mark.parametrize("will", [False, True])
def test_a_refused_subscription_is_an_error_that_names_it(will: bool) -> None:
    with refusing_broker("to/c", "to/d") as broker, pytest.raises(
        KitError, match=rf":{broker.port} did not let the devices subscribe to to/all/#: "
    ):
        Links(broker, two(will))


def test_a_subscription_that_is_not_confirmed_is_an_error_that_says_so(
    broker: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(broker)
    real = transport._Link._on_connect

    def hold(link: transport._Link, *told: Any) -> None:
        gate.hold()  # the connection is confirmed, and nothing is from now on
        monkeypatch.setattr(transport, "_PATIENCE", 0.1)
        real(link, *told)

    monkeypatch.setattr(transport._Link, "_on_connect", hold)
    try:
        with pytest.raises(KitError, match="let the devices in, but did not confirm that they subscribe to to/c"):
            Links(gate.endpoint, two(will=False))
    finally:
        gate.close_down()


@pytest.mark.parametrize("code", [0, None])
def test_a_broker_that_never_lets_the_devices_in_is_waited_for_once(
    code: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With code 0 it lets them in and throws them out, again and again: that is no progress."""
    monkeypatch.setattr(transport, "_PATIENCE", 0.5)
    with FakeBroker(code) as fake, pytest.raises(KitError, match="no answer"):
        Links(fake.endpoint, two(will=True))


def test_a_slow_broker_is_waited_for_as_long_as_it_answers(broker: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    later = 0.0
    monkeypatch.setattr(transport, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + later))
    real = transport._Link._on_subscribe

    def slow(link: transport._Link, *told: Any) -> None:
        nonlocal later
        later += 0.9 * transport._PATIENCE  # so long the broker took, says the clock
        real(link, *told)

    monkeypatch.setattr(transport._Link, "_on_subscribe", slow)
    links = Links(broker, two(will=True))
    links.close()
    assert later > 3 * transport._PATIENCE
