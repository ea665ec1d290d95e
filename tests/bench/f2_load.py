"""A load of F2 messages at a steady rate: `python -m tests.bench.f2_load HOST PORT RATE SECONDS CONTROLLERS`.

One TCP connection, MQTT 3.1.1, QoS 1. Packets are put together by hand and sent many at a time: the generator shares
the machine with what it measures, and must cost little. The value of each message is the milliseconds since the load
began, so that the time from here to the database can be read from the row. Prints one JSON line when the broker has
acknowledged all.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time

ON_THE_WAY = 30_000
"""Most messages without an acknowledgement; packet ids end at 65,535."""


def text(value: bytes) -> bytes:
    """A string as MQTT has it."""
    return struct.pack(">H", len(value)) + value


def connect(host: str, port: int) -> socket.socket:
    """A connection whose CONNACK has come."""
    sock = socket.create_connection((host, port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = text(b"MQTT") + bytes([4, 2]) + struct.pack(">H", 0) + text(b"f2-load")
    sock.sendall(b"\x10" + bytes([len(body)]) + body)
    answer = sock.recv(4)
    if answer != b"\x20\x02\x00\x00":
        raise ConnectionError(f"the broker answered {answer!r}")
    sock.setblocking(False)
    return sock


def main() -> None:
    host, port, rate, seconds, controllers = sys.argv[1], *(float(each) for each in sys.argv[2:])
    sock = connect(host, int(port))
    topics = [f"cmnd/f2-02f2{number + 1:08x}/rs485/3/water-meter-11".encode() for number in range(int(controllers))]
    heads = [b"\x32" + bytes([2 + len(topic) + 2 + 4]) + text(topic) for topic in topics]
    total, sent, answered, waiting = int(rate * seconds), 0, 0, b""
    epoch = time.time()
    while answered < 4 * total:
        now = time.time() - epoch
        if not waiting and sent < min(total, now * rate) and sent - answered // 4 < ON_THE_WAY:
            value = bytes.fromhex(f"{int(now * 1000):08d}")[::-1]
            more = min(total, int(now * rate) + 1, sent + 1000) - sent
            waiting = b"".join(
                heads[number % len(heads)] + struct.pack(">H", number % 65_535 + 1) + value
                for number in range(sent, sent + more)
            )
            sent += more
        readable, writable, _ = select.select([sock], [sock] if waiting else [], [], 0.005)
        if readable:
            answers = sock.recv(1 << 16)
            if not answers:
                raise ConnectionError("the broker closed the connection")
            answered += len(answers)  # a PUBACK has four bytes
        if writable:
            waiting = waiting[sock.send(waiting):]
    took = time.time() - epoch
    print(json.dumps({"sent": sent, "epoch": epoch, "seconds": took, "cpu": time.process_time()}))
    sock.close()


if __name__ == "__main__":
    main()
