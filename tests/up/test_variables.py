"""The addresses that processes and notebooks read are those of the servers."""

from __future__ import annotations

from dataclasses import fields

import pytest

from labkit.services import Endpoint
from labkit.services.catalogue import SERVICES
from labkit.up.servers import filled
from labkit.up.variables import for_the_stack, to_attach
from stack.runtime.settings import (
    InfluxSettings,
    KafkaSettings,
    MqttSettings,
    PostgresSettings,
    S3Settings,
    TimescaleSettings,
)

SECRET = "p@ss/w:rd #1"


def endpoint(name: str) -> Endpoint:
    service = SERVICES[name]
    has_login = name in ("mqtt", "postgresql", "timescaledb", "s3")
    return Endpoint(
        service=name, provider="native", engine="some-engine", version="1", host="127.0.0.1", port=1234,
        url="http://127.0.0.1:1234" if service.http else "", token=SECRET if name == "influxdb" else "",
        org="my-org" if name == "influxdb" else "", bucket="my-bucket" if name in ("influxdb", "s3") else "",
        database="my_db" if name in ("postgresql", "timescaledb") else "",
        capabilities=frozenset(list(service.capabilities)[:2]),
        username="lab" if has_login else "", password=SECRET if has_login else "",
    )


@pytest.mark.parametrize("name", SERVICES)
def test_a_notebook_that_attaches_sees_the_same_endpoint(name: str) -> None:
    given = endpoint(name)
    found = SERVICES[name].attach(to_attach([given]))
    assert found is not None
    for one in fields(Endpoint):
        if one.name not in ("provider", "version"):
            assert getattr(found, one.name) == getattr(given, one.name), one.name


def test_the_processes_of_the_house_read_every_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in for_the_stack(endpoint(name) for name in SERVICES).items():
        monkeypatch.setenv(name, value)
    for name in ("INFLUX_BUCKET", "POSTGRES_DATABASE"):
        monkeypatch.setenv(name, "mine")
    mqtt = MqttSettings().mqtt
    assert (mqtt.host, mqtt.port, mqtt.username, mqtt.password) == ("127.0.0.1", 1234, "lab", SECRET)
    influx = InfluxSettings().influx
    assert (influx.url, influx.token, influx.org, influx.bucket) == ("http://127.0.0.1:1234", SECRET, "my-org", "mine")
    assert KafkaSettings().kafka_bootstrap == "127.0.0.1:1234"
    for database in (PostgresSettings().postgres, TimescaleSettings().timescale):
        assert (database.host, database.port, database.user, database.password) == ("127.0.0.1", 1234, "lab", SECRET)
    store = S3Settings().s3
    assert (store.url, store.access_key, store.secret_key) == ("http://127.0.0.1:1234", "lab", SECRET)


def test_a_variable_that_names_something_absent_is_left_out() -> None:
    wanted = {"API": "{home-api}", "GRAFANA": "http://{grafana}/", "PLAIN": "1"}
    assert filled(wanted, {"home-api": "h:1"}) == {"API": "h:1", "PLAIN": "1"}
