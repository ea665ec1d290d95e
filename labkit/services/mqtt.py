"""The MQTT broker: four engines, and what each of them can do, as it was measured (mosquitto, iotcore, amqtt)."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from labkit.errors import StudentError
from labkit.services import mosquitto, stack_files
from labkit.services.endpoint import Endpoint
from labkit.services.probes import mqtt_refusal
from labkit.services.service import Container, Image, Module, Plan, Program, Service, listed

CAPABILITIES = {
    "qos2": "QoS 2: exactly once between client and broker",
    "retained": "retained messages",
    "last_will": "last will",
    "persistent_sessions": "a client with a persistent session gets the QoS 1 and 2 messages that it missed",
    "anonymous_sessions": "persistent sessions for clients without a user name too",
    "mqtt5": "MQTT 5, beside MQTT 3.1.1",
    "mqtt5_same_port": "MQTT 5 and MQTT 3.1.1 on one port",
    "sys_topics": "the broker's own numbers under $SYS",
    "credentials": "a client must log in with the endpoint's user name and password",
    "auth_reason": "a refused login gets a CONNACK that says why",
    "acl": "access rules: the endpoint's user may do everything; the user `guest`, with the same password, may only "
           "subscribe to public/#",
    "durable": "sessions, retained messages and what is queued for a session are there again after the broker was "
               "killed and started again; only what it took in its last moment can be missing",
    "wide_window": "a hundred messages and more on their way to one subscriber before it acknowledges the first; "
                   "Mosquitto's own window is 20",
}
"""What may be asked for. The last five are set up only when they are asked for."""

USER, GUEST = "lab", "guest"
RULES = {USER: {"publish": ["#"], "subscribe": ["#", "$SYS/#"]}, GUEST: {"publish": [], "subscribe": ["public/#"]}}
"""The access rules of `acl`: topic filters that a user may publish to and subscribe to."""

_LOGIN = frozenset({"credentials", "auth_reason"})
_ACCESS = frozenset({"acl"})
_ANONYMOUS = frozenset({"anonymous_sessions"})
_DURABLE = frozenset({"durable"})
_WIDE = frozenset({"wide_window"})
_CORE = frozenset({"qos2", "retained", "last_will"})
_MOSQUITTO = frozenset(CAPABILITIES)
# Logins of EMQX stand in its database, and its rules in another language than Mosquitto's: not set up here.
_EMQX = frozenset(CAPABILITIES) - _LOGIN - _ACCESS - _DURABLE
# A bad login is answered by closing the connection; a subscription to $SYS closes it too.
_IOTCORE = _CORE | _ANONYMOUS | _WIDE | {"persistent_sessions", "credentials"}
# No MQTT 5. It drops the session of a client without a user name, and loses what is published for any session in the
# moment of its disconnect: a promise that holds most of the time is none.
_AMQTT = _CORE | {"sys_topics"} | _LOGIN | _ACCESS


def _plan(directory: Path, port: int, needs: frozenset[str], engine: frozenset[str]) -> Plan:
    """Logins and rules are set up only when they are needed: a first lab connects without them.

    To write all that it knows to its disk at each change costs a broker nearly all of its speed.
    """
    login = bool(needs & (_LOGIN | _ACCESS))
    granted = engine - (_ANONYMOUS if login else _LOGIN)
    granted -= (_ACCESS | _DURABLE | _WIDE) - needs
    password = secrets.token_hex(8) if login else ""
    return Plan(directory, port, granted, username=USER if login else "", password=password)


def _users(plan: Plan) -> dict[str, str]:
    """Passwords by user."""
    users = {plan.username: plan.password} if plan.username else {}
    return users | ({GUEST: plan.password} if "acl" in plan.capabilities else {})


def _mosquitto_settings(plan: Plan) -> str:
    text = stack_files.text("mosquitto/mosquitto.conf")
    if "wide_window" in plan.capabilities:
        text += stack_files.text("mosquitto/pipelines.conf")
    if "durable" not in plan.capabilities:
        return text
    lines = (line for line in text.splitlines() if not line.startswith("autosave_interval"))
    return "\n".join([*lines, "autosave_interval 1", "autosave_on_changes true", ""])


def _mosquitto_rules(plan: Plan) -> dict[str, dict[str, list[str]]] | None:
    return RULES if "acl" in plan.capabilities else None


def _mosquitto(plan: Plan) -> list[str]:
    files = mosquitto.configuration(
        _mosquitto_settings(plan), folder=str(plan.directory), data=str(plan.directory),
        listener=f"{plan.port} 127.0.0.1", users=_users(plan), rules=_mosquitto_rules(plan), log="stderr",
        # Started by root it would become the user `mosquitto`, which cannot write into a private directory of root.
        user="root" if os.name == "posix" and os.geteuid() == 0 else "",
    )
    for path, text in files.items():
        Path(path).write_text(text, encoding="utf-8")
        Path(path).chmod(0o600)
    return ["-c", next(iter(files))]


def _mosquitto_container(plan: Plan) -> Container:
    return Container(files=mosquitto.configuration(
        _mosquitto_settings(plan), folder="/mosquitto/config", data="/mosquitto/data",
        listener="1883", users=_users(plan), rules=_mosquitto_rules(plan),
    ), mode=0o600)  # the image's entry point gives them to the user that it becomes


def _emqx_container(plan: Plan) -> Container:
    wide = stack_files.variables("emqx/pipelines.env") if "wide_window" in plan.capabilities else {}
    return Container(environment=stack_files.variables("emqx/emqx.env") | wide,
                     files={"/opt/emqx/etc/acl.conf": stack_files.text("emqx/acl.conf")})


def _module(plan: Plan) -> list[str]:
    """Passwords go through a file in the private directory: arguments can be read by every user of the machine."""
    arguments = ["--port", str(plan.port)]
    if plan.username:
        users = plan.directory / "users.json"
        users.write_text(json.dumps(_users(plan)))
        arguments += ["--users", str(users)]
    if "acl" in plan.capabilities:
        rules = plan.directory / "rules.json"
        rules.write_text(json.dumps(RULES))
        arguments += ["--rules", str(rules)]
    return arguments


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
    username = unquote(url.username or "")
    # A broker that somebody else runs is taken for a complete one; its access rules are not known.
    complete = _MOSQUITTO - _ACCESS - _DURABLE - (_ANONYMOUS if username else _LOGIN)
    return Endpoint(
        service="mqtt", provider="attach", engine=environment.get("LABKIT_MQTT_ENGINE", "unknown"), version="",
        host=url.hostname, port=port, username=username, password=unquote(url.password or ""),
        capabilities=listed(environment, "LABKIT_MQTT_CAPABILITIES", CAPABILITIES, complete),
    )


def _ready(endpoint: Endpoint) -> str:
    return mqtt_refusal(endpoint.host, endpoint.port, endpoint.username, endpoint.password)


_VERSION = r"mosquitto version (\S+)"

MQTT = Service(
    name="mqtt",
    title="MQTT broker",
    capabilities=CAPABILITIES,
    variable="LABKIT_MQTT_URL",
    attach=_attach,
    plan=_plan,
    ready=_ready,
    images=(
        Image("mosquitto", 1883, _MOSQUITTO, _mosquitto_container, ("mosquitto", "-h"), _VERSION),
        Image("emqx", 1883, _EMQX, _emqx_container, ("emqx_ctl", "broker"), r"version\s*:\s*(\S+)"),
    ),
    programs=(Program("mosquitto", "mosquitto", _MOSQUITTO, _mosquitto, ("-h",), _VERSION,
                      install="sudo apt install mosquitto", running=r"mosquitto version \S+ running"),),
    modules=(
        Module("iotcore", "labkit.embedded.mqtt_iotcore", "iotcore", "iotcore", _IOTCORE, _module),
        Module("amqtt", "labkit.embedded.mqtt_amqtt", "amqtt", "amqtt", _AMQTT, _module),
    ),
)
