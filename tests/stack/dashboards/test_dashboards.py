"""Every panel's query is run against the engine that the panel asks, and must find data."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import pytest
from influxdb_client import InfluxDBClient

from labkit.services import Endpoint
from labkit.services.web import answer
from labkit.waiting import wait_until
from stack.parts.dashboards import DASHBOARDS, DEVICES, INFLUX, PROMETHEUS, TIMESERIES, dashboard, to_json
from tests.stack.dashboards import grafana
from tests.stack.dashboards.conftest import MINUTES, NOW

START, STOP = NOW - 60 * MINUTES, NOW
Panel = dict[str, Any]


def made(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(to_json(DASHBOARDS[name]()))
    return document


def panels(uid: str | None, names: Sequence[str] = tuple(DASHBOARDS)) -> list[Any]:
    """The panels of a data source, each as a case of its own."""
    return [pytest.param(name, panel, id=f"{name}: {panel['title']}")
            for name in names for panel in made(name)["panels"]
            if panel["type"] != "row" and panel["datasource"]["uid"] == uid]


def ask_influx(influx: Endpoint, query: str) -> list[Any]:
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        return [record for table in client.query_api().query(query) for record in table.records]


def ask_sql(dsn: str, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    with psycopg.connect(dsn) as connection:
        cursor = connection.execute(query)  # type: ignore[call-overload]
        return [column.name for column in cursor.description or ()], cursor.fetchall()


def ask_prometheus(prometheus: Endpoint, query: str) -> list[dict[str, Any]]:
    found = answer(prometheus, "/api/v1/query?query=" + urllib.parse.quote(query))
    assert found["status"] == "success", found
    return list(found["data"]["result"])


def values_of_variables(name: str, ask: Any) -> Mapping[str, Sequence[str]]:
    """Each variable of a dashboard with what its query finds."""
    return {each["name"]: ask(each["query"]) for each in made(name)["templating"].get("list", ())}


@pytest.mark.parametrize(("name", "panel"), panels(INFLUX.uid))
def test_a_flux_panel_finds_data_for_all_values_and_for_each_one(name: str, panel: Panel, influx: Endpoint) -> None:
    values = values_of_variables(name, lambda query: [row.get_value() for row in ask_influx(influx, query)])
    assert all(len(found) > 1 for found in values.values()), values
    (target,) = panel["targets"]

    def found(chosen: Mapping[str, Sequence[str]]) -> list[Any]:
        return ask_influx(influx, grafana.flux(target["query"], START, STOP, chosen))

    every = found(values)
    assert every, f"{panel['title']}: no data for {values}"
    assert all(isinstance(row.get_value(), float | int) for row in every)
    # One value alone: what was found for all of them together is what was found for each. (A meter of power has no
    # humidity: not every one finds something.)
    alone = [found({variable: [value]}) for variable, several in values.items() for value in several]
    assert sum(map(len, alone)) >= len(every)
    if name != "meter":
        assert all(alone), f"{panel['title']}: no data for one of {values}"


@pytest.mark.parametrize(("name", "panel"), panels(TIMESERIES.uid))
def test_a_sql_panel_finds_data_for_all_values_and_for_each_one(
    name: str, panel: Panel, timeseries: tuple[str, bool]
) -> None:
    dsn, timescale = timeseries
    values = values_of_variables(name, lambda query: [row[0] for row in ask_sql(dsn, query)[1]])
    assert values == {"device": ["A1B2C3", "D4E5F6"]}
    for chosen in [values, {"device": ["A1B2C3"]}]:
        for target in panel["targets"]:
            columns, rows = ask_sql(dsn, grafana.sql(target["rawSql"], START, STOP, chosen, timescale=timescale))
            assert rows, f"{panel['title']}: no data for {chosen}"
            if target["format"] == "time_series":
                assert columns[0] == "time"
                assert "metric" in columns


@pytest.mark.parametrize(("name", "panel"), panels(DEVICES.uid))
def test_a_panel_of_the_devices_finds_those_of_the_course(name: str, panel: Panel, device_params: str) -> None:
    (target,) = panel["targets"]
    columns, rows = ask_sql(device_params, grafana.sql(target["rawSql"], START, STOP, {}, timescale=False))
    assert columns == ["Controller", "MAC", "Template", "Data points"]
    assert any(row[3] > 0 for row in rows), rows


def test_no_panel_is_left_out() -> None:
    tried = sum(len(panels(source.uid)) for source in (INFLUX, TIMESERIES, DEVICES, PROMETHEUS))
    assert tried == sum(panel["type"] != "row" for name in DASHBOARDS for panel in made(name)["panels"])


@pytest.mark.prometheus
@pytest.mark.parametrize(("name", "panel"), panels(PROMETHEUS.uid))
def test_a_prometheus_panel_finds_a_line_for_each_stage(name: str, panel: Panel, prometheus: Endpoint) -> None:
    wait_until(lambda: len(ask_prometheus(prometheus, "count_over_time(iot_stage_lag[1m]) >= 3")) == 2, 60,
               what="three scrapes of both stages")
    for target in panel["targets"]:
        found = ask_prometheus(prometheus, grafana.promql(target["expr"]))
        assert {line["metric"]["service"] for line in found} == {"f2-sink", "f2-processor"}
        assert all(line["value"][1] != "NaN" for line in found)


@pytest.mark.prometheus
def test_the_queries_of_the_pipeline_say_what_the_stages_did(prometheus: Endpoint) -> None:
    """A stage takes ten messages at each question, a second apart, and cannot read one of ten."""
    wait_until(lambda: len(ask_prometheus(prometheus, "count_over_time(iot_stage_lag[1m]) >= 5")) == 2, 60,
               what="five scrapes of both stages")

    def value(panel: str) -> float:
        (target,) = next(each for each in made("pipeline")["panels"] if each["title"] == panel)["targets"]
        found = ask_prometheus(prometheus, grafana.promql(target["expr"], "4s"))
        return float(next(line["value"][1] for line in found if line["metric"]["service"] == "f2-sink"))

    assert 5 < value("Messages a second") < 20
    assert value("Share that cannot be read") == pytest.approx(0.1)
    assert 0 < value("Latency: 99 of 100 are faster") <= 0.005
    assert value("Messages that wait") >= 4000


def test_a_query_that_finds_nothing_is_seen(influx: Endpoint) -> None:
    """The suite itself: the same query on a bucket without data must find none."""
    (_, panel) = panels(INFLUX.uid, ["esp32"])[0].values
    query = panel["targets"][0]["query"].replace("iot-esp32", "empty")
    assert ask_influx(influx, grafana.flux(query, START, STOP, {"node": ["node_01"]})) == []


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_whole(name: str) -> None:
    document = made(name)
    assert document["uid"] == name
    ids = [panel["id"] for panel in document["panels"]]
    assert len(set(ids)) == len(ids)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in document["panels"])
    known = {each["name"] for each in document["templating"].get("list", ())}
    assert {panel["repeat"] for panel in document["panels"] if "repeat" in panel} <= known


def test_the_nodes_have_a_variable_a_repeated_panel_thresholds_and_units() -> None:
    document = json.loads(to_json(dashboard()))
    (node,) = document["templating"]["list"]
    assert (node["name"], node["multi"], node["includeAll"]) == ("node", True, True)
    assert [panel["title"] for panel in document["panels"] if panel.get("repeat") == "node"] == ["Climate of ${node}"]
    defaults = document["panels"][0]["fieldConfig"]["defaults"]
    assert defaults["unit"] == "celsius"
    assert [step["value"] for step in defaults["thresholds"]["steps"]] == [None, 18, 26, 32]


def test_every_panel_that_shows_numbers_of_a_kind_says_the_unit() -> None:
    def unit(panel: Panel) -> str:
        return str(panel.get("fieldConfig", {}).get("defaults", {}).get("unit", ""))

    without = {(name, panel["title"]) for name in DASHBOARDS for panel in made(name)["panels"]
               if panel["type"] in ("timeseries", "stat") and not unit(panel)}
    counts = {("home", "Motion in five minutes"), ("home", "Doors open now"), ("home", "Lamps on now"),
              ("f2", "Rows a minute"), ("f2", "Pins of ${device}")}
    assert without == counts | {("esp32", "Climate of ${node}")}, "the others are mixed or 0 and 1"
