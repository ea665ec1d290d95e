from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.errors import KitError
from labkit.services import stack_files, start
from labkit.services.influxdb import BUCKET, INFLUXDB, ORG
from labkit.services.mqtt import MQTT
from labkit.services.providers import docker, docker_engine


@pytest.fixture(autouse=True)
def ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "_asked", (-1000.0, "", None))
    monkeypatch.setattr(docker, "_not_to_be_had", {})


@pytest.fixture
def silent_engine() -> Iterator[socket.socket]:
    """An engine that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


def present() -> list[str]:
    """The containers of this process."""
    answer = subprocess.run(["docker", "ps", "-a", "--filter", f"label=labkit.owner={os.getpid()}", "--format",
                             "{{.Names}}"],
                            capture_output=True, text=True, check=True)
    return answer.stdout.split()


@pytest.fixture
def containers() -> Callable[[], list[str]]:
    """Those that the test has started: other rooms on this worker share some as long as it runs."""
    before = set(present())
    return lambda: [name for name in present() if name not in before]


def seconds_to_start(monkeypatch: pytest.MonkeyPatch, address: str) -> float:
    monkeypatch.setenv("DOCKER_HOST", address)
    begin = time.perf_counter()
    with start("mqtt") as services:
        assert services.mqtt.provider == "native"
        return time.perf_counter() - begin


@pytest.mark.parametrize("address", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:{port}", "nonsense"])
def test_without_an_engine_another_provider_runs_and_none_is_waited_for(
    address: str, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address.format(port=closed_port))
    with start("mqtt") as services:
        assert services.mqtt.provider == "native"
        (reason,) = [line for line in services.why("mqtt") if line.startswith("docker")]
    assert "no Docker engine answers" in reason or "another machine" in reason
    assert "within" not in reason, "that is a time-out"


def test_an_engine_that_hangs_costs_two_seconds_once(
    silent_engine: socket.socket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docker_engine, "_HOLDS", 600.0)  # both starts fall into it, however long they take
    address = f"tcp://127.0.0.1:{silent_engine.getsockname()[1]}"
    assert seconds_to_start(monkeypatch, address) > 1.5
    assert "the Docker engine does not answer within 2 s. Using native" in capsys.readouterr().out
    silent_engine.setblocking(False)
    silent_engine.accept()[0].close()
    seconds_to_start(monkeypatch, address)
    with pytest.raises(BlockingIOError):  # it was not asked again
        silent_engine.accept()


def test_a_server_that_is_no_engine_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 mail.example ESMTP\r\n")

        threading.Thread(target=greet, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.getsockname()[1]}")
        problem = docker_engine.problem(patience=60)
    assert problem is not None
    assert "no Docker engine answers" in problem.reason


def test_an_engine_on_another_machine_is_refused_because_its_ports_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://docker.example:2375")
    problem = docker_engine.problem()
    assert problem is not None
    assert "another machine" in problem.reason


@pytest.mark.skipif(os.name == "nt", reason="unix sockets and their permissions")
def test_a_user_without_the_right_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket's refusal is put in by hand: the tests may run as root, whom no socket refuses."""

    def refuse(_address: str, _patience: int) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(docker_engine, "_ping", refuse)
    problem = docker_engine.problem()
    assert problem is not None
    assert problem.reason == "this user may not use the Docker engine"
    assert "usermod" in problem.fix


def test_a_machine_without_docker_does_not_import_its_client() -> None:
    code = """
import sys
from labkit.services import start
with start("mqtt") as services:
    assert services.mqtt.provider == "native"
assert not {"docker", "testcontainers", "requests", "paho", "pandas"} & {name.split(".")[0] for name in sys.modules}
"""
    home = "/nowhere"  # no context of the docker command either
    environment = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock", "HOME": home}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env=environment)


def test_the_database_container_is_set_up_as_the_stack_says(tmp_path: Path) -> None:
    plan = INFLUXDB.planned(tmp_path, 8086, frozenset(), INFLUXDB.images[0].capabilities)
    content = INFLUXDB.images[0].configure(plan)
    assert content.environment["DOCKER_INFLUXDB_INIT_MODE"] == "setup"
    assert content.environment["DOCKER_INFLUXDB_INIT_ADMIN_TOKEN"] == plan.token
    in_the_stack = stack_files.variables("influxdb/influxdb.env")
    assert in_the_stack["DOCKER_INFLUXDB_INIT_ORG"] == ORG
    assert in_the_stack["DOCKER_INFLUXDB_INIT_BUCKET"] == BUCKET
    assert in_the_stack.keys() <= content.environment.keys()


def test_the_second_broker_gets_the_rules_of_the_stack(tmp_path: Path) -> None:
    image = next(image for image in MQTT.images if image.engine == "emqx")
    content = image.configure(MQTT.planned(tmp_path, 1883, frozenset(), image.capabilities))
    assert content.files == {"/opt/emqx/etc/acl.conf": stack_files.text("emqx/acl.conf")}
    assert content.environment == stack_files.variables("emqx/emqx.env")


@pytest.mark.docker
def test_an_image_that_cannot_be_had_is_reported_and_the_next_provider_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LABKIT_IMAGE_MOSQUITTO", "127.0.0.1:9/no-such-image:1")
    with start("mqtt") as services:
        assert services.mqtt.provider == "native"
    said = capsys.readouterr().out
    assert "Downloading the image 127.0.0.1:9/no-such-image:1" in said
    assert "is not on this machine and cannot be downloaded" in said
    with start("mqtt") as services:
        assert services.mqtt.provider == "native"
    assert capsys.readouterr().out == "", "the second time it is not tried again"
    with pytest.raises(KitError, match=r"docker pull 127\.0\.0\.1:9/no-such-image:1"):
        start("mqtt", provider="docker")


@pytest.mark.docker
def test_a_container_that_ends_at_once_is_reported_with_its_last_words_and_removed(
    monkeypatch: pytest.MonkeyPatch, containers: Callable[[], list[str]]
) -> None:
    monkeypatch.setattr("labkit.services.stack_files.text", lambda _name: "listener 1883\nno_such_setting 1\n")
    with pytest.raises(KitError) as refusal:
        start("mqtt", provider="docker")
    assert "mosquitto ended with exit code" in refusal.value.tried[0]
    assert any("no_such_setting" in line for line in refusal.value.log)
    assert not containers()


@pytest.mark.docker
def test_a_container_has_the_settings_of_the_stack_and_its_port_on_loopback(
    containers: Callable[[], list[str]]
) -> None:
    with start("mqtt", provider="docker") as services:
        (name,) = containers()
        inside = subprocess.run(["docker", "exec", name, "cat", "/mosquitto/config/mosquitto.conf"],
                                capture_output=True, text=True, check=True).stdout
        assert "max_queued_messages 100000" in inside
        port = subprocess.run(["docker", "port", name], capture_output=True, text=True, check=True).stdout
        assert port.strip() == f"1883/tcp -> 127.0.0.1:{services.mqtt.port}"


@pytest.mark.docker
def test_a_container_removed_by_hand_is_replaced_at_the_next_start(containers: Callable[[], list[str]]) -> None:
    with start("mqtt", provider="docker"):
        (name,) = containers()
        subprocess.run(["docker", "rm", "-f", "-v", name], capture_output=True, check=True)
        with start("mqtt", provider="docker"):
            assert len(containers()) == 1
    assert not containers()
