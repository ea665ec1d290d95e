"""Frames for tests: recorded ones by name, and made ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[2] / "fixtures" / "shelly"
SCRIPT, NATIVE = "shellypro2-30c6f7aabbcc", "shellypro2-30c6f7aabbcd"
SENSOR = "7c:c6:b6:7f:48:ed"
NOON = 1_700_049_600.0


def recorded(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def load(name: str) -> Any:
    return json.loads(recorded(name))


def notify(method: str, *, gateway: str = SCRIPT, ts: Any = NOON, **params: Any) -> bytes:
    frame = {"src": gateway, "dst": f"{gateway}/events", "method": method, "params": {"ts": ts, **params}}
    return json.dumps(frame).encode()


def event(*, ts: Any = NOON, address: Any = SENSOR, pid: Any = 17, gateway: str = SCRIPT, **data: Any) -> bytes:
    """A frame of the script with one reading."""
    found = {"encryption": False, "BTHome_version": 2, "pid": pid, "battery": 97, "humidity": 48, "temperature": 21.7,
             "rssi": -70, "address": address} | data
    made = {"component": "script:1", "id": 1, "event": "shelly-blu", "data": found, "ts": ts}
    return notify("NotifyEvent", gateway=gateway, ts=ts, events=[made])


def forwarded(service_data: bytes, mac: str, **change: Any) -> bytes:
    """What a script passes on undecoded."""
    frame = {"scriptVersion": "1.0", "src": SCRIPT, "srcScript": {"id": 1}, "srcBle": {"mac": mac, "rssi": -61},
             "ts": NOON, "payload": service_data.hex()} | change
    return json.dumps(frame).encode()
