from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from influxdb_client import InfluxDBClient
from minio import Minio

from tests.faults.counting import MqttPipeline
from tests.faults.house import System
from tests.faults.load import Message

pytestmark = [pytest.mark.slow, pytest.mark.mosquitto, pytest.mark.timeout(600)]
START = 1_600_000_000  # seconds since 1970 of number 0: a reading's time stamp is its number


class Meter(MqttPipeline):
    """A thermometer that is read once a second of its own time."""

    rate = 60
    """A store that has each object on its disk before it answers takes about a hundred in a second. What comes faster
    waits in packs, as it does here after each outage; at 200 the test would wait for minutes until all have objects."""

    def message(self, number: int) -> Message:
        reading = {"device_id": "load", "type": "temperature", "timestamp": START + number,
                   "sensors": {"temperature": number / 1000}}
        return "iot/load/telemetry", json.dumps(reading).encode()

    def poison(self, number: int) -> Message:
        return "iot/load/telemetry", b"%d is no reading" % number

    def _store(self) -> Minio:
        server = self.system.server("s3")
        return Minio(f"{server.host}:{server.port}", server.username, server.password, secure=False)

    def stored(self) -> Iterable[int]:
        """What is in both stores: an object and a point."""
        found = self._store().list_objects("iot-data", "load/", recursive=True)
        # nanio shows what it was writing when it was killed as an object of another name.
        names = [item.object_name for item in found if item.object_name.endswith(".json")]
        archived = {int(name.removeprefix("load/").removesuffix(".json")) - START for name in names}
        server = self.system.server("influxdb")
        with InfluxDBClient(server.url, server.token, org=server.org) as client:
            tables = client.query_api().query(
                'from(bucket: "iot-metrics") |> range(start: 0) |> filter(fn: (r) => r.device_id == "load" and '
                'r._field == "temperature") |> group()')
        points = [round(record.get_value() * 1000) for table in tables for record in table.records]
        assert len(names) == len(archived)
        return [number for number in points if number in archived]

    def dead_letters(self) -> Iterable[int]:
        store, found = self._store(), []
        for item in store.list_objects("iot-data", "dead-letters/", recursive=True):
            if not item.object_name.endswith(".json"):  # as above
                continue
            with store.get_object("iot-data", item.object_name) as answer:
                letter = json.loads(answer.read())
            assert letter["reason"]
            found.append(int(letter["payload"].split(" ")[0]))
        assert len(found) == len(set(found))
        return found


def test_kills_lose_nothing_double_nothing_and_let_no_poison_stop_a_stage() -> None:
    with System("meter") as system:
        Meter(system).survives("meter-collector", "s3", "influxdb", "postgresql", "mqtt")
