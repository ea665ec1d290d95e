from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from labkit.services.probes import connect_packet, free_port, http_json, mqtt_refusal


@pytest.fixture
def server() -> Iterator[Callable[[bytes | None], int]]:
    """A server that answers the first bytes it gets with the given ones, or not at all; its port."""
    sockets: list[socket.socket] = []

    def run(answer: bytes | None) -> int:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        sockets.append(listener)

        def serve() -> None:
            with contextlib.suppress(OSError):  # a test may be over before this thread runs
                connection, _ = listener.accept()
                sockets.append(connection)
                connection.recv(1024)
                if answer is None:
                    return
                connection.sendall(answer)
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        port: int = listener.getsockname()[1]
        return port

    yield run
    for one in sockets:
        one.close()


def test_the_connect_packet_is_that_of_the_standard() -> None:
    # MQTT 3.1.1, 3.1: type 1, length 26; "MQTT", level 4; flags for user, password, clean session; keep-alive 10 s.
    assert connect_packet("probe", "lab", "pw") == bytes.fromhex(
        "101a" "00044d515454" "04" "c2" "000a" "000570726f6265" "00036c6162" "00027077")
    assert connect_packet("probe") == bytes.fromhex("1011" "00044d515454" "04" "02" "000a" "000570726f6265")


def test_a_long_password_has_a_length_of_two_bytes() -> None:
    packet = connect_packet("probe", "lab", "p" * 200)
    assert packet[1:3] == bytes([0x80 | (len(packet) - 3) % 128, (len(packet) - 3) // 128])


@pytest.mark.parametrize(("answer", "refusal"), [
    (b"\x20\x02\x00\x00", ""),
    (b"\x20\x02\x00\x01", "it refuses this protocol version"),
    (b"\x20\x02\x00\x04", "bad user name or password"),
    (b"\x20\x02\x00\x05", "not authorized"),
    (b"\x20\x02\x00\x63", "return code 99"),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "its answer is not MQTT 3.1.1"),
    (b"", "it closed the connection without an answer (CONNACK)"),
    (b"\x20\x02", "it closed the connection without an answer (CONNACK)"),
])
def test_the_answer_of_a_broker_is_told_in_words(
    server: Callable[[bytes | None], int], answer: bytes, refusal: str
) -> None:
    assert mqtt_refusal("127.0.0.1", server(answer), timeout=60) == refusal


def test_a_silent_broker_is_given_up(server: Callable[[bytes | None], int]) -> None:
    assert mqtt_refusal("127.0.0.1", server(None), timeout=0.1) == "no answer (CONNACK) within 0.1 s"


def test_a_closed_port_is_told() -> None:
    assert mqtt_refusal("127.0.0.1", free_port()) == "Connection refused"


def test_an_unknown_host_is_told() -> None:
    assert "host.invalid" not in mqtt_refusal("host.invalid", 1883)
    assert mqtt_refusal("host.invalid", 1883) != ""


def test_what_is_not_http_is_an_error_of_the_connection(server: Callable[[bytes | None], int]) -> None:
    with pytest.raises(OSError, match="not an HTTP answer"):
        http_json("127.0.0.1", server(b"220 mail.example\r\n"), "/health", timeout=60)


def test_an_answer_that_is_not_json_is_none(server: Callable[[bytes | None], int]) -> None:
    port = server(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>")
    assert http_json("127.0.0.1", port, "/health", timeout=60) == (502, None)
