"""The MQTT broker: four engines, and what each of them can do (facts measured per engine)."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from labkit.errors import StudentError
from labkit.services.endpoint import Endpoint
from labkit.services.probes import mqtt_refusal
from labkit.services.service import Container, Image, Module, Plan, Program, Service

CAPABILITIES = {
    "qos2": "QoS 2: exactly once between client and broker",
    "retained": "retained messages",
    "last_will": "last will",
    "persistent_sessions": "a client with a user name and a persistent session gets what it missed",
    "anonymous_sessions": "persistent sessions for clients without a user name too",
    "mqtt5": "MQTT 5",
    "mqtt5_same_port": "MQTT 5 and MQTT 3.1.1 on one port",
    "sys_topics": "the broker's own numbers under $SYS",
    "auth_reason": "a refused login gets a CONNACK that says why",
    "restart": "retained messages and sessions survive a restart of the broker",
}

_CORE = frozenset({"qos2", "retained", "last_will", "persistent_sessions"})
_MOSQUITTO = frozenset(CAPABILITIES)
_EMQX = frozenset(CAPABILITIES) - {"restart"}
_IOTCORE = _CORE | {"anonymous_sessions"}
_AMQTT = _CORE | {"sys_topics", "auth_reason"}


def _plan(directory: Path, port: int, needs: frozenset[str]) -> Plan:
    return Plan(directory, port, needs)


def _mosquitto_lines(plan: Plan, *, address: str, port: int, data: str) -> str:
    return "\n".join([
        f"listener {port} {address}".rstrip(),
        "allow_anonymous true",
        "persistence true",
        f"persistence_location {data}/",
        "max_queued_messages 0",
        "sys_interval 1",
        "log_dest stdout" if address == "" else "log_dest stderr",
    ]) + "\n"


def _mosquitto(plan: Plan) -> list[str]:
    config = plan.directory / "mosquitto.conf"
    text = _mosquitto_lines(plan, address="127.0.0.1", port=plan.port, data=str(plan.directory))
    if os.name == "posix" and os.geteuid() == 0:
        # Started by root it would become the user `mosquitto`, which cannot write into a private directory of root.
        text += "user root\n"
    config.write_text(text)
    return ["-c", str(config)]


def _mosquitto_version(binary: str) -> str:
    answer = subprocess.run([binary, "-h"], capture_output=True, text=True, timeout=5, check=False)
    found = re.search(r"version (\S+)", answer.stdout)
    return found[1] if found else ""


def _mosquitto_container(plan: Plan) -> Container:
    text = _mosquitto_lines(plan, address="", port=1883, data="/mosquitto/data")
    return Container(files={"/mosquitto/config/mosquitto.conf": text})


def _port(plan: Plan) -> list[str]:
    return ["--port", str(plan.port)]


def _attach(environment: Mapping[str, str]) -> Endpoint | None:
    text = environment.get("LABKIT_MQTT_URL", "")
    if not text:
        return None
    try:
        url = urlsplit(text)
        port = url.port or 1883
    except ValueError:
        url, port = urlsplit(""), 0
    if url.scheme != "mqtt" or not url.hostname:
        raise StudentError("LABKIT_MQTT_URL is not the address of a broker.",
                           "write it as mqtt://host:1883 or mqtt://user:password@host:1883.")
    return Endpoint(
        service="mqtt", provider="attach", engine=environment.get("LABKIT_MQTT_ENGINE", "unknown"), version="",
        host=url.hostname, port=port, username=unquote(url.username or ""), password=unquote(url.password or ""),
        capabilities=_MOSQUITTO,
    )


def _ready(endpoint: Endpoint) -> str:
    return mqtt_refusal(endpoint.host, endpoint.port, endpoint.username, endpoint.password)


MQTT = Service(
    name="mqtt",
    title="MQTT broker",
    capabilities=CAPABILITIES,
    attach=_attach,
    variable="LABKIT_MQTT_URL",
    plan=_plan,
    ready=_ready,
    images=(Image("mosquitto", 1883, _MOSQUITTO, _mosquitto_container),),
    programs=(Program("mosquitto", "mosquitto", _MOSQUITTO, _mosquitto, _mosquitto_version,
                      install="sudo apt install mosquitto"),),
    modules=(
        Module("iotcore", "labkit.embedded.mqtt_iotcore", "iotcore", "iotcore", _IOTCORE, _port),
        Module("amqtt", "labkit.embedded.mqtt_amqtt", "amqtt", "amqtt", _AMQTT, _port),
    ),
)
