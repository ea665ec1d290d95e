from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from stack.parts.dashboards import PROMQL, StageMetrics, datasources, figure, prometheus_config, promql
from stack.runtime import Stage


def exported(registry: CollectorRegistry) -> dict[str, float]:
    lines = [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_a_message_is_counted_as_stored_or_as_rejected() -> None:
    registry = CollectorRegistry()
    metrics = StageMetrics("f2-sink", registry)
    with metrics.message():
        pass
    with pytest.raises(ValueError, match="bad"), metrics.message():
        raise ValueError("bad")
    found = exported(registry)
    assert found['iot_stage_received_total{service="f2-sink"}'] == 2
    assert found['iot_stage_stored_total{service="f2-sink"}'] == 1
    assert found['iot_stage_rejected_total{service="f2-sink"}'] == 1
    assert found['iot_stage_latency_seconds_count{service="f2-sink"}'] == 1


def test_an_outage_counts_neither_as_stored_nor_as_rejected() -> None:
    registry = CollectorRegistry()
    metrics = StageMetrics("f2-sink", registry)
    with pytest.raises(ConnectionError), metrics.message():
        raise ConnectionError("the database is away")
    found = exported(registry)
    assert found['iot_stage_received_total{service="f2-sink"}'] == 1
    assert found['iot_stage_stored_total{service="f2-sink"}'] == 0
    assert found['iot_stage_rejected_total{service="f2-sink"}'] == 0


@pytest.mark.prometheus
def test_the_configuration_is_one_that_prometheus_takes(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parents[3] / "stack/prometheus/alerts.yml", tmp_path)
    for targets in ({}, {"f2-sink": "127.0.0.1:9100", "home-api": "home-api:5000"}):
        path = tmp_path / "prometheus.yml"
        path.write_text(prometheus_config(targets))
        done = subprocess.run(["promtool", "check", "config", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_name_of_a_service_becomes_its_job() -> None:
    document = yaml.safe_load(prometheus_config({"f2-sink": "127.0.0.1:9100"}, interval=1))
    assert document["global"]["scrape_interval"] == "1s"
    assert document["scrape_configs"] == [
        {"job_name": "f2-sink", "static_configs": [{"targets": ["127.0.0.1:9100"]}]}]


@pytest.mark.parametrize(("targets", "message"), [
    ({"F2 sink": "127.0.0.1:1"}, "is no name of a service"),
    ({"f2-sink": "127.0.0.1"}, "must be written as host:port"),
    ({"f2-sink": 'x:1"]\n  - job_name: other'}, "must be written as host:port"),
])
def test_a_target_that_would_be_something_else_in_the_file_is_refused(targets: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        prometheus_config(targets)


@pytest.mark.parametrize("interval", [0, 3601, 1.5, True])
def test_an_interval_out_of_its_range_is_refused(interval: int) -> None:
    with pytest.raises(ValueError, match="interval must be whole seconds"):
        prometheus_config({}, interval=interval)


def test_a_query_has_its_window() -> None:
    assert promql("rate", "5m") == "sum by (service) (rate(iot_stage_received_total[5m]))"


@pytest.mark.parametrize(("name", "window"), [("rat", "1m"), ("rate", "1"), ("rate", "5m])) or vector(1")])
def test_an_unknown_query_or_a_wrong_window_is_refused(name: str, window: str) -> None:
    with pytest.raises(ValueError, match=r"there is no query|is no window of time"):
        promql(name, window)


def test_the_queries_ask_for_metrics_that_the_stages_export() -> None:
    registry = CollectorRegistry()
    StageMetrics("s", registry)
    names = {name.partition("{")[0] for name in exported(registry)}
    for query in PROMQL.values():
        asked = {word for word in query.replace("(", " ").replace("[", " ").split() if word.startswith("iot_stage")}
        assert {name.rstrip(")") for name in asked} <= names


def test_the_part_and_the_services_export_the_same_metrics() -> None:
    """What a student writes and what the services of the stack export must answer the same queries."""
    registry = CollectorRegistry()
    StageMetrics("s", registry)
    stage = Stage("s")
    stage.follow(lambda: {"received": 1, "stored": 1, "rejected": 0, "duplicates": 0, "lag": 0, "error": None})
    stage.observe_latency(0.1)

    def names(found: CollectorRegistry) -> set[str]:
        return {name for name in exported(found) if "_bucket" not in name and "_created" not in name}

    assert names(registry) == names(stage.registry)
    assert any("iot_stage_latency_seconds_bucket" in name for name in exported(stage.registry))


def test_the_sources_take_addresses_and_secrets_from_the_environment() -> None:
    sources = {source["type"]: source for source in datasources()["datasources"]}
    assert sources.keys() == {"influxdb", "grafana-postgresql-datasource", "prometheus"}
    assert sources["influxdb"]["jsonData"]["version"] == "Flux"
    for source in sources.values():
        assert source["url"].startswith("$")
        assert all(secret.startswith("$") for secret in source.get("secureJsonData", {}).values())


def test_a_figure_has_a_line_a_column_and_gaps_where_nothing_was_measured() -> None:
    index = pd.date_range("2026-01-01", periods=3, freq="1h", tz="UTC")
    frame = pd.DataFrame({"kitchen": [1.0, float("nan"), 3.0], "bath": [2.0, 2.0, 2.0]}, index=index)
    drawn = figure(frame, "Temperature", "°C")
    assert [line.name for line in drawn.data] == ["kitchen", "bath"]
    assert not any(line.connectgaps for line in drawn.data)
    assert drawn.layout.yaxis.title.text == "°C"


def test_a_figure_without_times_is_refused() -> None:
    with pytest.raises(ValueError, match="the index must be of times"):
        figure(pd.DataFrame({"a": [1.0]}), "t", "u")
