"""The motion light as a service, with the devices of a home on a real broker."""

from __future__ import annotations

import json

import pytest

from labkit.checks.broker_view import viewing
from labkit.devices.clock import SimClock
from labkit.devices.fleet import Fleet
from labkit.devices.home import Lamp
from labkit.services import Endpoint
from labkit.waiting import wait_until
from stack.home.automation import AutomationSettings
from stack.runtime import SettingsError, load
from tests.stack.home.running import addresses, running


def motion(value: object) -> bytes:
    return json.dumps({"device_id": "motion-001", "type": "motion", "value": value, "unit": "", "room": "living",
                       "timestamp": 1704844800}).encode()


def test_motion_switches_the_lamp_on_and_its_end_switches_it_off(broker: Endpoint) -> None:
    lamp = Lamp("lamp", 1, 5.0, 1, 1704844800.0)
    environment = {"DEBOUNCE": "0.2", "HOLD": "1", **addresses(broker)}
    with (running("stack.home.automation", **environment) as service, Fleet([lamp], broker, clock=SimClock(1.0)),
          viewing(broker) as view):
        service.wait_healthy()
        view.publish("sensors/motion/motion-002", motion(1))  # another room's
        view.publish("sensors/motion/motion-001", b"no reading")
        view.publish("sensors/motion/motion-001", motion(1))
        wait_until(lambda: lamp.on, 60, what="the lamp is on")
        view.publish("sensors/motion/motion-001", motion(0))
        wait_until(lambda: not lamp.on, 60, what="the lamp is off")
        health = service.get("/health").json()
        assert (health["service"], health["rejected"], health["mine"]) == ("home-automation", 1, False)


@pytest.mark.parametrize("lights", ["", "{", "[]", "{}", '{"motion-001": 1}', '{"motion-001": ""}',
                                    '{"motion-001": "a/b"}', '{"motion-001": "#"}'])
def test_lights_that_make_no_sense_are_refused_by_name(lights: str) -> None:
    with pytest.raises(SettingsError, match="LIGHTS"):
        load(AutomationSettings, {"lights": lights})


@pytest.mark.parametrize(("name", "value"), [("hold", "-1"), ("debounce", "x"), ("override", "nan")])
def test_seconds_that_make_no_sense_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name.upper()):
        load(AutomationSettings, {name: value})


def test_it_waits_for_a_broker_that_is_not_there_and_says_so(broker: Endpoint) -> None:
    with running("stack.home.automation", **addresses(broker) | {"MQTT_PORT": "1"}) as service:
        wait_until(lambda: "waiting" in str(service.get("/health").json()["last_error"]), 60, what="it waits")
        assert service.get("/health").status_code == 503
        assert service.end() == 0
