"""When a fleet has been started, its devices hear."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.devices import transport
from labkit.devices.transport import Links
from labkit.services.endpoint import Endpoint
from tests.devices.test_fleet import Talker


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
    links = Links(broker, [Talker("c", 1000.0, will=will), Talker("d", 1000.0, will=will)])
    try:
        assert len(confirmed) == 3 + will, "a topic each, and one of all, which two on one connection share"
        assert [link.unconfirmed for link in links._links] == [0] * len(links._links)
        assert all(link.client.socket() is not None for link in links._links)
    finally:
        links.close()
