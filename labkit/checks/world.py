"""The world of a check: the services, seen from outside the student's code, and a seeded source of cases."""

from __future__ import annotations

import contextlib
import random
import socket
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from labkit.checks.criterion import CriterionFailed
from labkit.checks.hints import HintFor, choose
from labkit.checks.result import Finding
from labkit.checks.show import show
from labkit.errors import KitError
from labkit.waiting import wait_until

if TYPE_CHECKING:
    from labkit.checks.broker_view import BrokerView
    from labkit.checks.fake_broker import FakeBroker
    from labkit.checks.gate import Gate
    from labkit.checks.influx_view import InfluxView
    from labkit.checks.kafka_front import KafkaFront
    from labkit.checks.kafka_view import KafkaView
    from labkit.checks.postgres_view import PostgresView
    from labkit.services import Endpoint

    _Ending = TypeVar("_Ending", Gate, FakeBroker, KafkaFront)
    _View = TypeVar("_View", KafkaView, PostgresView)


class World:
    """What a check has beside the student. `close()` removes everything that it made.

    Args:
        endpoints: the services by name.
        seed: makes the random cases; the same seed makes the same cases.
    """

    def __init__(self, endpoints: Mapping[str, Endpoint] | None = None, *, seed: int = 0) -> None:
        self._endpoints = dict(endpoints or {})
        self.seed = seed
        self.random = random.Random(seed)
        self._names: set[str] = set()
        self._broker: BrokerView | None = None
        self._influx: InfluxView | None = None
        self._views: dict[str, Any] = {}
        self._closing: list[Callable[[], None]] = []

    def __getitem__(self, service: str) -> Endpoint:
        try:
            return self._endpoints[service]
        except KeyError:
            raise KitError(f"This check uses {service!r} but does not ask for it: services=(…, {service!r}).") from None

    @property
    def mqtt(self) -> Endpoint:
        """The MQTT broker's address, to hand to the student."""
        return self["mqtt"]

    @property
    def influxdb(self) -> Endpoint:
        """The InfluxDB's address, to hand to the student."""
        return self["influxdb"]

    @property
    def broker(self) -> BrokerView:
        """The MQTT broker, over a connection of the check's own."""
        if self._broker is None:
            from labkit.checks.broker_view import BrokerView

            self._broker = BrokerView(self.mqtt)
        return self._broker

    @property
    def influx(self) -> InfluxView:
        """The InfluxDB, over a connection of the check's own."""
        if self._influx is None:
            from labkit.checks.influx_view import InfluxView

            self._influx = InfluxView(self.influxdb)
        return self._influx

    @property
    def kafka(self) -> KafkaView:
        """Kafka, over connections of the check's own."""
        from labkit.checks.kafka_view import KafkaView

        return self._view("kafka", KafkaView)

    @property
    def postgres(self) -> PostgresView:
        """The PostgreSQL, over connections of the check's own."""
        from labkit.checks.postgres_view import PostgresView

        return self._view("postgresql", PostgresView)

    @property
    def timescale(self) -> PostgresView:
        """The TimescaleDB, over connections of the check's own."""
        from labkit.checks.postgres_view import PostgresView

        return self._view("timescaledb", PostgresView)

    def _view(self, service: str, kind: type[_View]) -> _View:
        if service not in self._views:
            self._views[service] = kind(self[service])
        view: _View = self._views[service]
        return view

    def unique(self, prefix: str) -> str:
        """Return a name that nothing else uses; retained messages on topics that contain it are deleted after the
        check.

        Args:
            prefix: how it begins. The rest is letters and digits, so it may be one level of a topic.
        """
        # Not from the seed: two checks with one seed may run against one broker.
        name = f"{prefix}{uuid.uuid4().hex[:8]}"
        self._names.add(name)
        return name

    def wait_until(
        self, ready: Callable[[], Any], timeout: float = 5.0, *, first: float = 0.002, most: float = 0.1
    ) -> Any:
        """Ask until the answer is true or the time is over; return the last answer. It never raises for the time.

        Args:
            ready: the question.
            timeout: how long to go on asking, in seconds.
            first: the first pause between two questions, in seconds; the pauses grow.
            most: the longest pause, in seconds.
        """
        with contextlib.suppress(TimeoutError):
            return wait_until(ready, timeout, what="the check", first=first, most=most)
        return ready()

    def expect(
        self, condition: object, *, expected: str, found: object, hint: HintFor = None, advice: str = ""
    ) -> None:
        """Demand that something is so in the world; ends the criterion if not.

        Args:
            condition: whether it is so.
            expected: what was expected, in words.
            found: what was found: words, or a value.
            hint: for the misconception behind it.
            advice: what to try, if there is no hint.
        """
        if not condition:
            self.fail(expected=expected, found=found, hint=hint, advice=advice)

    def fail(self, *, expected: str, found: object, hint: HintFor = None, advice: str = "") -> NoReturn:
        """End the criterion; see `expect`."""
        chosen = choose(hint, found)
        text = found if isinstance(found, str) else show(found)
        told = (
            chosen.nudge
            if chosen
            else advice or "compare what was expected with what was found, and read the exercise again."
        )
        raise CriterionFailed(Finding(expected=expected, found=text, advice=told, hint=chosen, kind="effect"))

    # Faults on purpose

    def gate(self, service: str) -> Gate:
        """Put a TCP proxy in front of a service, to cut and close it; hand `gate.endpoint` to the student.

        Args:
            service: `"mqtt"` or `"influxdb"`.
        """
        from labkit.checks.gate import Gate

        return self._closed_later(Gate(self[service]))

    def kafka_front(self) -> KafkaFront:
        """Put a proxy in front of Kafka, to hold, count and cut; hand `front.bootstrap` to the student."""
        from labkit.checks.kafka_front import KafkaFront

        return self._closed_later(KafkaFront(self["kafka"]))

    def refusing_broker(self, return_code: int = 5) -> FakeBroker:
        """Start a broker that answers every CONNECT with that MQTT 3.1.1 return code; hand `.endpoint` to the student.

        Args:
            return_code: 1 to 5; 4 is a bad user name or password, 5 is "not authorised".
        """
        from labkit.checks.fake_broker import FakeBroker

        return self._closed_later(FakeBroker(return_code, self._endpoints.get("mqtt")))

    def silent_broker(self) -> FakeBroker:
        """Start a broker that accepts connections and never answers; hand `.endpoint` to the student."""
        from labkit.checks.fake_broker import FakeBroker

        return self._closed_later(FakeBroker(None, self._endpoints.get("mqtt")))

    def closed_port(self) -> Endpoint:
        """Return the address of an MQTT broker that is not there: a loopback port on which nobody listens."""
        from labkit.checks.fake_broker import fake_endpoint

        # Bound and not listening: connections are refused, and nobody else can take the port while the check runs.
        holder = socket.socket()
        holder.bind(("127.0.0.1", 0))
        self._closing.append(holder.close)
        return fake_endpoint(holder.getsockname()[1], self._endpoints.get("mqtt"))

    def _closed_later(self, thing: _Ending) -> _Ending:
        self._closing.append(thing.close_down)
        return thing

    def close(self) -> list[str]:
        """Remove everything that this world made: listeners, gates, retained messages, buckets.

        Returns:
            What could not be removed, in words.
        """
        problems: list[str] = []
        if self._broker is None and self._names and "mqtt" in self._endpoints:
            _ = self.broker
        steps = [*reversed(self._closing)]
        if self._broker is not None:
            broker, names = self._broker, frozenset(self._names)
            steps.append(lambda: broker.close(names))
        if self._influx is not None:
            steps.append(self._influx.close)
        steps += [view.close for view in self._views.values()]
        for step in steps:
            try:
                step()
            except Exception as error:
                problems.append(f"tidying up after the check: {error}")
        self._closing.clear()
        self._names.clear()
        self._views.clear()
        self._broker = self._influx = None
        return problems

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
