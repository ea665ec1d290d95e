"""Web servers that somebody else runs: their addresses, and what is asked of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from labkit.errors import KitError, StudentError
from labkit.services import Config, Endpoint, session, start
from labkit.services.catalogue import SERVICES
from labkit.services.providers import docker
from labkit.services.web import answer, refusal
from tests.services.web_servers import http_server

WEB = {"nginx": 8888, "nodered": 1880, "prometheus": 9090, "grafana": 3000, "telegraf": 8080}


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_running", {})


@pytest.mark.parametrize(("name", "port"), WEB.items())
def test_the_address_of_a_server_is_read_from_the_environment(name: str, port: int) -> None:
    service = SERVICES[name]
    assert service.attach({}) is None
    endpoint = service.attach({service.variable: "http://server.house"})
    assert endpoint is not None
    assert (endpoint.host, endpoint.port, endpoint.url) == ("server.house", port, f"http://server.house:{port}")
    assert endpoint.capabilities == service.capabilities.keys()


@pytest.mark.parametrize("name", WEB)
@pytest.mark.parametrize("address", ["server.house:80", "https://server.house", "http://", "http://server.house:port"])
def test_a_wrong_address_is_refused_with_the_form_that_it_should_have(name: str, address: str) -> None:
    service = SERVICES[name]
    with pytest.raises(StudentError, match=f"{service.variable} is not the address of"):
        service.attach({service.variable: address})


def test_somebody_elses_server_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"/-/ready": "ready", "/api/v1/status/buildinfo": '{"data": {"version": "2.99"}}'}
    with http_server(pages) as (address, _):
        monkeypatch.setenv("LABKIT_PROMETHEUS_URL", f"http://{address}")
        endpoint = start("prometheus").prometheus
        assert (endpoint.provider, endpoint.version, endpoint.url) == ("attach", "2.99", f"http://{address}")


def test_somebody_elses_server_is_given_no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_server({"*": "{}"}) as (address, _):
        monkeypatch.setenv("LABKIT_PROMETHEUS_URL", f"http://{address}")
        with pytest.raises(KitError, match="a server that somebody else runs takes no configuration from here"):
            start("prometheus", provider="attach", config={"prometheus": Config({"rules.yml": "groups: []"})})


def test_another_server_at_the_address_is_not_taken_for_nginx(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_server({"*": "hello"}) as (address, _):
        monkeypatch.setenv("LABKIT_NGINX_URL", f"http://{address}")
        with pytest.raises(KitError, match="answers there, not Nginx"):
            start("nginx", provider="attach")


def test_a_server_that_is_not_ready_is_reported_with_what_it_says() -> None:
    with http_server({}) as (address, _):
        server = Endpoint("grafana", "attach", "", "", "127.0.0.1", int(address.rpartition(":")[2]))
        assert refusal(server, "/api/health") == "/api/health answered 404"
    assert refusal(server, "/api/health") == "Connection refused"
    assert answer(server, "/api/health") is None


@pytest.mark.parametrize("name", WEB)
def test_where_a_container_cannot_reach_the_machines_own_servers_it_is_not_tried(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.services.providers.docker.sys", SimpleNamespace(platform="darwin"))
    problem = docker.missing(SERVICES[name], name)
    assert problem is not None
    assert problem.reason == "on this system a container cannot reach servers that listen on 127.0.0.1"
