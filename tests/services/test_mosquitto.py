from __future__ import annotations

import base64
import socket
from pathlib import Path

import pytest

from labkit.errors import KitError
from labkit.services import stack_files, start
from labkit.services.mosquitto import configuration, password_line
from labkit.services.mqtt import MQTT, RULES
from labkit.services.unavailable import UnavailableError

SETTINGS = stack_files.text("mosquitto/mosquitto.conf")


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_a_broker_has_the_settings_of_the_stack() -> None:
    files = configuration(SETTINGS, folder="/f", data="/d", listener="4000 127.0.0.1", users={}, rules=None)
    assert list(files) == ["/f/mosquitto.conf"]
    written = lines(files["/f/mosquitto.conf"])
    changed = {"listener 4000 127.0.0.1", "persistence_location /d/"}
    assert set(written) - set(lines(SETTINGS)) == changed
    assert {line.split()[0] for line in written} == {line.split()[0] for line in lines(SETTINGS)}


def test_a_login_and_rules_are_files_beside_it() -> None:
    files = configuration(SETTINGS, folder="/f", data="/d", listener="1883", users={"lab": "secret"}, rules=RULES)
    written = lines(files["/f/mosquitto.conf"])
    assert {"allow_anonymous false", "password_file /f/users", "acl_file /f/rules"} <= set(written)
    assert "allow_anonymous true" not in written
    assert "secret" not in "".join(files.values())
    assert lines(files["/f/rules"]) == [
        "user lab", "topic write #", "topic read #", "topic read $SYS/#", "user guest", "topic read public/#"]


def test_a_password_line_is_what_mosquitto_passwd_writes() -> None:
    # Made with mosquitto_passwd 2.0.11: `mosquitto_passwd -b -c FILE lab house`.
    recorded = ("lab:$7$101$JFLixcxStFmmG761$EGkdObMoiif4SHxJg1TNkr9GBCnMT3kPfYwmhirt2ig6w6ivqa2XNotct5fCePCk"
                "MTmMqAkGf6uOQmz47qoOkQ==")
    salt = base64.b64decode(recorded.split("$")[3])
    assert password_line("lab", "house", salt) == recorded


def test_a_port_that_was_taken_meanwhile_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        from labkit.services.probes import free_port

        ports = iter([taken, free_port()])
        monkeypatch.setattr("labkit.services.providers.native.free_port", lambda: next(ports))
        with start("mqtt", provider="native") as services:
            assert services.mqtt.port != taken


def test_when_every_port_is_taken_the_broker_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr("labkit.services.providers.native.free_port", lambda: other.getsockname()[1])
        with pytest.raises(KitError) as refusal:
            start("mqtt", provider="native")
    assert any("Address already in use" in line for line in refusal.value.log)
    assert "ended with exit code" in refusal.value.tried[0]


def test_another_broker_on_the_port_is_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that another program runs answers on the port, before ours has found out that it is taken."""
    with start("mqtt", provider="embedded/iotcore") as other:
        monkeypatch.setattr("labkit.services.providers.native.free_port", lambda: other.mqtt.port)
        with pytest.raises(KitError) as refusal:
            start("mqtt", provider="native")
    assert "ended with exit code" in refusal.value.tried[0]


def test_without_the_stack_the_embedded_broker_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_engine: None
                                                    ) -> None:
    monkeypatch.setattr(stack_files, "STACK", tmp_path)
    with start("mqtt") as services:
        assert services.mqtt.provider == "embedded"
        assert "native (mosquitto): the file stack/mosquitto/mosquitto.conf is not beside the package labkit" in (
            services.why("mqtt"))


def test_every_engine_in_a_container_has_a_pinned_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABKIT_IMAGE_MOSQUITTO", raising=False)
    for image in MQTT.images:
        name, _, tag = stack_files.image(image.engine).rpartition(":")
        assert name
        assert tag[0].isdigit(), "a tag such as `latest` is not a pin"


def test_an_image_is_replaced_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_IMAGE_EMQX", "registry.example/emqx:1")
    assert stack_files.image("emqx") == "registry.example/emqx:1"


def test_an_engine_without_a_pinned_image_is_named() -> None:
    with pytest.raises(UnavailableError, match=r"stack/\.env pins no image for unknown"):
        stack_files.image("unknown")
