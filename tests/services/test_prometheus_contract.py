"""One suite for every provider of Prometheus: what a lab may rely on. Each provider's server is started once."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.errors import KitError
from labkit.services import Config, Endpoint, faults, stack_files, start
from labkit.services.prometheus import CAPABILITIES, TARGETS, targets
from labkit.services.web import answer
from labkit.waiting import wait_until
from tests.services.conftest import STAND_INS
from tests.services.web_servers import answers, ask, http_server, killed_owner_leaves, listens_on

PROVIDERS = [
    pytest.param("native", marks=pytest.mark.prometheus),
    pytest.param("docker", marks=pytest.mark.docker("prometheus")),
]
METRICS = """\
# TYPE iot_stage_received_total counter
iot_stage_received_total{service="f2-sink"} 12
"""


@pytest.fixture(scope="module", params=PROVIDERS)
def server(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    with pytest.MonkeyPatch.context() as patch:
        assert "prometheus" in STAND_INS
        patch.setenv("LABKIT_IMAGE_PROMETHEUS", "labkit-test/prometheus:trixie")
        with http_server({"/metrics": METRICS, "/api/v1/metrics": "shelly_battery_level 80\n"}) as (address, _):
            asked = {"f2-sink": address, "shelly-sensors": f"{address}/api/v1/metrics"}
            # The stack's own configuration, with less to wait for.
            text = stack_files.text("prometheus/prometheus.yml")
            hasty = text.replace("scrape_interval: 5s", "scrape_interval: 1s").replace("timeout: 4s", "timeout: 1s")
            assert hasty.count("1s") == 2
            config = Config(files={"prometheus.yml": hasty, TARGETS: targets(asked)})
            with start("prometheus", provider=str(request.param), config={"prometheus": config}) as services:
                yield services.prometheus


def query(server: Endpoint, promql: str) -> list[dict[str, Any]]:
    found = answer(server, "/api/v1/query?query=" + urllib.parse.quote(promql))
    assert found["status"] == "success"
    return list(found["data"]["result"])


def test_an_endpoint_says_where_it_is(server: Endpoint) -> None:
    assert server.service == "prometheus"
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server.version.startswith("2.")
    assert server.capabilities == CAPABILITIES.keys()
    assert listens_on(server) == {"127.0.0.1"}


def test_what_a_service_of_this_machine_exports_can_be_queried(server: Endpoint) -> None:
    wait_until(lambda: query(server, 'up{job="f2-sink"} == 1'), 60, what="the first scrape")
    (found,) = query(server, "iot_stage_received_total")
    assert found["value"][1] == "12"
    assert found["metric"]["job"] == found["metric"]["service"] == "f2-sink"


def test_metrics_at_another_path_are_asked_for_there(server: Endpoint) -> None:
    wait_until(lambda: query(server, 'shelly_battery_level{job="shelly-sensors"} == 80'), 60, what="the first scrape")


def test_it_knows_the_alerts_of_the_stack(server: Endpoint) -> None:
    groups = answer(server, "/api/v1/rules")["data"]["groups"]
    assert {"StageDown", "StageSilent", "StageLagGrows", "StageRejects"} <= {
        rule["name"] for group in groups for rule in group["rules"]}


def test_it_reads_its_configuration_again_when_it_is_asked(server: Endpoint) -> None:
    assert ask(f"{server.url}/-/reload", data=b"")[0] == 200


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_configuration_that_cannot_be_read_is_reported_with_the_words_of_prometheus(provider: str) -> None:
    with pytest.raises(KitError) as refusal:
        start("prometheus", provider=provider, config={"prometheus": "scrape_configs: 7"})
    assert any("cannot unmarshal" in line for line in refusal.value.log)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_killed_one_is_started_again_and_a_stopped_or_abandoned_one_leaves_nothing(provider: str) -> None:
    with start("prometheus", provider=provider, config={"prometheus": "global: {}"}) as services:
        endpoint = services.prometheus
        faults.restart(services, "prometheus")
        assert answers(endpoint, "/-/ready")
    assert not answers(endpoint)
    assert killed_owner_leaves("prometheus", provider) == []
