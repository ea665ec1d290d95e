"""Telegraf with the stack's configuration: from a real broker to the kit's InfluxDB.

Debian has no package of it. Where `telegraf` is on PATH it is really run; what the container would get is looked at
everywhere. The container itself was not run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from influxdb_client import InfluxDBClient

from labkit.errors import KitError, StudentError
from labkit.services import Config, Endpoint, Services, start
from labkit.services.telegraf import HEALTH, MAIN, TELEGRAF
from labkit.waiting import wait_until
from tests.services.paho_client import Client
from tests.services.web_servers import answers, killed_owner_leaves, listens_on

telegraf = pytest.mark.telegraf
TOPIC = "iot/node/01/telemetry"


@pytest.fixture
def house() -> Iterator[Services]:
    with (start("mqtt", provider="native"), start("influxdb", provider="embedded"),
          start("mqtt", "influxdb") as both):  # found running
        yield both


def addresses(house: Services) -> Config:
    broker, database = house.mqtt, house.influxdb
    return Config(environment={
        "MQTT_HOST": broker.host, "MQTT_PORT": str(broker.port), "INFLUX_URL": database.url,
        "INFLUX_TOKEN": database.token, "INFLUX_ORG": database.org, "INFLUX_BUCKET": database.bucket,
    })


def reading(timestamp: int, temperature: float = 22.5) -> str:
    return json.dumps({"node_id": "node_01", "timestamp": timestamp, "wifi_rssi": -65, "uptime": 3600,
                       "sensors": {"temperature": temperature, "humidity": 45.2}})


def stored(database: Endpoint) -> dict[str, int]:
    """How many points of each field there are."""
    with InfluxDBClient(database.url, database.token, org=database.org) as client:
        tables = client.query_api().query(
            f'from(bucket: "{database.bucket}") |> range(start: -1h) '
            '|> filter(fn: (r) => r.node_id == "node_01") |> count()')
    return {record.get_field(): record.get_value() for table in tables for record in table.records}


def publish(broker: Endpoint, payloads: list[str]) -> None:
    with Client(broker) as client:
        for payload in payloads:
            client.paho.publish(TOPIC, payload, qos=1).wait_for_publish(60)


@telegraf
@pytest.mark.mosquitto
def test_a_reading_becomes_the_point_of_the_contract_also_behind_messages_that_are_none(house: Services) -> None:
    now = int(time.time())
    with start("telegraf", config={"telegraf": addresses(house)}) as services:
        assert listens_on(services.telegraf) == {"127.0.0.1"}
        assert services.telegraf.version
        # More than the broker has on its way to one client at a time: unacknowledged, they would block it for ever.
        poison = ["no JSON", '{"node_id": "node_01"}', '{"timestamp": 1}'] * 20
        # It may not have subscribed yet: a reading is published until one is stored.
        wait_until(lambda: publish(house.mqtt, [reading(now)]) or stored(house.influxdb), 60, what="the first point")
        publish(house.mqtt, [*poison, reading(now - 1, 22), reading(now - 2), reading(now - 2)])
        wait_until(lambda: stored(house.influxdb).get("temperature") == 3, 60, what="the points behind the poison")
        assert stored(house.influxdb) == {"temperature": 3, "humidity": 3, "wifi_rssi": 3, "uptime": 3}


@telegraf
@pytest.mark.mosquitto
def test_what_is_published_while_it_is_away_is_stored_when_it_is_back(house: Services) -> None:
    now = int(time.time())
    with start("telegraf", config={"telegraf": addresses(house)}):
        wait_until(lambda: publish(house.mqtt, [reading(now)]) or stored(house.influxdb), 60, what="the first point")
    publish(house.mqtt, [reading(now - index) for index in range(1, 50)])
    with start("telegraf", config={"telegraf": addresses(house)}):
        wait_until(lambda: stored(house.influxdb).get("temperature") == 50, 60, what="what it had missed")


@telegraf
def test_a_configuration_that_cannot_be_read_is_reported_with_the_words_of_telegraf() -> None:
    with pytest.raises(KitError) as refusal:
        start("telegraf", config={"telegraf": "[[inputs.no_such_plugin]]"})
    assert any("no_such_plugin" in line for line in refusal.value.log)


@telegraf
def test_a_stopped_one_and_one_whose_owner_was_killed_leave_nothing(house: Services) -> None:
    config = addresses(house)
    with start("telegraf", config={"telegraf": config}) as services:
        endpoint = services.telegraf
    assert not answers(endpoint)
    argument = f", config={{'telegraf': Config(environment={dict(config.environment)!r})}}"
    assert killed_owner_leaves("telegraf", "native", argument) == []


def test_without_an_address_to_read_from_it_is_not_started(tmp_path: Path) -> None:
    (image,) = TELEGRAF.images
    plan = TELEGRAF.planned(tmp_path, 5555, frozenset(), image.capabilities, Config())
    with pytest.raises(StudentError, match="Telegraf must be told where to read and where to write"):
        image.configure(plan)


def test_a_container_gets_the_configuration_of_the_stack_and_the_addresses(tmp_path: Path) -> None:
    (image,) = TELEGRAF.images
    assert image.reaches_out
    variables = {"MQTT_HOST": "127.0.0.1", "INFLUX_URL": "http://127.0.0.1:8086", "INFLUX_TOKEN": "t"}
    plan = TELEGRAF.planned(tmp_path, 5555, frozenset(), image.capabilities, Config(environment=variables))
    content = image.configure(plan)
    assert content.environment == variables
    assert content.files.keys() == {f"/etc/telegraf/{MAIN}", f"/etc/telegraf/{HEALTH}"}
    text = content.files[f"/etc/telegraf/{MAIN}"]
    assert "tcp://${MQTT_HOST}:1883" in text, "the caller's variables are left to Telegraf, others have usual values"
    assert 'service_address = "http://127.0.0.1:5555"' in content.files[f"/etc/telegraf/{HEALTH}"]
    assert content.command == ("telegraf", "--config", f"/etc/telegraf/{MAIN}", "--config", f"/etc/telegraf/{HEALTH}")
