"""Each alert is made to happen, and seen not to happen when all is well.

Grafana's rules: the query is run against its engine, and the limit is applied as Grafana's expressions `reduce` (last)
and `threshold` do. Prometheus' rules: by `promtool test rules`, the rule engine of Prometheus on a clock of its
own; and once in a running server.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS

from labkit.services import Config, Endpoint, start
from labkit.services.prometheus import TARGETS, targets
from labkit.services.web import answer
from labkit.waiting import wait_until
from stack.parts.dashboards import ALERTS, alert_rules
from tests.stack.dashboards.exporter import exporter
from tests.stack.dashboards.test_dashboards import ask_influx, ask_prometheus

STACK = Path(__file__).parents[3] / "stack"


def rule(uid: str) -> dict[str, Any]:
    (group,) = alert_rules()["groups"]
    return next(each for each in group["rules"] if each["uid"] == uid)


def fires(value: float, uid: str) -> bool:
    """What the expressions B and C of a rule say of the last value of one series."""
    (_, reduce, threshold) = rule(uid)["data"]
    assert (reduce["model"]["expression"], reduce["model"]["reducer"]) == ("A", "last")
    assert threshold["model"]["expression"] == "B"
    evaluator = threshold["model"]["conditions"][0]["evaluator"]
    (limit,) = evaluator["params"]
    return value > limit if evaluator["type"] == "gt" else value < limit


def test_a_sensor_that_fell_silent_fires_and_the_others_do_not(influx: Endpoint) -> None:
    now = time.time_ns()
    with (InfluxDBClient(influx.url, influx.token, org=influx.org) as client,
          client.write_api(write_options=SYNCHRONOUS) as writer):
        writer.write(bucket="iot-esp32", record=f"iot_telemetry,node_id=node_01 uptime=3600i {now}")
    rows = ask_influx(influx, rule("sensor-silent")["data"][0]["model"]["query"])
    found = {row["node_id"]: fires(row.get_value(), "sensor-silent") for row in rows}
    assert found["node_01"] is False
    assert found["node_03"] is True, "it was last heard ten minutes before the tests began"


def test_a_low_battery_fires_and_a_full_one_does_not(influx: Endpoint) -> None:
    rows = ask_influx(influx, rule("battery-low")["data"][0]["model"]["query"])
    assert {row["sensor_id"]: fires(row.get_value(), "battery-low") for row in rows} == {"aa": False, "bb": True}


@pytest.mark.prometheus
def test_a_lag_that_grows_fires(prometheus: Endpoint) -> None:
    query = rule("lag-grows")["data"][0]["model"]["expr"]
    wait_until(lambda: ask_prometheus(prometheus, query), 60, what="a lag over 1,000")
    assert all(fires(float(line["value"][1]), "lag-grows") for line in ask_prometheus(prometheus, query))


def test_a_rule_names_what_to_look_at_and_what_to_do() -> None:
    for uid, _, _, _, _, _, summary in ALERTS:
        assert "$labels." in summary, uid
        assert summary.count(". ") >= 1, f"{uid}: what is wrong, then what to do"


CASES: list[tuple[str, str, list[tuple[str, str]], dict[str, str]]] = [
    # alert, minute at which it is asked, series with their values every 15 s, labels of the alert that must fire
    ("StageDown", "3m", [('up{job="f2-sink", instance="i"}', "1 0x20")], {"job": "f2-sink", "instance": "i"}),
    ("StageDown", "3m", [('up{job="f2-sink", instance="i"}', "0x20")], {}),
    ("StageDown", "2m", [('up{job="f2-sink", instance="i"}', "1x10")], {}),
    ("StageSilent", "9m", [('iot_stage_received_total{service="s"}', "0+50x4 200x40")], {"service": "s"}),
    ("StageSilent", "9m", [('iot_stage_received_total{service="s-api"}', "0+50x4 200x40")], {}),
    ("StageSilent", "9m", [('iot_stage_received_total{service="s"}', "0+50x40")], {}),
    ("StageSilent", "9m", [('iot_stage_received_total{service="s"}', "0x40")], {}),
    ("StageLagGrows", "6m", [('iot_stage_lag{service="s"}', "0+200x40")], {"service": "s"}),
    ("StageLagGrows", "6m", [('iot_stage_lag{service="s"}', "90000-200x40")], {}),
    ("StageLagGrows", "6m", [('iot_stage_lag{service="s"}', "0+5x40")], {}),
    ("StageRejects", "8m", [('iot_stage_received_total{service="s"}', "0+100x40"),
                            ('iot_stage_rejected_total{service="s"}', "0+5x40")], {"service": "s"}),
    ("StageRejects", "8m", [('iot_stage_received_total{service="s"}', "0+1000x40"),
                            ('iot_stage_rejected_total{service="s"}', "0+5x40")], {}),
]


@pytest.mark.prometheus
@pytest.mark.parametrize(("alert", "when", "series", "labels"), CASES, ids=[
    f"{alert} {'fires' if labels else 'is silent'}: {series[-1][1]}" for alert, _, series, labels in CASES])
def test_an_alert_of_the_stack(
    alert: str, when: str, series: list[tuple[str, str]], labels: dict[str, str], tmp_path: Path
) -> None:
    shutil.copy(STACK / "prometheus/alerts.yml", tmp_path)
    rules = yaml.safe_load((tmp_path / "alerts.yml").read_text())["groups"][0]["rules"]
    said = next(each for each in rules if each["alert"] == alert)
    case: dict[str, Any] = {"eval_time": when, "alertname": alert, "exp_alerts": []}
    if labels:
        case["exp_alerts"] = [{"exp_labels": labels | said["labels"]}]
        # The words hold the value; promtool compares them exactly, so they are left out of the comparison.
        for each in rules:
            each.pop("annotations", None)
        (tmp_path / "alerts.yml").write_text(yaml.safe_dump({"groups": [{"name": "stages", "rules": rules}]}))
    (tmp_path / "test.yml").write_text(yaml.safe_dump({
        "rule_files": ["alerts.yml"], "evaluation_interval": "15s",
        "tests": [{"interval": "15s", "input_series": [{"series": name, "values": values} for name, values in series],
                   "alert_rule_test": [case]}],
    }))
    done = subprocess.run(["promtool", "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def hasty() -> str:
    """The stack's rules with seconds in the place of minutes: a test cannot wait so long."""
    text = (STACK / "prometheus/alerts.yml").read_text()
    for slow, fast in (("[2m]", "[4s]"), ("[5m]", "[4s]"), ("for: 1m", "for: 1s"), ("for: 30s", "for: 1s")):
        assert slow in text
        text = text.replace(slow, fast)
    return text


@pytest.mark.prometheus
@pytest.mark.slow
def test_a_running_prometheus_calls_when_a_stage_falls_behind_and_when_one_is_gone(hasty: str) -> None:
    def firing(server: Endpoint) -> set[tuple[str, str]]:
        alerts = answer(server, "/api/v1/alerts")["data"]["alerts"]
        return {(each["labels"]["alertname"], each["labels"]["job"]) for each in alerts if each["state"] == "firing"}

    with exporter("f2-sink") as sink, contextlib.ExitStack() as short_lived:
        gone = short_lived.enter_context(exporter("gone"))
        config = Config({"prometheus.yml": ("global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
                                            "rule_files: [alerts.yml]\nscrape_configs: [{job_name: stages, "
                                            "file_sd_configs: [{files: [targets/*.json]}]}]\n"),
                         "alerts.yml": hasty,
                         TARGETS: targets({"f2-sink": sink.address, "gone": gone.address})})
        with start("prometheus", provider="native", config={"prometheus": config}) as services:
            wait_until(lambda: ask_prometheus(services.prometheus, 'up{job="gone"} == 1'), 60, what="the first scrape")
            short_lived.close()
            wanted = {("StageLagGrows", "f2-sink"), ("StageRejects", "f2-sink"), ("StageDown", "gone")}
            wait_until(lambda: wanted <= firing(services.prometheus), 30, what=f"the alerts {sorted(wanted)}")
            assert ("StageDown", "f2-sink") not in firing(services.prometheus)
