"""A server that somebody else runs, and that is slow to answer."""

from __future__ import annotations

import dataclasses

import pytest

from labkit.services import Endpoint
from labkit.services.mqtt import MQTT
from labkit.services.providers import attach


@pytest.mark.parametrize(("silences", "known"), [(0, True), (2, True), (3, False)])
def test_a_server_that_is_silent_at_first_is_asked_again(
    silences: int, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is a stand-in: a real one cannot be made busy for exactly two questions."""
    asked: list[int] = []

    def ready(endpoint: Endpoint) -> str:
        asked.append(endpoint.port)
        return "no answer (CONNACK) within 1 s" if len(asked) <= silences else ""

    monkeypatch.setattr(attach, "_AT_ONCE", 0.0)  # its silence takes no time here
    monkeypatch.setenv("LABKIT_MQTT_URL", "mqtt://127.0.0.1:1234")
    reason = attach.missing(dataclasses.replace(MQTT, ready=ready), "unknown")
    assert (reason is None, len(asked)) == (known, min(silences + 1, 3))


def test_a_refusal_is_not_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(attach, "_AT_ONCE", 60.0)
    monkeypatch.setenv("LABKIT_MQTT_URL", "mqtt://127.0.0.1:1234")
    refusing = dataclasses.replace(MQTT, ready=lambda endpoint: asked.append(endpoint.port) or "not authorized")
    reason = attach.missing(refusing, "unknown")
    assert reason is not None
    assert (asked, "not authorized" in reason.reason) == ([1234], True)
