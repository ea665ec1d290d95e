from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator

import pytest

from labkit.checks.fake_broker import FakeBroker
from labkit.services import Endpoint
from labkit.waiting import wait_until
from stack.parts.automation import Automation, MotionLight
from tests.brokers import refusing_broker
from tests.services.paho_client import Client

SETTINGS = {"debounce": 1.0, "hold": 60.0, "override": 600.0, "settle": 5.0}


@pytest.fixture
def light() -> MotionLight:
    return MotionLight(**SETTINGS)


def lit(light: MotionLight, now: float) -> None:
    """Bring the light on by motion that ends at `now`."""
    light.motion(True, now - 2)
    assert light.motion(False, now) == "on"


def test_motion_that_lasts_switches_the_light_on_once(light: MotionLight) -> None:
    assert light.motion(True, 100.0) is None
    assert light.tick(100.9) is None
    assert light.tick(101.0) == "on"
    assert light.tick(101.1) is None
    assert light.motion(True, 102.0) is None


def test_a_sensor_that_flickers_switches_nothing(light: MotionLight) -> None:
    for now in range(100, 110):
        assert light.motion(True, now) is None
        assert light.motion(False, now + 0.5) is None
    assert light.tick(111.0) is None


def test_the_light_goes_off_when_nothing_has_moved_for_the_time_of_hold(light: MotionLight) -> None:
    lit(light, 100.0)
    assert light.tick(159.9) is None
    assert light.tick(160.0) == "off"


def test_motion_meanwhile_keeps_the_light_on(light: MotionLight) -> None:
    lit(light, 100.0)
    light.motion(True, 130.0)
    assert light.motion(False, 140.0) is None
    assert light.tick(199.9) is None
    assert light.tick(200.0) == "off"


def test_a_lamp_switched_by_hand_is_left_alone_for_the_time_of_override(light: MotionLight) -> None:
    lit(light, 100.0)
    light.lamp(False, 120.0)
    assert light.motion(True, 125.0) is None
    assert light.tick(719.9) is None
    assert light.tick(720.0) == "on", "it still moves there"


def test_a_light_that_was_switched_on_by_hand_goes_off_after_the_override(light: MotionLight) -> None:
    light.lamp(True, 100.0)
    assert light.tick(699.9) is None
    assert light.tick(700.0) == "off"


def test_a_report_that_was_on_its_way_is_no_hand(light: MotionLight) -> None:
    lit(light, 100.0)
    light.lamp(False, 101.0)
    light.lamp(True, 103.0)
    assert light.tick(160.0) == "off"


def test_a_report_of_what_was_asked_for_is_no_hand(light: MotionLight) -> None:
    lit(light, 100.0)
    light.lamp(True, 130.0)
    assert light.tick(160.0) == "off"


@pytest.mark.parametrize("setting", [{"hold": -1.0}, {"debounce": math.nan}, {"override": math.inf}])
def test_a_setting_that_is_no_time_is_refused(setting: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(setting))} must be a number of seconds"):
        MotionLight(**setting)


@pytest.fixture
def automation(broker: Endpoint) -> Iterator[Automation]:
    running = Automation(broker, {"motion-001": "lamp-001"}, debounce=0.0, hold=0.3, override=30.0, settle=0.0)
    running.start()
    yield running
    running.stop()


def reading(value: object) -> str:
    return json.dumps({"device_id": "motion-001", "type": "motion", "value": value, "unit": "", "room": "living",
                       "timestamp": 1704844800})


def test_motion_on_the_broker_switches_the_lamp_on_and_later_off(automation: Automation, broker: Endpoint) -> None:
    with Client(broker) as client:
        client.subscribe("commands/lamp/#")
        client.paho.publish("sensors/motion/motion-001", reading(1), qos=1)
        first = client.messages.get(timeout=60)
        assert (first.topic, json.loads(first.payload)) == ("commands/lamp/lamp-001", {"state": "on"})
        client.paho.publish("sensors/motion/motion-001", reading(0), qos=1)
        assert json.loads(client.messages.get(timeout=60).payload) == {"state": "off"}
    assert automation.stats["commands"] == 2


def test_another_sensor_switches_nothing(automation: Automation, broker: Endpoint) -> None:
    received = automation.stats["received"]
    with Client(broker) as client:
        client.paho.publish("sensors/motion/motion-002", reading(1), qos=1).wait_for_publish(60)
        wait_until(lambda: automation.stats["received"] > received, 60, what="the reading")
    assert automation.stats["commands"] == 0


def test_a_hand_on_the_lamp_holds_the_automation_off(automation: Automation, broker: Endpoint) -> None:
    received = automation.stats["received"]
    with Client(broker) as client:
        client.paho.publish("sensors/lamp/lamp-001", reading(1), qos=1).wait_for_publish(60)
        client.paho.publish("sensors/motion/motion-001", reading(1), qos=1).wait_for_publish(60)
        wait_until(lambda: automation.stats["received"] >= received + 2, 60, what="both readings")
    assert automation.stats["commands"] == 0


@pytest.mark.parametrize("payload", [
    "", "no JSON", "[]", "7", '{"value": "1"}', '{"value": true}', '{"value": 2}', "{}", "[" * 100_000])
def test_what_is_no_reading_is_counted_and_harms_nothing(
    payload: str, automation: Automation, broker: Endpoint
) -> None:
    rejected = automation.stats["rejected"]
    with Client(broker) as client:
        client.paho.publish("sensors/motion/motion-001", payload, qos=1).wait_for_publish(60)
    wait_until(lambda: automation.stats["rejected"] > rejected, 60, what="the count")
    assert automation.stats["commands"] == 0


def test_a_broker_that_is_not_there_is_an_error_and_stopping_is_safe() -> None:
    nobody = Endpoint("mqtt", "attach", "", "", "127.0.0.1", 9)
    automation = Automation(nobody, {})
    with pytest.raises(OSError, match="refused"):
        automation.start()
    automation.stop()
    automation.stop()
    assert "motion-light" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("granted", [(), ("sensors/motion/+",)])
def test_a_refused_subscription_is_an_error_even_if_the_other_is_granted(granted: tuple[str, ...]) -> None:
    with refusing_broker(*granted) as broker:
        automation = Automation(broker, {"motion-001": "lamp-001"})
        with pytest.raises(ConnectionError, match=rf":{broker.port} refuses our subscription: "):
            automation.start()
        automation.stop()
    assert automation.ticking is None


def test_a_subscription_that_is_not_confirmed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Automation, "PATIENCE", 0.1)
    with FakeBroker(None) as silent:
        automation = Automation(silent.endpoint, {"motion-001": "lamp-001"})
        with pytest.raises(ConnectionError, match="does not confirm our subscription"):
            automation.start()
        automation.stop()
    assert automation.ticking is None
