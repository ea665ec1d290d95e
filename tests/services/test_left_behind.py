"""Nothing is left behind, however the process that started a service ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from labkit.services import session, start
from labkit.waiting import wait_until
from tests import alive
from tests.services.test_kafka_contract import JARS

OWNER = Path(__file__).with_name("owner.py")
LIMIT = 30.0
"""How soon everything must be gone, in seconds."""

PROVIDERS = [
    pytest.param("native", id="native", marks=pytest.mark.mosquitto),
    pytest.param("embedded/iotcore", id="iotcore"),
    pytest.param("embedded/amqtt", id="amqtt"),
    pytest.param("docker", id="docker", marks=pytest.mark.docker),
]
posix = pytest.mark.skipif(os.name == "nt", reason="signals and fork are POSIX")


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    owners: list[subprocess.Popen[str]] = []
    yield owners
    for owner in owners:
        owner.kill()
        owner.communicate()


def run(
    provider: str, how: str, started: list[subprocess.Popen[str]], service: str = "mqtt"
) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    owner = subprocess.Popen([sys.executable, str(OWNER), provider, how, service], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    started.append(owner)
    assert owner.stdout is not None
    line = owner.stdout.readline()
    assert line, owner.stderr and owner.stderr.read()
    return owner, json.loads(line)


def accepts(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(0.5)
        return client.connect_ex(("127.0.0.1", port)) == 0


def lives(pid: int, created: float) -> bool:
    """Whether this process is still there: a number alone is soon another's."""
    try:
        return psutil.Process(pid).create_time() == created
    except psutil.NoSuchProcess:
        return False


def of_the_kit(what: dict[str, Any]) -> list[str]:
    """What is still there: processes with the directory or the container in their arguments, port, directory."""
    key = what["directory"] or what["container"]
    left = []
    for process in psutil.process_iter(["cmdline"]):
        if any(key in argument for argument in process.info["cmdline"] or ()):
            left.append(f"process {process.pid}: {process.info['cmdline']}")
    # A database has processes that do not name its directory.
    left += [f"process {pid}" for pid, created in what["processes"] if pid != what["child"] and lives(pid, created)]
    if accepts(what["port"]):
        left.append(f"port {what['port']}")
    if what["directory"] and Path(what["directory"]).exists():
        left.append(f"directory {what['directory']}")
    if what["container"]:
        answer = subprocess.run(["docker", "ps", "-aq", "--filter", f"name={what['container']}"], capture_output=True,
                                text=True, check=True)
        left += [f"container {name}" for name in answer.stdout.split()]
    return left


def assert_gone(what: dict[str, Any]) -> None:
    try:
        wait_until(lambda: not of_the_kit(what), LIMIT, what="everything gone")
    except TimeoutError:
        pytest.fail(f"left behind: {of_the_kit(what)}")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("how", [
    "exits", "raises", pytest.param("calls os._exit", id="exits hard"), pytest.param("kills itself", marks=posix),
])
def test_nothing_is_left_when_the_owner(how: str, provider: str, started: list[subprocess.Popen[str]]) -> None:
    owner, what = run(provider, how, started)
    owner.wait(60)
    assert_gone(what)


@posix
@pytest.mark.parametrize(("service", "provider"), [
    ("s3", "embedded"),
    ("postgresql", "embedded"),
    pytest.param("postgresql", "native", marks=pytest.mark.postgres),
    pytest.param("postgresql", "docker", marks=pytest.mark.docker("postgresql")),
    ("timescaledb", "embedded"),
    ("kafka", "embedded"),
    pytest.param("kafka", "native", marks=pytest.mark.kafka_java),
])
def test_nothing_is_left_of_a_server_whose_owner_is_killed(
    service: str, provider: str, started: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_KAFKA_JARS", JARS)
    owner, what = run(provider, "kills itself", started, service)
    owner.wait(60)
    assert_gone(what)


@posix
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_nothing_is_left_after_a_signal(name: str, provider: str, started: list[subprocess.Popen[str]]) -> None:
    owner, what = run(provider, "waits", started)
    assert accepts(what["port"])
    owner.send_signal(getattr(signal, name))
    owner.wait(60)
    assert_gone(what)


@posix
def test_a_forked_child_does_not_keep_a_server_alive(started: list[subprocess.Popen[str]]) -> None:
    owner, what = run("native", "is killed with a forked child alive", started)
    owner.wait(60)
    assert psutil.pid_exists(what["child"])
    assert_gone(what)
    os.kill(what["child"], signal.SIGKILL)


@posix
@pytest.mark.parametrize("provider", ["native", "embedded/iotcore", "embedded/amqtt"])
def test_ctrl_c_in_a_terminal_reaches_the_owner_and_not_its_servers(
    provider: str, started: list[subprocess.Popen[str]]
) -> None:
    """A terminal, and Jupyter's stop button, send SIGINT to the whole process group of the owner."""
    code = f"""
import os, signal
from labkit.services import start
from labkit.services.probes import mqtt_refusal
os.setpgid(0, 0)
broker = start("mqtt", provider={provider!r}).mqtt
try:
    os.killpg(0, signal.SIGINT)
    signal.pause()
except KeyboardInterrupt:
    print(mqtt_refusal(broker.host, broker.port) or "answers")
"""
    owner = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert owner.stdout.strip() == "answers"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the parent-death signal is Linux's")
@pytest.mark.parametrize("provider", ["native", "embedded/iotcore"])
def test_a_killed_guardian_takes_its_server_with_it(provider: str) -> None:
    with start("mqtt", provider=provider) as services:
        running = next(one for one in session._running["mqtt"] if one.endpoint == services.mqtt)
        directory = str(getattr(running.server, "directory", None))
        guardian = next(process for process in psutil.Process().children() if directory in alive.words(process))
        guardian.kill()
        wait_until(lambda: not accepts(services.mqtt.port), LIMIT, what="the server's end")
        wait_until(lambda: not running.alive(), LIMIT, what="the news of it")
    assert not Path(directory).exists()


@posix
def test_a_server_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    from labkit.services.process import Process

    directory = tmp_path / "private"
    directory.mkdir()
    code = ("import signal, threading; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); "
            "threading.Event().wait(60)")
    server = Process([sys.executable, "-c", code], directory)
    wait_until(lambda: server.log() == ["up"], 60, what="the program")
    server.stop()
    assert server.exit_code() is not None
    assert not directory.exists()


def test_a_program_that_cannot_be_started_says_so(tmp_path: Path) -> None:
    from labkit.services.process import Process

    server = Process([str(tmp_path / "no-such-program")], tmp_path)
    assert wait_until(lambda: server.exit_code() is not None, 60, what="the report")
    assert server.exit_code() == 127
    assert "no-such-program" in server.log()[0]
    server.stop()


@posix
def test_a_forked_child_leaves_the_servers_of_its_parent_alone() -> None:
    with start("mqtt", provider="native") as services:
        child = os.fork()
        if child == 0:
            try:
                services.stop()
                session._stop_everything()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert accepts(services.mqtt.port)


@posix
def test_a_child_forked_while_another_thread_starts_services_can_ask_what_runs() -> None:
    program = """
import os, signal, threading
from labkit.services import session

def fork():
    child = os.fork()
    if child == 0:
        signal.alarm(60)  # ends a child that waits for ever; its status is then not 0
        os._exit(0 if session.current() is None else 1)
    ended.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

ended = []
with session._lock:
    other = threading.Thread(target=fork)
    other.start()
    other.join()
raise SystemExit(ended != [0])
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=90, check=False).returncode == 0
