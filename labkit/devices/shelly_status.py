"""What the components of a simulated Shelly Pro 2 say of themselves: status and configuration, in Shelly's own shapes.

Shapes: shelly-api-docs, Gen2 (Switch, Sys, WiFi, MQTT, Script, BTHomeDevice, BTHomeSensor). A plain Pro 2 has no meter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MODEL, FIRMWARE = "SPSW-202XE12UL", "1.6.2"
BLU_HT = 3
"""`model_id` of a BLU H&T."""
OBJECTS = {1: "battery", 46: "humidity", 69: "temperature"}
"""What a native gateway makes components of: BTHome object ids 01, 2E, 45, in decimal as in its configuration."""
FIRST, LAST = 200, 299
"""Numbers of dynamic components."""
PAIRED_MOST = (LAST - FIRST + 1) // len(OBJECTS)
"""Sensors that one gateway can be paired with."""


@dataclass
class Paired:
    """A sensor that a native gateway was paired with, and what it heard of it last.

    Args:
        address: of the sensor.
        name: that a person gave it; None if nobody did.
        number: of its `bthomedevice` component.
        first: number of the first of its `bthomesensor` components.
    """

    address: str
    name: str | None
    number: int
    first: int
    device: dict[str, Any] = field(default_factory=dict)
    values: dict[int, dict[str, Any]] = field(default_factory=dict)

    def heard(self, values: dict[str, Any], rssi: int, moment: int) -> None:
        """Take note of an advertisement.

        Args:
            values: by the names of BTHome.
            rssi: dBm.
            moment: seconds since 1970, UTC.
        """
        self.device = {
            "id": self.number, "rssi": rssi, "battery": values["battery"], "packet_id": values["packet_id"],
            "last_updated_ts": moment,
        }
        for offset, (object_id, name) in enumerate(OBJECTS.items()):
            number = self.first + offset
            self.values[object_id] = {"id": number, "value": values[name], "last_updated_ts": moment}

    def status(self) -> dict[str, dict[str, Any]]:
        """The status of its components, by their keys; empty before the first advertisement."""
        if not self.device:
            return {}
        return {
            f"bthomedevice:{self.number}": self.device,
            **{f"bthomesensor:{value['id']}": value for value in self.values.values()},
        }

    def components(self) -> list[dict[str, Any]]:
        """Its components as `Shelly.GetComponents` lists them."""
        status = self.status()
        device = {
            "key": f"bthomedevice:{self.number}",
            "status": status.get(f"bthomedevice:{self.number}", {"id": self.number}),
            "config": {"id": self.number, "addr": self.address, "name": self.name, "key": None, "meta": None},
            "attrs": {"flags": 0, "model_id": BLU_HT},
        }
        sensors = [
            {
                "key": f"bthomesensor:{self.first + offset}",
                "status": status.get(f"bthomesensor:{self.first + offset}", {"id": self.first + offset}),
                "config": {"id": self.first + offset, "addr": self.address, "name": None, "obj_id": object_id, "idx": 0,
                           "meta": None},
            }
            for offset, object_id in enumerate(OBJECTS)
        ]
        return [device, *sensors]


def device_info(gateway: str) -> dict[str, Any]:
    """The answer to `Shelly.GetDeviceInfo`.

    Args:
        gateway: its id, `shellypro2-` and the MAC address.
    """
    return {
        "name": None, "id": gateway, "mac": gateway.rpartition("-")[2].upper(), "slot": 0, "model": MODEL, "gen": 2,
        "fw_id": f"20250508-110823/{FIRMWARE}-gc8a76e2", "ver": FIRMWARE, "app": "Pro2", "auth_en": False,
        "auth_domain": None,
    }


def switch(number: int, output: bool, source: str) -> dict[str, Any]:
    """The status of a relay.

    Args:
        number: 0 or 1.
        output: whether it is on.
        source: who switched it last, such as `"MQTT"` or `"init"`.
    """
    return {"id": number, "source": source, "output": output, "temperature": {"tC": 41.3, "tF": 106.3}}


def system(gateway: str, uptime: int, now: float, revision: int) -> dict[str, Any]:
    """The status `sys`.

    Args:
        gateway: its id.
        uptime: seconds.
        now: seconds since 1970, UTC.
        revision: of its configuration.
    """
    return {
        "mac": gateway.rpartition("-")[2].upper(), "restart_required": False, "unixtime": int(now), "uptime": uptime,
        "ram_size": 246_000, "ram_free": 128_000, "fs_size": 524_288, "fs_free": 188_416, "cfg_rev": revision,
        "kvs_rev": 0, "schedule_rev": 0, "webhook_rev": 0, "available_updates": {}, "reset_reason": 3,
    }
