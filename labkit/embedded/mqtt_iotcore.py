"""The MQTT broker rumqttd, from the wheel of iotcore: `python -m labkit.embedded.mqtt_iotcore --port 0`."""

from __future__ import annotations

import argparse
import json
import logging
import socket

MAX_PAYLOAD = 16 * 1024 * 1024
"""Longest payload, in bytes. The package's own limit, 20,480, is shorter than an ordinary picture."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> None:
    """Run the broker until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m labkit.embedded.mqtt_iotcore", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    options = parser.parse_args()

    from iotcore.iotcore import IotCoreBroker

    # The broker reports every packet that it routes as an error: only what its author calls critical is worth a line.
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    port = options.port or _free_port()
    broker = IotCoreBroker(listen="127.0.0.1", port=port, max_payload_size=MAX_PAYLOAD)
    broker.check_ports()
    print(json.dumps({"port": port}), flush=True)
    broker.run_forever()


if __name__ == "__main__":
    main()
