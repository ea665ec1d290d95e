"""The three stages as services, fed by the simulated controllers: settings, health, metrics, and what is stored."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from labkit.services import Endpoint
from labkit.waiting import wait_until
from tests.stack.f2.conftest import Controller, Log
from tests.stack.f2.processes import StageProcess, environment
from tests.stack.refusal import refusal

STAGES = ("connector", "processor", "sink")
COMPONENTS = {"temperature", "humidity", "door", "co2", "energy-meter.voltage", "energy-meter.current",
              "energy-meter.power", "energy-meter.energy", "water-meter", "pressure"}


@pytest.fixture
def variables(broker: Endpoint, bootstrap: str, postgresql: Endpoint, timeseries_dsn: str, log: Log) -> dict[str, str]:
    return environment(broker, bootstrap, postgresql, postgresql) | {
        "RAW_TOPIC": log.raw, "DECODED_TOPIC": log.decoded, "DEAD_LETTER_TOPIC": log.dead, "GROUP": log.group,
        "CLIENT_ID": log.group, "TOPIC_FILTER": f"$share/{log.group}/cmnd/#"}


@pytest.fixture
def stages(variables: dict[str, str]) -> Iterator[dict[str, StageProcess]]:
    stages = {name: StageProcess(name, variables) for name in STAGES}
    yield stages
    assert [stage.stop() for stage in stages.values()] == [0, 0, 0]


def test_controllers_reach_the_hypertable_through_all_stages(stages, variables, timeseries_dsn, broker, log):
    for stage in stages.values():
        stage.ready()
    fleet = [sys.executable, "-m", "labkit.devices", "f2", "--count", "20", "--interval", "0.5", "--for", "3"]
    done = subprocess.run(fleet, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr
    controller = Controller(broker)
    controller.publish(("cmnd/nonsense", b"\xff"))
    controller.close()

    # It was published last, and a broker keeps the order: what it has left a letter of, everything has come before.
    wait_until(lambda: log.records(log.dead), 60, what="the dead letter of the last message")
    received = stages["connector"].health()["received"]
    assert received >= 20 * 8
    wait_until(lambda: stages["connector"].health()["stored"] == received, 60, what="all messages in Kafka")
    wait_until(lambda: stages["processor"].health()["received"] == received, 60, what="all messages decoded")
    counts = stages["processor"].health()
    assert counts["rejected"] == 1
    wait_until(lambda: stages["sink"].health()["stored"] == counts["stored"], 60, what="all measurements stored")

    with psycopg.connect(timeseries_dsn) as conn:
        found = conn.execute("SELECT component_type, count(DISTINCT device_id) FROM iot_measurements GROUP BY 1")
        assert dict(found.fetchall()) == dict.fromkeys(COMPONENTS, 20)
        serials = conn.execute("SELECT device_id, value FROM iot_texts").fetchall()
        assert {device for device, _ in serials} == {f"f2-{value}" for _, value in serials}
        total = conn.execute("SELECT (SELECT count(*) FROM iot_measurements) + (SELECT count(*) FROM iot_texts)")
        assert total.fetchone() == (counts["stored"],)
    assert [letter["code"] for letter in log.documents(log.dead)] == ["BAD_LEVELS"]

    wait_until(lambda: stages["sink"].health()["lag"] == 0, 60, what="no lag")
    sink = stages["sink"].metrics()
    assert f'iot_stage_stored_total{{service="f2-sink"}} {counts["stored"]}.0' in sink
    assert f'iot_stage_latency_seconds_count{{service="f2-sink"}} {counts["stored"]}.0' in sink
    assert 'iot_stage_lag{service="f2-sink"} 0.0' in sink
    assert 'iot_stage_rejected_total{service="f2-processor"} 1.0' in stages["processor"].metrics()
    assert set(stages["connector"].health()["checks"]) == {"mqtt", "kafka"}
    assert set(stages["processor"].health()["checks"]) == {"postgresql", "kafka"}


@pytest.mark.parametrize(("stage", "variable", "value"), [
    ("connector", "WINDOW", "0"), ("connector", "MQTT_PORT", "x"), ("connector", "TOPIC_FILTER", "cmnd/#/x"),
    ("processor", "KAFKA_BOOTSTRAP", "nowhere"), ("processor", "POSTGRES_PASSWORD", None), ("sink", "MAX_WAIT", "-1"),
])
def test_a_wrong_setting_is_refused_by_name(variables, stage, variable, value):
    settings = {**variables, variable: value}
    if value is None:
        del settings[variable]
    assert variable in refusal(f"stack.f2.{stage}", settings)


def test_a_stage_waits_for_what_is_not_there_and_says_so(variables):
    stage = StageProcess("processor", variables | {"POSTGRES_PORT": "1"})
    try:
        wait_until(lambda: stage.health()["last_error"] != "starting", 60, what="an error")
        document = stage.health()
        assert document["http"] == 503
        assert document["checks"]["postgresql"]["status"] == "fail"
        assert document["checks"]["kafka"]["status"] == "pass"
    finally:
        assert stage.stop() == 0
