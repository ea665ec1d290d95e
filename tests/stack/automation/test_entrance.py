"""The site of Nginx, run by a real Nginx in front of real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit.services import Endpoint, start
from labkit.services.nodered import deploy
from stack.parts.automation import flow, nginx_config
from tests.services.web_servers import ask, http_server

ADDRESSES = {"nodered": "127.0.0.1:1", "api": "127.0.0.1:2", "grafana": "127.0.0.1:3"}
Asked = list[tuple[str, dict[str, str]]]


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Endpoint, dict[str, Asked]]]:
    """The entrance, and what each server behind it was asked."""
    with (http_server({"*": "node-red"}) as (nodered, asked_nodered), http_server({"*": "api"}) as (api, asked_api),
          http_server({"*": "grafana"}) as (grafana, asked_grafana)):
        text = nginx_config({"nodered": nodered, "api": api, "grafana": grafana}, rate=10, burst=20)
        with start("nginx", provider="embedded", config={"nginx": text}) as services:
            yield services.nginx, {"node-red": asked_nodered, "api": asked_api, "grafana": asked_grafana}


@pytest.mark.parametrize(("path", "server", "arrives"), [
    ("/", "node-red", "/"),
    ("/dashboard/house", "node-red", "/dashboard/house"),
    ("/api/devices", "api", "/devices"),
    ("/api/database/query?room=a%20b", "api", "/database/query?room=a%20b"),
    ("/grafana/d/home", "grafana", "/grafana/d/home"),
    ("/apiary", "node-red", "/apiary"),
])
def test_a_path_leads_to_its_server(
    path: str, server: str, arrives: str, house: tuple[Endpoint, dict[str, Asked]]
) -> None:
    entrance, asked = house
    assert ask(entrance.url + path) == (200, server)
    assert asked[server][-1][0] == arrives


def test_the_server_behind_learns_who_asked_and_for_which_host(house: tuple[Endpoint, dict[str, Asked]]) -> None:
    entrance, asked = house
    ask(f"{entrance.url}/api/devices", headers={"X-Forwarded-For": "203.0.113.7"})
    headers = asked["api"][-1][1]
    assert headers["Host"] == f"127.0.0.1:{entrance.port}"
    assert headers["X-Real-IP"] == "127.0.0.1"
    assert headers["X-Forwarded-For"] == "203.0.113.7, 127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "http"


def test_too_many_requests_are_refused_at_the_api_alone() -> None:
    with http_server({"*": "fine"}) as (address, asked):
        text = nginx_config(dict.fromkeys(("nodered", "api", "grafana"), address), rate=1, burst=5)
        with start("nginx", provider="embedded", config={"nginx": text}) as services:
            statuses = [ask(f"{services.nginx.url}/api/devices")[0] for _ in range(30)]
            assert 429 in statuses
            assert 6 <= statuses.count(200) <= 15, "one, five at once, and one a second"
            assert len(asked) == statuses.count(200), "a refused request does not reach the API"
            assert {ask(services.nginx.url + "/dashboard/x.js")[0] for _ in range(30)} == {200}


def test_a_server_that_is_away_is_502_and_the_others_go_on(house: tuple[Endpoint, dict[str, Asked]]) -> None:
    with http_server({"*": "api"}) as (api, _):
        text = nginx_config({"nodered": "127.0.0.1:9", "api": api, "grafana": "127.0.0.1:9"})
        with start("nginx", provider="embedded", config={"nginx": text}) as services:
            assert ask(f"{services.nginx.url}/")[0] == 502
            assert ask(f"{services.nginx.url}/api/") == (200, "api")


@pytest.mark.parametrize(("upstreams", "message"), [
    ({}, "upstreams must be nodered, api, grafana, not nothing"),
    ({"api": "a:1"}, "upstreams must be nodered, api, grafana, not api"),
    (ADDRESSES | {"other": "a:1"}, "not api, grafana, nodered, other"),
    (ADDRESSES | {"api": "a"}, "the upstream api must be written as host:port, not 'a'"),
    (ADDRESSES | {"api": "a:0"}, "must be written as host:port"),
    (ADDRESSES | {"api": "a:70000"}, "must be written as host:port"),
    (ADDRESSES | {"api": "a:1; } server { listen 1"}, "must be written as host:port"),
    (ADDRESSES | {"api": "a:1\n"}, "must be written as host:port"),
    (ADDRESSES | {"api": "http://a:1"}, "must be written as host:port"),
])
def test_upstreams_that_are_none_are_refused(upstreams: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nginx_config(upstreams)


@pytest.mark.parametrize("numbers", [{"port": 0}, {"port": 65536}, {"rate": 0}, {"burst": 2.5}, {"rate": True}])
def test_a_number_out_of_its_range_is_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(numbers))} must be a whole number"):
        nginx_config(ADDRESSES, **numbers)


@pytest.mark.nodered
def test_the_dashboard_of_node_red_is_reached_through_the_entrance(nodered: Endpoint, broker: Endpoint) -> None:
    deploy(nodered, flow(broker))
    text = nginx_config(ADDRESSES | {"nodered": f"127.0.0.1:{nodered.port}"})
    with start("nginx", provider="embedded", config={"nginx": text}) as services:
        status, page = ask(f"{services.nginx.url}/dashboard/house")
        assert status == 200
        assert "<div id=\"app\">" in page
