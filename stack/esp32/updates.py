"""A node as a rollout sees it: firmware goes there by a command, and its status says what it runs."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import paho.mqtt.client as mqtt

from stack.esp32.registry import Node, Registry


class CommandedNode:
    """Updates one node over MQTT.

    Args:
        fleet: the part `fleet`.
        client: connected; sends the commands.
        registry: started; hears the status.
        node: what is known of it.
        manifest: of the new firmware: name, size, sha256, url. The version is that of `install`.
        timeout: seconds that the node has to acknowledge, and again to come back with the other firmware.
    """

    def __init__(self, fleet: ModuleType, client: mqtt.Client, registry: Registry, node: Node,
                 manifest: Mapping[str, Any], timeout: float) -> None:
        self.node_id = node.node_id
        self._fleet, self._client, self._registry = fleet, client, registry
        self._topic_id, self._before = node.topic_id, node.firmware
        self._manifest, self._timeout = manifest, timeout

    def install(self, firmware: str) -> None:
        """Install a version, and return when the node is online with it.

        Raises:
            TimeoutError: the node did not acknowledge, or did not come back with this version.
            RuntimeError: the node refuses.
        """
        self._order("update_firmware", {**self._manifest, "version": firmware})
        self._runs(firmware)

    def rollback(self) -> None:
        """Boot the firmware from before, and return when the node is online with it.

        Raises:
            TimeoutError: the node did not acknowledge, or did not come back with it.
            RuntimeError: the node refuses, or it is not known what it ran.
        """
        if self._before is None:
            raise RuntimeError(f"{self.node_id} never said which firmware it ran")
        now = self._registry.find(self.node_id)
        if now is not None and now.status == "online" and now.firmware == self._before:
            return  # an update that did not answer did not happen
        self._order("rollback_firmware", {})
        self._runs(self._before)

    def _order(self, command: str, params: dict[str, Any]) -> None:
        ack = self._fleet.send_command(self._client, self._topic_id, command, params, self._timeout)
        if not ack.ok:
            raise RuntimeError(f"{self.node_id} refuses {command}: {ack.reason or 'no reason given'}")

    def _runs(self, firmware: str) -> None:
        def back(node: Node) -> bool:
            return node.status == "online" and node.firmware == firmware

        if not self._registry.wait_for(self.node_id, back, self._timeout):
            raise TimeoutError(f"{self.node_id} did not come back with firmware {firmware} in {self._timeout:g} s")
