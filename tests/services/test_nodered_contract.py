"""One suite for every provider of Node-RED: what a lab may rely on. Each provider's server is started once.

The native one is `node-red` of the same installation, put on PATH by a script: npm's own command is the same file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.embedded import npm
from labkit.errors import KitError, StudentError
from labkit.services import Config, Endpoint, faults, start
from labkit.services.nodered import CAPABILITIES, DASHBOARD, _ask, deploy
from labkit.services.stack_files import STACK
from labkit.waiting import wait_until
from tests.services.web_servers import PROJECT, answers, ask, http_server, killed_owner_leaves, listens_on

pytestmark = pytest.mark.nodered
PROVIDERS = ["embedded", "native", pytest.param("docker", marks=pytest.mark.docker("nodered"))]
HTTP_FLOW = [
    {"id": "tab", "type": "tab", "label": "t"},
    {"id": "in", "type": "http in", "z": "tab", "url": "/hello", "method": "get", "wires": [["say"]]},
    {"id": "say", "type": "change", "z": "tab", "rules": [{"t": "set", "p": "payload", "pt": "msg", "to": "hello",
                                                         "tot": "str"}], "wires": [["out"]]},
    {"id": "out", "type": "http response", "z": "tab", "statusCode": "200", "wires": []},
]


def put_on_path(folder: Path, patch: pytest.MonkeyPatch, modules: Path | None = None) -> None:
    modules = modules or npm.install(STACK / "nodered")
    script = folder / "node-red"
    script.write_text(f'#!/bin/sh\nexec {npm.node()} {modules}/node_modules/node-red/red.js "$@"\n')
    script.chmod(0o755)
    # Node-RED asks for npm by its name when it installs a package.
    patch.setenv("PATH", os.pathsep.join([str(folder), str(npm.node().parent), os.environ["PATH"]]))


@pytest.fixture(scope="module", params=PROVIDERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABKIT_IMAGE_NODERED", "labkit-test/nodered:trixie")
        if request.param == "native":
            put_on_path(tmp_path_factory.mktemp("bin"), patch)
        with start("nodered", provider=request.param) as services:
            yield services.nodered


def test_an_endpoint_says_where_it_is(server: Endpoint) -> None:
    assert server.service == "nodered"
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server.version.startswith("4.1.")
    assert server.capabilities == CAPABILITIES.keys()
    assert listens_on(server) == {"127.0.0.1"}


def test_a_deployed_flow_answers(server: Endpoint) -> None:
    deploy(server, HTTP_FLOW)
    says_hello(server)


def says_hello(server: Endpoint) -> None:
    wait_until(lambda: ask(f"{server.url}/hello") == (200, "hello"), 60, what="the answer of the flow")


def test_the_dashboard_is_there(server: Endpoint) -> None:
    _, modules = _ask(server, "GET", "/nodes")
    types = {name for module in modules if module["module"] == DASHBOARD for name in module["types"]}
    assert {"ui-gauge", "ui-chart", "ui-base"} <= types


def test_a_flow_with_an_unknown_type_is_refused_and_the_old_one_goes_on(server: Endpoint) -> None:
    deploy(server, HTTP_FLOW)
    with pytest.raises(StudentError, match="Node-RED has no node of the type 'ui-gage', which node 'g' is"):
        deploy(server, [*HTTP_FLOW, {"id": "g", "type": "ui-gage", "z": "tab"}])
    says_hello(server)


@pytest.mark.parametrize(("flows", "message"), [
    (["not a node"], "not a node is no node of a flow"),
    ([{"id": 7, "type": "tab"}], "is no node of a flow"),
    ([{"id": "a"}], "is no node of a flow"),
    ([{"id": "a", "type": "tab"}, {"id": "a", "type": "tab"}], "Two nodes have the id 'a'"),
])
def test_what_is_no_flow_is_refused(flows: list[Any], message: str, server: Endpoint) -> None:
    with pytest.raises(StudentError, match=message):
        deploy(server, flows)


def test_a_server_that_does_not_take_flows_is_reported_with_its_words() -> None:
    with http_server({"/nodes": "[]"}) as (address, _):
        other = Endpoint("nodered", "attach", "", "", "127.0.0.1", int(address.rpartition(":")[2]))
        with pytest.raises(StudentError, match="Node-RED refused the flows with status 501"):
            deploy(other, [{"id": "a", "type": "tab"}])


def test_flows_can_be_given_at_the_start_and_are_there_again_after_a_crash() -> None:
    with start("nodered", provider="embedded", config={"nodered": json.dumps(HTTP_FLOW)}) as services:
        says_hello(services.nodered)
        faults.restart(services, "nodered")
        says_hello(services.nodered)


@pytest.mark.parametrize("provider", ["embedded", PROVIDERS[2]])
def test_a_stopped_one_and_one_whose_owner_was_killed_leave_nothing(provider: str) -> None:
    with start("nodered", provider=provider, config={"nodered": "[ ]"}) as services:
        endpoint = services.nodered
    assert not answers(endpoint)
    assert killed_owner_leaves("nodered", provider) == []


def test_flows_of_the_stack_take_the_broker_from_the_environment(tmp_path: Path) -> None:
    with start("mqtt", provider="native") as house:
        config = Config(files={"flows.json": (STACK / "nodered/flows.json").read_text()},
                        environment={"MQTT_HOST": "127.0.0.1", "MQTT_PORT": str(house.mqtt.port)})
        with start("nodered", provider="embedded", config={"nodered": config}) as services:
            server: Any = services._running["nodered"].server
            connected = f"Connected to broker: mqtt://127.0.0.1:{house.mqtt.port}"
            wait_until(lambda: connected in server.output(), 60, what="the connection to the broker")


# The installation


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that depends on nothing: npm asks no registry for it."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "package.json").write_text('{"name": "small", "version": "1.0.0"}')
    (folder / "package-lock.json").write_text(
        '{"name": "small", "version": "1.0.0", "lockfileVersion": 3, '
        '"packages": {"": {"name": "small", "version": "1.0.0"}}}')
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "npm"


def test_an_installation_is_made_once(package: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = npm.install(package)
    assert first.parent == cache
    if os.name != "nt":
        assert first.stat().st_mode & 0o777 == 0o755, "other users of a shared cache may read it"
    monkeypatch.setattr(npm, "_install_into", lambda *_: pytest.fail("it is there already"))
    assert npm.install(package) == first


def test_another_lock_is_another_installation(package: Path, cache: Path) -> None:
    first = npm.place(package)
    lock = package / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    assert npm.place(package) != first


def test_an_interrupted_installation_counts_as_none_and_is_cleared_away(package: Path, cache: Path) -> None:
    left = cache / f"{npm.place(package).name}.partial-abc"
    left.mkdir(parents=True)
    (left / "half").write_text("")
    npm.install(package)
    assert [path.name for path in cache.iterdir() if path.is_dir()] == [npm.place(package).name]


@pytest.mark.skipif(os.name == "nt", reason="file locks of POSIX")
def test_two_installations_at_once_do_the_work_once(package: Path, cache: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from labkit.embedded import npm
inner = npm._install_into
npm._install_into = lambda *both: (print("works"), inner(*both))
npm.install(Path({str(package)!r}))
"""
    both = [subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
            for _ in range(2)]
    said = [one.communicate(timeout=60)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert "".join(said).count("works") == 1
    assert npm.place(package).is_dir()


def test_without_the_registry_the_reason_and_the_remedy_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retry_mintimeout", "10")
    with pytest.raises(KitError) as refusal:
        start("nodered", provider="embedded", config={"nodered": "[]"})
    assert "It must reach the npm registry once" in refusal.value.log[-1]
    assert not list((tmp_path / "cache" / "npm").glob("*/node_modules"))


def without_dashboard(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Node-RED alone, as the official image has it, as `node-red` on PATH."""
    modules = npm.install(STACK / "nodered") / "node_modules"
    left_out = shutil.ignore_patterns("@flowfuse", "echarts", ".package-lock.json")
    shutil.copytree(modules, folder / "node_modules", symlinks=True, ignore=left_out)
    put_on_path(folder, patch, folder)


@pytest.mark.slow
def test_the_dashboard_is_installed_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_dashboard(tmp_path, monkeypatch)
    with start("nodered", provider="native", config={"nodered": "[]"}) as services:
        _, modules = _ask(services.nodered, "GET", "/nodes")
        assert DASHBOARD in {module["module"] for module in modules}
    offline = Config(environment={"npm_config_registry": "http://127.0.0.1:9", "npm_config_fetch_retries": "0",
                                  "npm_config_cache": str(tmp_path / "npm")})
    with pytest.raises(KitError, match="it has no FlowFuse dashboard, and npm could not install it"):
        start("nodered", provider="native", config={"nodered": offline})
