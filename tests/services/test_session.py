from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.errors import KitError, StudentError
from labkit.services import Services, current, session, start
from labkit.services.probes import mqtt_refusal

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("no_engine")


@pytest.fixture(autouse=True)
def nothing_runs() -> None:
    running = current()
    while running is not None:
        running.stop()
        running = current()


def answers(services: Services) -> bool:
    broker = services.mqtt
    return mqtt_refusal(broker.host, broker.port, broker.username, broker.password, timeout=60) == ""


def test_a_second_start_finds_what_runs() -> None:
    first = start("mqtt")
    assert start("mqtt").mqtt == first.mqtt
    assert start("mqtt", provider="native").mqtt == first.mqtt
    assert current() is not None
    first.stop()
    assert current() is None


def test_an_inner_block_does_not_stop_what_was_running_before_it() -> None:
    with start("mqtt") as outer:
        with start("mqtt") as inner:
            assert inner.mqtt == outer.mqtt
        assert answers(outer)
    assert not answers(outer)


def test_a_later_need_gets_another_broker_and_the_first_one_goes_on() -> None:
    first = start("mqtt")
    second = start(mqtt=["acl"])
    assert second.mqtt != first.mqtt
    assert answers(first)
    assert answers(second)
    newest = current()
    assert newest is not None
    assert newest.mqtt == second.mqtt
    second.stop()
    assert answers(first)
    first.stop()


def test_a_broker_that_has_died_is_replaced() -> None:
    start("mqtt")
    running = session._running["mqtt"][0]
    assert running.server is not None
    running.server.stop()
    assert current() is None
    second = start("mqtt")
    assert answers(second)
    assert len(session._running["mqtt"]) == 1, "what is dead is cleared away"
    second.stop()


def test_another_provider_is_another_broker() -> None:
    native, embedded = start("mqtt", provider="native"), start("mqtt", provider="embedded")
    assert native.mqtt.provider != embedded.mqtt.provider
    assert answers(native)
    native.stop()
    embedded.stop()


def test_when_one_service_cannot_start_none_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_INFLUXDB_PROVIDER", "docker")
    with pytest.raises(KitError, match="InfluxDB 2 could not be started"):
        start("mqtt", "influxdb")
    assert current() is None


def test_services_are_shown_without_secrets_and_found_by_name() -> None:
    with start(mqtt=["credentials"]) as services:
        assert services["mqtt"] is services.mqtt
        assert list(services) == ["mqtt"]
        assert "mqtt" in services
        assert len(services) == 1
        assert "mqtt" in dir(services)
        assert repr(services) == repr(services.mqtt)
        assert services.mqtt.password not in repr(services)
        with pytest.raises(AttributeError, match=r"no service 'influxdb' here \(started: mqtt\); write start"):
            _ = services.influxdb
        with pytest.raises(StudentError, match="was not started here"):
            _ = services["influxdb"]
        assert not hasattr(services, "_repr_html_")


def test_a_service_with_needs_alone_is_started_too() -> None:
    with start(mqtt=["sys_topics"], provider="native") as services:
        assert "sys_topics" in services.mqtt.capabilities


def test_the_kit_is_imported_fast() -> None:
    """A kernel imports it in the student's first cell: nothing from outside the standard library, and of that nothing
    that takes long. What a service needs is imported when it starts."""
    code = "import sys, labkit.services; print(*sys.modules)"
    imported = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True,
                              env=os.environ | {"PYTHONPATH": str(ROOT)}).stdout.split()
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names | {"__main__", "labkit"}
    assert {"asyncio", "email", "http", "ssl", "unittest", "urllib.request", "xml"}.isdisjoint(imported)
