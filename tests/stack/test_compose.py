"""The compose files, read by Docker Compose itself; what can be built here is started by it."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.stack.compose import ROOT, SECRETS, STACK, Compose, secrets

SYSTEMS = ("home", "esp32", "f2", "meter", "shelly")
pytestmark = [pytest.mark.docker("compose")]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All five systems, as Compose understands them."""
    compose = Compose(secrets(tmp_path_factory.mktemp("compose")), "config")
    answer = compose("--profile", "*", "config", "--format", "json")
    assert answer.returncode == 0, answer.stderr
    return dict(json.loads(answer.stdout))


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_has_a_profile_that_compose_accepts(tmp_path: Path, system: str) -> None:
    answer = Compose(secrets(tmp_path), "one")("--profile", system, "config", "--services")
    assert answer.returncode == 0, answer.stderr
    services = answer.stdout.split()
    assert "mqtt" in services
    assert [name for name in services if name.startswith(f"{system}-")]
    assert not [name for name in services if name.split("-")[0] in set(SYSTEMS) - {system}]


def test_emqx_may_take_the_place_of_mosquitto(tmp_path: Path) -> None:
    layers = "compose.yaml:compose.home.yaml:compose.emqx.yaml"
    compose = Compose(secrets(tmp_path), "emqx", COMPOSE_FILE=layers)
    answer = compose("--profile", "home", "config", "--format", "json")
    assert answer.returncode == 0, answer.stderr
    mqtt = json.loads(answer.stdout)["services"]["mqtt"]
    assert mqtt["image"].startswith("emqx/emqx:")
    assert [volume["target"] for volume in mqtt["volumes"]] == [
        "/opt/emqx/etc/acl.conf", "/opt/emqx/data", "/opt/emqx/log"]


def test_every_service_is_watched_limited_restarted_and_logs_within_bounds(config: dict[str, Any]) -> None:
    for name, service in config["services"].items():
        assert service["healthcheck"]["test"], name
        assert int(service["mem_limit"]) <= 1 << 30, name
        assert service["restart"] == "unless-stopped", name
        assert service["logging"]["options"]["max-size"] == "10m", name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_services_of_ours_can_change_nothing_in_their_container(config: dict[str, Any]) -> None:
    ours = [service for service in config["services"].values() if service["image"] == "iot-house:local"]
    assert len(ours) >= 13
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in ours)


def test_who_needs_another_waits_until_it_is_healthy(config: dict[str, Any]) -> None:
    for name, service in config["services"].items():
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_healthy", (name, other)
            assert set(service["profiles"]) <= set(config["services"][other]["profiles"]), (name, other)


def test_images_are_pinned_in_env_alone_and_ports_are_opened_on_loopback_alone(config: dict[str, Any]) -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in STACK.glob("compose*.yaml"))
    assert re.findall(r"^\s+image: (?!\$\{|iot-house-nodered:local)", texts, re.MULTILINE) == []
    for name, service in config["services"].items():
        assert re.fullmatch(r"[\w./-]+:(?!latest)[\w.-]+", service["image"]), name
        assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", ())), name
    published = [port["published"] for service in config["services"].values() for port in service.get("ports", ())]
    assert len(published) == len(set(published))


def test_no_secret_stands_in_the_environment(config: dict[str, Any]) -> None:
    for name, service in config["services"].items():
        named = {key for key in service.get("environment") or {} if re.search(r"TOKEN|PASSWORD|SECRET_KEY", key)}
        plain = {key for key in named if not key.endswith("_FILE") and service["environment"][key]}
        assert not plain, (name, plain)


def test_data_lives_in_named_volumes_and_configuration_is_read_only(config: dict[str, Any]) -> None:
    for name, service in config["services"].items():
        for volume in service.get("volumes", ()):
            assert volume["type"] == "volume" or volume.get("read_only"), (name, volume)


def test_the_image_holds_what_services_and_devices_import() -> None:
    listed = {re.split(r"[\[<>= ]", line)[0] for line in (STACK / "requirements.txt").read_text().splitlines()
              if line and not line.startswith("#")}
    known = {re.split(r"[\[<>=; ]", text)[0] for text in re.findall(
        r'^    "([a-z][^"]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)}
    assert listed <= known


def test_secrets_are_made_once_and_for_this_user_alone(tmp_path: Path) -> None:
    script = tmp_path / "secrets.sh"
    script.write_bytes((STACK / "secrets.sh").read_bytes())
    first = subprocess.run(["sh", script], capture_output=True, text=True, check=True)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    again = subprocess.run(["sh", script], capture_output=True, text=True, check=True)
    assert sorted(made) == sorted(SECRETS)
    assert len(set(made.values())) == len(made)
    assert all(re.fullmatch(r"[0-9a-f]{48}", secret) for secret in made.values())
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert (len(first.stdout.splitlines()), again.stdout) == (len(SECRETS), "")
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made
