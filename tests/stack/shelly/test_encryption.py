"""`decrypt_bthome`: genuine frames once, everything else never."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from stack.parts.shelly import BTHomeError, Deduplicator, ReplayGuard, decode_bthome, decrypt_bthome, plain_bthome
from tests.stack.shelly.frames import load

KNOWN = load("bthome-vectors")
BUTTON, MAC, KEY = "450aeb84467f85ba0100003188788c", "B4:35:22:F5:3D:A4", "90bffd73cb6b26ef58a7a8eba9232036"


def seal(counter: int, objects: str = "000701643a01", info: int = 0x45, mac: str = MAC, key: str = KEY) -> bytes:
    count = counter.to_bytes(4, "little")
    nonce = bytes.fromhex(mac.replace(":", "")) + b"\xd2\xfc" + bytes([info]) + count
    sealed = AESCCM(bytes.fromhex(key), tag_length=4).encrypt(nonce, bytes.fromhex(objects), None)
    front = bytes.fromhex(mac.replace(":", ""))[::-1] if info & 2 else b""
    return bytes([info]) + front + sealed[:-4] + count + sealed[-4:]


@pytest.mark.parametrize("sequence", [pytest.param(each, id=each["id"]) for each in KNOWN["sequences"]])
def test_a_sequence_is_accepted_frame_by_frame_as_known(sequence: dict[str, Any]) -> None:
    guard, seen, accepted = ReplayGuard(), Deduplicator(), []
    for index, text in enumerate(sequence["frames"]):
        data = bytes.fromhex(text)
        try:
            if sequence["key"]:
                decrypt_bthome(data, sequence["mac"], bytes.fromhex(sequence["key"]), guard=guard)
                accepted.append(True)
            else:
                accepted.append(seen.accept(sequence["mac"], decode_bthome(data)["packet_id"], index * 0.5))
        except BTHomeError as error:
            accepted.append(error.reason != "replay")
    assert accepted == sequence["accept"]


@pytest.mark.parametrize(("counters", "accepted"), [
    ([10, 11, 12], [True, True, True]),
    ([500, 499], [True, False]),
    ([500, 500], [True, False]),
    ([500, 3, 4, 500], [True, True, True, True]),
    ([2**32 - 1, 0, 1], [True, True, True]),
    ([3, 500, 3], [True, True, False]),
    ([500, 100], [True, False]),
    ([0, 0], [True, False]),
])
def test_the_counter_rises_or_begins_anew(counters: list[int], accepted: list[bool]) -> None:
    guard, found = ReplayGuard(), []
    for counter in counters:
        try:
            decrypt_bthome(seal(counter), MAC, KEY, guard=guard)
            found.append(True)
        except BTHomeError as error:
            found.append(error.reason != "replay")
    assert found == accepted


def test_a_new_battery_is_let_in_though_its_counters_were_there_before() -> None:
    guard = ReplayGuard()
    for counter, objects in ((3, "00030164"), (500, "00f40163"), (3, "00040164")):
        assert decrypt_bthome(seal(counter, objects), MAC, KEY, guard=guard).hex() == objects


def test_without_a_guard_the_program_remembers() -> None:
    mac = "02:00:00:00:00:99"
    frame = seal(1234, mac=mac)
    decrypt_bthome(frame, mac, KEY)
    with pytest.raises(ValueError, match="replayed") as error:
        decrypt_bthome(frame, mac, KEY)
    assert isinstance(error.value, BTHomeError)


def test_two_sensors_count_for_themselves() -> None:
    guard, other = ReplayGuard(), "02:00:00:00:00:01"
    decrypt_bthome(seal(500), MAC, KEY, guard=guard)
    decrypt_bthome(seal(400, mac=other), other, KEY, guard=guard)


def test_a_forged_frame_does_not_move_the_counter() -> None:
    guard = ReplayGuard()
    forged = bytearray(seal(4_000_000_000))
    forged[-1] ^= 1
    with pytest.raises(BTHomeError, match="tag"):
        decrypt_bthome(bytes(forged), MAC, KEY, guard=guard)
    decrypt_bthome(seal(7_000), MAC, KEY, guard=guard)


@pytest.mark.parametrize("position", range(len(BUTTON) // 2))
def test_a_changed_byte_is_noticed(position: int) -> None:
    data = bytearray.fromhex(BUTTON)
    data[position] ^= 0x08  # in the first byte this is a reserved bit, which the nonce covers too
    with pytest.raises(BTHomeError) as error:
        decrypt_bthome(bytes(data), MAC, KEY, guard=ReplayGuard())
    assert error.value.reason == "mic_mismatch"


@pytest.mark.parametrize("mac", [MAC, MAC.lower(), MAC.replace(":", "-"), bytes.fromhex(MAC.replace(":", ""))])
@pytest.mark.parametrize("key", [KEY, bytes.fromhex(KEY)])
def test_address_and_key_are_text_or_bytes(mac: str | bytes, key: str | bytes) -> None:
    assert decrypt_bthome(bytes.fromhex(BUTTON), mac, key, guard=ReplayGuard()).hex() == "000701643a01"


@pytest.mark.parametrize(("mac", "key"), [
    ("b4:35", KEY), ("not hex", KEY), (MAC, KEY[:-2]), (MAC, b"short"), (MAC, "x" * 32),
])
def test_a_bad_address_or_key_is_refused_by_name(mac: str, key: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"the address|the key"):
        decrypt_bthome(bytes.fromhex(BUTTON), mac, key)


def test_the_address_in_front_of_the_objects_is_the_one_that_counts() -> None:
    objects = decrypt_bthome(seal(5, info=0x47), "00:00:00:00:00:00", KEY, guard=ReplayGuard())
    assert objects.hex() == "000701643a01"


@pytest.mark.parametrize(("data", "reason"), [
    ("", "too_short"), ("45", "too_short"), ("4500112233445566778899"[:20], "too_short"), ("440161", "not_encrypted"),
    ("65" + "00" * 12, "unsupported_version"),
])
def test_what_is_no_encrypted_frame_is_refused(data: str, reason: str) -> None:
    with pytest.raises(BTHomeError) as error:
        decrypt_bthome(bytes.fromhex(data), MAC, KEY, guard=ReplayGuard())
    assert error.value.reason == reason


def test_a_plain_frame_of_a_sensor_with_a_key_is_a_downgrade() -> None:
    sensor = MAC.lower()
    assert plain_bthome(bytes.fromhex("440161"), sensor, {}) == {"battery": 97}
    with pytest.raises(BTHomeError) as error:
        plain_bthome(bytes.fromhex("440161"), sensor, {sensor: KEY})
    assert error.value.reason == "not_encrypted"
