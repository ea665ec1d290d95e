"""Questions to a server in its own protocol, with the standard library only: fast, and one round trip each."""

from __future__ import annotations

import json
import secrets
import socket
from typing import Any

_CONNACK_REASONS = {
    1: "it refuses this protocol version",
    2: "it refuses this client id",
    3: "it says that it is unavailable",
    4: "bad user name or password",
    5: "not authorized",
}
"""Return codes of CONNACK: MQTT 3.1.1, table 3.1."""


def _string(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def connect_packet(client_id: str, username: str = "", password: str = "") -> bytes:
    """An MQTT 3.1.1 CONNECT packet (section 3.1) with a clean session and no will.

    Args:
        client_id: at most 23 letters and digits, so that every server takes it.
        username: empty for none.
        password: sent only with a user name.
    """
    flags = 0x02 | (0xC0 if username else 0)
    body = _string("MQTT") + bytes([4, flags]) + (10).to_bytes(2, "big") + _string(client_id)
    if username:
        body += _string(username) + _string(password)
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([0x10]) + bytes(digits) + body


def mqtt_refusal(host: str, port: int, username: str = "", password: str = "", timeout: float = 1.0) -> str:
    """Ask an MQTT broker for a CONNACK: empty when it accepts, else what it did.

    Args:
        host: host name or address.
        port: TCP port.
        username: empty for none.
        password: sent only with a user name.
        timeout: for the connection and for the answer, in seconds.
    """
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.sendall(connect_packet(f"labkit{secrets.token_hex(6)}", username, password))
            answer = b""
            while len(answer) < 4:
                chunk = connection.recv(4 - len(answer))
                if not chunk:
                    return "it closed the connection without an answer (CONNACK)"
                answer += chunk
            connection.sendall(b"\xe0\x00")  # DISCONNECT: a clean leave
    except TimeoutError:
        return f"no answer (CONNACK) within {timeout:g} s"
    except OSError as error:
        return error.strerror or str(error)
    if answer[:2] != b"\x20\x02":
        return "its answer is not MQTT 3.1.1"
    return _CONNACK_REASONS.get(answer[3], f"return code {answer[3]}") if answer[3] else ""


def http_json(
    host: str, port: int, path: str, *, method: str = "GET", body: object = None, token: str = "",
    timeout: float = 2.0,
) -> tuple[int, Any]:
    """One HTTP request to a server on this machine.

    Args:
        host: host name or address.
        port: TCP port.
        path: path with query.
        method: HTTP method.
        body: sent as JSON when not None.
        token: access token of InfluxDB, empty for none.
        timeout: for the connection and for the answer, in seconds.

    Returns:
        Status, and the JSON answer (None when it is none).

    Raises:
        OSError: there is no connection, or no HTTP answer.
    """
    import http.client  # costs a kernel 15 ms, and many labs need no HTTP

    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Token {token}"} if token else {})
        connection.request(method, path, body=data, headers=headers)
        response = connection.getresponse()
        text = response.read()
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = None
        return response.status, parsed
    except http.client.HTTPException as error:
        raise OSError(f"not an HTTP answer: {error}") from error
    finally:
        connection.close()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free now. Another program may take it first: whoever uses it must try again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
