"""The fleet from a terminal: `python -m stack.esp32.manage nodes | broker | command | rollout`.

The broker comes from the environment (MQTT_HOST, …). Exit status 0: done; 1: the node refuses, nobody answers, the
rollout was stopped; 2: the command line or a setting is wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from stack.esp32.manager import connected_client
from stack.esp32.registry import Registry
from stack.esp32.updates import CommandedNode
from stack.runtime import MqttSettings, PartError, ServiceSettings, SettingsError, load, load_part
from stack.runtime.settings import Broker


class ManageSettings(ServiceSettings, MqttSettings):
    """Settings of the command line: the broker."""


def parameter(text: str) -> tuple[str, Any]:
    """Read `name=value`; a value that is JSON is what it says, else it is text.

    Raises:
        argparse.ArgumentTypeError: there is no `=`.
    """
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m stack.esp32.manage", description="Manage the ESP32 nodes.")
    top.add_argument("--timeout", type=float, default=5.0, help="seconds that a node has to answer (default 5)")
    commands = top.add_subparsers(dest="action", required=True)
    commands.add_parser("nodes", help="list the nodes that have told their status")
    commands.add_parser("broker", help="ask the broker how it is, and publish it on iot/broker/…")
    command = commands.add_parser("command", help="send a command and wait for its acknowledgement")
    command.add_argument("node", help="01 or node_01")
    command.add_argument("name", help="such as set_led")
    command.add_argument("params", nargs="*", type=parameter, metavar="name=value",
                         help="such as state=on brightness=128")
    rollout = commands.add_parser("rollout", help="bring firmware to all nodes that are online, canaries first")
    rollout.add_argument("version", help="such as 1.1.0")
    rollout.add_argument("--image", type=Path, required=True, help="the image; its size and SHA-256 are announced")
    rollout.add_argument("--url", required=True, help="where the nodes fetch it")
    rollout.add_argument("--name", default="esp32-node", help="product in the manifest (default esp32-node)")
    rollout.add_argument("--canary", type=int, default=1, help="how many nodes go first (default 1)")
    rollout.add_argument("--max-failures", type=int, default=0, help="failures that are put up with (default 0)")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one action.

    Args:
        arguments: the words of the command line; those of the process if not given.

    Returns:
        the exit status.
    """
    options = parser().parse_args(arguments)
    try:
        broker, fleet = load(ManageSettings).mqtt, load_part("fleet")
        action = {"nodes": _nodes, "broker": _broker, "command": _command, "rollout": _rollout}[options.action]
        return action(broker, fleet, options)
    except (SettingsError, PartError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:  # ConnectionError and TimeoutError are some
        print(error, file=sys.stderr)
        return 1


def _show(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=1))


def _nodes(broker: Broker, _fleet: ModuleType, _options: argparse.Namespace) -> int:
    registry = Registry(broker)
    registry.start()
    registry.stop()
    print(f"{'node':12} {'status':8} {'firmware':10} {'dBm':>5} {'uptime s':>9}")
    for node in registry.nodes:
        dbm, uptime = (f"{value:g}" if value is not None else "-" for value in (node.wifi_rssi, node.uptime))
        print(f"{node.node_id:12} {node.status:8} {node.firmware or '-':10} {dbm:>5} {uptime:>9}")
    return 0


def _broker(broker: Broker, fleet: ModuleType, _options: argparse.Namespace) -> int:
    _show(fleet.broker_health(broker))
    return 0


def _command(broker: Broker, fleet: ModuleType, options: argparse.Namespace) -> int:
    client = connected_client(broker)
    try:
        ack = fleet.send_command(client, options.node, options.name, dict(options.params), options.timeout)
    finally:
        client.disconnect()
        client.loop_stop()
    _show(asdict(ack))
    return 0 if ack.ok else 1


def _rollout(broker: Broker, fleet: ModuleType, options: argparse.Namespace) -> int:
    image = options.image.read_bytes()
    manifest = {"name": options.name, "size": len(image), "sha256": hashlib.sha256(image).hexdigest(),
                "url": options.url}
    registry = Registry(broker)
    registry.start()
    try:
        client = connected_client(broker)
        try:
            online = [node for node in registry.nodes if node.status == "online"]
            nodes = [CommandedNode(fleet, client, registry, node, manifest, options.timeout) for node in online]
            result = fleet.rollout(nodes, options.version, options.canary, options.max_failures)
        finally:
            client.disconnect()
            client.loop_stop()
    finally:
        registry.stop()
    _show(asdict(result))
    return 0 if result.done and not result.failed else 1


if __name__ == "__main__":
    sys.exit(main())
