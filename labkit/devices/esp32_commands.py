"""What an ESP32 node is asked to do, and when it refuses: read and checked, nothing done.

| command | params | refused when |
|---|---|---|
| `set_led` | `state` on or off, `brightness` 0 to 255 (optional) | a value is something else |
| `set_interval` | `seconds`, whole, 1 to 3600 | it is something else |
| `restart`, `rollback_firmware` | none | there are some; there is no earlier firmware |
| `update_firmware` | `name`, `version`, `size`, `sha256`, `url`, `min_version` (optional) | it does not fit the node |

The words of a refusal are those of the firmware in `firmware/lib/policies`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PRODUCT = "esp32-node"
"""The name in the manifest of a firmware for these nodes."""
SLOT_BYTES = 0x1E0000
"""Size of an OTA slot in the ESP32's usual partition table for 4 MB of flash (`min_spiffs.csv`, arduino-esp32)."""
MOST_BYTES = 1024
"""Longest command message."""
MOST_SECONDS = 3600
"""Longest interval."""
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
                      r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?", re.ASCII)


class RefusedError(Exception):
    """A node does not do what it is asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Args:
        id: of the message; the acknowledgement has the same. Empty when the message has none.
        name: what to do; empty when that could not be read.
        params: with what.
        refusal: why it cannot be a command; empty when it can.
    """

    id: str
    name: str
    params: Mapping[str, Any]
    refusal: str = ""


def parse_command(payload: bytes) -> Command:
    """Read a message of a command topic. What is wrong with it stands in `refusal`.

    Args:
        payload: JSON in UTF-8: `{"id": "c-17", "command": "set_led", "params": {…}}`.
    """
    if len(payload) > MOST_BYTES:
        return Command("", "", {}, f"message is longer than {MOST_BYTES} bytes")
    try:
        document = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return Command("", "", {}, f"malformed JSON at byte {getattr(error, 'pos', 0)}")
    if not isinstance(document, dict):
        return Command("", "", {}, "a command must be a JSON object")
    id, name, params = document.get("id", ""), document.get("command"), document.get("params", {})
    known = str(id) if _text(id, 32) else ""
    if "command" not in document:
        return Command(known, "", {}, "key 'command' is missing")
    if "id" in document and not known:
        return Command("", str(name) if _text(name, 24) else "", {}, "id must be text of 1 to 32 bytes")
    if not _text(name, 24):
        return Command(known, "", {}, "command must be text of 1 to 24 bytes")
    if not isinstance(params, dict):
        return Command(known, str(name), {}, "params must be a JSON object")
    return Command(known, str(name), params)


def _text(value: object, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value.encode("utf-8", "surrogatepass")) <= most


def check_keys(params: Mapping[str, Any], required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> None:
    """Refuse parameters with a key too many or too few.

    Raises:
        RefusedError: that is so.
    """
    for key in params:
        if key not in (*required, *optional):
            raise RefusedError(f"unknown key '{key}'")
    for key in required:
        if key not in params:
            raise RefusedError(f"key '{key}' is missing")


def read_led(params: Mapping[str, Any], brightness: int) -> tuple[bool, int]:
    """Read the parameters of `set_led`.

    Args:
        params: of the command.
        brightness: what the LED has now, 0 to 255: it stays when none is given.

    Returns:
        Whether it is on, and its brightness.

    Raises:
        RefusedError: a value does not fit.
    """
    check_keys(params, ("state",), ("brightness",))
    if params["state"] not in ("on", "off"):
        raise RefusedError("state must be on or off")
    wanted = params.get("brightness", brightness)
    if type(wanted) is not int or not 0 <= wanted <= 255:
        raise RefusedError("brightness must be 0 to 255")
    return params["state"] == "on", wanted


def read_interval(params: Mapping[str, Any]) -> int:
    """Read the parameters of `set_interval`: seconds.

    Raises:
        RefusedError: the value does not fit.
    """
    check_keys(params, ("seconds",))
    seconds = params["seconds"]
    if type(seconds) is not int or not 1 <= seconds <= MOST_SECONDS:
        raise RefusedError(f"seconds must be a whole number from 1 to {MOST_SECONDS}")
    return seconds


def check_manifest(params: Mapping[str, Any], running: str) -> str:
    """Check the parameters of `update_firmware`, the manifest of an image.

    Args:
        params: of the command.
        running: the version that runs.

    Returns:
        The new version.

    Raises:
        RefusedError: the image is not for this node, not newer, too large, or cannot be checked.
    """
    check_keys(params, ("name", "version", "size", "sha256", "url"), ("min_version",))
    if params["name"] != PRODUCT:
        raise RefusedError(f"name must be {PRODUCT}")
    version, present = _order(params["version"]), _order(running)
    if version is None or present is None:
        raise RefusedError("version must be like 1.2.3")
    if version <= present:
        raise RefusedError(f"version must be newer than {running}")
    if "min_version" in params:
        least = _order(params["min_version"])
        if least is None:
            raise RefusedError("min_version must be like 1.2.3")
        if present < least:
            raise RefusedError(f"this step needs at least version {params['min_version']}")
    if type(params["size"]) is not int or not 1 <= params["size"] <= SLOT_BYTES:
        raise RefusedError(f"size must be 1 to {SLOT_BYTES}")
    if not (isinstance(params["sha256"], str) and re.fullmatch("[0-9a-fA-F]{64}", params["sha256"])):
        raise RefusedError("sha256 must be 64 hexadecimal digits")
    if not (_text(params["url"], 191) and params["url"].startswith(("http://", "https://"))):
        raise RefusedError("url must be a web address of at most 191 bytes")
    return str(params["version"])


def _order(version: object) -> tuple[Any, ...] | None:
    """A key that sorts versions as Semantic Versioning 2.0.0 does (section 11); None when it is no version."""
    found = _VERSION.fullmatch(version) if _text(version, 63) and isinstance(version, str) else None
    if found is None:
        return None
    numbers = tuple(int(number) for number in found.groups()[:3])
    if found[4] is None:
        return (*numbers, 1)
    steps = tuple((0, int(step), "") if step.isdecimal() else (1, 0, step) for step in found[4].split("."))
    return (*numbers, 0, steps)
