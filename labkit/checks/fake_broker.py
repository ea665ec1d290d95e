"""Brokers that behave badly on purpose: one that refuses, one that is silent, one that is not there."""

from __future__ import annotations

import contextlib
import dataclasses
import selectors
import socket
import threading

from labkit.checks.mqtt_tap import CONNECT, PacketReader
from labkit.services import Endpoint


def fake_endpoint(port: int, like: Endpoint | None = None) -> Endpoint:
    """Return the address of an MQTT broker on a loopback port.

    Args:
        port: TCP port.
        like: a real broker. But for the port the address says the same, so that nobody can tell them apart by it.
    """
    if like is not None:
        return dataclasses.replace(like, host="127.0.0.1", port=port)
    return Endpoint(service="mqtt", provider="embedded", engine="none", version="", host="127.0.0.1", port=port)


_MOST = 32
"""Connections at once; further ones are closed."""


class FakeBroker:
    """Accepts connections; answers CONNECT with a return code, or never.

    `accepted` counts connections, `asked` counts those that sent CONNECT.

    Args:
        return_code: the return code of CONNACK (MQTT 3.1.1 section 3.2.2.3), or None for silence.
        like: a real broker after which its address is made.
    """

    def __init__(self, return_code: int | None, like: Endpoint | None = None) -> None:
        self.return_code = return_code
        self.accepted = 0
        self.asked = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.setblocking(False)
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._door, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._guests: dict[socket.socket, PacketReader] = {}
        self.endpoint = fake_endpoint(int(self._door.getsockname()[1]), like)
        self._thread = threading.Thread(target=self._run, name="labkit-fake-broker", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        answer = "silent" if self.return_code is None else f"answers with return code {self.return_code}"
        return f"<broker at {self.endpoint.host}:{self.endpoint.port}: {answer}>"

    def close_down(self) -> None:
        """End it for good: no thread and no socket stays. A second call does nothing."""
        with contextlib.suppress(OSError):
            self._wake.send(b"!")
        self._thread.join(5)

    def __enter__(self) -> FakeBroker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_down()

    def _run(self) -> None:
        try:
            while True:
                for key, _ in self._selector.select():
                    if key.fileobj is self._woken:
                        return
                    if key.fileobj is self._door:
                        self._let_in()
                    elif isinstance(key.fileobj, socket.socket):
                        self._read(key.fileobj)
        finally:
            for end in (*self._guests, self._door, self._wake, self._woken):
                end.close()
            self._selector.close()

    def _let_in(self) -> None:
        try:
            guest, _ = self._door.accept()
        except OSError:
            return
        if len(self._guests) >= _MOST:
            guest.close()
            return
        self.accepted += 1
        guest.setblocking(False)
        self._guests[guest] = PacketReader()
        self._selector.register(guest, selectors.EVENT_READ)

    def _read(self, guest: socket.socket) -> None:
        try:
            data = guest.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        asked = any(packet.type == CONNECT for packet in self._guests[guest].feed(data))
        self.asked += asked
        if asked and self.return_code is not None:
            with contextlib.suppress(OSError):
                guest.send(bytes((0x20, 2, 0, self.return_code)))
        # A broker closes the connection after it has refused (MQTT-3.2.2-5).
        if not data or (asked and self.return_code is not None):
            self._selector.unregister(guest)
            del self._guests[guest]
            guest.close()
