from __future__ import annotations

import pytest

from grader.judge.services import needs, variables
from labkit.checks.registry import of_lab
from labkit.errors import KitError
from labkit.services import Endpoint, catalogue

MQTT = Endpoint("mqtt", "native", "mosquitto", "2.0", "127.0.0.1", 40001, username="lab", password="p@ss:/w",
                capabilities=frozenset({"qos2", "credentials"}))


def endpoint(service: str, **more: str) -> Endpoint:
    can = frozenset(list(catalogue.service(service).capabilities)[:1])
    given = {"host": "127.0.0.1", "port": 40002, "version": "", "capabilities": can, **more}
    return Endpoint(service=service, provider="embedded", engine="some", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("one", [
    MQTT,
    endpoint("influxdb", url="http://127.0.0.1:40002", token="t", org="o", bucket="b"),
    endpoint("postgresql", username="lab", password="x y", database="lab"),
    endpoint("timescaledb", username="lab", password="x y", database="lab"),
    endpoint("kafka"),
    endpoint("s3", url="http://127.0.0.1:40002", username="key", password="secret", bucket="b"),
], ids=lambda one: one.service)
def test_a_notebook_is_told_where_a_service_is(one: Endpoint) -> None:
    told = variables({one.service: one})
    assert told["LABKIT_PROVIDER"] == "attach"
    assert any(str(one.port) in text for text in told.values())


def test_an_address_that_cannot_be_told_is_a_fault() -> None:
    with pytest.raises(KitError, match=r"LABKIT_INFLUXDB_URL does not say where the .* is"):
        variables({"influxdb": endpoint("influxdb", url="http://127.0.0.1:40002", token="t", org="o", bucket="b",
                                        username="more")})


def test_a_lab_needs_its_own_services_with_what_its_checks_ask_for() -> None:
    assert needs(of_lab("02"), "02") == {"mqtt": ["anonymous_sessions"], "influxdb": []}
    assert needs([], "01") == {"mqtt": []}
