"""Second members that come and are killed, a broker and a log that come back, under load: nothing is stored twice.

Each stage, the databases and Kafka itself are killed in tests/faults/test_f2.py, which counts in the same way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from labkit.services import Endpoint, faults, start
from labkit.services.session import Services
from labkit.waiting import wait_until
from stack.runtime import migrate
from tests.stack.f2.conftest import MIGRATIONS
from tests.stack.f2.processes import StageProcess, environment

pytestmark = [pytest.mark.slow, pytest.mark.mosquitto, pytest.mark.timeout(300)]
METERS = [f"cmnd/f2-02f2{number:08x}/rs485/3/water-meter-11" for number in range(1, 17)]
"""Water meters of 16 controllers, in all partitions; they have eight digits: every message has a number of its own."""
RATE = 400
"""Messages a second: the two cores of a test machine, shared with other tests, must not be the fault."""


class Load:
    """A controller that counts up, and repeats what its broker did not acknowledge."""

    def __init__(self, broker: Endpoint) -> None:
        self.sent = 0
        self.acknowledged = 0
        self._ending = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="load", clean_session=False)
        self._client.max_queued_messages_set(0)
        self._client.reconnect_delay_set(0.1, 0.5)
        self._client.on_publish = self._on_publish
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _on_publish(self, *_: object) -> None:
        self.acknowledged += 1

    def _run(self) -> None:
        while not self._ending.wait(10 / RATE):
            for _ in range(10):
                self.sent += 1
                topic = METERS[self.sent % len(METERS)]
                self._client.publish(topic, bytes.fromhex(f"{self.sent:08d}")[::-1], qos=1)

    def stop(self) -> int:
        """End, when all is acknowledged; how many messages were sent."""
        self._ending.set()
        self._thread.join()
        wait_until(lambda: self.acknowledged == self.sent, 60, what="the broker's acknowledgements")
        self._client.disconnect()
        self._client.loop_stop()
        return self.sent


@pytest.fixture(scope="module")
def _pipeline() -> Iterator[tuple[dict[str, Services], dict[str, StageProcess]]]:
    """The servers and the three stages."""
    with (start("mqtt", provider="native") as broker, start("kafka", provider="embedded") as kafka,
          start("postgresql", provider="embedded") as postgresql):
        database = postgresql.postgresql
        variables = environment(broker.mqtt, kafka.kafka.bootstrap, database, database)
        stages = {name: StageProcess(name, variables) for name in ("connector", "processor", "sink")}
        for stage in stages.values():
            stage.ready()
        try:
            yield {"mqtt": broker, "kafka": kafka, "postgresql": postgresql}, stages
        finally:  # also after a test that failed: its processes must not outlive it
            codes = [stage.stop() for stage in stages.values()]
        assert codes == [0, 0, 0]


@pytest.fixture(scope="module")
def servers(_pipeline):
    return _pipeline[0]


@pytest.fixture(scope="module")
def stages(_pipeline):
    return _pipeline[1]


def measurements(servers: dict[str, Services]) -> str:
    """The database of measurements, empty."""
    place = servers["postgresql"].postgresql
    migrate(place.dsn, Path(MIGRATIONS, "timeseries"), "timeseries")
    dsn = make_conninfo(place.dsn, dbname="timeseries")
    with psycopg.connect(dsn) as conn:
        conn.execute("TRUNCATE iot_measurements")
    return dsn


@pytest.fixture
def dsn(servers, stages) -> str:
    return measurements(servers)


def stored(dsn: str) -> list[int]:
    """The numbers of the messages that are stored, as often as they are."""
    with psycopg.connect(dsn) as conn:
        return [number for number, in conn.execute("SELECT (value * 1000)::int FROM iot_measurements ORDER BY 1")]


def under_load(servers: dict[str, Services], dsn: str, fault: Callable[[], None]) -> None:
    """Do something bad twice while messages flow, and count."""
    load = Load(servers["mqtt"].mqtt)
    for part in range(2):
        wait_until(lambda enough=(part + 1) * RATE: load.sent >= enough, 60, what="load")
        fault()
    wait_until(lambda enough=load.sent + RATE: load.sent >= enough, 60, what="load after the fault")
    sent = load.stop()

    def complete() -> bool:
        return len(set(stored(dsn))) >= sent

    try:
        wait_until(complete, 60, what="all messages in the database")
    finally:
        numbers = stored(dsn)
        lost, twice = set(range(1, sent + 1)) - set(numbers), len(numbers) - len(set(numbers))
        assert (sorted(lost)[:20], twice) == ([], 0), f"{len(lost)} of {sent} lost, {twice} stored twice"


def test_a_second_processor_and_a_second_sink_that_come_and_are_killed(servers, stages, dsn):
    def fault() -> None:
        second = [StageProcess(name, stages[name].variables) for name in ("processor", "sink")]
        for stage in second:
            stage.ready()
        wait_until(lambda: all(stage.health()["received"] for stage in second), 60, what="a share of the work")
        for stage in second:
            stage.kill()

    under_load(servers, dsn, fault)


def test_a_killed_broker_doubles_nothing(servers, stages, dsn):
    """What it had acknowledged and not written to its disk dies with it (contract f2); its sessions are there again."""
    load = Load(servers["mqtt"].mqtt)
    wait_until(lambda: load.sent >= 4 * RATE, 60, what="load, and a session on the broker's disk")
    faults.restart(servers["mqtt"], "mqtt")
    wait_until(lambda: load.sent >= 7 * RATE, 60, what="load after the fault")
    sent = load.stop()
    wait_until(lambda: sent in stored(dsn), 60, what="the last message in the database")
    numbers = stored(dsn)
    assert len(numbers) == len(set(numbers))
    assert sent - len(numbers) < RATE


@pytest.mark.parametrize("joining", [False, True], ids=["at work", "joining their groups"])
def test_the_stages_go_on_when_kafka_has_forgotten_everything(servers, stages, dsn, joining):
    """The embedded Kafka comes back empty: what it had is lost, what comes later is not."""
    if joining:
        for stage in stages.values():
            stage.kill()
            stage.launch()
        for stage in stages.values():
            stage.ready()
    else:
        under_load(servers, dsn, lambda: None)
    faults.restart(servers["kafka"], "kafka")
    under_load(servers, measurements(servers), lambda: None)
