from __future__ import annotations

from collections.abc import Iterable

import pytest
from influxdb_client import InfluxDBClient

from tests.faults.counting import Kill, Pipeline
from tests.faults.house import System
from tests.faults.http_load import Answer, HttpLoad

pytestmark = [pytest.mark.slow, pytest.mark.mosquitto, pytest.mark.timeout(600)]
START = 1_600_000_000  # seconds since 1970 of number 0
WRITE, PUBLISH = "/database/write", "/mqtt/publish"


class Home(Pipeline):
    """Readings that are written through the API; its 2xx is the acknowledgement."""

    trusts_the_broker = False
    running: HttpLoad

    def load(self, first: int) -> HttpLoad:
        others: list[tuple[str, dict[str, object]]] = [
            (PUBLISH, {"topic": "load", "message": 1}),
            (WRITE, {"measurement": "load", "fields": {"value": {}}}),  # no reading: it must stop nothing
        ]
        self.running = HttpLoad(f"http://{self.system.address('home-api')}", self._points, others, first)
        return self.running

    @staticmethod
    def _points(numbers: range) -> tuple[str, dict[str, object]]:
        points = [{"measurement": "load", "fields": {"value": number}, "timestamp": START + number}
                  for number in numbers]
        return WRITE, {"points": points}

    def stored(self) -> Iterable[int]:
        server = self.system.server("influxdb")
        with InfluxDBClient(server.url, server.token, org=server.org) as client:
            tables = client.query_api().query(
                'from(bucket: "iot-data") |> range(start: 0) |> filter(fn: (r) => r._measurement == "load") |> group()')
        records = [record for table in tables for record in table.records]
        assert all(record.get_time().timestamp() - START == record.get_value() for record in records)
        return [int(record.get_value()) for record in records]

    def answers(self, kill: Kill, path: str) -> list[Answer]:
        """What was answered from a kill until the victim worked again."""
        return [one for one in self.running.answers if one.path == path and kill.began < one.moment < kill.ended]


def test_what_the_api_acknowledged_is_stored_whoever_is_killed_and_meanwhile_it_says_when_to_come_again() -> None:
    with System("home") as system:
        home = Home(system)
        kills = home.survives("home-api", "influxdb", "mqtt")
    served = {WRITE: {201, 422}, PUBLISH: {200}}
    for kill in kills:
        answers = {path: home.answers(kill, path) for path in served}
        failed = {path: [one for one in found if one.status not in served[path]] for path, found in answers.items()}
        if kill.victim == "home-api":
            assert {one.status for path in failed for one in failed[path]} == {0}, "nobody answers while it is dead"
            continue
        away, well = (WRITE, PUBLISH) if kill.victim == "influxdb" else (PUBLISH, WRITE)
        statuses = {one.status for one in failed[away]}
        # The broker may be back before somebody asks for it; the database takes a second.
        assert statuses == {503} or (kill.victim == "mqtt" and not statuses), (kill, statuses)
        assert all(int(one.retry_after) > 0 for one in failed[away]), kill
        assert failed[well] == [], f"{kill.victim} has nothing to do with {well}"
    last = {path: [one.status for one in home.running.answers if one.path == path][-2:] for path in served}
    assert last == {WRITE: [201, 422], PUBLISH: [200, 200]}, "after the last fault all is served again"
