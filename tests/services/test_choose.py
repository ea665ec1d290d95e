from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.errors import KitError, StudentError
from labkit.services import choose, start
from labkit.services.catalogue import SERVICES, service
from labkit.services.mqtt import CAPABILITIES, MQTT
from labkit.services.providers.base import Server, wait_for_log
from labkit.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_engine")


@pytest.fixture
def no_mosquitto(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without the broker's package."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("labkit.services.providers.native._SYSTEM_FOLDERS", ())


def test_providers_are_tried_in_the_order_attach_docker_native_embedded() -> None:
    names = [candidate.name for candidate in choose.candidates(MQTT, frozenset(), None)]
    assert names == ["attach", "docker (mosquitto)", "native (mosquitto)", "embedded (iotcore)", "embedded (amqtt)"]


def test_without_docker_the_installed_broker_runs() -> None:
    with start("mqtt") as services:
        assert services.mqtt.provider == "native"
        assert services.why("mqtt") == ("attach: LABKIT_MQTT_URL is not set",
                                        "docker (mosquitto): no Docker engine answers at unix:///nowhere/docker.sock")


@pytest.mark.usefixtures("no_mosquitto")
def test_without_an_installed_broker_the_embedded_one_runs() -> None:
    with start("mqtt") as services:
        assert (services.mqtt.provider, services.mqtt.engine) == ("embedded", "iotcore")
        assert services.why("mqtt")[-1] == "native (mosquitto): there is no program mosquitto on PATH"


@pytest.mark.usefixtures("no_mosquitto")
@pytest.mark.parametrize("need", ["acl", "sys_topics", "auth_reason"])
def test_the_embedded_broker_is_chosen_by_what_is_needed(need: str) -> None:
    with start(mqtt=[need]) as services:
        assert services.mqtt.engine == "amqtt"
        assert f"embedded (iotcore): it lacks {need}" in services.why("mqtt")


@pytest.mark.usefixtures("no_mosquitto")
def test_what_no_provider_has_is_refused_with_the_reason_of_each() -> None:
    with pytest.raises(KitError) as refusal:
        start(mqtt=["mqtt5_same_port"])
    assert refusal.value.message == "MQTT broker with mqtt5_same_port could not be started."
    assert refusal.value.tried == (
        "attach: LABKIT_MQTT_URL is not set",
        "docker (mosquitto): no Docker engine answers at unix:///nowhere/docker.sock",
        "native (mosquitto): there is no program mosquitto on PATH",
        "embedded (iotcore): it lacks mqtt5_same_port",
        "embedded (amqtt): it lacks mqtt5_same_port",
    )
    assert "sudo apt install mosquitto" in refusal.value.fix


def test_needs_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(KitError, match="it cannot have anonymous_sessions together with credentials"):
        start(provider="native", mqtt=["anonymous_sessions", "credentials"])


def test_a_need_may_be_one_name() -> None:
    assert choose.check_needs(MQTT, "acl") == {"acl"}


@pytest.mark.parametrize(("setting", "value"), [
    ("LABKIT_PROVIDER", "embedded"), ("LABKIT_MQTT_PROVIDER", "embedded"), ("LABKIT_MQTT_PROVIDER", "embedded/amqtt"),
])
def test_the_environment_forces_a_provider(setting: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(setting, value)
    with start("mqtt") as services:
        assert services.mqtt.provider == "embedded"
        assert services.mqtt.engine == (value.partition("/")[2] or "iotcore")


def test_a_service_is_forced_before_all_and_an_argument_before_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_PROVIDER", "docker")
    forced = choose.forced(MQTT)
    assert forced
    assert (forced.provider, forced.by) == ("docker", "LABKIT_PROVIDER")
    monkeypatch.setenv("LABKIT_MQTT_PROVIDER", "native")
    forced = choose.forced(MQTT)
    assert forced
    assert (forced.provider, forced.by) == ("native", "LABKIT_MQTT_PROVIDER")
    forced = choose.forced(MQTT, "embedded")
    assert forced
    assert (forced.provider, forced.by) == ("embedded", "provider=")


def test_a_forced_provider_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_MQTT_PROVIDER", "docker")
    with pytest.raises(KitError) as refusal:
        start("mqtt")
    assert "as LABKIT_MQTT_PROVIDER asks for docker" in refusal.value.message
    assert refusal.value.tried == ("docker (mosquitto): no Docker engine answers at unix:///nowhere/docker.sock",)


@pytest.mark.parametrize(("names", "options", "mentions"), [
    (("mqqt",), {}, ["'mqqt'", *SERVICES]),
    ((), {"kafak": ["x"]}, ["'kafak'", *SERVICES]),
    ((), {"mqtt": ["qos3"]}, ["'qos3'", *CAPABILITIES]),
    (("mqtt",), {"provider": "podman"}, ["'podman'", "provider=", "attach, docker, native, embedded"]),
    (("mqtt",), {"provider": "embedded/emqx"}, ["'emqx'", "embedded/iotcore, embedded/amqtt"]),
    ((), {}, ["No service was named", *SERVICES]),
])
def test_a_wrong_name_is_answered_with_the_right_ones(
    names: tuple[str, ...], options: dict[str, object], mentions: list[str]
) -> None:
    with pytest.raises(StudentError) as refusal:
        start(*names, **options)  # type: ignore[arg-type]
    for text in mentions:
        assert text in str(refusal.value)


def test_a_wrong_name_in_the_environment_is_answered_with_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_PROVIDER", "dokcer")
    with pytest.raises(StudentError, match="LABKIT_PROVIDER names the provider 'dokcer'"):
        start("mqtt")


def test_an_address_where_nobody_answers_is_reported_and_the_next_provider_is_tried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LABKIT_MQTT_URL", "mqtt://127.0.0.1:9")
    with start("mqtt") as services:
        assert services.mqtt.provider == "native"
    said = capsys.readouterr()
    assert said.out == ("MQTT broker: not attach (unknown): 127.0.0.1:9, from LABKIT_MQTT_URL: Connection refused. "
                        "Using native (mosquitto).\n")
    assert said.err == ""


def test_what_failed_for_several_services_is_told_in_two_short_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LABKIT_MQTT_URL", "mqtt://127.0.0.1:9")
    monkeypatch.setenv("LABKIT_POSTGRESQL_URL", f"postgresql://lena:orange@127.0.0.1:9/{'long-name-' * 20}")
    with start("mqtt", "postgresql") as services:
        assert {services[name].provider for name in services} <= {"native", "embedded"}
        assert "127.0.0.1:9" in " ".join(services.why("postgresql"))
    first, second = capsys.readouterr().out.splitlines()
    assert first == ("MQTT broker, PostgreSQL: not attach (unknown): 127.0.0.1:9, from LABKIT_MQTT_URL: "
                     "Connection refused, and the like.")
    assert second.startswith("Using native (mosquitto), ")
    assert second.endswith(": the lab is the same. `labkit doctor` says more.")
    assert max(len(first), len(second)) < 200


@pytest.mark.parametrize("address", ["localhost:1883", "http://host", "mqtt://", "mqtt://host:port", "mqtt://h:99999"])
def test_a_wrong_address_is_refused_with_the_form_that_it_should_have(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_MQTT_URL", address)
    with pytest.raises(StudentError, match="LABKIT_MQTT_URL is not the address of a broker") as refusal:
        start("mqtt")
    assert "mqtt://user:password@host:1883" in refusal.value.fix


def test_an_address_may_hold_signs_in_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = MQTT.attach({"LABKIT_MQTT_URL": "mqtt://lab:p%40ss%2F@broker.example"})
    assert endpoint
    assert (endpoint.host, endpoint.port) == ("broker.example", 1883)
    assert (endpoint.username, endpoint.password) == ("lab", "p@ss/")


def test_an_unknown_capability_of_an_attached_broker_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_MQTT_URL", "mqtt://127.0.0.1")
    monkeypatch.setenv("LABKIT_MQTT_CAPABILITIES", "qos2,everything")
    with pytest.raises(StudentError, match="'everything'"):
        start("mqtt")


def test_every_engine_has_only_capabilities_of_the_catalogue() -> None:
    for one in SERVICES.values():
        for engine in (*one.images, *one.programs, *one.modules):
            assert engine.capabilities <= one.capabilities.keys(), (one.name, engine.engine)


def test_a_service_is_found_by_its_name() -> None:
    assert service("mqtt") is MQTT


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for the broker")
def test_a_broker_that_ends_at_once_is_reported_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "mosquitto"
    fake.write_text("#!/bin/sh\n[ \"$1\" = -h ] || { echo 'Error: Invalid bridge configuration.'; exit 3; }\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(KitError) as refusal:
        start("mqtt", provider="native")
    assert refusal.value.tried == ("native (mosquitto): mosquitto ended with exit code 3",)
    assert refusal.value.log == ("Error: Invalid bridge configuration.",)
    with start("mqtt") as services:
        assert services.mqtt.provider == "embedded"


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for the broker")
def test_a_broker_that_never_answers_is_ended_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "mosquitto"
    fake.write_text("#!/bin/sh\n[ \"$1\" = -h ] || { echo starting; exec sleep 60; }\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    from dataclasses import replace

    quick = replace(MQTT, programs=(replace(MQTT.programs[0], timeout=0.3),))
    monkeypatch.setattr("labkit.services.mqtt.MQTT", quick)

    def begun(output: Callable[[], str], pattern: str, server: Server, engine: str, timeout: float) -> None:
        wait_until(output, 60, what="its first line")  # on a busy machine it takes longer to begin than it is given
        wait_for_log(output, pattern, server, engine, timeout)

    monkeypatch.setattr("labkit.services.providers.native.wait_for_log", begun)
    with pytest.raises(KitError) as refusal:
        start("mqtt", provider="native")
    assert refusal.value.tried == (
        "native (mosquitto): mosquitto runs, but was not ready within 0.3 s: it did not say that it runs",)
    assert refusal.value.log == ("starting",)
    assert "log" in refusal.value.fix


def test_the_folder_of_the_notebook_cannot_change_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('a file of the student')")
    (tmp_path / "amqtt.py").write_text("raise RuntimeError('a file of the student')")
    monkeypatch.chdir(tmp_path)
    with start("mqtt", provider="embedded/amqtt") as services:
        assert services.mqtt.engine == "amqtt"



def test_every_service_of_the_catalogue_is_declared_under_its_own_name() -> None:
    assert {name: service.name for name, service in SERVICES.items()} == {name: name for name in SERVICES}
