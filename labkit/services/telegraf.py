"""Telegraf: takes readings from the broker and writes them to the database. Its one page is the one for readiness."""

from __future__ import annotations

from collections.abc import Mapping

from labkit.errors import StudentError
from labkit.services import stack_files, web
from labkit.services.config import write_changed
from labkit.services.endpoint import Endpoint
from labkit.services.service import Container, Image, Plan, Program, Service

CAPABILITIES = {
    "mqtt": "reads from an MQTT broker (inputs.mqtt_consumer)",
    "influxdb_v2": "writes to InfluxDB 2 (outputs.influxdb_v2)",
}
MAIN = "telegraf.conf"
HEALTH = "health.conf"

_ALL = frozenset(CAPABILITIES)
_NEEDED = ("MQTT_HOST", "INFLUX_URL", "INFLUX_TOKEN")
"""Variables of the stack's `telegraf.conf` that only its caller knows."""
_DEFAULTS = {"MQTT_PORT": "1883", "MQTT_USERNAME": "", "MQTT_PASSWORD": "", "INFLUX_ORG": "iot-org",
             "INFLUX_BUCKET": "iot-esp32"}
"""Variables of the stack's `telegraf.conf` that a caller may leave out."""


def _health(port: int) -> str:
    """The plugin outputs.health, beside what the caller configures: it answers 200 while Telegraf writes."""
    return f'[[outputs.health]]\n  service_address = "http://127.0.0.1:{port}"\n  namepass = ["nothing"]\n'


def _files(plan: Plan) -> dict[str, str]:
    lacking = [name for name in _NEEDED if name not in plan.config.environment]
    if MAIN not in plan.config.files and lacking:
        raise StudentError(f"Telegraf must be told where to read and where to write: it lacks {', '.join(lacking)}.",
                           'write start("telegraf", config={"telegraf": Config(environment={…})}).')
    own = {HEALTH: _health(plan.port)}
    return {MAIN: stack_files.text(f"telegraf/{MAIN}")} | dict(plan.config.files) | own


def _text(plan: Plan, text: str) -> str:
    """Its variables that the caller leaves out get their usual values; Telegraf reads the others by itself."""
    for name, value in _DEFAULTS.items():
        if name not in plan.config.environment:
            text = text.replace(f"${{{name}}}", value)
    return text


def _arguments(folder: str) -> list[str]:
    return ["--config", f"{folder}/{MAIN}", "--config", f"{folder}/{HEALTH}"]


def _telegraf(plan: Plan) -> list[str]:
    write_changed(plan.directory, {name: _text(plan, text) for name, text in _files(plan).items()})
    return _arguments(str(plan.directory))


def _container(plan: Plan) -> Container:
    folder = "/etc/telegraf"
    return Container(environment=plan.config.environment, command=("telegraf", *_arguments(folder)),
                     files={f"{folder}/{name}": _text(plan, text) for name, text in _files(plan).items()})


def _attach(environment: Mapping[str, str]) -> Endpoint | None:
    return web.attached(environment, "telegraf", "Telegraf's outputs.health", 8080, CAPABILITIES)


def _ready(endpoint: Endpoint) -> str:
    return web.refusal(endpoint, "/")


_VERSION = r"Telegraf (\d\S*)"

TELEGRAF = Service(
    name="telegraf",
    title="Telegraf",
    capabilities=CAPABILITIES,
    variable="LABKIT_TELEGRAF_URL",
    attach=_attach,
    plan=web.plain_plan,
    ready=_ready,
    images=(Image("telegraf", 8080, _ALL, _container, ("telegraf", "--version"), _VERSION, reaches_out=True),),
    programs=(Program("telegraf", "telegraf", _ALL, _telegraf, ("--version",), _VERSION,
                      install="install telegraf: https://docs.influxdata.com/telegraf/v1/install/"),),
    http=True,
    main_file=MAIN,
)
