"""Acknowledgements on their way to the broker: many in one piece."""

from __future__ import annotations

import select
import ssl
import struct
import time

import paho.mqtt.client as mqtt

PATIENCE = 10.0
"""Seconds that the broker may take for acknowledgements."""
_PUBACK = struct.Struct("!BBH")
"""Type and length, then the packet's identifier (MQTT 3.1.1, 3.4)."""


class Acks:
    """Sends acknowledgements of QoS 1 past paho, which makes a system call for each: a fifth of a connector's time.

    Packets are never mixed: one of paho's that is under way ends before the first of ours, and the other way round. All
    calls come from the one thread that serves the client.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._cut = 0  # bytes of the first packet that have been sent

    def __len__(self) -> int:
        return -(-len(self._bytes) // _PUBACK.size)

    def add(self, mid: int) -> None:
        """Add the acknowledgement of a packet.

        Args:
            mid: its identifier, 1 to 65,535.
        """
        self._bytes += _PUBACK.pack(0x40, 2, mid)

    def clear(self) -> None:
        """Forget them: they belong to a connection that has ended."""
        self._bytes.clear()
        self._cut = 0

    def send(self, client: mqtt.Client) -> None:
        """Send all of them.

        Args:
            client: whose connection brought what is acknowledged. If that has ended, they are forgotten.

        Raises:
            ConnectionError: the broker takes nothing.
        """
        deadline = time.monotonic() + PATIENCE
        while self._bytes:
            if time.monotonic() > deadline:
                self.clear()
                raise ConnectionError(f"the broker has taken no acknowledgement for {PATIENCE:g} s")
            if (connected := client.socket()) is None:
                self.clear()
                return
            try:
                select.select([], [connected], [], 0.1)
                if client.want_write() and not self._cut:
                    client.loop_write()
                    continue
                sent = connected.send(self._bytes)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                continue
            except (ValueError, OSError):  # it was closed: who reads is told why
                self.clear()
                return
            del self._bytes[:sent]
            self._cut = (self._cut + sent) % _PUBACK.size
