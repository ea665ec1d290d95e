"""A proxy in front of Kafka: a check holds requests of one kind, cuts connections, and counts what clients ask.

Kafka tells its clients where its brokers are, so an ordinary proxy is left at once. This one puts its own address in
place of theirs in such answers. Formats: https://kafka.apache.org/protocol
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from labkit.errors import KitError
from labkit.services import Endpoint

APIS = {0: "Produce", 1: "Fetch", 3: "Metadata", 8: "OffsetCommit", 10: "FindCoordinator", 11: "JoinGroup",
        12: "Heartbeat", 13: "LeaveGroup", 60: "DescribeCluster"}
_WITH_ADDRESSES = {"Metadata", "FindCoordinator", "DescribeCluster"}
_LARGEST = 8 * 1024 * 1024
"""Bytes of a request or an answer; a longer one ends its connection. A client asks for a megabyte of each partition at
most, and sends no larger record."""
_MOST = 48
"""Ends of connections at once, two each; further ones are closed, so that nobody can fill a check's memory with it."""
_UNANSWERED = 10_000
"""Requests of a connection that are remembered until their answer comes."""
_ANSWER = 5.0


class KafkaFront:
    """A proxy on a free loopback port; open at first.

    Args:
        kafka: the broker behind it.

    Raises:
        KitError: no port can be opened, or Kafka does not answer.
    """

    def __init__(self, kafka: Endpoint) -> None:
        self.kafka = kafka
        self._brokers = _brokers(kafka)
        self._ports: dict[tuple[str, int], int] = {}
        self._held: frozenset[str] = frozenset()
        self._changed = asyncio.Event()  # set, and then another one, when that changes
        self._closed = False
        self._counts: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="labkit-kafka-front", daemon=True)
        self._thread.start()
        try:
            self.port = self._do(self._listen())
        except OSError as error:
            self.close_down()
            raise KitError(f"The check could not open a port in front of {kafka!r}: {error}") from error

    def __repr__(self) -> str:
        return f"<front of {self.kafka!r}>"

    @property
    def endpoint(self) -> Endpoint:
        """Kafka's address through this proxy."""
        return dataclasses.replace(self.kafka, host="127.0.0.1", port=self.port)

    @property
    def bootstrap(self) -> str:
        """`host:port` of this proxy, to hand to the student."""
        return self.endpoint.bootstrap

    # What a check does

    def hold(self, *apis: str) -> None:
        """Let requests of these kinds wait here until `open()`; what follows on the same connection waits behind them.

        Args:
            apis: `"Produce"`, `"OffsetCommit"`, …
        """
        self._order(lambda: self._hold(frozenset(apis)))

    def close(self) -> None:
        """Drop all connections, and refuse new ones until `open()`."""

        def shut() -> None:
            self._closed = True
            self._drop_all()

        self._order(shut)

    def open(self) -> None:
        """Let connections and requests through again."""

        def let() -> None:
            self._closed = False
            self._hold(frozenset())

        self._order(let)

    # What a check sees

    def asked(self, api: str) -> int:
        """How many requests of a kind clients have sent.

        Args:
            api: `"Produce"`, `"OffsetCommit"`, …
        """
        return self._counts[api]

    def answered(self, api: str) -> int:
        """How many answers to requests of a kind have gone to clients.

        Args:
            api: as in `asked`.
        """
        return self._answers[api]

    def waiting(self, api: str) -> int:
        """How many requests of a kind wait here now.

        Args:
            api: as in `asked`.
        """
        return self._waiting[api]

    # Life

    def close_down(self) -> None:
        """End the proxy for good: no thread and no socket stays. A second call does nothing."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(KitError, OSError):
            self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_ANSWER)
        self._loop.close()

    def _order(self, what: Callable[[], None]) -> None:
        async def ordered() -> None:
            what()

        self._do(ordered())

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(_ANSWER)
        except TimeoutError as error:
            raise KitError("The check's proxy of Kafka does not answer.", fix="run the check again.") from error

    # Inside its thread

    def _hold(self, apis: frozenset[str]) -> None:
        self._held = apis
        self._changed.set()
        self._changed = asyncio.Event()

    async def _listen(self) -> int:
        """One port for each broker; the first is that of the bootstrap address too."""
        self._servers = []
        for broker in self._brokers:
            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: Any = broker) -> None:
                with contextlib.suppress(asyncio.CancelledError):  # its end is this proxy's end
                    await self._serve(reader, writer, to)

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            self._servers.append(server)
            self._ports[broker] = int(server.sockets[0].getsockname()[1])
        return self._ports[self._brokers[0]]

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter, broker: Any) -> None:
        if self._closed or len(self._ends) >= _MOST:
            to_client.transport.abort()
            return
        try:
            kafka, to_kafka = await asyncio.open_connection(*broker)
        except OSError:
            to_client.transport.abort()
            return
        pending: dict[int, str] = {}
        ends = {to_client, to_kafka}
        self._ends |= ends
        ways = [asyncio.create_task(self._up(client, to_kafka, pending)),
                asyncio.create_task(self._down(kafka, to_client, pending))]
        self._tasks |= set(ways)
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
                self._tasks.discard(way)
            for end in ends:
                end.transport.abort()
            self._ends -= ends

    async def _up(self, client: asyncio.StreamReader, kafka: asyncio.StreamWriter, pending: dict[int, str]) -> None:
        """Requests: a size, then the number of the API, its version, the correlation id."""
        while frame := await _frame(client):
            api = APIS.get(int.from_bytes(frame[4:6], "big"), "other")
            self._counts[api] += 1
            pending[int.from_bytes(frame[8:12], "big")] = api
            if len(pending) > _UNANSWERED:  # with acks=0 Kafka does not answer
                pending.pop(next(iter(pending)))
            if api in self._held:
                self._waiting[api] += 1
                try:
                    while api in self._held:
                        await self._changed.wait()
                finally:
                    self._waiting[api] -= 1
            kafka.write(frame)
            await kafka.drain()

    async def _down(self, kafka: asyncio.StreamReader, client: asyncio.StreamWriter, pending: dict[int, str]) -> None:
        """Answers: a size, then the correlation id."""
        while frame := await _frame(kafka):
            api = pending.pop(int.from_bytes(frame[4:8], "big"), "other")
            client.write(self._with_own_address(frame) if api in _WITH_ADDRESSES else frame)
            self._answers[api] += 1
            await client.drain()

    def _with_own_address(self, frame: bytes) -> bytes:
        """Put this proxy's address in place of the brokers': a text, with its length in two forms, and a port."""
        body = frame[4:]
        for (host, port), own in self._ports.items():
            for length in (_long, _compact):
                body = body.replace(length(host) + port.to_bytes(4, "big"),
                                    length("127.0.0.1") + own.to_bytes(4, "big"))
        return len(body).to_bytes(4, "big") + body

    def _drop_all(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _end(self) -> None:
        self._closed = True
        for server in self._servers:
            server.close()
        self._drop_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.sleep(0)
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _frame(source: asyncio.StreamReader) -> bytes:
    """Return the next request or answer with its size in front; nothing at the end of the connection."""
    try:
        head = await source.readexactly(4)
        size = int.from_bytes(head, "big")
        return head + await source.readexactly(size) if 4 <= size <= _LARGEST else b""
    except (asyncio.IncompleteReadError, OSError):
        return b""


def _long(text: str) -> bytes:
    """A STRING of the protocol."""
    return len(text).to_bytes(2, "big") + text.encode()


def _compact(text: str) -> bytes:
    """A COMPACT_STRING of the protocol; no host name has 127 characters."""
    return bytes([len(text) + 1]) + text.encode()


def _brokers(kafka: Endpoint) -> list[tuple[str, int]]:
    """Ask where the brokers are, the one that answers first."""
    import logging

    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    silent = logging.getLogger("labkit.checks.kafka")
    try:
        told = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0}, logger=silent).list_topics(
            timeout=_ANSWER)
    except KafkaException as error:
        raise KitError(f"The check cannot reach {kafka!r}: {error.args[0].str()}") from error
    places = {(broker.host, broker.port) for broker in told.brokers.values()}
    first = (kafka.host, kafka.port)
    return sorted(places, key=lambda place: place != first)
