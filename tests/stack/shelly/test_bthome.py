"""`decode_bthome` against the recorded vectors, the table of the format, and another decoder."""

from __future__ import annotations

from typing import Any

import pytest
from bthome_ble import BTHomeBluetoothDeviceData
from bthome_ble.const import MEAS_TYPES
from habluetooth import BluetoothServiceInfoBleak
from hypothesis import given
from hypothesis import strategies as st

from stack.parts import shelly
from stack.parts.shelly import BTHomeError, decode_bthome, decrypt_bthome
from tests.stack.shelly.frames import load

KNOWN = load("bthome-vectors")
VECTORS = [pytest.param(each, id=each["id"]) for each in KNOWN["vectors"]]


def expected(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """The values of a vector by their names, repeated names numbered: written apart from the part."""
    names = [each["name"] for each in objects]
    found: dict[str, Any] = {}
    for index, each in enumerate(objects):
        mark = f"_{names[:index].count(each['name']) + 1}" if names.count(each["name"]) > 1 else ""
        found[each["name"] + mark] = each["value"]
        found |= {extra + mark: each[extra] for extra in ("steps", "args") if extra in each}
    return found


def read(vector: dict[str, Any]) -> dict[str, Any]:
    data = bytes.fromhex(vector["service_data"])
    if vector["bindkey"] is None:
        return decode_bthome(data)
    objects = decrypt_bthome(data, vector["mac"], bytes.fromhex(vector["bindkey"]), guard=shelly.ReplayGuard())
    assert objects.hex() == vector["expect"]["plaintext"]
    return decode_bthome(b"\x40" + objects)


@pytest.mark.parametrize("vector", VECTORS)
def test_every_vector_gives_what_it_says(vector: dict[str, Any]) -> None:
    expect = vector["expect"]
    if "error" in expect:
        with pytest.raises(BTHomeError) as error:
            read(vector)
        assert error.value.reason == expect["error"]
    elif "stop" in expect:
        known = expect["stop"]
        with pytest.raises(ValueError, match=f"^offset {known['offset']}: object {known['object']} ") as stop:
            read(vector)
        assert isinstance(stop.value, BTHomeError)
        assert (stop.value.reason, stop.value.offset) == (known["reason"], known["offset"])
    else:
        found = read(vector)
        assert found == expected(expect["objects"])
        assert {name: type(value) for name, value in found.items()} == {
            name: type(value) for name, value in expected(expect["objects"]).items()
        }


def test_all_128_vectors_are_there() -> None:
    assert len(VECTORS) == 128


def test_the_table_is_the_table_of_the_format() -> None:
    assert {f"0x{number:02X}" for number in shelly.OBJECTS} == set(KNOWN["objects"])
    for number, kind in shelly.OBJECTS.items():
        known = KNOWN["objects"][f"0x{number:02X}"]
        assert kind.name == known["name"]
        assert kind.size == (known["length"] or 0)
        assert (kind.form == "int") == bool(known.get("signed")), f"sign of 0x{number:02X}"
        assert kind.factor == (known.get("factor") or "1")
        assert kind.unit == (known.get("unit") or "")


def test_the_events_are_those_of_the_format() -> None:
    for number in (0x3A, 0x3B, 0x3C):
        known = KNOWN["objects"][f"0x{number:02X}"]
        events = {int(code, 16): None if name == "None" else name for code, name in known["events"].items()}
        assert {code: shelly.EVENTS[known["name"]].get(code) for code in events} == events


def test_the_table_has_what_another_decoder_has() -> None:
    assert set(MEAS_TYPES) == set(shelly.OBJECTS)
    for number, theirs in MEAS_TYPES.items():
        ours = shelly.OBJECTS[number]
        assert float(ours.factor) == theirs.factor, hex(number)
        if ours.size:
            assert ours.size == theirs.data_length, hex(number)


@pytest.mark.parametrize(("data", "reason", "offset"), [
    ("", "too_short", 0),
    ("20", "unsupported_version", 0),
    ("45", "encrypted", 0),
    ("42112233", "too_short", 0),
    ("4066", "unknown_object", 1),
    ("4001614500", "truncated", 3),
    ("40016199", "unknown_object", 3),
    ("403b", "truncated", 1),
    ("403b01", "truncated", 1),
    ("403b0103", "truncated", 1),
    ("403c01", "truncated", 1),
    ("405302c328", "bad_text", 1),
    ("4054", "truncated", 1),
])
def test_a_bad_frame_is_refused_with_reason_and_offset(data: str, reason: str, offset: int) -> None:
    with pytest.raises(ValueError, match=f"^offset {offset}: ") as error:
        decode_bthome(bytes.fromhex(data))
    assert isinstance(error.value, BTHomeError)
    assert (error.value.reason, error.value.offset) == (reason, offset)


@pytest.mark.parametrize(("data", "found"), [
    ("42ed487fb6c67c0161", {"battery": 97}),
    ("400b9001001001", {"power_1": 4.0, "power_2": True}),
    ("4040 0c00 41 4e00", {"distance_1": 12, "distance_2": 7.8}),
    ("405300", {"text": ""}),
    ("405400", {"raw": ""}),
    ("40505d396164", {"timestamp": 1684093277}),
    ("40f100010204", {"firmware_version": "4.2.1.0"}),
    ("403c0103 3c0205", {"dimmer_1": "rotate_left", "steps_1": 3, "dimmer_2": "rotate_right", "steps_2": 5}),
    ("403be10407", {"command": "step_down", "args": "07"}),
    ("403bff", None),
    ("402107", {"motion": True}),
    ("4045ffff", {"temperature": -0.1}),
    ("40450080", {"temperature": -3276.8}),
    ("405801", {"temperature": 0.3}),
])
def test_what_the_vectors_do_not_have(data: str, found: dict[str, Any] | None) -> None:
    if found is None:
        with pytest.raises(BTHomeError):
            decode_bthome(bytes.fromhex(data))
    else:
        assert decode_bthome(bytes.fromhex(data)) == found


@given(st.binary(max_size=40))
def test_whatever_arrives_is_decoded_or_refused(data: bytes) -> None:
    offset = 0
    try:
        decode_bthome(data)
    except BTHomeError as error:
        offset = error.offset
    assert 0 <= offset <= max(len(data) - 1, 0)


NUMBERS = {number: kind for number, kind in shelly.OBJECTS.items()
           if kind.form in ("uint", "int") and number not in (0x00, 0x50, 0xF0)}
# One object of each device class: another decoder keeps kilograms and pounds under one name.
SINGLE = {kind.name: number for number, kind in NUMBERS.items()}


@st.composite
def frames(draw: st.DrawFn) -> tuple[bytes, list[int]]:
    chosen = sorted(draw(st.lists(st.sampled_from(sorted(SINGLE.values())), min_size=1, max_size=4, unique=True)))
    data = b"\x40"
    for number in chosen:
        size = shelly.OBJECTS[number].size
        data += bytes([number]) + draw(st.binary(min_size=size, max_size=size))
    return data, chosen


def theirs(data: bytes) -> dict[str, Any]:
    info = BluetoothServiceInfoBleak(
        name="", address="A4:C1:38:8D:18:B2", rssi=-60, manufacturer_data={}, service_uuids=[], source="", time=1.0,
        service_data={"0000fcd2-0000-1000-8000-00805f9b34fb": data}, device=None, advertisement=None, connectable=False,
        tx_power=None, raw=None,
    )
    update = BTHomeBluetoothDeviceData().update(info)
    return {key.key: value.native_value for key, value in update.entity_values.items()}


@given(frames())
def test_another_decoder_reads_the_same_numbers(frame: tuple[bytes, list[int]]) -> None:
    data, chosen = frame
    ours, other = decode_bthome(data), theirs(data)
    other.pop("signal_strength", None)
    assert sorted(ours.values()) == sorted(other.values()), [hex(number) for number in chosen]
