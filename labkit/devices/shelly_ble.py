"""What a Shelly BLU H&T sends over Bluetooth, exact to the byte: BTHome v2, plain and encrypted.

Formats: https://bthome.io/format and https://bthome.io/encryption; which objects the sensor sends: Shelly's page of
SBHT-003C. Written on its own, not with the decoder of the house: what one gets wrong, the other shows.

| byte | plain | encrypted |
|---|---|---|
| 0 | 44: version 2, trigger based | 45: the same, encrypted |
| then | objects, ids ascending | objects, AES-128-CCM; nonce = address, D2 FC, byte 0, counter |
| last 8 | | counter (u32, little end first), tag |
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

SERVICE_UUID = b"\xd2\xfc"
"""0xFCD2 as it is on air."""
PLAIN, ENCRYPTED = 0x44, 0x45
PRESS, HOLD, HOLD_OLD = 0x01, 0x80, 0xFE
"""Button events; firmware before 1.0.20 sent FE for hold, which is in no table."""
_PACKET_ID, _BATTERY, _HUMIDITY, _BUTTON, _TEMPERATURE = 0x00, 0x01, 0x2E, 0x3A, 0x45


@dataclass(frozen=True, slots=True)
class Packet:
    """What a sensor wants to say.

    Args:
        packet_id: 0 to 255.
        battery: whole percent.
        humidity: whole percent.
        temperature: degrees Celsius, one decimal, -3276.8 to 3276.7.
        button: what was done with the button, None if nothing.
    """

    packet_id: int
    battery: int
    humidity: int
    temperature: float
    button: int | None = None

    def objects(self) -> bytes:
        """The BTHome objects, ids ascending."""
        button = b"" if self.button is None else bytes([_BUTTON, self.button])
        return (
            bytes([_PACKET_ID, self.packet_id, _BATTERY, self.battery, _HUMIDITY, self.humidity]) + button
            + bytes([_TEMPERATURE]) + round(self.temperature * 10).to_bytes(2, "little", signed=True)
        )


def plain(packet: Packet) -> bytes:
    """Write the service data of a packet.

    Args:
        packet: what to say.

    Raises:
        ValueError, OverflowError: a value does not fit its object.
    """
    return bytes([PLAIN]) + packet.objects()


def encrypted(packet: Packet, address: str, key: bytes, counter: int) -> bytes:
    """Write the service data of a packet, encrypted.

    Args:
        packet: what to say.
        address: of the sensor, `"7c:c6:b6:7f:48:ed"`.
        key: 16 bytes.
        counter: 0 to 2**32 - 1; never twice with one key.

    Raises:
        ValueError, OverflowError: a value does not fit its object, or the key its length.
    """
    info, count = bytes([ENCRYPTED]), counter.to_bytes(4, "little")
    nonce = bytes.fromhex(address.replace(":", "")) + SERVICE_UUID + info + count
    sealed = AESCCM(key, tag_length=4).encrypt(nonce, packet.objects(), None)
    return info + sealed[:-4] + count + sealed[-4:]


def advertising_data(service_data: bytes) -> bytes:
    """Wrap service data as a legacy advertisement carries it: flags, then service data of a 16-bit UUID.

    Args:
        service_data: at most 24 bytes.

    Raises:
        ValueError: it does not fit into the 31 bytes of an advertisement.
    """
    body = b"\x16" + SERVICE_UUID + service_data
    data = b"\x02\x01\x06" + bytes([len(body)]) + body
    if len(data) > 31:
        raise ValueError(f"{len(service_data)} bytes of service data do not fit into an advertisement of 31")
    return data
