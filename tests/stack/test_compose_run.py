"""What can be built here runs as it is deployed: in containers that Compose starts, from stand-in images.

That is all of the system f2, and Node-RED behind Nginx. There is no image of InfluxDB, Grafana, MinIO, Telegraf here.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
from collections.abc import Iterator
from uuid import uuid4

import pytest

from labkit.services.probes import free_port
from labkit.waiting import wait_until
from tests.conftest import stand_in
from tests.stack.compose import STAND_INS, Compose, defaults, secrets

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.docker("compose", "python", "mosquitto", "kafka", "postgresql", "timescaledb", "prometheus",
                       "nodered", "nginx"),
]


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    name = f"iot-house-test-{uuid4().hex[:8]}"
    images = {variable: stand_in(image) for variable, image in STAND_INS.items()}
    folder = secrets(tmp_path_factory.mktemp("compose"))
    # Nginx looks its upstreams up when it starts: Node-RED answers for those that cannot run here.
    answers = {"services": {"nodered": {"networks": {"iot-network": {"aliases": ["home-api", "grafana"]}}}}}
    (folder / "answers.yaml").write_text(json.dumps(answers), encoding="utf-8")
    layers = f"{defaults()['COMPOSE_FILE']}:{folder / 'answers.yaml'}"
    ports = {variable: str(free_port()) for variable in defaults() if variable.endswith("_PORT")}
    compose = Compose(folder, name, HOUSE_IMAGE=f"{name}:local", COMPOSE_FILE=layers, **images, **ports)
    try:
        built = compose("--profile", "f2", "build", "f2-connector", timeout=400)
        assert built.returncode == 0, built.stderr
        started = compose("up", "--detach", "--wait", "--wait-timeout", "150", "f2-connector", "f2-processor",
                          "f2-sink", "f2-controllers", "prometheus", timeout=300)
        assert started.returncode == 0, started.stderr + compose("--profile", "f2", "logs", "--tail", "20").stdout
        yield compose
    finally:
        compose("--profile", "*", "down", "--volumes", "--timeout", "5")
        subprocess.run(["docker", "image", "rm", "-f", f"{name}:local"], capture_output=True, check=False)


def test_what_controllers_measure_arrives_in_the_hypertable(compose: Compose) -> None:
    def rows() -> int:
        answer = compose("exec", "-T", "timescaledb", "psql", "-U", "postgres", "-d", "timeseries", "-Atc",
                         "SELECT count(*) FROM iot_measurements")
        return int(answer.stdout.strip() or 0)

    first = wait_until(rows, 60, what="rows in iot_measurements")
    wait_until(lambda: rows() > first, 60, what="more rows")
    hypertables = compose("exec", "-T", "timescaledb", "psql", "-U", "postgres", "-d", "timeseries", "-Atc",
                          "SELECT hypertable_name FROM timescaledb_information.hypertables").stdout.split()
    assert "iot_measurements" in hypertables


def test_a_service_that_dies_comes_back(compose: Compose) -> None:
    compose("kill", "--signal", "SIGKILL", "f2-processor")
    started = compose("up", "--detach", "--wait", "--wait-timeout", "120", "f2-processor")
    assert started.returncode == 0, started.stderr + compose("logs", "--tail", "20", "f2-processor").stdout


def test_prometheus_sees_every_stage(compose: Compose) -> None:
    def up() -> bool:
        answer = compose("exec", "-T", "f2-sink", "python", "-c",
                         "import urllib.request as r; print(r.urlopen("
                         "'http://prometheus:9090/api/v1/query?query=up').read().decode())")
        found = json.loads(answer.stdout or '{"data": {"result": []}}')["data"]["result"]
        alive = {row["metric"]["instance"].split(":")[0] for row in found if row["value"][1] == "1"}
        return {"f2-connector", "f2-processor", "f2-sink"} <= alive

    wait_until(up, 60, what="Prometheus sees the three stages up")


def test_node_red_and_its_dashboard_are_behind_nginx(compose: Compose) -> None:
    built = compose("--profile", "home", "build", "nodered", timeout=400)
    assert built.returncode == 0, built.stderr
    started = compose("up", "--detach", "--wait", "--wait-timeout", "90", "--no-deps", "nodered", "nginx")
    assert started.returncode == 0, started.stderr + compose("--profile", "home", "logs", "--tail", "20").stdout
    port = int(compose("port", "nginx", "8888").stdout.rpartition(":")[2])
    wait_until(lambda: status(port, "/dashboard/house") == 200, 30, what="the dashboard through Nginx")
    assert status(port, "/settings") == 200


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status
