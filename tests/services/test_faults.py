"""Servers that are killed and started again: the same port, and what their capability `durable` promises.

PostgreSQL, TimescaleDB, S3 and Kafka prove theirs in their own suites.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import psutil
import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS

from labkit.errors import KitError, StudentError
from labkit.services import faults, start
from labkit.services.process import Process
from labkit.waiting import wait_until
from tests import alive
from tests.services.paho_client import Client


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})


@pytest.mark.parametrize("provider", [pytest.param("native", marks=pytest.mark.mosquitto),
                                      pytest.param("docker", marks=pytest.mark.docker)])
def test_a_durable_broker_keeps_sessions_and_messages_through_a_kill(provider: str) -> None:
    with start(provider=provider, mqtt=["durable"]) as services:
        broker = services.mqtt
        with Client(broker, name="reader", clean=False) as reader:
            reader.subscribe("iot/#")
        with Client(broker) as node:
            node.publish("iot/node/01/status", b"online", retain=True)
            for number in range(20):
                node.publish("iot/node/01/telemetry", str(number).encode())
            # The broker writes to its disk when it has handled what came together with the last message.
            node.publish("other", b"")
        faults.kill(services, "mqtt")
        with pytest.raises(OSError, match="refused"), Client(broker):
            pass
        faults.restart(services, "mqtt")
        assert services.mqtt == broker
        with Client(broker, name="reader", clean=False) as reader:
            assert [payload for _, payload in reader.receive(21)] == [
                b"online", *(str(number).encode() for number in range(20))]
        with Client(broker) as other:
            other.subscribe("iot/node/+/status")
            assert other.receive() == [("iot/node/01/status", b"online")]


@pytest.mark.mosquitto
def test_a_broker_is_durable_only_when_that_is_asked_for() -> None:
    with start("mqtt", provider="native") as services:
        assert "durable" not in services.mqtt.capabilities


def test_a_durable_database_keeps_what_it_acknowledged_through_a_kill() -> None:
    with start(provider="embedded", influxdb=["durable"]) as services:
        database = services.influxdb
        with InfluxDBClient(database.url, database.token, org=database.org) as client:
            writer = client.write_api(write_options=SYNCHRONOUS)
            for number in range(20):
                writer.write(bucket=database.bucket, record=f"climate,room=hall n={number}i {number + 1}000000000")
        faults.kill(services, "influxdb")
        faults.restart(services, "influxdb")
        assert services.influxdb == database
        with InfluxDBClient(database.url, database.token, org=database.org) as client:
            tables = client.query_api().query(f'from(bucket: "{database.bucket}") |> range(start: 0)')
            assert [record.get_value() for table in tables for record in table.records] == list(range(20))


def test_a_database_in_memory_says_so_and_comes_back_empty() -> None:
    with start("influxdb", provider="embedded") as services:
        database = services.influxdb
        assert "durable" not in database.capabilities
        with InfluxDBClient(database.url, database.token, org=database.org) as client:
            client.write_api(write_options=SYNCHRONOUS).write(bucket=database.bucket, record="climate n=1i")
        faults.restart(services, "influxdb")
        with InfluxDBClient(database.url, database.token, org=database.org) as client:
            assert not client.query_api().query(f'from(bucket: "{database.bucket}") |> range(start: 0)')


def test_a_kafka_in_memory_says_so_and_comes_back_empty() -> None:
    with start("kafka", provider="embedded") as services:
        assert "durable" not in services.kafka.capabilities
        name = f"t{uuid.uuid4().hex}"
        admin = AdminClient({"bootstrap.servers": services.kafka.bootstrap})
        admin.create_topics([NewTopic(name, 1)])[name].result(60)
        faults.restart(services, "kafka")
        admin = AdminClient({"bootstrap.servers": services.kafka.bootstrap})
        assert name not in admin.list_topics(timeout=60).topics


def processes_of(server: Process) -> list[psutil.Process]:
    """A PostgreSQL's own processes: other rooms on this worker may have one too."""
    mine = (child for child in psutil.Process().children() if str(server.directory) in alive.words(child))
    return [each for guardian in mine for each in guardian.children(recursive=True) if "postgres" in alive.name(each)]


def test_a_killed_server_has_no_process_left_and_a_restarted_one_ends_with_its_owner() -> None:
    with start("postgresql", provider="embedded") as services:
        server = services.running("postgresql").server
        assert isinstance(server, Process)
        before = processes_of(server)
        assert before
        faults.kill(services, "postgresql")
        # The server's own children notice the death of their parent, and end.
        wait_until(lambda: not any(process.is_running() for process in before), 60, what="the end of its children")
        assert server.exit_code() == -9
        faults.restart(services, "postgresql")
        after = processes_of(server)
        directory = server.directory
    wait_until(lambda: not any(process.is_running() for process in after), 60, what="the end of the second one")
    assert not Path(directory).exists()


def test_a_service_of_somebody_else_is_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    with start("s3", provider="embedded") as mine:
        monkeypatch.setenv("LABKIT_S3_URL", mine.s3.url)
        monkeypatch.setenv("LABKIT_S3_ACCESS_KEY", mine.s3.username)
        monkeypatch.setenv("LABKIT_S3_SECRET_KEY", mine.s3.password)
        services = start("s3", provider="attach")
        for fault in (faults.kill, faults.restart):
            with pytest.raises(KitError, match=r"belongs to somebody else\.\nTry: unset LABKIT_S3_URL"):
                fault(services, "s3")
        assert mine.running("s3").alive()


def test_a_service_that_was_not_started_cannot_be_killed() -> None:
    with start("s3", provider="embedded") as services, pytest.raises(StudentError, match="'kafka' was not started"):
        faults.kill(services, "kafka")


def test_a_server_that_cannot_start_again_is_reported_with_its_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_LINGERS", 0.0)
    with start("s3", provider="embedded") as services:
        server = services.running("s3").server
        assert isinstance(server, Process)
        faults.kill(services, "s3")
        (server.directory / "keys.json").write_text("not JSON")
        with pytest.raises(KitError, match="s3 could not be started again: nanio ended with exit code 1") as refusal:
            faults.restart(services, "s3")
        assert "JSONDecodeError" in str(refusal.value)


def test_a_stopped_server_cannot_be_started_again() -> None:
    services = start("s3", provider="embedded")
    services.stop()
    with pytest.raises(KitError, match="could not be started again"):
        faults.restart(services, "s3")
