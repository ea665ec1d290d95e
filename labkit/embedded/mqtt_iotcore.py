"""The MQTT broker rumqttd, from the wheel of iotcore: `python -m labkit.embedded.mqtt_iotcore --port 0`."""

from __future__ import annotations

import argparse
import json
import logging
import socket
from collections.abc import Mapping
from pathlib import Path

MAX_PAYLOAD = 16 * 1024 * 1024
"""Longest payload, in bytes. The package's own limit, 20,480, is shorter than an ordinary picture."""


def configuration(port: int, users: Mapping[str, str]) -> str:
    """The broker's settings as TOML, in the form of rumqttd.toml: the package takes logins only from such a file.

    Args:
        port: TCP port on 127.0.0.1.
        users: passwords by user name.
    """
    # A JSON string is a TOML basic string.
    logins = "\n".join(f"{json.dumps(name)} = {json.dumps(password)}" for name, password in users.items())
    return f"""
id = 0

[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[v4.1]
name = "v4-1"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = {MAX_PAYLOAD}
max_inflight_count = 100
dynamic_filters = true

[v4.1.connections.auth]
{logins}
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Run the broker until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m labkit.embedded.mqtt_iotcore", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--users", type=Path, help="JSON file with passwords by user name; a client must log in then")
    options = parser.parse_args()

    from iotcore.iotcore import IotCoreBroker

    # The broker reports every packet that it routes as an error: only what its author calls critical is worth a line.
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    port = options.port or _free_port()
    if options.users:
        config = options.users.with_suffix(".toml")
        config.write_text(configuration(port, json.loads(options.users.read_text())))
        broker = IotCoreBroker(config_path=str(config))
    else:
        broker = IotCoreBroker(listen="127.0.0.1", port=port, max_payload_size=MAX_PAYLOAD)
    broker.check_ports()
    print(json.dumps({"port": port}), flush=True)
    broker.run_forever()


if __name__ == "__main__":
    main()
