"""Reads MQTT packets that pass by, without touching them.

Only the fixed header (MQTT 3.1.1 section 2.2) of every packet and the variable header and payload of CONNECT (section
3.1) are read; versions 3.1.1 and 5 share these up to CONNECT's properties, which are skipped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

Kept = TypeVar("Kept")

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK = range(1, 10)
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
NAMES = {
    CONNECT: "CONNECT",
    CONNACK: "CONNACK",
    PUBLISH: "PUBLISH",
    PUBACK: "PUBACK",
    PUBREC: "PUBREC",
    PUBREL: "PUBREL",
    PUBCOMP: "PUBCOMP",
    SUBSCRIBE: "SUBSCRIBE",
    SUBACK: "SUBACK",
    10: "UNSUBSCRIBE",
    11: "UNSUBACK",
    PINGREQ: "PINGREQ",
    PINGRESP: "PINGRESP",
    DISCONNECT: "DISCONNECT",
    15: "AUTH",
}
"""Packet types, MQTT 3.1.1 table 2.1 (15 is of version 5)."""


@dataclass(frozen=True)
class Packet:
    """One control packet.

    Args:
        type: 1 to 15.
        flags: the lower four bits of the first byte.
        body: what follows the fixed header.
    """

    type: int
    flags: int
    body: bytes

    @property
    def name(self) -> str:
        """Its name in the standard."""
        return NAMES.get(self.type, str(self.type))

    @property
    def qos(self) -> int:
        """Quality of service of a PUBLISH, 0 to 2."""
        return (self.flags >> 1) & 3

    @property
    def duplicate(self) -> bool:
        """The DUP flag of a PUBLISH."""
        return bool(self.flags & 8)

    @property
    def retain(self) -> bool:
        """The RETAIN flag of a PUBLISH."""
        return bool(self.flags & 1)

    @property
    def topic(self) -> str:
        """The topic of a PUBLISH; "" if it is cut off or another packet."""
        if self.type != PUBLISH or len(self.body) < 2:
            return ""
        length = int.from_bytes(self.body[:2], "big")
        return self.body[2 : 2 + length].decode("utf-8", "replace")


@dataclass(frozen=True)
class Connect:
    """What a client asked for in CONNECT.

    Args:
        client_id: its id, "" if it left it to the broker.
        clean: the clean session (or clean start) flag.
        keepalive: seconds.
        level: 4 for MQTT 3.1.1, 5 for MQTT 5.
        username: "" if none.
        will_topic: topic of the last will, "" if none.
        will_payload: its payload.
        will_qos: its quality of service.
        will_retain: whether it is to be retained.
    """

    client_id: str
    clean: bool
    keepalive: int
    level: int
    username: str = ""
    will_topic: str = ""
    will_payload: bytes = b""
    will_qos: int = 0
    will_retain: bool = False


LARGEST = 1024 * 1024
"""Bytes of a packet's body that are kept. MQTT allows 256 MB, and a check must not have to hold them."""
MOST = 20_000
"""Packets of one kind that a tap keeps; further ones are counted only."""


class PacketReader:
    """Cuts a stream of bytes into packets; of one longer than `LARGEST` only the head is kept.

    `broken` turns true when the stream is not MQTT; nothing more is read then.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._skip = 0
        self.broken = False

    def feed(self, data: bytes) -> list[Packet]:
        """Add bytes and return the packets that they complete."""
        if self.broken:
            return []
        self._bytes += data
        packets = []
        while (packet := self._next()) is not None:
            packets.append(packet)
        return packets

    def _next(self) -> Packet | None:
        if self._skip:
            skipped = min(self._skip, len(self._bytes))
            del self._bytes[:skipped]
            self._skip -= skipped
        length, shift, at = 0, 0, 1
        while True:
            if at >= len(self._bytes):
                return None
            length |= (self._bytes[at] & 0x7F) << shift
            more = self._bytes[at] & 0x80
            at, shift = at + 1, shift + 7
            if not more:
                break
            if shift > 21:
                self.broken = True
                self._bytes.clear()
                return None
        kept = min(length, LARGEST)
        if len(self._bytes) < at + kept:
            return None
        packet = Packet(self._bytes[0] >> 4, self._bytes[0] & 0x0F, bytes(self._bytes[at : at + kept]))
        del self._bytes[: at + kept]
        self._skip = length - kept
        return packet


def read_connect(body: bytes) -> Connect | None:
    """Read the body of a CONNECT packet, or None if it is malformed.

    Args:
        body: what follows the fixed header.
    """
    try:
        protocol = int.from_bytes(body[:2], "big")
        at = 2 + protocol
        level, flags = body[at], body[at + 1]
        keepalive = int.from_bytes(body[at + 2 : at + 4], "big")
        at += 4
        if level >= 5:
            at = _skip_properties(body, at)
        client_id, at = _field(body, at)
        will_topic = will_payload = username = b""
        if flags & 0x04:
            if level >= 5:
                at = _skip_properties(body, at)
            will_topic, at = _field(body, at)
            will_payload, at = _field(body, at)
        if flags & 0x80:
            username, at = _field(body, at)
    except IndexError:
        return None
    return Connect(
        client_id.decode("utf-8", "replace"),
        bool(flags & 0x02),
        keepalive,
        level,
        username.decode("utf-8", "replace"),
        will_topic.decode("utf-8", "replace"),
        will_payload,
        (flags >> 3) & 3,
        bool(flags & 0x20),
    )


def _field(body: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(body[at : at + 2], "big")
    if at + 2 > len(body) or end > len(body):
        raise IndexError(at)
    return body[at + 2 : end], end


def _skip_properties(body: bytes, at: int) -> int:
    length, shift = 0, 0
    while True:
        length |= (body[at] & 0x7F) << shift
        more = body[at] & 0x80
        at, shift = at + 1, shift + 7
        if not more:
            return at + length


class Tap:
    """Counts the packets of all connections that pass one gate, by direction."""

    def __init__(self) -> None:
        self.from_client: Counter[str] = Counter()
        """Packets that clients sent, by name: `tap.from_client["PUBLISH"]`."""
        self.from_broker: Counter[str] = Counter()
        """Packets that the broker sent, by name."""
        self.connects: list[Connect] = []
        """Every CONNECT, in order."""
        self.published: list[Packet] = []
        """Every PUBLISH of a client, in order."""
        self.delivered: list[Packet] = []
        """Every PUBLISH of the broker, in order."""
        self._room = 32 * LARGEST

    def see(self, packet: Packet, *, from_client: bool) -> None:
        """Count one packet."""
        if from_client:
            self.from_client[packet.name] += 1
            if packet.type == CONNECT and (connect := read_connect(packet.body)) is not None:
                self._keep(self.connects, connect, packet)
            elif packet.type == PUBLISH:
                self._keep(self.published, packet, packet)
        else:
            self.from_broker[packet.name] += 1
            if packet.type == PUBLISH:
                self._keep(self.delivered, packet, packet)

    def _keep(self, where: list[Kept], what: Kept, packet: Packet) -> None:
        if len(where) < MOST and len(packet.body) <= self._room:
            self._room -= len(packet.body)
            where.append(what)
