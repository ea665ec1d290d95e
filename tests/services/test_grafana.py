"""How Grafana is started, as its documentation says. The server itself is not to be had here: nothing is run.

Where `grafana` is on PATH the last test starts it.
"""

from __future__ import annotations

import configparser
import shutil
from pathlib import Path

import pytest

from labkit.services import Config, start
from labkit.services.grafana import GRAFANA, MAIN
from labkit.services.service import Plan
from labkit.services.stack_files import STACK


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    config = Config(environment={"INFLUX_URL": "http://127.0.0.1:8086"})
    return GRAFANA.planned(tmp_path, 3456, frozenset(), GRAFANA.images[0].capabilities, config)


def provisioned() -> set[str]:
    folder = STACK / "grafana"
    paths = [*folder.glob("provisioning/**/*.yaml"), *folder.glob("dashboards/*.json")]
    return {path.relative_to(folder).as_posix() for path in paths}


def test_the_container_gets_the_files_of_the_stack_and_the_callers_addresses(plan: Plan) -> None:
    (image,) = GRAFANA.images
    content = image.configure(plan)
    assert image.reaches_out
    assert content.files.keys() == {f"/etc/grafana/{name}" for name in provisioned()}
    assert content.environment["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert content.environment["GF_SERVER_HTTP_PORT"] == "3456"
    assert content.environment["GF_SECURITY_ADMIN_PASSWORD"] == plan.password != ""
    assert content.environment["INFLUX_URL"] == "http://127.0.0.1:8086"


def test_the_program_gets_the_same_in_a_private_folder(plan: Plan) -> None:
    (program,) = GRAFANA.programs
    arguments = program.configure(plan)
    assert arguments[0] == "server"
    assert f"--config={plan.directory / MAIN}" in arguments
    assert plan.password not in " ".join(arguments), "a command line can be read by every user of the machine"
    settings = configparser.ConfigParser(interpolation=None)
    settings.read_string((plan.directory / MAIN).read_text())
    assert settings["server"]["http_port"] == "3456"
    assert settings["security"]["admin_password"] == plan.password
    assert settings["paths"]["provisioning"] == f"{plan.directory}/provisioning"
    for name in provisioned():
        text = (plan.directory / name).read_text()
        assert "/etc/grafana" not in text, f"{name} names a folder of the container"


def test_each_start_has_a_password_of_its_own(tmp_path: Path) -> None:
    plans = [GRAFANA.planned(tmp_path, 1, frozenset(), frozenset()) for _ in range(2)]
    assert plans[0].password != plans[1].password
    assert plans[0].password not in repr(plans[0])


if shutil.which("grafana"):  # no registry of CI's has it

    def test_the_real_grafana_starts() -> None:
        with start("grafana", provider="native") as services:
            assert services.grafana.version
