"""Check of exercise 8.2, the connector: MQTT on one side, Kafka on the other, and either may be away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from labkit.checks import lab08_hints as hints
from labkit.checks.criterion import criterion
from labkit.checks.gate import Gate
from labkit.checks.hints import Hint
from labkit.checks.kafka_front import KafkaFront
from labkit.checks.kafka_view import Record
from labkit.checks.lab08_house import make, own_error, trouble, written
from labkit.checks.outcome import Outcome
from labkit.checks.registry import exercise
from labkit.checks.student import Student
from labkit.checks.world import World

MACS = ("02f2000000a1", "02f2000000b2", "02f2000000c3", "02f2000000d4", "02f2000000e5")
LOST = "{found} of {count} messages in Kafka{trouble}"


@dataclass
class Line:
    """A way from MQTT to Kafka of one criterion: a mode and topics that nobody else uses, and both sides seen.

    Args:
        student: whose connector runs.
        world: the services.
    """

    student: Student
    world: World
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mode = self.world.unique("m_")
        self.raw, self.dead = self.world.kafka.new_topics("raw", "dead")
        self.gate: Gate = self.world.gate("mqtt")
        self.front: KafkaFront = self.world.kafka_front()
        self.settings: dict[str, Any] = {
            "topic_filter": f"cmnd/+/{self.mode}/#", "client_id": self.world.unique("check-"),
            "raw_topic": self.raw, "dead_letter_topic": self.dead}

    def made(self) -> Outcome:
        """A connector, before its start; ends the criterion if it is not written yet."""
        made = make(self.student, "Connector", self.gate, self.front.bootstrap, **self.settings)
        return written(made, ("take", [None]), ("acknowledge", []))

    def start(self) -> Outcome:
        """A connector in the notebook's own process."""
        made = self.made()
        made.call("start").succeeds(hint=hints.NOTHING_CAME)
        return made

    def spawn(self) -> Outcome:
        """A connector in a process of its own."""
        self.made()
        return self.student.kit("process", "f2", "Connector", self.gate.endpoint, self.front.bootstrap, limit=40,
                                shown="Connector(…), in a process of its own", **self.settings).succeeds()

    def publish(self, *messages: tuple[str, bytes]) -> None:
        """Publish as controllers do: MAC, connector and component; payload."""
        for rest, payload in messages:
            mac, _, pin = rest.partition("/")
            topic = f"cmnd/f2-{mac}/{self.mode}/{pin}"
            self.world.broker.publish(topic, payload, qos=1)
            self.sent.append((topic, payload))

    def some(self, count: int) -> list[tuple[str, bytes]]:
        """Messages of several controllers with values that nobody can foretell."""
        pick = self.world.random
        return [(f"{pick.choice(MACS)}/{pick.randint(1, 9)}/temperature-{pick.randint(1, 9)}",
                 b"%04X-%d" % (pick.randint(0, 999), number)) for number in range(count)]

    def arrived(self, records: list[Record]) -> int:
        """How many of the messages are in Kafka, by payload and topic."""
        there = {(_topic(record), record.value) for record in records}
        return sum(message in there for message in self.sent)

    def expect_all(self, timeout: float, hint: Hint, connector: Outcome | None = None) -> list[Record]:
        """Demand that Kafka gets every message that was sent."""
        count = len(self.sent)
        soon = min(timeout, 3.0)
        records = self.world.kafka.wait(self.raw, lambda found: self.arrived(found) == count, soon)
        if self.arrived(records) < count and (connector is None or not self.wrong(connector)[1]):
            records = self.world.kafka.wait(self.raw, lambda found: self.arrived(found) == count, timeout - soon)
        found = self.arrived(records)
        said, cause = self.wrong(connector) if found != count and connector is not None else ("", None)
        self.world.expect(found == count, expected=f"all {count} messages in {self.raw.rpartition('-')[0]}_iot_data",
                          found=LOST.format(found=found, count=count, trouble=said),
                          hint=cause or (hint if records else hints.NOTHING_CAME))
        return records

    def wrong(self, connector: Outcome) -> tuple[str, Hint | None]:
        """What a connector that does not do its work says, for the end of a message, and the hint to that."""
        if said := trouble(connector):
            return said, own_error(said)
        still = self.student.kit("standing", connector, "take", "acknowledge", shown="the connector's thread").quietly()
        return (f"; the connector stands still in {still}", hints.STANDS_STILL) if still else ("", None)

    @property
    def acknowledged(self) -> int:
        """Acknowledgements that the connector has sent to the broker, at most one of each message.

        More of them than messages end the criterion.
        """
        count = self.gate.acknowledged_by_client
        given = self.gate.delivered  # asked last: a message that comes in between does not count against anybody
        self.world.expect(count <= given, expected="one acknowledgement of each message", hint=hints.ACKED_AGAIN,
                          found=f"{count} acknowledgements of {given} messages")
        return count


def _topic(record: Record) -> str:
    return record.headers.get("topic", b"").decode("utf-8", "replace")


@exercise("08.2", points=3, title="From MQTT to Kafka, and lose none", services=("mqtt", "kafka"), limit=15,
          capabilities={"mqtt": ("anonymous_sessions",)},
          functions=("Connector(broker, bootstrap, *, topic_filter, client_id, raw_topic, dead_letter_topic)",))
def connector(student: Student, world: World) -> None:
    """Every message becomes a record, and is acknowledged then."""
    with criterion("a message becomes a record of its controller, byte for byte", points=1):
        records_of_devices(world, Line(student, world))
    with criterion("MQTT is acknowledged only after Kafka has the record", points=1):
        acknowledgements(world, Line(student, world))
    with criterion("a connector that is killed loses nothing", points=1):
        killed(world, Line(student, world))


ODD = (b"", b"\x00\xff\n", b"21.5 \xc2\xb0C")


def records_of_devices(world: World, line: Line, odd: tuple[bytes, ...] = ODD) -> None:
    """Keys, headers, partitions and bytes of records."""
    running = line.start()
    shouting = [(f"{MACS[0].upper()}/1/temperature-1", b"upper case")]
    line.publish(*line.some(30), *shouting, *((f"{MACS[1]}/2/text-7", payload) for payload in odd))
    line.expect_all(12, hints.AS_IT_CAME, running)
    unreadable = f"{MACS[2]}/0/temperature-1"
    line.publish((unreadable, b"no such connector"), *line.some(3))
    records = _own(line, line.expect_all(8, hints.UNREADABLE_GOES_ON, running))
    for topic, payload in line.sent:
        record = next(each for each in records if (_topic(each), each.value) == (topic, payload))
        bad = "/0/" in topic
        if not bad:
            device = topic.split("/")[1].lower()
            world.expect(record.key == device, expected=f"the key {device!r} for the record of {topic}",
                         found=f"{record.key!r}", hint=hints.KEY)
        world.expect(record.headers.get("time", b"").isdigit(), expected="the headers `topic` and `time`, as they came",
                     found=f"{sorted(record.headers)}", hint=hints.AS_IT_CAME)
    for mac in MACS:
        # Sent one after the other: within the partition they stand in this order.
        sent = [payload for topic, payload in line.sent if f"f2-{mac}/" in topic and "/0/" not in topic]
        own = [record for record in records if f"f2-{mac}/" in _topic(record) and "/0/" not in _topic(record)]
        found = [record.value for record in sorted(own, key=lambda each: (each.partition, each.offset))]
        world.expect(found == sent, found=f"{len(found)} records in another order or partition", hint=hints.KEY,
                     expected=f"the {len(sent)} records of f2-{mac} once each, in the order in which they were "
                     "published, in one partition")
    too_large(world, line, running)
    running.call("stop").succeeds()


def too_large(world: World, line: Line, running: Outcome) -> None:
    """A payload that no record of Kafka holds; then what the connector has counted."""
    mac = MACS[3]
    world.broker.publish(f"cmnd/f2-{mac}/{line.mode}/1/picture-1", bytes(1_050_000), qos=1)
    line.publish((f"{mac}/1/temperature-1", b"behind it"))
    letters = world.kafka.wait(line.dead, 1, 8)
    said, cause = line.wrong(running) if not letters else ("", None)
    world.expect(letters, expected="a dead letter of a payload of 1,050,000 bytes, which Kafka never takes",
                 found=f"none{said}", hint=hints.TOO_LARGE if cause is not hints.STANDS_STILL else cause)
    line.expect_all(8, hints.TOO_LARGE, running)
    count = len(line.sent)

    def stored() -> Any:
        stats = running.get("stats").quietly()
        return stats.get("stored") if isinstance(stats, dict) else None

    world.wait_until(lambda: stored() == count, 3)
    world.expect(stored() == count, expected=f'stats["stored"] is {count} after {count} delivery reports',
                 found=f"{stored()}", hint=hints.COUNT_DELIVERED)


def _own(line: Line, records: list[Record]) -> list[Record]:
    return [record for record in records if f"/{line.mode}/" in _topic(record)]


def acknowledgements(world: World, line: Line, count: int = 6) -> None:
    """Kafka keeps the connector waiting, then goes away for a while."""
    running = line.start()
    line.publish(*line.some(3))
    line.expect_all(12, hints.NOTHING_CAME, running)
    _all_acknowledged(world, line, 3, running)
    line.front.hold("Produce")
    line.publish(*line.some(count))
    world.wait_until(lambda: line.front.waiting("Produce") or line.acknowledged > 3, 8)
    _none_acknowledged(world, line, 3, 0.4)
    line.front.open()
    line.expect_all(12, hints.CONNECTOR_OUTAGE, running)
    _all_acknowledged(world, line, 3 + count, running)
    line.front.close()
    line.publish(*line.some(count // 2))  # perhaps it has not noticed yet
    _none_acknowledged(world, line, 3 + count, 0.6)
    line.publish(*line.some(count - count // 2))
    _none_acknowledged(world, line, 3 + count, 0.3)
    line.front.open()
    line.expect_all(20, hints.CONNECTOR_OUTAGE, running)
    _all_acknowledged(world, line, 3 + 2 * count, running)
    running.call("stop").succeeds()


def _none_acknowledged(world: World, line: Line, before: int, seconds: float) -> None:
    early = world.wait_until(lambda: line.acknowledged > before, seconds)
    world.expect(not early, expected="no acknowledgement before Kafka has the record", hint=hints.ACK_EARLY,
                 found=f"{line.acknowledged - before} more messages acknowledged, which Kafka has not taken")


def _all_acknowledged(world: World, line: Line, count: int, running: Outcome) -> None:
    world.wait_until(lambda: line.acknowledged >= count, 8)
    found = line.acknowledged
    said, cause = line.wrong(running) if found < count else ("", None)
    world.expect(found >= count, expected=f"{count} acknowledgements, once Kafka has the records",
                 found=f"{found}{said}", hint=cause or hints.NOT_ACKED)


def killed(world: World, line: Line, count: int = 20) -> None:
    """A connector dies with messages in its memory; another one of the same name goes on."""
    first = line.spawn()
    line.publish(*line.some(5))
    line.expect_all(12, hints.NOTHING_CAME)
    line.front.hold("Produce")
    line.publish(*line.some(count))
    world.wait_until(lambda: line.front.waiting("Produce") or line.gate.delivered >= 5 + count, 8)
    world.wait_until(lambda: line.acknowledged > 5, 0.3)
    first.call("kill").succeeds()
    line.front.close()  # what was on its way dies with the process
    line.front.open()
    second = line.start()  # a process of its own would show nothing more
    line.expect_all(15, hints.SESSION if line.acknowledged <= 5 else hints.ACK_EARLY, second)
    second.call("stop").succeeds()

