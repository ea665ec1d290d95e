"""Acknowledgements that are sent past paho, on a line that is full, slow or broken.

The line is a real pair of sockets. The client is a stand-in: what matters is when paho has a packet of its own under
way, and a real one cannot be told to have it just then.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from stack.f2 import acks
from stack.f2.acks import Acks

PING = b"\xc0\x00"
SUBSCRIBE = b"\x82\x06\x00\x01\x00\x01#\x01"


class Line:
    """One end of a pair of sockets that takes seven bytes at a time, so that most packets are cut."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end

    def fileno(self) -> int:
        return self.end.fileno()

    def send(self, data: bytes) -> int:
        return self.end.send(bytes(data[:7]))


class Client:
    """What `Acks` needs of a client; its packets leave in pieces of three bytes."""

    def __init__(self, line: Line) -> None:
        self.line: Line | None = line
        self.packets = b""
        self.asked = 0

    def socket(self) -> Line | None:
        self.asked += 1
        if self.asked % 5 == 0:  # paho's clock has struck
            self.packets = self.packets or PING
        return self.line

    def want_write(self) -> bool:
        return bool(self.packets)

    def loop_write(self) -> None:
        assert self.line is not None
        self.packets = self.packets[self.line.send(self.packets[:3]):]


@pytest.fixture
def line() -> Iterator[tuple[Client, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the system takes the least that it can
    ours.setblocking(False)
    theirs.settimeout(60)
    with ours, theirs:
        yield Client(Line(ours)), theirs


def parsed(received: bytes) -> tuple[list[int], list[bytes]]:
    """Take apart what a broker received: identifiers of acknowledgements, and other packets."""
    mids, others = [], []
    while received:
        size = 2 + received[1]
        packet, received = received[:size], received[size:]
        if packet[0] == 0x40:
            mids.append(int.from_bytes(packet[2:]))
        else:
            others.append(packet)
    return mids, others


def test_on_a_line_that_is_full_every_packet_stays_whole(line: tuple[Client, socket.socket]) -> None:
    client, broker = line
    waiting, count = Acks(), 20_000
    for mid in range(1, count + 1):
        waiting.add(mid)
    client.packets = SUBSCRIBE  # under way when the first acknowledgement comes
    received = bytearray()

    def take() -> None:
        while some := broker.recv(1021):  # never the end of a packet of four bytes
            received.extend(some)

    taking = threading.Thread(target=take)
    taking.start()
    waiting.send(client)  # type: ignore[arg-type]
    assert client.line is not None
    client.line.end.shutdown(socket.SHUT_WR)
    taking.join(60)
    mids, others = parsed(bytes(received))
    assert mids == list(range(1, count + 1))
    assert others[0] == SUBSCRIBE
    assert set(others[1:]) == {PING}
    assert len(waiting) == 0


def test_nothing_is_left_for_the_next_connection(line: tuple[Client, socket.socket]) -> None:
    client, broker = line
    waiting = Acks()
    for mid in range(1, 20_001):
        waiting.add(mid)
    broken = threading.Thread(target=lambda: (broker.recv(1), broker.close()))
    broken.start()
    waiting.send(client)  # type: ignore[arg-type]
    broken.join(60)
    assert len(waiting) == 0
    waiting.add(7)
    client.line = None
    waiting.send(client)  # type: ignore[arg-type]
    assert len(waiting) == 0


def test_a_broker_that_takes_nothing_is_told(
    line: tuple[Client, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acks, "PATIENCE", 0.3)
    waiting = Acks()
    for mid in range(1, 20_001):
        waiting.add(mid)
    with pytest.raises(ConnectionError, match=r"no acknowledgement for 0\.3 s"):
        waiting.send(line[0])  # type: ignore[arg-type]
    assert len(waiting) == 0
