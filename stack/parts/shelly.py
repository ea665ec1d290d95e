# Part 'shelly' of the house. It moves into lab 05 when that lab is written; then `grader release` makes this file.

"""From Bluetooth to an API: BTHome on the byte level, gateways that speak RPC over MQTT, one reading once, an API."""

import contextlib
import csv
import functools
import io
import json
import math
import queue
import re
import threading
import time
import uuid
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, NamedTuple, Protocol

import paho.mqtt.client as mqtt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from fastapi import FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from pydantic import BaseModel
from urllib3.exceptions import HTTPError


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str


class Influx(Protocol):
    """Where an InfluxDB is, how to log in, and the bucket to use: anything with these attributes."""

    url: str
    token: str
    org: str
    bucket: str


# 1. BTHome v2: what a sensor sends (https://bthome.io/format). The table first, code second.


class Object(NamedTuple):
    """A kind of object: one line of the format's table."""

    name: str
    form: str  # how its bytes are read: a name of READERS
    size: int  # bytes; 0 where a length byte stands in front
    factor: str = "1"
    unit: str = ""


OBJECTS = {
    0x00: Object("packet_id", "uint", 1),
    0x01: Object("battery", "uint", 1, "1", "%"),
    0x02: Object("temperature", "int", 2, "0.01", "°C"),
    0x03: Object("humidity", "uint", 2, "0.01", "%"),
    0x04: Object("pressure", "uint", 3, "0.01", "hPa"),
    0x05: Object("illuminance", "uint", 3, "0.01", "lx"),
    0x06: Object("mass", "uint", 2, "0.01", "kg"),
    0x07: Object("mass", "uint", 2, "0.01", "lb"),
    0x08: Object("dew_point", "int", 2, "0.01", "°C"),
    0x09: Object("count", "uint", 1),
    0x0A: Object("energy", "uint", 3, "0.001", "kWh"),
    0x0B: Object("power", "uint", 3, "0.01", "W"),
    0x0C: Object("voltage", "uint", 2, "0.001", "V"),
    0x0D: Object("pm25", "uint", 2, "1", "ug/m3"),
    0x0E: Object("pm10", "uint", 2, "1", "ug/m3"),
    0x0F: Object("generic_boolean", "bool", 1),
    0x10: Object("power", "bool", 1),
    0x11: Object("opening", "bool", 1),
    0x12: Object("co2", "uint", 2, "1", "ppm"),
    0x13: Object("tvoc", "uint", 2, "1", "ug/m3"),
    0x14: Object("moisture", "uint", 2, "0.01", "%"),
    0x15: Object("battery", "bool", 1),
    0x16: Object("battery_charging", "bool", 1),
    0x17: Object("carbon_monoxide", "bool", 1),
    0x18: Object("cold", "bool", 1),
    0x19: Object("connectivity", "bool", 1),
    0x1A: Object("door", "bool", 1),
    0x1B: Object("garage_door", "bool", 1),
    0x1C: Object("gas", "bool", 1),
    0x1D: Object("heat", "bool", 1),
    0x1E: Object("light", "bool", 1),
    0x1F: Object("lock", "bool", 1),
    0x20: Object("moisture", "bool", 1),
    0x21: Object("motion", "bool", 1),
    0x22: Object("moving", "bool", 1),
    0x23: Object("occupancy", "bool", 1),
    0x24: Object("plug", "bool", 1),
    0x25: Object("presence", "bool", 1),
    0x26: Object("problem", "bool", 1),
    0x27: Object("running", "bool", 1),
    0x28: Object("safety", "bool", 1),
    0x29: Object("smoke", "bool", 1),
    0x2A: Object("sound", "bool", 1),
    0x2B: Object("tamper", "bool", 1),
    0x2C: Object("vibration", "bool", 1),
    0x2D: Object("window", "bool", 1),
    0x2E: Object("humidity", "uint", 1, "1", "%"),
    0x2F: Object("moisture", "uint", 1, "1", "%"),
    0x3A: Object("button", "button", 1),
    0x3B: Object("command", "command", 0),
    0x3C: Object("dimmer", "dimmer", 2),
    0x3D: Object("count", "uint", 2),
    0x3E: Object("count", "uint", 4),
    0x3F: Object("rotation", "int", 2, "0.1", "°"),
    0x40: Object("distance", "uint", 2, "1", "mm"),
    0x41: Object("distance", "uint", 2, "0.1", "m"),
    0x42: Object("duration", "uint", 3, "0.001", "s"),
    0x43: Object("current", "uint", 2, "0.001", "A"),
    0x44: Object("speed", "uint", 2, "0.01", "m/s"),
    0x45: Object("temperature", "int", 2, "0.1", "°C"),
    0x46: Object("uv_index", "uint", 1, "0.1"),
    0x47: Object("volume", "uint", 2, "0.1", "L"),
    0x48: Object("volume", "uint", 2, "1", "mL"),
    0x49: Object("volume_flow_rate", "uint", 2, "0.001", "m3/hr"),
    0x4A: Object("voltage", "uint", 2, "0.1", "V"),
    0x4B: Object("gas", "uint", 3, "0.001", "m3"),
    0x4C: Object("gas", "uint", 4, "0.001", "m3"),
    0x4D: Object("energy", "uint", 4, "0.001", "kWh"),
    0x4E: Object("volume", "uint", 4, "0.001", "L"),
    0x4F: Object("water", "uint", 4, "0.001", "L"),
    0x50: Object("timestamp", "uint", 4),
    0x51: Object("acceleration", "uint", 2, "0.001", "m/s²"),
    0x52: Object("gyroscope", "uint", 2, "0.001", "°/s"),
    0x53: Object("text", "text", 0),
    0x54: Object("raw", "raw", 0),
    0x55: Object("volume_storage", "uint", 4, "0.001", "L"),
    0x56: Object("conductivity", "uint", 2, "1", "µS/cm"),
    0x57: Object("temperature", "int", 1, "1", "°C"),
    0x58: Object("temperature", "int", 1, "0.35", "°C"),
    0x59: Object("count", "int", 1),
    0x5A: Object("count", "int", 2),
    0x5B: Object("count", "int", 4),
    0x5C: Object("power", "int", 4, "0.01", "W"),
    0x5D: Object("current", "int", 2, "0.001", "A"),
    0x5E: Object("direction", "uint", 2, "0.01", "°"),
    0x5F: Object("precipitation", "uint", 2, "0.1", "mm"),
    0x60: Object("channel", "uint", 1),
    0x61: Object("rotational_speed", "uint", 2, "1", "rpm"),
    0x62: Object("speed", "int", 4, "0.000001", "m/s"),
    0x63: Object("acceleration", "int", 4, "0.000001", "m/s²"),
    0x64: Object("light_level", "uint", 1),
    0x65: Object("settings_revision", "uint", 1),
    0xF0: Object("device_type_id", "uint", 2),
    0xF1: Object("firmware_version", "version", 4),
    0xF2: Object("firmware_version", "version", 3),
}
EVENTS = {
    "button": {
        0x01: "press", 0x02: "double_press", 0x03: "triple_press", 0x04: "long_press", 0x05: "long_double_press",
        0x06: "long_triple_press", 0x80: "hold_press", 0x81: "hold_release",
    },
    "dimmer": {0x01: "rotate_left", 0x02: "rotate_right"},
    "command": {0x00: "off", 0x01: "on", 0x02: "toggle", 0x03: "step_up", 0x04: "step_down"},
}

ENCRYPTED, WITH_ADDRESS, VERSION = 0b0000_0001, 0b0000_0010, 0b1110_0000  # bits of the first byte, device information


class BTHomeError(ValueError):
    """Service data that cannot be read.

    Args:
        reason: one word: too_short, unsupported_version, encrypted, not_encrypted, truncated, unknown_object, bad_text,
            mic_mismatch or replay.
        text: what is wrong.
        offset: where in the service data, in bytes.
    """

    def __init__(self, reason: str, text: str, offset: int = 0):
        super().__init__(f"offset {offset}: {text}")
        self.reason, self.offset = reason, offset


def decode_bthome(service_data: bytes) -> dict:
    """Decode the service data of a BTHome v2 advertisement that is not encrypted.

    Args:
        service_data: from the device information byte on, without the UUID D2 FC.

    Returns:
        The value of each object by its name. A name that comes more than once is numbered: `voltage_1`, `voltage_2`.
        Measurements are numbers, states are bools, events are text, or None where nothing happened or the event is not
        in the table; raw bytes are text in hexadecimal. A dimmer has `steps` beside it, a command its `args`.

    Raises:
        BTHomeError: a ValueError that names the offset of the object that is unknown or cut off.
    """
    info, at = open_header(service_data)
    if info & ENCRYPTED:
        raise BTHomeError("encrypted", "the objects are encrypted: decrypt them first")
    objects = []
    while at < len(service_data):
        kind, data, after = next_object(service_data, at)
        try:
            objects.append((kind.name, READERS[kind.form](data, kind)))
        except UnicodeDecodeError:
            raise BTHomeError("bad_text", f"object 0x{service_data[at]:02X} ({kind.name}) is no UTF-8", at) from None
        at = after
    return number_names(objects)


def open_header(service_data: bytes) -> tuple[int, int]:
    """Read the device information byte: return it, and where the objects begin."""
    if not service_data:
        raise BTHomeError("too_short", "there is no device information byte")
    info = service_data[0]
    if (version := (info & VERSION) >> 5) != 2:
        raise BTHomeError("unsupported_version", f"BTHome version {version}, only version 2 is known")
    begin = 7 if info & WITH_ADDRESS else 1  # the device's own address, which some devices put in front
    if len(service_data) < begin:
        raise BTHomeError("too_short", f"{len(service_data)} bytes, the address needs {begin}")
    return info, begin


def next_object(service_data: bytes, at: int) -> tuple[Object, bytes, int]:
    """Find the object at an offset: return its kind, its bytes, and where the next one begins."""
    number = service_data[at]
    kind = OBJECTS.get(number)
    if kind is None:  # its length is not known either, so nothing behind it can be read
        raise BTHomeError("unknown_object", f"object 0x{number:02X} is not known", at)
    begin, size = at + 1, kind.size
    if size == 0 and begin < len(service_data):
        size = service_data[begin]
        begin += 1
        if kind.form == "command":
            size = 1 + (size & 0b0001_1111)  # the code of the command, then so many bytes of arguments
    elif size == 0:
        size = 1  # the length byte itself is missing
    data = service_data[begin : begin + size]
    if len(data) < size:
        text = f"object 0x{number:02X} ({kind.name}) is truncated: {size} bytes needed, {len(data)} left"
        raise BTHomeError("truncated", text, at)
    return kind, data, begin + size


def read_number(data: bytes, kind: Object) -> int | float:
    """Read a whole number, little end first, and scale it; rounding takes away what floating point adds."""
    raw = int.from_bytes(data, "little", signed=kind.form == "int")
    return raw if kind.factor == "1" else round(raw * float(kind.factor), digits(kind.factor))


def digits(factor: str) -> int:
    """Count the decimal places that a factor gives: its power of ten, so 1 for 0.35."""
    return -int(f"{float(factor):e}".split("e")[1])


def read_event(data: bytes, kind: Object) -> dict:
    """Read what was done with a button, a dimmer or a remote control."""
    found = {kind.name: EVENTS[kind.form].get(data[0])}
    if kind.form == "dimmer":
        found["steps"] = data[1]
    if kind.form == "command":
        found["args"] = data[1:].hex()
    return found


READERS = {
    "uint": read_number,
    "int": read_number,
    "bool": lambda data, _: data != b"\0",
    "button": read_event,
    "dimmer": read_event,
    "command": read_event,
    "text": lambda data, _: data.decode("utf-8"),
    "raw": lambda data, _: data.hex(),
    "version": lambda data, _: ".".join(str(number) for number in reversed(data)),
}


def number_names(objects: list[tuple[str, object]]) -> dict:
    """Give each value its name; names that come more than once get _1, _2 and so on, in the order of the frame."""
    times = Counter(name for name, _ in objects)
    seen = Counter()
    found = {}
    for name, value in objects:
        seen[name] += 1
        suffix = f"_{seen[name]}" if times[name] > 1 else ""
        values = value if isinstance(value, dict) else {name: value}
        found |= {key + suffix: each for key, each in values.items()}
    return found


# 2. Encryption (https://bthome.io/encryption): AES-128-CCM, a tag of 4 bytes, a counter against replay.

COUNTER_RESTARTS_BELOW = 100


class ReplayGuard:
    """Remembers the counter of each device: it must rise, or a recorded frame could be played again.

    A new battery makes a device count from 0 again, so a counter below 100 is let in again. The frames of that range
    are remembered, so that none is let in twice. Two gaps stay, which a counter alone cannot close: a guard that begins
    knows nothing; and after a restart, frames recorded before it have counters that seem new. A new key closes both.
    """

    def __init__(self):
        self.last: dict[tuple[bytes, bytes], int] = {}
        self.early: dict[tuple[bytes, bytes], set[bytes]] = {}

    def admit(self, device: tuple[bytes, bytes], counter: int, frame: bytes) -> None:
        """Let a frame in that has proved to be genuine.

        Args:
            device: address and key: a device with a new key is a new device.
            counter: of the frame.
            frame: the whole service data.

        Raises:
            BTHomeError: the frame, or a later one, was there before.
        """
        last = self.last.get(device, -1)
        early = self.early.setdefault(device, set())
        restarted = counter < COUNTER_RESTARTS_BELOW and frame not in early
        if counter <= last and not restarted:
            raise BTHomeError("replay", f"counter {counter} after {last}: a replayed frame", len(frame) - 8)
        if counter < COUNTER_RESTARTS_BELOW:
            early.add(frame)
        self.last[device] = counter


GUARD = ReplayGuard()  # one for the whole program: a frame is new only if no caller had it before


def decrypt_bthome(
    service_data: bytes, mac: str | bytes, key: bytes | str, *, guard: ReplayGuard | None = None
) -> bytes:
    """Decrypt the objects of an encrypted BTHome v2 advertisement, each frame once.

    Args:
        service_data: device information, objects, counter (4 bytes), tag (4 bytes).
        mac: the address of the device, `"54:48:E6:8F:80:A5"` or 6 bytes in the order in which it is printed.
        key: 16 bytes, or 32 hexadecimal digits.
        guard: remembers what was there before; without it, the one of the whole program.

    Returns:
        The objects, without the device information byte: `plain_bthome` puts one in front.

    Raises:
        BTHomeError: too short, not encrypted, not genuine (wrong key, wrong address, changed on the way), or a replay.
        ValueError: the address or the key has another length.
    """
    mac, key = octets(mac, 6, "the address"), octets(key, 16, "the key")
    info, begin = open_header(service_data)
    if not info & ENCRYPTED:
        raise BTHomeError("not_encrypted", "a plain frame of a device that has a key: anyone could have sent it")
    if len(service_data) < begin + 10:
        raise BTHomeError("too_short", f"{len(service_data)} bytes, an encrypted frame has {begin + 10} or more")
    if info & WITH_ADDRESS:
        mac = service_data[begin - 1 : 0 : -1]
    counter, tag = service_data[-8:-4], service_data[-4:]
    nonce = mac + b"\xd2\xfc" + service_data[:1] + counter
    try:
        objects = AESCCM(key, tag_length=4).decrypt(nonce, service_data[begin:-8] + tag, None)
    except InvalidTag:
        text = "the tag does not fit: wrong key, wrong address, or changed on the way"
        raise BTHomeError("mic_mismatch", text, len(service_data) - 4) from None
    # Only now: a forged frame must not move the counter.
    (guard or GUARD).admit((mac, key), int.from_bytes(counter, "little"), service_data)
    return objects


def octets(given: str | bytes, size: int, what: str) -> bytes:
    """Read an address or a key from text or bytes."""
    try:
        data = bytes.fromhex(given.replace(":", "").replace("-", "")) if isinstance(given, str) else bytes(given)
    except ValueError:
        raise ValueError(f"{what} is not hexadecimal") from None
    if len(data) != size:
        raise ValueError(f"{what} has {len(data)} bytes, it takes {size}")
    return data


def plain_bthome(
    service_data: bytes, mac: str, keys: dict[str, bytes | str], guard: ReplayGuard | None = None
) -> dict:
    """Decode an advertisement, encrypted or not.

    Args:
        service_data: of the advertisement.
        mac: the address of the device, lower case.
        keys: the key of each device that has one, by its address.
        guard: as in `decrypt_bthome`.

    Raises:
        BTHomeError: it cannot be read, or it is plain although the device has a key (a downgrade).
    """
    if mac in keys:
        return decode_bthome(b"\x40" + decrypt_bthome(service_data, mac, keys[mac], guard=guard))
    return decode_bthome(service_data)


# 3. Gateways: what a Shelly publishes on <prefix>/events/…


@dataclass(frozen=True)
class SensorReading:
    """What one sensor said at one moment, as far as a frame has it.

    Args:
        sensor_id: its Bluetooth address, lower case with colons.
        time: when the gateway heard it, seconds since 1970, UTC.
        temperature: degrees Celsius.
        humidity: percent.
        battery: percent.
        packet_id: 0 to 255; the same in every copy of one advertisement.
        rssi: strength of the signal at the gateway, dBm.
        gateway: who heard it: the hardware id, which stays when a topic is renamed.
    """

    sensor_id: str
    time: float
    temperature: float | None = None
    humidity: float | None = None
    battery: int | None = None
    packet_id: int | None = None
    rssi: int | None = None
    gateway: str = ""


class FrameError(ValueError):
    """A frame that cannot be read.

    Args:
        reason: one word, for counting.
        text: what is wrong.
        readings: what else the frame held and could be read.
    """

    def __init__(self, reason: str, text: str, readings: Iterable[SensorReading] = ()):
        super().__init__(text)
        self.reason, self.readings = reason, list(readings)


ADDRESS = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
QUANTITIES = ("temperature", "humidity")
LIMITS = {  # outside of these it is no measurement
    "temperature": (-273.15, 1000.0), "humidity": (0, 100), "battery": (0, 100),
    "packet_id": (0, 255), "rssi": (-200, 50),
}
DIGITS = {  # of each quantity: as many as the finest object of that name has
    name: max(digits(kind.factor) for kind in OBJECTS.values() if kind.name == name)
    for name in ("temperature", "humidity", "battery")
}
CLOCK_IS_SET = 1_000_000_000  # seconds since 1970: before it, a gateway does not know the time yet


class Components:
    """What the numbers of a gateway's components stand for: it says so once, in its answer to Shelly.GetComponents.

    Args:
        listing: the components, each with `key` and `config`, or the whole result of the method.
        keys: the key of each sensor that encrypts, by its address.
        guard: as in `decrypt_bthome`.
    """

    def __init__(
        self, listing: Iterable[dict] | dict = (), keys: dict[str, bytes | str] | None = None,
        guard: ReplayGuard | None = None,
    ):
        self.keys, self.guard = keys or {}, guard
        self.devices: dict[str, str] = {}  # address of each bthomedevice
        self.sensors: dict[str, tuple[str, Object | None]] = {}  # address and kind of each bthomesensor
        for component in listing.get("components", ()) if isinstance(listing, dict) else listing:
            name, config = component["key"], component.get("config") or {}
            if name.startswith("bthomedevice:"):
                self.devices[name] = str(config["addr"]).lower()
            elif name.startswith("bthomesensor:"):
                # A second thermometer in one device (idx 1) has no place in this scheme: one sensor, one temperature.
                kind = OBJECTS.get(config["obj_id"]) if not config.get("idx") else None
                self.sensors[name] = (str(config["addr"]).lower(), kind)


def parse_gateway_frame(
    topic: str, payload: bytes | str, components: Components | Iterable[dict] | dict
) -> list[SensorReading]:
    """Read what a gateway publishes, in each way in which it may pass on its sensors.

    Args:
        topic: `<prefix>/events/rpc`: the script's events, native status; `<prefix>/events/ble`: advertisements that a
            script passes on undecoded. Frames on other topics hold no readings.
        payload: the frame, JSON.
        components: of this gateway.

    Returns:
        The readings; none for a frame that is about something else.

    Raises:
        FrameError: a ValueError: the frame is malformed, or (reason `unknown_component`) names a component that is not
            in `components`.
    """
    if not isinstance(components, Components):
        components = Components(components)
    prefix, _, channel = topic.rpartition("/events/")
    if not prefix or channel not in ("rpc", "ble"):
        return []
    try:
        frame = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise FrameError("not_json", f"not JSON: {error}") from None
    if not isinstance(frame, dict):
        raise FrameError("not_an_object", "the frame is no JSON object")
    gateway = frame.get("src")
    if not isinstance(gateway, str) or not gateway:
        gateway = prefix
    if channel == "ble":
        return [forwarded_reading(frame, gateway, components)]
    method, params = frame.get("method"), frame.get("params")
    if not isinstance(method, str):
        raise FrameError("no_method", "the frame has no method")
    if method not in ("NotifyEvent", "NotifyStatus", "NotifyFullStatus"):
        return []
    if not isinstance(params, dict):
        raise FrameError("no_params", f"the frame {method} has no params")
    if method == "NotifyEvent":
        return script_readings(params, gateway, components.keys)
    return native_readings(params, gateway, components)


def script_readings(params: dict, gateway: str, keys: dict[str, bytes | str]) -> list[SensorReading]:
    """Read the events of the script ble-shelly-blu: it decodes, and names the sensor in each event.

    It drops what is encrypted, so what it passes on of a sensor that has a key was plain: a downgrade.
    """
    events = params.get("events")
    if not isinstance(events, list):
        raise FrameError("no_events", "the events are no list")
    readings, problems = [], []
    for event in events:
        try:
            if not isinstance(event, dict):
                raise FrameError("bad_event", f"an event is {event!r}")
            if event.get("event") == "shelly-blu":
                data = event.get("data")
                if not isinstance(data, dict):
                    raise FrameError("no_data", "the event shelly-blu has no data")
                found = data | {"packet_id": data.get("pid")}
                reading = make_reading(data.get("address"), event.get("ts", params.get("ts")), gateway, found)
                if reading.sensor_id in keys:
                    text = f"a plain advertisement of {reading.sensor_id}, which has a key: anyone could have sent it"
                    raise FrameError("not_encrypted", text)
                if reading.temperature is not None or reading.humidity is not None:  # not a button, not a door
                    readings.append(reading)
        except FrameError as error:
            problems.append(error)
    return complete(readings, problems)


def native_readings(params: dict, gateway: str, components: Components) -> list[SensorReading]:
    """Read the status of BTHome components: one number each, joined to readings by address and moment."""
    found, problems = {}, []
    for name, status in params.items():
        if not name.startswith(("bthomedevice:", "bthomesensor:")) or status is None:  # null: it was removed
            continue
        try:
            if not isinstance(status, dict):
                raise FrameError("bad_status", f"the status of {name} is {status!r}")
            address, values = component_values(name, status, gateway, components)
            moment = status.get("last_updated_ts", params.get("ts"))
            if any(value is not None for value in values.values()):
                found.setdefault((address, check_time(moment)), {}).update(values)
        except FrameError as error:
            problems.append(error)
    readings = []
    for (address, moment), values in found.items():
        try:
            reading = make_reading(address, moment, gateway, values)
            if any(getattr(reading, name) is not None for name in DIGITS):
                readings.append(reading)
        except FrameError as error:
            problems.append(error)
    return complete(readings, problems)


def component_values(name: str, status: dict, gateway: str, components: Components) -> tuple[str, dict]:
    """Find what the status of one component says of a sensor: return the sensor's address and the values."""
    if name in components.devices:
        return components.devices[name], {each: status.get(each) for each in ("battery", "packet_id", "rssi")}
    if name in components.sensors:
        address, kind = components.sensors[name]
        return address, {kind.name: status.get("value")} if kind and kind.name in DIGITS else {}
    raise FrameError("unknown_component", f"the component {name} of {gateway} is not known")


def forwarded_reading(frame: dict, gateway: str, components: Components) -> SensorReading:
    """Read an advertisement that a script passes on as it heard it: it is decoded, and decrypted, here."""
    radio = frame.get("srcBle")
    if not isinstance(radio, dict) or not isinstance(frame.get("payload"), str):
        raise FrameError("no_data", "the frame has no srcBle or no payload")
    address = check_address(radio.get("mac"))
    try:
        service_data = bytes.fromhex(frame["payload"])
        values = plain_bthome(service_data, address, components.keys, components.guard)
    except BTHomeError as error:
        raise FrameError(error.reason, f"the advertisement of {address}: {error}") from error
    except ValueError as error:
        raise FrameError("bad_payload", f"the advertisement of {address}: {error}") from error
    return make_reading(address, frame.get("ts"), gateway, values | {"rssi": radio.get("rssi")})


def complete(readings: list[SensorReading], problems: list[FrameError]) -> list[SensorReading]:
    """Return the readings of a frame, or raise its first problem with them; a component to ask for comes first."""
    for problem in sorted(problems, key=lambda each: each.reason != "unknown_component"):
        raise FrameError(problem.reason, str(problem), readings)
    return readings


def make_reading(address: object, moment: object, gateway: str, found: dict) -> SensorReading:
    """Check what a frame says of a sensor. A quantity that it has several of is left out: nobody can tell which."""
    values = {name: check_number(name, found.get(name)) for name in LIMITS}
    return SensorReading(check_address(address), check_time(moment), gateway=gateway, **values)


def check_address(address: object) -> str:
    """Check a Bluetooth address, and write it in lower case."""
    if not isinstance(address, str) or not ADDRESS.fullmatch(address.lower()):
        raise FrameError("bad_address", f"the address is {address!r}")
    return address.lower()


def check_time(moment: object) -> float:
    """Check the time of a gateway."""
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not CLOCK_IS_SET <= moment < 2**33:
        raise FrameError("no_time", f"the time is {moment!r}: the gateway's clock is not set")
    return float(moment)


def check_number(name: str, value: object) -> float | int | None:
    """Check a number, and take away what the script's floating point added: 21.700000000000003 was 21.7."""
    if value is None or isinstance(value, list):
        return None
    low, high = LIMITS[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise FrameError("bad_value", f"{name} is {value!r}")
    if name in QUANTITIES:
        return round(float(value), DIGITS[name]) + 0.0  # -0.0 is 0.0
    return round(value)


# 4. One reading once

FARTHEST = 63  # packets that may be lost within the window
NO_NUMBER = -1


class Deduplicator:
    """Lets one copy of each advertisement through, though several gateways hear it and a broker repeats.

    A sensor counts its packets from 0 to 255 and begins again. Within the window a packet is new only if its number is
    1 to 63 ahead of the last one, modulo 256; outside of it anything is new, since a sensor may have been silent for
    long or have a new battery. Time is the time of the readings, so it does not matter when a copy arrives.

    Args:
        window: seconds.
        depth: how many packets of a source are remembered.
    """

    def __init__(self, window: float = 4.0, depth: int = 256):
        if not window > 0 or depth < 1:
            raise ValueError(f"the window is {window} s, the depth {depth}: both must be positive")
        self.window, self.depth = window, depth
        self.passed: dict[object, list[tuple[float, int]]] = {}  # time and number of packets, oldest first

    def accept(self, source: object, packet_id: int | None, time: float) -> bool:
        """Decide whether a packet is new, and remember it if so.

        Args:
            source: whose packet it is: a sensor, or one quantity of it.
            packet_id: 0 to 255; None if the frame does not say: then any other packet in the window is a copy.
            time: of the reading, in seconds.
        """
        passed = self.passed.setdefault(source, [])
        number = NO_NUMBER if packet_id is None else packet_id
        after = bisect_right(passed, (time + self.window, math.inf))
        last_time, last = passed[after - 1] if after else (-math.inf, NO_NUMBER)
        if time - last_time <= self.window:
            ahead = 0 if NO_NUMBER in (number, last) else (number - last) % 256
            if not 1 <= ahead <= FARTHEST:
                return False
        insort(passed, (time, number))
        if len(passed) > self.depth:
            del passed[0]
        return True


# 5. From the broker to the database: at least once, stored once


MOST_COMPONENTS = 1000  # a gateway has at most 100 BTHome components, and some of other kinds


def ask_components(broker: Broker, prefix: str, timeout: float = 5.0) -> list[dict]:
    """Ask a gateway for its components: Shelly.GetComponents over MQTT, page by page.

    The conversation has a connection of its own: an answer must not wait behind readings that wait for it.

    Args:
        broker: where the broker is.
        prefix: of the gateway's topics.
        timeout: seconds for each answer.

    Raises:
        ConnectionError: no broker.
        TimeoutError: the gateway did not answer.
        ValueError: it refused, or its answer cannot be read.
    """
    me = f"shelly-ask-{uuid.uuid4().hex[:12]}"
    answers = queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=me)
    client.username_pw_set(broker.username or None, broker.password or None)
    client.on_connect = lambda *_: client.subscribe(f"{me}/rpc", qos=1)
    client.on_subscribe = lambda *_: answers.put(None)
    client.on_message = lambda _client, _userdata, message: answers.put(message.payload)
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise ConnectionError(f"no broker at {broker.host}:{broker.port}: {error}") from error
    client.loop_start()
    try:
        answers.get(timeout=timeout)  # the subscription
        listing = []
        while True:
            params = {"offset": len(listing), "include": ["config"], "dynamic_only": True}
            request = {"id": len(listing) + 1, "src": me, "method": "Shelly.GetComponents", "params": params}
            answer = ask(client, f"{prefix}/rpc", request, answers, timeout)
            if "result" not in answer:
                raise ValueError(f"{prefix} refused Shelly.GetComponents: {answer.get('error')}")
            page = answer["result"]["components"]
            listing += page
            if len(listing) > MOST_COMPONENTS:
                raise ValueError(f"{prefix} lists more than {MOST_COMPONENTS} components")
            if not page or len(listing) >= answer["result"]["total"]:
                Components(listing)  # raises what is wrong with it
                return listing
    except queue.Empty:
        raise TimeoutError(f"{prefix} did not answer Shelly.GetComponents within {timeout:g} s") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{prefix} answered Shelly.GetComponents with something else: {error!r}") from error
    finally:
        client.disconnect()
        client.loop_stop()


def ask(client: mqtt.Client, topic: str, request: dict, answers: queue.Queue, timeout: float) -> dict:
    """Send a request, once a second until its answer comes: a gateway that is just coming back hears only a later one.

    Raises:
        queue.Empty: no answer came in time.
    """
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        client.publish(topic, json.dumps(request), qos=1)
        again = time.monotonic() + min(1.0, left)
        with contextlib.suppress(queue.Empty):
            while (left := again - time.monotonic()) > 0:
                answer = json.loads(answers.get(timeout=left))
                if answer["id"] == request["id"]:  # else a page that came twice
                    return answer
    raise queue.Empty


def point(measurement: str, tags: dict[str, str], fields: dict[str, float | str], time_ns: int) -> str:
    """Write a point in line protocol; fields are floats, or text."""
    field_set = ",".join([f"{name}={field_text(value)}" for name, value in fields.items()])
    return f"{series(measurement, *tags.items())} {field_set} {time_ns}"


@functools.lru_cache(maxsize=10_000)
def series(measurement: str, *tags: tuple[str, str]) -> str:
    """Write the name of a series: the same for all its points, so it is written once."""
    return "".join([measurement, *(f",{name}=" + re.sub("([,= ])", r"\\\1", value) for name, value in sorted(tags))])


def field_text(value: float | str) -> str:
    """Write the value of a field."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(float(value))


def why(error: Exception) -> str:
    """Say in a line why the database did not answer."""
    return f"{error.status} {error.message}" if isinstance(error, ApiException) else str(error)


def ask_database(influx: Influx, flux: str, **params: object) -> list:
    """Run a query and return its records. What comes from outside goes in as a parameter, never into the text."""
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": influx.bucket, **params})
    return [record for table in tables for record in table.records]


BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2200, 1, 1, tzinfo=UTC)
AT_FAULT = (400, 413, 422)  # answers of the database that say: these points, never
PAUSE = 0.5  # seconds between two tries to write
MOST_WAITING = 20_000  # messages, some 20 MB; of QoS 1 the broker sends no more than two batches before it must wait
MOST_PAYLOAD = 32_000  # bytes of a payload in a dead letter: a text field holds 64 KB
CHANGE = re.compile(rb'"(NotifyFullStatus|config_changed|component_added|component_removed)"')


@dataclass
class Letter:
    """A message on its way: what it is, and what came of it."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    connection: int
    outcome: str = ""  # the name of a count
    lines: list[str] = field(default_factory=list)  # points


class ShellyCollector:
    """Moves readings of Bluetooth sensors from the broker to the database: at least once, and stored once.

    Points: measurements `temperature` and `humidity`, tags `sensor_id` and `location`, fields `value` and
    `battery_level`, the time at which a gateway heard it. A frame that cannot be read becomes a point of the
    measurement `dead_letter`: tag `reason`, fields `topic`, `detail`, `payload` (`payload_hex` if it is no text), the
    time at which it arrived. A message is acknowledged when the database has what came of it.

    `stats` counts messages: received = stored + duplicates + rejected + ignored + dropped + those that wait (`lag`).
    At QoS 0 no broker waits for anybody: what comes while too many messages wait is let go, and counted as dropped.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topics: what to subscribe to; a prefix of several levels needs a filter of its own.
        locations: the place of each sensor, by its address; `unknown` for the others.
        keys: the key of each sensor that encrypts, by its address.
        window: seconds within which a packet number means the same packet.
        batch_size: the most messages in one request.
        patience: seconds that a gateway has to tell its components.
        client_id: the name under which the broker keeps the session.
        most_waiting: messages of QoS 0 that may wait.

    Raises:
        ValueError: an address, a key or the name of a place cannot be used.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topics: Iterable[str] = ("+/events/rpc", "+/events/ble"),
        locations: dict[str, str] | None = None, keys: dict[str, str | bytes] | None = None,
        window: float = 4.0, batch_size: int = 1000, patience: float = 5.0, client_id: str = "shelly-collector",
        most_waiting: int = MOST_WAITING,
    ):
        self.broker, self.influx, self.topics = broker, influx, tuple(topics)
        self.locations = {check_address(sensor): place for sensor, place in (locations or {}).items()}
        for place in self.locations.values():
            if not place or place.endswith("\\") or not place.isprintable():
                raise ValueError(f"the place {place!r} cannot be a tag")
        self.keys = {check_address(each): octets(key, 16, f"the key of {each}") for each, key in (keys or {}).items()}
        self.window, self.batch_size, self.patience, self.client_id = window, batch_size, patience, client_id
        self.most_waiting = most_waiting
        self.components: dict[str, Components] = {}  # of each gateway, by the prefix of its topics
        self.silent: dict[str, float] = {}  # gateways that did not tell: when they may be asked again
        self.battery: dict[str, int] = {}
        self.counts = dict.fromkeys(("received", "stored", "duplicates", "rejected", "ignored", "dropped"), 0)
        self.error: str | None = None
        self.waiting: list[Letter] = []  # not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.last_ns = 0
        self.writer: threading.Thread | None = None

    @property
    def stats(self) -> dict:
        """Counts of messages, `lag` (how many wait), and `error`: why the database does not take points, or None."""
        with self.changed:
            return {**self.counts, "lag": len(self.waiting), "error": self.error}

    def start(self) -> None:
        """Read what the database has, connect, subscribe, and begin to collect. After an error it may be called again.

        Raises:
            ConnectionError: no broker, or no database.
        """
        self.seen = self.remember()
        # What the last run had read and not stored comes again: a guard that knew it would take it for a replay.
        self.guard, self.components = ReplayGuard(), {}
        problem = self.open_session(mqtt.MQTTv5) and self.open_session(mqtt.MQTTv311)
        if problem:
            raise ConnectionError(f"no broker at {self.broker.host}:{self.broker.port}: {problem}")
        self.stopping = False
        self.writer = threading.Thread(target=self.work, name="shelly-collector", daemon=True)
        self.writer.start()

    def open_session(self, protocol: int) -> str:
        """Connect and subscribe; return what went wrong, or an empty text.

        MQTT 5 lets a client say how many messages may be on their way to it. In MQTT 3.1.1 the broker says it, often
        20, and a batch can have no more; but not every broker knows MQTT 5.
        """
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=self.client_id, protocol=protocol, manual_ack=True,
            clean_session=None if protocol == mqtt.MQTTv5 else False,
        )
        client.username_pw_set(self.broker.username or None, self.broker.password or None)
        options = {}
        if protocol == mqtt.MQTTv5:
            options = {"clean_start": False, "properties": Properties(PacketTypes.CONNECT)}
            options["properties"].ReceiveMaximum = 2 * self.batch_size  # one is written, the next one gathers
            options["properties"].SessionExpiryInterval = 0xFFFF_FFFF  # never
        answers = queue.SimpleQueue()
        client.on_connect, client.on_message = self.on_connect, self.on_message
        client.on_subscribe = lambda *_: answers.put("")
        client.on_disconnect = lambda _client, _userdata, _flags, reason, _properties: answers.put(str(reason))
        try:
            client.connect(self.broker.host, self.broker.port, **options)
            client.loop_start()
            problem = answers.get(timeout=5)
        except OSError as error:
            problem = str(error)
        except queue.Empty:
            problem = "the subscription was not confirmed within 5 s"
        client.on_subscribe = client.on_disconnect = None
        if problem:
            client.disconnect()
            client.loop_stop()
        else:
            self.client = client
        return problem

    def stop(self) -> None:
        """Store and acknowledge what is waiting, if the database takes it, and disconnect."""
        if self.writer is None:
            return
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.writer = None
        self.client.disconnect()
        self.client.loop_stop()

    def remember(self) -> Deduplicator:
        """Read the last readings back: a copy may arrive after a restart, by way of another gateway."""
        seen = Deduplicator(self.window)
        flux = """
            from(bucket: asked_bucket) |> range(start: begin, stop: 2200-01-01T00:00:00Z)
              |> filter(fn: (r) => r._measurement == "temperature" or r._measurement == "humidity")
              |> filter(fn: (r) => r._field == "value" and exists r.sensor_id)
        """
        try:
            records = ask_database(self.influx, flux + "|> last()", begin=BEGIN)
            if records:
                newest = max(each.get_time() for each in records)
                records += ask_database(self.influx, flux, begin=newest - timedelta(minutes=10))
        except (HTTPError, ApiException) as error:
            raise ConnectionError(f"no database at {self.influx.url}: {why(error)}") from error
        for each in records:
            seen.accept((each["sensor_id"], each.get_measurement()), None, each.get_time().timestamp())
        return seen

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, _userdata, _flags, reason, _properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe([(topic, 1) for topic in self.topics])

    def on_message(self, _client, _userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        with self.changed:
            self.counts["received"] += 1
            if message.qos == 0 and len(self.waiting) >= self.most_waiting:
                self.counts["dropped"] += 1
                return
            self.waiting.append(Letter(message.topic, message.payload, message.mid, message.qos, self.connection))
            self.changed.notify_all()

    # On our own thread: read what waits, write what came of it, acknowledge.

    def work(self):
        """Store batch after batch until the collector stops."""
        with InfluxDBClient(self.influx.url, self.influx.token, org=self.influx.org) as client:
            api = client.write_api(write_options=SYNCHRONOUS)
            while batch := self.next_batch():
                for letter in batch:
                    self.read(letter)
                if not self.store(api, batch):
                    return  # stopped while the database is away: nothing is acknowledged, the broker keeps it
                with self.changed:
                    del self.waiting[: len(batch)]
                    for letter in batch:
                        self.counts[letter.outcome] += 1
                for letter in batch:
                    if letter.connection == self.connection:
                        self.client.ack(letter.mid, letter.qos)
                if self.stopping:
                    return  # under load there is always more

    def next_batch(self) -> list[Letter]:
        """Wait for messages; while one batch is written, the next one gathers. An empty one says: stop."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            return self.waiting[: self.batch_size]

    def read(self, letter: Letter) -> None:
        """Turn a message into points."""
        try:
            readings = self.parse(letter)
        except FrameError as error:
            if error.reason == "replay":  # a copy by way of another gateway, or one that the broker repeats
                letter.outcome = "duplicates"
                return
            readings = error.readings
            self.refuse(letter, error.reason, str(error))
        except Exception as error:  # whatever is wrong with one message, it must not stop the others
            readings = []
            self.refuse(letter, "unexpected", repr(error))
        for reading in readings:
            letter.lines += self.points(reading)
        if not letter.outcome:
            measured = any(getattr(reading, name) is not None for reading in readings for name in QUANTITIES)
            letter.outcome = "stored" if letter.lines else "duplicates" if measured else "ignored"

    def parse(self, letter: Letter) -> list[SensorReading]:
        """Parse a frame; ask its gateway for components that are not known yet."""
        prefix = letter.topic.rpartition("/events/")[0]
        known = self.components.get(prefix)
        if known is None or CHANGE.search(letter.payload):  # from now on its components may be others than before
            known = self.components[prefix] = Components(keys=self.keys, guard=self.guard)
        try:
            return parse_gateway_frame(letter.topic, letter.payload, known)
        except FrameError as error:
            if error.reason != "unknown_component" or time.monotonic() < self.silent.get(prefix, 0):
                raise
        listing = self.listing(prefix)
        known = self.components[prefix] = Components(listing, self.keys, self.guard)
        return parse_gateway_frame(letter.topic, letter.payload, known)

    def listing(self, prefix: str) -> list[dict]:
        """Ask a gateway for its components. While the broker is away nobody is silent: that waits, and is asked again.

        Raises:
            FrameError: the gateway does not say.
        """
        while True:
            connection = self.connection
            try:
                return ask_components(self.broker, prefix, self.patience)
            except (OSError, ValueError) as error:
                steady = connection == self.connection and self.client.is_connected()
                with self.changed:
                    if steady or self.changed.wait_for(lambda: self.stopping, timeout=PAUSE):
                        self.silent[prefix] = time.monotonic() + 12 * self.patience
                        raise FrameError("unknown_component", str(error)) from error

    def points(self, reading: SensorReading) -> list[str]:
        """Write the points of a reading: those quantities that are not there yet."""
        if reading.battery is not None:
            self.battery[reading.sensor_id] = reading.battery
        tags = {"sensor_id": reading.sensor_id, "location": self.locations.get(reading.sensor_id, "unknown")}
        fields = {"battery_level": self.battery[reading.sensor_id]} if reading.sensor_id in self.battery else {}
        return [
            point(name, tags, fields | {"value": value}, round(reading.time * 1000) * 1_000_000)
            for name in QUANTITIES
            if (value := getattr(reading, name)) is not None
            and self.seen.accept((reading.sensor_id, name), reading.packet_id, reading.time)
        ]

    def refuse(self, letter: Letter, code: str, reason: str) -> None:
        """Write a message that cannot be read as a point of `dead_letter`."""
        text = letter.payload[:MOST_PAYLOAD]
        try:
            fields = {"payload": text.decode("utf-8")}
        except UnicodeDecodeError:
            fields = {"payload_hex": text[: MOST_PAYLOAD // 2].hex()}
        # The reason may quote half a character: JSON can name one, UTF-8 cannot write it.
        reason = reason[:1000].encode("utf-8", "backslashreplace").decode()
        fields |= {"topic": letter.topic, "reason": reason, "payload_bytes": len(letter.payload)}
        self.last_ns = max(time.time_ns(), self.last_ns + 1)  # two at one moment would be one point
        letter.outcome = "rejected"
        letter.lines = [point("dead_letter", {"code": code}, fields, self.last_ns)]

    def store(self, api, letters: list[Letter]) -> bool:
        """Write the points of messages; False if the collector stops before the database took them."""
        lines = [line for letter in letters for line in letter.lines]
        try:
            return not lines or self.send(api, lines)
        except ApiException as error:
            if len(letters) > 1:  # one is at fault: each goes alone; a point may be written again without harm
                return all(self.store(api, [letter]) for letter in letters)
            if letters[0].outcome == "rejected":  # not even the dead letter: it must not stop the others
                letters[0].lines = []
            else:
                self.refuse(letters[0], "refused_by_database", why(error))
            return self.store(api, letters)

    def send(self, api, lines: list[str]) -> bool:
        """Send lines until the database takes them; False if the collector stops before.

        Raises:
            ApiException: it will never take them.
        """
        while True:
            try:
                api.write(bucket=self.influx.bucket, org=self.influx.org, record="\n".join(lines))
            except (HTTPError, OSError, ApiException) as error:
                if isinstance(error, ApiException) and error.status in AT_FAULT:
                    raise
                with self.changed:
                    self.error = why(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=PAUSE):
                        return False
            else:
                self.error = None
                return True


# 6. Who asks: an API, and metrics for Prometheus


class Sensor(BaseModel):
    """A sensor and what it said last."""

    sensor_id: str
    location: str | None
    temperature: float | None = None
    humidity: float | None = None
    battery_level: float | None = None
    last_seen: datetime


class Reading(BaseModel):
    """What a sensor said at one moment."""

    time: datetime
    temperature: float | None = None
    humidity: float | None = None
    battery_level: float | None = None


class Readings(BaseModel):
    """Readings of one sensor, oldest first."""

    sensor_id: str
    location: str | None
    count: int
    readings: list[Reading]


METRICS = (  # name, field of Sensor, help
    ("shelly_temperature_celsius", "temperature", "Temperature that the sensor said last."),
    ("shelly_humidity_percent", "humidity", "Relative humidity that the sensor said last."),
    ("shelly_battery_level", "battery_level", "Battery level that the sensor said last, percent."),
    ("shelly_sensor_last_seen", "last_seen", "When the sensor was heard last, seconds since 1970."),
)
SensorId = Annotated[str, Path(pattern=r"^[A-Za-z0-9:._-]{1,64}$", examples=["7c:c6:b6:7f:48:ed"])]
Moment = Annotated[datetime | None, Query(description="ISO 8601; UTC unless it says otherwise; 1970 to 2200")]


def create_api(influx: Influx) -> FastAPI:
    """Make the API of the sensors: what there is, what they measured, metrics.

    Args:
        influx: where the database is: url, token, org, bucket.

    Returns:
        an app with `/api/v1/sensors`, `/api/v1/data/{sensor_id}` and `/api/v1/metrics`. It answers 404 for a sensor
        that has no data, 422 for a question that makes no sense, 503 while the database cannot be asked.
    """
    app = FastAPI(title="Shelly sensors", version="1.0.0", description="Temperature and humidity of Bluetooth sensors.")

    @app.exception_handler(HTTPError)
    @app.exception_handler(ApiException)
    def no_database(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": f"the database cannot be asked: {why(error)}"}, status_code=503)

    @app.get("/api/v1/sensors")
    def sensors() -> list[Sensor]:
        """List the sensors, each with what it said last."""
        return all_sensors(influx)

    @app.get("/api/v1/data/{sensor_id}", response_model=Readings, responses={404: {}, 503: {}})
    def data(
        sensor_id: SensorId,
        start: Moment = None,
        stop: Moment = None,
        limit: Annotated[int, Query(ge=1, le=10_000, description="at most so many, the newest")] = 1000,
        form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    ) -> Readings | Response:
        """Show what a sensor measured from `start` on and before `stop`."""
        begin, end = to_utc(start, BEGIN), to_utc(stop, END)
        if not BEGIN <= begin < end <= END:
            raise HTTPException(422, f"start must be before stop, both from 1970 to 2200: {begin} and {end}")
        found = readings_of(influx, sensor_id, begin, end, limit)
        if found is None:
            raise HTTPException(404, f"no sensor {sensor_id}")
        if form == "json":
            return found
        return Response(to_csv(found.readings), media_type="text/csv")

    @app.get("/api/v1/metrics")
    def metrics() -> Response:
        """Show what the sensors said last, for Prometheus."""
        return Response(to_metrics(all_sensors(influx)), media_type=CONTENT_TYPE_LATEST)

    return app


def to_utc(moment: datetime | None, otherwise: datetime) -> datetime:
    """Take a time without a zone as UTC."""
    if moment is None:
        return otherwise
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise HTTPException(422, f"{moment} is out of range") from None


def all_sensors(influx: Influx) -> list[Sensor]:
    """Find every sensor and the newest value of each of its quantities."""
    flux = """
        from(bucket: asked_bucket) |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "temperature" or r._measurement == "humidity")
          |> filter(fn: (r) => exists r.sensor_id and (r._field == "value" or r._field == "battery_level"))
          |> last()
    """
    found: dict[str, Sensor] = {}
    for record in sorted(ask_database(influx, flux, begin=BEGIN, end=END), key=lambda each: each.get_time()):
        name = record["sensor_id"]
        sensor = found.setdefault(name, Sensor(sensor_id=name, location=None, last_seen=record.get_time()))
        sensor.location, sensor.last_seen = record.values.get("location"), record.get_time()
        setattr(sensor, quantity_of(record), record.get_value())
    return [found[name] for name in sorted(found)]


def readings_of(influx: Influx, sensor_id: str, begin: datetime, end: datetime, limit: int) -> Readings | None:
    """Find the newest readings of a sensor in a range; None if there is no such sensor."""
    series = """
        from(bucket: asked_bucket) |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "temperature" or r._measurement == "humidity")
          |> filter(fn: (r) => r._field == "value" or r._field == "battery_level")
          |> filter(fn: (r) => r.sensor_id == asked_sensor)
    """
    newest = """
          |> group(columns: ["_measurement", "_field"])
          |> sort(columns: ["_time"], desc: true)
          |> limit(n: most)
    """
    records = ask_database(influx, series + newest, begin=begin, end=end, asked_sensor=sensor_id, most=limit)
    if not records:
        known = ask_database(influx, series + "|> last()", begin=BEGIN, end=END, asked_sensor=sensor_id)
        if not known:
            return None
        location = max(known, key=lambda each: each.get_time()).values.get("location")
        return Readings(sensor_id=sensor_id, location=location, count=0, readings=[])
    rows: dict[datetime, dict] = {}
    for record in sorted(records, key=lambda each: each.get_time()):
        rows.setdefault(record.get_time(), {})[quantity_of(record)] = record.get_value()
        location = record.values.get("location")
    readings = [Reading(time=moment, **values) for moment, values in list(rows.items())[-limit:]]
    return Readings(sensor_id=sensor_id, location=location, count=len(readings), readings=readings)


def quantity_of(record) -> str:
    """Name what a record holds: the measurement's own value, or the battery level beside it."""
    return record.get_measurement() if record.get_field() == "value" else "battery_level"


def to_csv(readings: list[Reading]) -> str:
    """Write readings as a table with a heading."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(Reading.model_fields)
    table.writerows((each.time.isoformat(), each.temperature, each.humidity, each.battery_level) for each in readings)
    return text.getvalue()


def to_metrics(sensors: list[Sensor]) -> bytes:
    """Write what the sensors said last in the format that Prometheus reads."""
    families = []
    for name, attribute, text in METRICS:
        family = GaugeMetricFamily(name, text, labels=["sensor_id", "location"])
        for sensor in sensors:
            value = getattr(sensor, attribute)
            if value is not None:
                family.add_metric([sensor.sensor_id, sensor.location or ""],
                                  value.timestamp() if isinstance(value, datetime) else value)
        families.append(family)
    registry = CollectorRegistry()
    registry.register(type("Sensors", (), {"collect": lambda _: families})())
    return generate_latest(registry)
