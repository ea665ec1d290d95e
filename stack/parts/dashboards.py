# Part 'dashboards' of the house. It moves into lab 09 when that lab is written; then `grader release` makes this file.

"""What the house shows and when it calls: metrics of the pipeline, their queries, dashboards as code, alerts."""

import json
import re
import time
from contextlib import contextmanager

import pandas as pd
import plotly.graph_objects as go
from grafana_foundation_sdk.builders import common, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard as DashboardBuilder
from grafana_foundation_sdk.builders.dashboard import QueryVariable, Row, ThresholdsConfig
from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import DataSourceRef, LegendDisplayMode, LegendPlacement, VisibilityMode
from grafana_foundation_sdk.models.dashboard import Dashboard, Threshold, VariableOption, VariableRefresh
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# 9.1 Metrics of the pipeline. One label, with as many values as there are services: a label of a device's id would make
# a series for each device, and Prometheus keeps every series in memory.

LATENCY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds; upper bounds of the buckets


class StageMetrics:
    """The numbers that every stage of the pipeline exports.

    Args:
        service: name of the stage, such as `"f2-sink"`.
        registry: where they are kept until somebody asks.
    """

    def __init__(self, service: str, registry: CollectorRegistry):
        def make(kind, name, text, **options):
            return kind(f"iot_stage_{name}", text, ["service"], registry=registry, **options).labels(service)

        self.received = make(Counter, "received", "Messages that came in")
        self.stored = make(Counter, "stored", "Messages that the next stage has")
        self.rejected = make(Counter, "rejected", "Messages that cannot be read")
        self.duplicates = make(Counter, "duplicates", "Messages that were stored before")
        self.lag = make(Gauge, "lag", "Messages that wait")
        self.latency = make(Histogram, "latency_seconds", "From arrival to the next stage", buckets=LATENCY)

    @contextmanager
    def message(self):
        """Count one message and its time: stored, or rejected when the block raises ValueError."""
        self.received.inc()
        begin = time.perf_counter()
        try:
            yield
        except ValueError:
            self.rejected.inc()
            raise
        self.stored.inc()
        self.latency.observe(time.perf_counter() - begin)


# 9.2 Whom Prometheus asks, and what it is asked.

NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
ADDRESS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[0-9]{1,5}")


def prometheus_config(targets: dict[str, str], *, interval: int = 5) -> str:
    """Write prometheus.yml.

    Args:
        targets: `host:port` by name of the service; the name becomes the label `job`.
        interval: how often each is asked, in seconds.

    Raises:
        ValueError: a name or an address is none; the interval is not 1 to 3600.
    """
    if isinstance(interval, bool) or not isinstance(interval, int) or not 1 <= interval <= 3600:
        raise ValueError(f"interval must be whole seconds from 1 to 3600, not {interval!r}")
    jobs = ""
    for name, address in targets.items():
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a service: small letters, digits and - are allowed")
        if not ADDRESS.fullmatch(address):
            raise ValueError(f"the address of {name} must be written as host:port, not {address!r}")
        jobs += f"  - job_name: {name}\n    static_configs:\n      - targets: [{json.dumps(address)}]\n"
    return (f"global:\n  scrape_interval: {interval}s\n  evaluation_interval: {interval}s\n"
            f"rule_files: [alerts.yml]\nscrape_configs:{f'{chr(10)}{jobs}' if jobs else f' []{chr(10)}'}")


PROMQL = {
    # A counter starts again at 0 with its process; rate() sees that, a difference would not.
    "rate": "sum by (service) (rate(iot_stage_received_total[{window}]))",
    # Without traffic 0 / 0 is no number, and the line has a gap: that is the truth.
    "error_ratio": "sum by (service) (rate(iot_stage_rejected_total[{window}]))"
                   " / sum by (service) (rate(iot_stage_received_total[{window}]))",
    # Quantiles of several processes cannot be averaged; their buckets can be added.
    "p99": "histogram_quantile(0.99, sum by (service, le) (rate(iot_stage_latency_seconds_bucket[{window}])))",
    "lag": "max by (service) (iot_stage_lag)",
    "duplicates": "sum by (service) (rate(iot_stage_duplicates_total[{window}]))",
}


def promql(name: str, window: str = "1m") -> str:
    """A query by its name, over a window such as `"5m"`. Raises ValueError for another name or no window."""
    if name not in PROMQL:
        raise ValueError(f"there is no query {name!r}; use one of {', '.join(PROMQL)}")
    if not re.fullmatch(r"[1-9][0-9]*[smhd]|\$__rate_interval", window):
        raise ValueError(f"{window!r} is no window of time such as 30s or 5m")
    return PROMQL[name].replace("{window}", window)


# 9.3 Data sources. Grafana puts variables of its environment in the place of $NAME.

INFLUX = DataSourceRef(type_val="influxdb", uid="influxdb")
TIMESERIES = DataSourceRef(type_val="grafana-postgresql-datasource", uid="timeseries")
DEVICES = DataSourceRef(type_val="grafana-postgresql-datasource", uid="device-params")
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")


def datasources() -> dict:
    """The data sources of the house, for provisioning/datasources."""
    return {"apiVersion": 1, "datasources": [
        {"name": "InfluxDB", "type": "influxdb", "uid": INFLUX.uid, "access": "proxy", "url": "$INFLUX_URL",
         "isDefault": True, "jsonData": {"version": "Flux", "organization": "$INFLUX_ORG",
                                         "defaultBucket": "$INFLUX_BUCKET", "timeInterval": "5s"},
         "secureJsonData": {"token": "$INFLUX_TOKEN"}},
        {"name": "TimescaleDB", "type": TIMESERIES.type_val, "uid": TIMESERIES.uid, "access": "proxy",
         "url": "$TIMESCALE_HOST:$TIMESCALE_PORT", "user": "$TIMESCALE_USER",
         "jsonData": {"database": "$TIMESCALE_DATABASE", "sslmode": "disable", "postgresVersion": 1500,
                      "timescaledb": True},
         "secureJsonData": {"password": "$TIMESCALE_PASSWORD"}},
        {"name": "PostgreSQL", "type": DEVICES.type_val, "uid": DEVICES.uid, "access": "proxy",
         "url": "$POSTGRES_HOST:$POSTGRES_PORT", "user": "$POSTGRES_USER",
         "jsonData": {"database": "$POSTGRES_DATABASE", "sslmode": "disable", "postgresVersion": 1500},
         "secureJsonData": {"password": "$POSTGRES_PASSWORD"}},
        {"name": "Prometheus", "type": "prometheus", "uid": PROMETHEUS.uid, "access": "proxy",
         "url": "$PROMETHEUS_URL", "jsonData": {"httpMethod": "POST", "timeInterval": "5s"}},
    ]}


def dashboard_provider(folder: str) -> dict:
    """Where Grafana finds the dashboards, for provisioning/dashboards.

    Args:
        folder: path of the JSON files, as Grafana sees it.
    """
    return {"apiVersion": 1, "providers": [
        {"name": "house", "type": "file", "folder": "House", "allowUiUpdates": False, "updateIntervalSeconds": 30,
         "options": {"path": folder}}]}


# 9.4 Dashboards. The library has no query of InfluxDB or PostgreSQL: these two are all that is needed of them.


class FluxQuery(variants.Dataquery):
    """A query in Flux, as the data source `influxdb` takes it."""

    def __init__(self, query: str, ref_id: str = "A"):
        self.query, self.ref_id = query, ref_id

    def to_json(self) -> dict:
        """The target of a panel."""
        return {"refId": self.ref_id, "datasource": INFLUX, "query": self.query}


class SqlQuery(variants.Dataquery):
    """A query in SQL, as the data source `grafana-postgresql-datasource` takes it."""

    def __init__(self, query: str, source: DataSourceRef, form: str, ref_id: str = "A"):
        self.query, self.source, self.form, self.ref_id = query, source, form, ref_id

    def to_json(self) -> dict:
        """The target of a panel."""
        return {"refId": self.ref_id, "datasource": self.source, "rawQuery": True, "editorMode": "code",
                "format": self.form, "rawSql": self.query}


class Ready(builder.Builder):
    """A query that is built already."""

    def __init__(self, query: variants.Dataquery):
        self.query = query

    def build(self) -> variants.Dataquery:
        """The query."""
        return self.query


def flux(bucket: str, measurement: str, where: str, *rest: str) -> Ready:
    """A query over the time that the dashboard shows: range, filter, and what comes after."""
    lines = [f'from(bucket: "{bucket}")', "  |> range(start: v.timeRangeStart, stop: v.timeRangeStop)",
             f'  |> filter(fn: (r) => r._measurement == "{measurement}")', f"  |> filter(fn: (r) => {where})", *rest]
    return Ready(FluxQuery("\n".join(lines)))


MEAN = "  |> aggregateWindow(every: v.windowPeriod, fn: mean, createEmpty: false)"
LAST = "  |> last()"


def only(*columns: str) -> str:
    """The end of a query: one series for each value of these columns, named by them."""
    listed = ", ".join(f'"{column}"' for column in columns)
    return f'  |> group(columns: [{listed}])\n  |> keep(columns: ["_time", "_value", {listed}])'


def sql(text: str, form: str = "time_series", source: DataSourceRef = TIMESERIES) -> Ready:
    """A query in SQL with Grafana's macros; its form is `time_series` or `table`."""
    return Ready(SqlQuery(text, source, form))


def metric(name: str) -> prometheus.Dataquery:
    """A query of the pipeline, by its name in PROMQL."""
    query = prometheus.Dataquery().expr(promql(name, "$__rate_interval")).range()
    return query.legend_format("{{service}}").datasource(PROMETHEUS)


def limits(*steps: tuple[float, str], base: str = "green") -> ThresholdsConfig:
    """Colours by value: `base` below the first step, then each step's colour from its value on."""
    return ThresholdsConfig().steps([Threshold(color=base), *(Threshold(value, color) for value, color in steps)])


def panel(kind, title: str, source: DataSourceRef, query, *, unit: str = "", width: int = 12, height: int = 8,
          thresholds: ThresholdsConfig | None = None):
    """A panel with one query.

    Args:
        kind: `timeseries`, `stat` or `table` of the library.
        title: what a person reads.
        source: whom it asks.
        query: what it asks.
        unit: id of a unit of Grafana, such as `"celsius"`.
        width: of 24.
        height: in units of 30 pixels.
        thresholds: colours by value.
    """
    made = kind.Panel().title(title).datasource(source).with_target(query).span(width).height(height)
    if kind is timeseries:
        legend = common.VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST)
        made = made.legend(legend.placement(LegendPlacement.BOTTOM)).show_points(VisibilityMode.AUTO)
    if kind is stat:
        made = made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    made = made.unit(unit) if unit else made
    return made.thresholds(thresholds) if thresholds else made


def variable(name: str, label: str, source: DataSourceRef, query: str) -> QueryVariable:
    """A choice on top of the dashboard: what the query finds, several at once, all of them at the start."""
    every = VariableOption(text="All", value="$__all", selected=True)
    made = QueryVariable(name).label(label).datasource(source).query(query).multi(True).include_all(True)
    return made.current(every).refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def tag_values(bucket: str, tag: str) -> str:
    """Flux that lists the values of a tag."""
    return f'import "influxdata/influxdb/schema"\nschema.tagValues(bucket: "{bucket}", tag: "{tag}")'


def numbered(made: DashboardBuilder) -> Dashboard:
    """The dashboard with an id for each panel: links and alerts name panels by it."""
    built = made.build()
    for number, each in enumerate(built.panels, start=1):
        each.id_val = number
    return built


def page(uid: str, title: str, *tags: str) -> DashboardBuilder:
    """An empty dashboard of the last hour, drawn again every ten seconds."""
    return DashboardBuilder(title).uid(uid).tags(["house", *tags]).time("now-1h", "now").refresh("10s").readonly()


NODE = 'r.node_id =~ /^${node:regex}$/'


def dashboard() -> Dashboard:
    """The ESP32 nodes: what all of them say, and under it the climate of each, in a panel that repeats."""
    bucket, measurement = "iot-esp32", "iot_telemetry"
    climate = flux(bucket, measurement, f'{NODE} and (r._field == "temperature" or r._field == "humidity")', MEAN,
                   only("_field"))
    return numbered(
        page("esp32", "ESP32 nodes", "esp32")
        .with_variable(variable("node", "Node", INFLUX, tag_values(bucket, "node_id")))
        .with_panel(panel(stat, "Temperature now", INFLUX, flux(
            bucket, measurement, f'{NODE} and r._field == "temperature"', LAST, only("node_id")),
            unit="celsius", thresholds=limits((18, "green"), (26, "orange"), (32, "red"), base="blue")))
        .with_panel(panel(stat, "Wi-Fi signal now", INFLUX, flux(
            bucket, measurement, f'{NODE} and r._field == "wifi_rssi"', LAST, only("node_id")),
            unit="dBm", thresholds=limits((-80, "orange"), (-67, "green"), base="red")))
        .with_panel(panel(timeseries, "Messages a minute", INFLUX, flux(
            bucket, measurement, f'{NODE} and r._field == "uptime"',
            "  |> aggregateWindow(every: 1m, fn: count, createEmpty: true)", only("node_id")), unit="short"))
        .with_panel(panel(timeseries, "Uptime", INFLUX, flux(
            bucket, measurement, f'{NODE} and r._field == "uptime"',
            "  |> aggregateWindow(every: v.windowPeriod, fn: last, createEmpty: false)", only("node_id")), unit="s"))
        .with_row(Row("Each node"))
        .with_panel(panel(timeseries, "Climate of ${node}", INFLUX, climate, width=8)
                    .repeat("node").repeat_direction("h").max_per_row(3))
    )


def home_dashboard() -> Dashboard:
    """The home: each kind of sensor with a line for each room."""
    def lines(kind: str, *window: str) -> Ready:
        where = f'r.type == "{kind}" and r._field == "value" and r.room =~ /^${{room:regex}}$/'
        return flux("iot-data", "sensors", where, *(window or (MEAN,)), only("room", "device_id"))

    made = (page("home", "Home", "home")
            .with_variable(variable("room", "Room", INFLUX, tag_values("iot-data", "room"))))
    for kind, title, unit, thresholds in (
        ("temperature", "Temperature", "celsius", None), ("humidity", "Humidity", "humidity", None),
        ("co2", "Carbon dioxide", "ppm", limits((800, "orange"), (1400, "red"))), ("power", "Power", "watt", None),
        ("light", "Light", "lux", None),
    ):
        made = made.with_panel(panel(timeseries, title, INFLUX, lines(kind), unit=unit, thresholds=thresholds))
    motion = lines("motion", "  |> aggregateWindow(every: 5m, fn: max, createEmpty: false)")
    doors = lines("door", LAST)
    return numbered(
        made.with_panel(panel(timeseries, "Motion in five minutes", INFLUX, motion))
        .with_panel(panel(stat, "Doors open now", INFLUX, doors, thresholds=limits((1, "orange"))))
        .with_panel(panel(stat, "Lamps on now", INFLUX, lines("lamp", LAST)))
    )


def f2_dashboard() -> Dashboard:
    """The F2 controllers: what each pin measures, how many rows come in, and who was last heard when."""
    chosen = '$__timeFilter("timestamp") AND device_id IN (${device:sqlstring})'
    pins = sql("SELECT $__timeGroupAlias(\"timestamp\", $__interval),\n"
               "  concat_ws(' ', component_type, pin_position, unit) AS metric, avg(value) AS value\n"
               f"FROM iot_measurements WHERE {chosen}\nGROUP BY 1, 2 ORDER BY 1")
    rows = sql("SELECT $__timeGroupAlias(\"timestamp\", '1m'), device_id AS metric, count(*) AS value\n"
               f"FROM iot_measurements WHERE {chosen}\nGROUP BY 1, 2 ORDER BY 1")
    heard = sql("SELECT device_id AS \"Controller\", max(\"timestamp\") AS \"Last heard\", count(*) AS \"Rows\",\n"
                "  count(DISTINCT (connector_mode, component_type, pin_position)) AS \"Pins\"\n"
                f"FROM iot_measurements WHERE {chosen}\nGROUP BY 1 ORDER BY 2", form="table")
    known = sql('SELECT "DeviceName" AS "Controller", "MacAddress" AS "MAC", "DeviceTemplate"."Name" AS "Template",\n'
                '  count("DataPointId") AS "Data points"\n'
                'FROM "Device" JOIN "DeviceTemplate" USING ("DeviceTemplateId")\n'
                'LEFT JOIN "DataPoint" USING ("DeviceTemplateId")\n'
                'GROUP BY 1, 2, 3 ORDER BY 1', "table", DEVICES)
    return numbered(
        page("f2", "F2 controllers", "f2")
        .with_variable(variable("device", "Controller", TIMESERIES,
                                "SELECT DISTINCT device_id FROM iot_measurements ORDER BY 1"))
        .with_panel(panel(timeseries, "Rows a minute", TIMESERIES, rows))
        .with_panel(panel(table, "Controllers", TIMESERIES, heard))
        .with_panel(panel(table, "Known devices", DEVICES, known, width=24))
        .with_row(Row("Each controller"))
        .with_panel(panel(timeseries, "Pins of ${device}", TIMESERIES, pins, width=12)
                    .repeat("device").repeat_direction("h").max_per_row(2))
    )


def meter_dashboard() -> Dashboard:
    """The meters: what each measures, its battery, and who was last heard when."""
    def lines(field: str, *rest: str) -> Ready:
        where = f'r._field == "{field}" and r.device_id =~ /^${{device:regex}}$/'
        return flux("iot-metrics", "iot_telemetry", where, *rest, only("device_id"))

    made = (page("meter", "Meters", "meter")
            .with_variable(variable("device", "Device", INFLUX, tag_values("iot-metrics", "device_id"))))
    for field, title, unit in (("power", "Power", "watt"), ("energy", "Energy", "kwatth"),
                               ("temperature", "Temperature", "celsius"), ("humidity", "Humidity", "humidity")):
        made = made.with_panel(panel(timeseries, title, INFLUX, lines(field, MEAN), unit=unit))
    return numbered(
        made.with_panel(panel(stat, "Battery", INFLUX, lines("battery", LAST), unit="percent",
                              thresholds=limits((15, "orange"), (30, "green"), base="red")))
        .with_panel(panel(table, "Last heard", INFLUX, lines("rssi", LAST), unit="dBm"))
    )


def shelly_dashboard() -> Dashboard:
    """The Shelly sensors, as seed 004 asks: temperature, humidity, battery, and who was last heard when."""
    def lines(measurement: str, field: str, *rest: str) -> Ready:
        where = f'r._field == "{field}" and r.location =~ /^${{location:regex}}$/'
        return flux("shelly", measurement, where, *rest, only("sensor_id", "location"))

    return numbered(
        page("shelly", "Shelly sensors", "shelly")
        .with_variable(variable("location", "Location", INFLUX, tag_values("shelly", "location")))
        .with_panel(panel(timeseries, "Temperature", INFLUX, lines("temperature", "value", MEAN), unit="celsius"))
        .with_panel(panel(timeseries, "Humidity", INFLUX, lines("humidity", "value", MEAN), unit="humidity"))
        .with_panel(panel(stat, "Battery", INFLUX, lines("temperature", "battery_level", LAST), unit="percent",
                          thresholds=limits((15, "orange"), (30, "green"), base="red")))
        .with_panel(panel(table, "Last heard", INFLUX, lines("temperature", "value", LAST), unit="celsius"))
    )


def pipeline_dashboard() -> Dashboard:
    """The stages of all pipelines: how much, how well, how fast, how far behind."""
    made = page("pipeline", "Pipeline", "monitoring")
    for name, title, unit, steps in (
        ("rate", "Messages a second", "mps", ()),
        ("error_ratio", "Share that cannot be read", "percentunit", ((0.01, "red"),)),
        ("p99", "Latency: 99 of 100 are faster", "s", ((2, "red"),)),
        ("lag", "Messages that wait", "short", ((1000, "red"),)),
        ("duplicates", "Duplicates a second", "mps", ()),
    ):
        made = made.with_panel(panel(timeseries, title, PROMETHEUS, metric(name), unit=unit,
                                     thresholds=limits(*steps) if steps else None))
    return numbered(made)


DASHBOARDS = {"esp32": dashboard, "home": home_dashboard, "f2": f2_dashboard, "meter": meter_dashboard,
              "shelly": shelly_dashboard, "pipeline": pipeline_dashboard}


def to_json(made: Dashboard) -> str:
    """The dashboard as Grafana reads it from a file."""
    return JSONEncoder(sort_keys=True, indent=2).encode(made) + "\n"


# 9.5 Alerts. Each is a query with one number a series, and a limit: a person must be able to say what it means.

SILENT = """\
from(bucket: "iot-esp32")
  |> range(start: -1d)
  |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "uptime")
  |> group(columns: ["node_id"])
  |> last()
  |> map(fn: (r) => ({r with _value: float(v: int(v: now()) - int(v: r._time)) / 1000000000.0}))"""
BATTERY = """\
from(bucket: "shelly")
  |> range(start: -1d)
  |> filter(fn: (r) => r._measurement == "temperature" and r._field == "battery_level")
  |> group(columns: ["sensor_id", "location"])
  |> last()"""
# More than a thousand wait, and their number grows: a stage that catches up after an outage is well.
LAG = "deriv(iot_stage_lag[2m]) and iot_stage_lag > 1000"

ALERTS = (
    # uid, title, source, query, limit, for how long, what a person reads
    ("sensor-silent", "Sensor silent", INFLUX, SILENT, ("gt", 120), "1m",
     "{{ $labels.node_id }} has said nothing for two minutes. Look at its power and its Wi-Fi."),
    ("battery-low", "Battery low", INFLUX, BATTERY, ("lt", 15), "10m",
     "The battery of {{ $labels.sensor_id }} in {{ $labels.location }} is under 15 %. Change it this week."),
    ("lag-grows", "Lag growing", PROMETHEUS, LAG, ("gt", 0), "1m",
     "{{ $labels.service }} falls behind. Start a second copy of it, or look at what it writes to."),
)


def alert_rules() -> dict:
    """The alerts of the house, for provisioning/alerting: query A, its last value B, the limit C."""
    rules = []
    for uid, title, source, query, (comparison, limit), lasting, summary in ALERTS:
        asked = {"expr": query, "instant": True} if source is PROMETHEUS else {"query": query}
        rules.append({
            "uid": uid, "title": title, "condition": "C", "for": lasting, "execErrState": "Error",
            # No series of lag is the good case; no reading of a sensor at all is not.
            "noDataState": "OK" if source is PROMETHEUS else "Alerting",
            "annotations": {"summary": summary}, "labels": {"system": "house"},
            "data": [
                {"refId": "A", "datasourceUid": source.uid, "relativeTimeRange": {"from": 86400, "to": 0},
                 "model": {"refId": "A", **asked}},
                {"refId": "B", "datasourceUid": "__expr__",
                 "model": {"refId": "B", "type": "reduce", "expression": "A", "reducer": "last"}},
                {"refId": "C", "datasourceUid": "__expr__",
                 "model": {"refId": "C", "type": "threshold", "expression": "B",
                           "conditions": [{"evaluator": {"type": comparison, "params": [limit]}}]}},
            ],
        })
    return {"apiVersion": 1, "groups": [
        {"orgId": 1, "name": "house", "folder": "House", "interval": "30s", "rules": rules}]}


# 9.6 The same view in a notebook.


def figure(frame: pd.DataFrame, title: str, unit: str) -> go.Figure:
    """Draw lines as a panel of the dashboard does.

    Args:
        frame: index of times, a column of numbers for each line; NaN is a gap.
        title: what a person reads.
        unit: of the numbers.

    Raises:
        ValueError: the index has no times.
    """
    if not isinstance(frame.index, pd.DatetimeIndex):
        raise ValueError(f"the index must be of times, not {frame.index.dtype}")
    lines = [go.Scatter(x=frame.index, y=frame[name], name=str(name), mode="lines", connectgaps=False)
             for name in frame.columns]
    return go.Figure(lines).update_layout(title=title, yaxis_title=unit, xaxis_title="", hovermode="x unified")
