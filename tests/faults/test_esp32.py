from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from influxdb_client import InfluxDBClient
from influxdb_client.client.flux_table import FluxRecord

from tests.faults.counting import MqttPipeline
from tests.faults.house import System
from tests.faults.load import Message

pytestmark = [pytest.mark.slow, pytest.mark.mosquitto, pytest.mark.timeout(600)]
START = 1_600_000_000  # seconds since 1970 of number 0


class Esp32(MqttPipeline):
    """A node that reads once a second of its own time; `esp32-collector` stores, the manager keeps dead letters."""

    def message(self, number: int) -> Message:
        reading = {"node_id": "load", "timestamp": START + number, "sensors": {"temperature": 21.5}, "wifi_rssi": -60,
                   "uptime": number}
        return "iot/node/load/telemetry", json.dumps(reading).encode()

    def poison(self, number: int) -> Message:
        return "iot/node/load/telemetry", b"%d is no reading" % number

    def _records(self, which: str) -> list[FluxRecord]:
        server = self.system.server("influxdb")
        with InfluxDBClient(server.url, server.token, org=server.org) as client:
            tables = client.query_api().query(
                f'from(bucket: "iot-esp32") |> range(start: 0) |> filter(fn: (r) => {which}) |> group()')
        return [record for table in tables for record in table.records]

    def stored(self) -> Iterable[int]:
        found = self._records('r.node_id == "load" and r._field == "uptime"')
        assert all(record.get_time().timestamp() - START == record.get_value() for record in found)
        return [int(record.get_value()) for record in found]

    def dead_letters(self) -> Iterable[int]:
        found = self._records('r._measurement == "dead_letter" and r._field == "payload"')
        assert {record["code"] for record in found} <= {"not_json"}
        return [int(str(record.get_value()).split(" ")[0]) for record in found]


def test_kills_lose_nothing_double_nothing_and_let_no_poison_stop_a_stage() -> None:
    with System("esp32") as system:
        Esp32(system).survives("esp32-collector", "esp32-manager", "influxdb", "mqtt")
