"""What an InfluxFront does with clients that a check does not expect."""

from __future__ import annotations

import http.client
import socket
import threading
import zlib

import pytest

from labkit.checks.host import Host
from labkit.checks.influx_front import BUSY, LARGEST, Answer, InfluxFront
from labkit.services import Endpoint

NOWHERE = Endpoint("influxdb", "embedded", "labkit-influx", "", "127.0.0.1", 9, url="http://127.0.0.1:9")


def write(front: InfluxFront, body: bytes, **headers: str) -> tuple[int, http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", front.endpoint.port, timeout=60)
    connection.request("POST", "/api/v2/write", body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, connection


def test_a_body_that_is_not_the_gzip_it_claims_to_be_is_answered(capfd: pytest.CaptureFixture[str]) -> None:
    with InfluxFront(NOWHERE) as front:
        front.answer_always(BUSY)
        status, connection = write(front, b"m v=1", **{"Content-Encoding": "gzip"})
        connection.close()
        assert (status, front.writes[0].lines) == (503, ("m v=1",))
    assert capfd.readouterr().err == ""


def test_a_connection_that_a_client_keeps_open_ends_with_the_front() -> None:
    before = set(threading.enumerate())
    host = Host({})
    front = InfluxFront(NOWHERE)
    front.answer_always(BUSY)
    _, connection = write(front, b"m v=1")
    # A check that lists what the student left running must not name the kit's own threads.
    assert host.release() == []
    front.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive()
    connection.close()


def test_a_gzip_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(80)), packer.flush()])
    with InfluxFront(NOWHERE) as front:
        front.answer_always(BUSY)
        status, connection = write(front, bomb, **{"Content-Encoding": "gzip"})
        connection.close()
        assert status == 503
        assert sum(map(len, front.writes[0].lines)) <= LARGEST


@pytest.mark.parametrize("length", [str(LARGEST + 1), "-1", "many"])
def test_a_body_without_a_bearable_length_is_refused_unread(length: str) -> None:
    with InfluxFront(NOWHERE) as front, socket.create_connection(("127.0.0.1", front.endpoint.port), 60) as end:
        end.sendall(f"POST /api/v2/write HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert b" 413 " in end.recv(4096)
        assert front.writes == []


def test_denied_requests_are_counted_whatever_they_asked_for() -> None:
    with InfluxFront(NOWHERE) as front:
        front.answer(Answer(401, "unauthorized", "no"), Answer(403, "forbidden", "no"), BUSY)
        for _ in range(3):
            write(front, b"m v=1")[1].close()
        assert front.denied == 2
