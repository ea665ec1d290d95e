"""The MQTT broker amqtt, for access control, reason codes and $SYS: `python -m labkit.embedded.mqtt_amqtt --port 0`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import warnings
from typing import Any

SYS_INTERVAL = 1
"""Seconds between two messages on each $SYS topic."""


def configuration(port: int) -> dict[str, Any]:
    """The broker's settings: one listener on 127.0.0.1 (its own default listens on every address).

    Args:
        port: TCP port, 0 for a free one.
    """
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {
            "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True},
            "amqtt.plugins.sys.broker.BrokerSysPlugin": {"sys_interval": SYS_INTERVAL},
        },
    }


async def _serve(port: int) -> None:
    from amqtt.broker import Broker

    broker = Broker(configuration(port))
    await broker.start()
    (server,) = broker._servers.values()  # it keeps its socket to itself, and the free port is known only there
    print(json.dumps({"port": server.instance.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Run the broker until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m labkit.embedded.mqtt_amqtt", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    options = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)  # of the package's own imports
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_serve(options.port))


if __name__ == "__main__":
    main()
