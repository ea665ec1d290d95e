"""Apache Kafka from a folder of jars: `python -m labkit.embedded.kafka_jvm --jars D --directory D …`.

One broker that is its own controller (KRaft), on 127.0.0.1 alone. The first start formats its storage; a later one
finds the log as it was left, also after `kill -9`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from labkit.embedded.launch import announce, become, free_port

_LOGGING = """status=error
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %m (%c)%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=OUT
logger.started.name=kafka.server.KafkaRaftServer
logger.started.level=info
"""
"""Warnings, and the line that says that it runs. Kafka's own settings write a file for every part of it."""
HEAP = ("-Xms128m", "-Xmx512m")
# One broker for one house, measured on two cores: with the first compiler alone it starts in half of the time and takes
# 150,000 records of 200 bytes a second, no fewer than with both; the collector with one thread is smaller than G1.
_JAVA = (*HEAP, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError",
         "-Djava.awt.headless=true")


def properties(environment: Mapping[str, str]) -> dict[str, str]:
    """Kafka's properties from the variables of its image: KAFKA_A_B_C is a.b.c.

    Args:
        environment: the variables.
    """
    return {name.removeprefix("KAFKA_").lower().replace("_", "."): value
            for name, value in environment.items() if name.startswith("KAFKA_")}


def _configuration(settings: Path, port: int, data: Path) -> str:
    lines = (line.strip().partition("=") for line in settings.read_text(encoding="utf-8").splitlines())
    given = properties({name: value for name, _, value in lines if not name.startswith("#")})
    controller = free_port()
    node = given["node.id"]
    return "".join(f"{name}={value}\n" for name, value in (given | {
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.voters": f"{node}@127.0.0.1:{controller}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data.as_posix(),
    }).items())


def main() -> None:
    """Become the broker."""
    parser = argparse.ArgumentParser(prog="python -m labkit.embedded.kafka_jvm", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--jars", type=Path, required=True, help="the folder of Kafka's jars")
    parser.add_argument("--java", type=Path, required=True, help="the program java")
    parser.add_argument("--directory", type=Path, required=True, help="where the log and the settings are kept")
    parser.add_argument("--settings", type=Path, required=True, help="variables of the official image, one a line")
    options = parser.parse_args()
    port = options.port or free_port()
    directory = options.directory.absolute()
    data, server, logging = directory / "data", directory / "server.properties", directory / "log4j2.properties"
    server.write_text(_configuration(options.settings, port, data), encoding="utf-8")
    logging.write_text(_LOGGING, encoding="utf-8")
    java = [str(options.java), *_JAVA, f"-Dlog4j2.configurationFile={logging}", "-cp", f"{options.jars}{os.sep}*"]
    if not (data / "meta.properties").exists():
        done = subprocess.run([*java, "kafka.tools.StorageTool", "format", "--cluster-id", _cluster_id(), "--config",
                               str(server)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{done.stdout}{done.stderr}Kafka's storage could not be formatted")
    announce(port)
    become([*java, "kafka.Kafka", str(server)])


def _cluster_id() -> str:
    """A random id in Kafka's form: 16 bytes in base 64 for URLs, without padding and not beginning with a dash."""
    import base64
    import uuid

    return "L" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]


if __name__ == "__main__":
    main()
