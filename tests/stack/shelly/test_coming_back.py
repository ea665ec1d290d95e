"""A gateway that is asked for its components while it, or the broker, is just coming back."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.services import Endpoint, start
from labkit.services.faults import kill, restart
from labkit.waiting import wait_until
from stack.parts.shelly import ask_components
from tests.stack.shelly.frames import NATIVE, load, notify
from tests.stack.shelly.helpers import collecting, dead_letters, points, publish
from tests.stack.shelly.test_collector import FakeGateway, pages

PREFIX = "shellypro2-coming-back"


def test_a_gateway_that_has_not_heard_the_first_question_is_asked_again(broker: Endpoint) -> None:
    heard: list[Any] = []

    def deaf_at_first(request: dict[str, Any]) -> Any:
        heard.append(request)
        return pages(100)(request) if len(heard) > 1 else None

    gateway = FakeGateway(broker, PREFIX, deaf_at_first)
    try:
        assert ask_components(broker, PREFIX) == load("native-components")["components"]
    finally:
        gateway.close()
    assert heard[0] == heard[1]


@pytest.mark.mosquitto
def test_a_frame_waits_for_a_broker_that_is_lost_during_the_question_and_is_then_read(influx: Endpoint) -> None:
    value = {"id": 206, "value": 17.8, "last_updated_ts": 1775913527}
    frame = notify("NotifyStatus", gateway=NATIVE, **{"bthomesensor:206": value})
    with start("mqtt", provider="native", mqtt=["durable"]) as services:
        broker = services.mqtt
        silent = FakeGateway(broker, PREFIX, lambda _: None)
        try:
            # Patience for more than the outage: the question that was open then is what this is about.
            with collecting(broker, influx, patience=3.0) as collector:
                publish(broker, [(f"{PREFIX}/events/rpc", frame)])
                wait_until(lambda: silent.asked, 60, what="the gateway is asked")
                kill(services, "mqtt")
                wait_until(lambda: not collector.client.is_connected(), 60, what="the broker is missed")
                restart(services, "mqtt")
                back = FakeGateway(broker, PREFIX, pages(100))
                try:
                    wait_until(lambda: collector.stats["stored"] >= 1, 60, what=f"it is stored: {collector.stats}")
                finally:
                    back.close()
        finally:
            silent.close()
    assert dead_letters(influx) == []
    assert [value for *_, value in points(influx, "temperature")] == [17.8]
