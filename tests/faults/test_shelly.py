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
START = 1_500_000_000  # seconds since 1970 of number 0
GATEWAY, SENSOR = "shellypro2-0000000000aa", "00:00:00:00:00:aa"


class Shelly(MqttPipeline):
    """A sensor that speaks once a minute of its own time, heard by a gateway with the script."""

    def message(self, number: int) -> Message:
        moment = START + 60 * number
        data = {"encryption": False, "BTHome_version": 2, "pid": number % 256, "battery": 97, "humidity": 48,
                "temperature": 21.7, "rssi": -60, "address": SENSOR}
        event = {"component": "script:1", "id": 1, "event": "shelly-blu", "data": data, "ts": moment}
        frame = {"src": GATEWAY, "dst": f"{GATEWAY}/events", "method": "NotifyEvent",
                 "params": {"ts": moment, "events": [event]}}
        return f"{GATEWAY}/events/rpc", json.dumps(frame).encode()

    def poison(self, number: int) -> Message:
        return f"{GATEWAY}/events/rpc", b"%d is no frame" % number

    def _records(self, measurement: str, field: str, more: str = "") -> list[FluxRecord]:
        server = self.system.server("influxdb")
        with InfluxDBClient(server.url, server.token, org=server.org) as client:
            tables = client.query_api().query(
                f'from(bucket: "shelly") |> range(start: 0) |> filter(fn: (r) => r._measurement == "{measurement}" '
                f'and r._field == "{field}"{more}) |> group()')
        return [record for table in tables for record in table.records]

    def stored(self) -> Iterable[int]:
        found = self._records("temperature", "value", f' and r.sensor_id == "{SENSOR}"')
        return [round((record.get_time().timestamp() - START) / 60) for record in found]

    def dead_letters(self) -> Iterable[int]:
        payloads = [str(record.get_value()) for record in self._records("dead_letter", "payload")]
        strange = [text for text in payloads if not text.endswith("is no frame")]
        assert strange == [], "what the fleet's gateways say can be read, also while one of them comes back"
        return [int(text.split(" ")[0]) for text in payloads]


def test_kills_lose_nothing_double_nothing_and_let_no_poison_stop_a_stage() -> None:
    with System("shelly") as system:
        Shelly(system).survives("shelly-collector", "influxdb", "mqtt")
