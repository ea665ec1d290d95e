"""Judges a telemetry message by its contract, stack/contracts/telemetry.md, and says what is wrong with it."""

from __future__ import annotations

import json
import math
from typing import Any

LONGEST_NAME = 1000
"""Bytes of a `node_id` or of a sensor's name."""
_LAST_SECOND = 9_223_372_036
"""A time stamp of InfluxDB is nanoseconds in 64 bits: it ends in the year 2262."""
_INTEGERS = range(-(2**63), 2**63)


class MalformedError(ValueError):
    """A message does not keep the contract.

    Args:
        reason: one word of `esp32.md`, the same for every message with this fault.
        detail: what is wrong with this one.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def check_reading(payload: bytes) -> None:
    """Check the payload of a telemetry message. Keys that the contract does not name are passed over.

    Args:
        payload: JSON in UTF-8.

    Raises:
        MalformedError: it is no reading.
    """
    try:
        reading = json.loads(payload.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise MalformedError("not_json", str(error)) from error
    if not isinstance(reading, dict):
        raise MalformedError("not_json", f"a reading is a JSON object, not {reading!r:.100}")
    for key in ("node_id", "timestamp", "sensors", "wifi_rssi", "uptime"):
        if key not in reading:
            raise MalformedError(f"bad_{key}", f"{key} is missing")
    _check_name("node_id", "node_id", reading["node_id"])
    moment = reading["timestamp"]
    _check_number("timestamp", "timestamp", moment)
    if not 0 <= moment < _LAST_SECOND:
        raise MalformedError("bad_timestamp", f"timestamp is {moment!r:.100}, not seconds from 1970 to 2262")
    sensors = reading["sensors"]
    if not isinstance(sensors, dict):
        raise MalformedError("bad_sensors", f"sensors is {sensors!r:.100}, not an object")
    for name, value in sensors.items():
        _check_name("sensors", "the name of a sensor", name)
        _check_number("sensors", f"sensors.{name}", value)
    for key in ("wifi_rssi", "uptime"):
        value = reading[key]
        _check_number(key, key, value)
        if value != math.floor(value) or math.floor(value) not in _INTEGERS:
            raise MalformedError(f"bad_{key}", f"{key} is {value!r:.100}, not an integer of 64 bits")


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _check_name(key: str, what: str, name: Any) -> None:
    """Refuse what line protocol cannot carry as a tag or as a name."""
    if not isinstance(name, str) or not name:
        raise MalformedError(f"bad_{key}", f"{what} is {name!r:.100}, not a text that says something")
    if any(character in name for character in "\n\r\0") or name.endswith("\\"):
        raise MalformedError(f"bad_{key}", f"{what} is {name!r:.100}: the database cannot keep this text")
    try:
        length = len(name.encode())
    except UnicodeEncodeError as error:  # half a character: JSON can name one, UTF-8 cannot
        raise MalformedError(f"bad_{key}", f"{what} is {name!r:.100}, which is no Unicode text") from error
    if length > LONGEST_NAME:
        raise MalformedError(f"bad_{key}", f"{what} has {length} bytes, more than {LONGEST_NAME}")


def _check_number(key: str, what: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedError(f"bad_{key}", f"{what} is {value!r:.100}, not a number")
    try:
        finite = math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        finite = False
    if not finite:
        raise MalformedError(f"bad_{key}", f"{what} is a number without bounds")
