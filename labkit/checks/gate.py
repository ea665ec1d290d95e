"""A TCP proxy in front of a service: a check cuts, closes, slows and watches the student's connections with it."""

from __future__ import annotations

import contextlib
import dataclasses
import selectors
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from labkit.checks.mqtt_tap import Connect, Packet, PacketReader, Tap
from labkit.errors import KitError
from labkit.services import Endpoint

_CHUNK = 64 * 1024
_FULL = 1024 * 1024
"""Bytes that wait in one direction before the gate stops reading."""
_MOST = 32
"""Connections at once; further ones are closed, so that nobody can fill a check's memory through its gate."""


class _Way:
    """One direction of one connection: what was read from one socket waits here for the other."""

    def __init__(self, source: socket.socket, target: socket.socket, *, from_client: bool) -> None:
        self.source = source
        self.target = target
        self.from_client = from_client
        self.reader = PacketReader()
        self.passed = PacketReader()
        self.fresh = True  # nothing of the first chunk that waits has been tried to send
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.size = 0
        self.ended = False
        self.finished = False

    def due(self, now: float) -> bool:
        return bool(self.waiting) and self.waiting[0][0] <= now


class Gate:
    """A TCP proxy on a free loopback port; open at first.

    Args:
        service: the service behind it.

    Raises:
        KitError: no port can be opened.
    """

    def __init__(self, service: Endpoint) -> None:
        self.service = service
        self._lock = threading.Lock()
        self._tap = Tap()
        self._arrived: Counter[str] = Counter()
        self._read_packets = service.service == "mqtt"
        self._ways: dict[socket.socket, tuple[_Way, _Way]] = {}
        self._delay = 0.0
        self._held = False
        self._orders: deque[tuple[Callable[[], None], threading.Event]] = deque()
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._door: socket.socket | None = None
        try:
            self._door = _bound(0)
        except OSError as error:
            raise KitError(f"The check could not open a port in front of {service!r}: {error}") from error
        self.port = int(self._door.getsockname()[1])
        self._accepted = 0
        self._running = True
        self._listen()
        self._thread = threading.Thread(target=self._run, name="labkit-gate", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<gate to {self.service!r}>"

    # What a check does

    @property
    def endpoint(self) -> Endpoint:
        """The service's address through this gate, to hand to the student."""
        url = self.service.url
        if url:
            url = urlunsplit(urlsplit(url)._replace(netloc=f"127.0.0.1:{self.port}"))
        return dataclasses.replace(self.service, host="127.0.0.1", port=self.port, url=url)

    def cut(self) -> None:
        """Drop all connections now, as a pulled cable or a crash does; new ones are let in."""
        self._order(self._drop_all)

    def close(self) -> None:
        """Drop all connections, and refuse new ones until `open()`."""
        self._order(self._shut)

    def open(self) -> None:
        """Let connections in and bytes through again."""
        self._order(self._listen)

    def hold(self) -> None:
        """Let bytes wait in the gate, in both directions, until `open()`; connections stay up."""
        self._order(lambda: setattr(self, "_held", True))

    def delay(self, seconds: float) -> None:
        """Let every byte from the service wait so long, in seconds; 0 ends it, also for what waits already."""
        self._order(lambda: self._slow(seconds))

    # What a check sees

    @property
    def connections(self) -> int:
        """How many connections are up."""
        with self._lock:
            return len(self._ways) // 2

    @property
    def accepted(self) -> int:
        """How many connections were made in all."""
        return self._accepted

    @property
    def sent(self) -> int:
        """PUBLISH packets that clients sent, repeated ones too."""
        return self._tap.from_client["PUBLISH"]

    @property
    def acknowledged(self) -> int:
        """Messages of clients that the broker has acknowledged (PUBACK for QoS 1, PUBCOMP for QoS 2)."""
        return self._tap.from_broker["PUBACK"] + self._tap.from_broker["PUBCOMP"]

    @property
    def delivered(self) -> int:
        """PUBLISH packets that the broker sent, repeated ones too."""
        return self._tap.from_broker["PUBLISH"]

    @property
    def acknowledged_by_client(self) -> int:
        """Messages of the broker that clients have acknowledged (PUBACK for QoS 1, PUBCOMP for QoS 2)."""
        return self._tap.from_client["PUBACK"] + self._tap.from_client["PUBCOMP"]

    @property
    def connects(self) -> list[Connect]:
        """Every CONNECT: client id, clean flag, last will, in order."""
        return list(self._tap.connects)

    @property
    def published(self) -> list[Packet]:
        """Every PUBLISH of a client: topic, qos, retain, in order."""
        return list(self._tap.published)

    def count(self, packet: str, *, from_client: bool = True) -> int:
        """Count packets by their name in the standard.

        Args:
            packet: `"PUBLISH"`, `"PUBACK"`, `"SUBSCRIBE"`, `"PINGREQ"`, `"DISCONNECT"`, …
            from_client: those that clients sent, or else those that the broker sent.
        """
        return (self._tap.from_client if from_client else self._tap.from_broker)[packet]

    def arrived(self, packet: str) -> int:
        """Count packets of the broker that a client can have read; the rest still waits in the gate.

        Args:
            packet: name of the packet in the standard: `"CONNACK"`, `"PUBACK"`, …
        """
        return self._arrived[packet]

    # Life

    def close_down(self) -> None:
        """End the gate for good: no thread and no socket stays. A second call does nothing."""
        if self._running:
            self._order(self._stop)
        self._thread.join(5)

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_down()

    def _order(self, what: Callable[[], Any]) -> None:
        """Let the gate's thread do something, and wait until it is done."""
        if not self._running:
            return
        done = threading.Event()
        self._orders.append((what, done))
        self._wake.send(b"!")
        if not done.wait(5):
            raise KitError("The check's gate does not answer.", fix="run the check again.")

    # The gate's thread

    def _run(self) -> None:
        try:
            while self._running:
                for key, events in self._selector.select(self._pause()):
                    self._serve(key, events)
                self._flush_due()
        finally:
            for way, _ in self._ways.values():
                way.source.close()
            for thing in (self._selector, self._wake, self._woken, self._door):
                if thing is not None:
                    thing.close()
            for _, done in self._orders:
                done.set()

    def _pause(self) -> float | None:
        if self._held or not self._delay:
            return None
        moments = [way.waiting[0][0] for way, _ in self._ways.values() if way.waiting]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _serve(self, key: selectors.SelectorKey, events: int) -> None:
        where = key.fileobj
        if where is self._woken:
            self._woken.recv(4096)
            while self._orders:
                what, done = self._orders.popleft()
                try:
                    what()
                finally:
                    done.set()
        elif where is self._door:
            self._let_in()
        elif isinstance(where, socket.socket) and where in self._ways:
            outgoing, incoming = self._ways[where]
            if events & selectors.EVENT_READ:
                self._read(outgoing)
            if events & selectors.EVENT_WRITE and where in self._ways:
                self._write(incoming)

    def _let_in(self) -> None:
        assert self._door is not None
        try:
            client, _ = self._door.accept()
        except OSError:
            return
        if self.connections >= _MOST:
            _reset(client)
            return
        try:
            server = socket.create_connection((self.service.host, self.service.port), timeout=5)
        except OSError:
            _reset(client)
            return
        self._accepted += 1
        for end in (client, server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        up, down = _Way(client, server, from_client=True), _Way(server, client, from_client=False)
        with self._lock:
            self._ways[client], self._ways[server] = (up, down), (down, up)
        self._watch(client)
        self._watch(server)

    def _watch(self, end: socket.socket) -> None:
        """Ask for the events that matter now: readable if there is room, writable if something is due."""
        outgoing, incoming = self._ways[end]
        events = 0
        if not outgoing.ended and outgoing.size < _FULL:
            events |= selectors.EVENT_READ
        if not self._held and incoming.due(time.monotonic()):
            events |= selectors.EVENT_WRITE
        known = end in self._selector.get_map()
        if events and known:
            self._selector.modify(end, events)
        elif events:
            self._selector.register(end, events)
        elif known:
            self._selector.unregister(end)

    def _read(self, way: _Way) -> None:
        try:
            data = way.source.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._drop(way)
            return
        if data:
            if self._read_packets:
                for packet in way.reader.feed(data):
                    self._tap.see(packet, from_client=way.from_client)
            wait = 0.0 if way.from_client else self._delay
            way.waiting.append((time.monotonic() + wait, data))
            way.size += len(data)
        else:
            way.ended = True
        self._write(way)

    def _write(self, way: _Way) -> None:
        now = time.monotonic()
        while not self._held and way.due(now):
            data = way.waiting[0][1]
            if way.fresh and self._read_packets and not way.from_client:
                # Before it is sent: who reads it may act before this thread goes on.
                self._arrived.update(packet.name for packet in way.passed.feed(data))
            way.fresh = False
            try:
                count = way.target.send(data)
            except BlockingIOError:
                break
            except OSError:
                self._drop(way)
                return
            way.size -= count
            if count == len(data):
                way.waiting.popleft()
                way.fresh = True
            else:
                way.waiting[0] = (0.0, data[count:])
        if way.ended and not way.waiting and not way.finished:
            way.finished = True
            if self._ways[way.source][1].finished:
                self._drop(way, reset=False)
                return
            with contextlib.suppress(OSError):
                way.target.shutdown(socket.SHUT_WR)
        self._watch(way.source)
        self._watch(way.target)

    def _flush_due(self) -> None:
        if self._delay:
            for way, _ in list(self._ways.values()):
                if way.source in self._ways and way.due(time.monotonic()):
                    self._write(way)

    def _slow(self, seconds: float) -> None:
        self._delay = seconds
        if not seconds:
            for way, _ in list(self._ways.values()):
                way.waiting = deque((0.0, data) for _, data in way.waiting)
                if way.source in self._ways:
                    self._write(way)

    def _drop(self, way: _Way, *, reset: bool = True) -> None:
        for end in (way.source, way.target):
            if end in self._selector.get_map():
                self._selector.unregister(end)
            with self._lock:
                self._ways.pop(end, None)
            _reset(end) if reset else end.close()

    def _drop_all(self) -> None:
        for way, _ in list(self._ways.values()):
            if way.source in self._ways:
                self._drop(way)

    def _shut(self) -> None:
        """Stop listening, but keep the port: a socket that is bound and does not listen refuses connections."""
        self._drop_all()
        if self._door is not None and self._door in self._selector.get_map():
            self._selector.unregister(self._door)
            self._door.close()
            self._door = _bound(self.port)

    def _listen(self) -> None:
        self._held = False
        if self._door is not None and self._door not in self._selector.get_map():
            self._door.listen(64)
            self._selector.register(self._door, selectors.EVENT_READ)
        for end in list(self._ways):
            self._watch(end)

    def _stop(self) -> None:
        self._drop_all()
        self._running = False


def _bound(port: int) -> socket.socket:
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("127.0.0.1", port))
    return door


def _reset(end: socket.socket) -> None:
    """Close with RST, so that the other side notices at once."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
