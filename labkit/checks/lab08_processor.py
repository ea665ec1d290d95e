"""Check of exercise 8.5, the processor: what it makes of records, and what of its group's work when a member dies.

A group takes some seconds to come together, and longer to notice a death. So all groups are started first, and the
member is killed then: the others are judged while its group finds out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from labkit.checks import lab08_hints as hints
from labkit.checks.criterion import criterion
from labkit.checks.hints import Hint
from labkit.checks.kafka_front import KafkaFront
from labkit.checks.kafka_view import PARTITIONS, Record
from labkit.checks.lab08_house import (
    House,
    documents,
    make,
    meter,
    own_error,
    raw,
    temperature,
    trouble,
    written,
)
from labkit.checks.lab08_pair import JOINING, Pair
from labkit.checks.outcome import Outcome
from labkit.checks.registry import exercise
from labkit.checks.student import Student
from labkit.checks.world import World

LONGEST = 900_000
"""Bytes of a measurement; a longer one is a dead letter."""


@dataclass
class Stage:
    """Topics, a group and a proxy of one processor.

    Args:
        student: whose processor runs.
        world: the services.
        house: the controllers that it knows.
    """

    student: Student
    world: World
    house: House

    def __post_init__(self) -> None:
        kafka = self.world.kafka
        self.raw, self.decoded, self.dead = kafka.new_topics("raw", "decoded", "dead")
        self.group = kafka.new_group("f2-processor")
        self.front = self.world.kafka_front()
        self.now = int(time.time()) * 1_000_000 + self.world.random.randint(1, 999_999)
        self.sent = 0

    @property
    def settings(self) -> dict[str, Any]:
        """How it is made, beside Kafka and database."""
        return {"raw_topic": self.raw, "decoded_topic": self.decoded, "dead_letter_topic": self.dead,
                "group": self.group}

    def start(self, front: KafkaFront | None = None, **more: Any) -> Outcome:
        """A processor in the notebook's own process; what came of it is judged later."""
        place = front or self.front
        made = make(self.student, "Processor", place.bootstrap, self.house.schema.dsn, **self.settings, **more)
        if made.error is None:
            made.call("start")
        return made

    def spawn(self, front: KafkaFront, **more: Any) -> Outcome:
        """A processor in a process of its own; what came of it is judged later."""
        return self.student.kit("process", "f2", "Processor", front.bootstrap, self.house.schema.dsn,
                                shown="Processor(…), in a process of its own", **self.settings, **more)

    def send(self, *messages: tuple[str, str, bytes], partition: int | None = None) -> list[int]:
        """Write raw records: MAC, the rest of the topic, payload; return the moments of their arrival."""
        records, moments = [], []
        for mac, rest, payload in messages:
            self.sent += 1
            moments.append(self.now + self.sent)
            records.append(raw(mac, rest, payload, moments[-1]))
        self.world.kafka.produce(self.raw, records, partition=partition)
        return moments

    def outputs(self, count: int, timeout: float, *, dead: bool = False) -> list[dict[str, Any]]:
        """Wait for so many different outputs, and return all; without a wait, all that are there now."""
        topic = self.dead if dead else self.decoded
        if not timeout:
            return documents(self.world.kafka.records(topic))

        def enough(records: list[Record]) -> bool:
            return len({record.value for record in records}) >= count

        return documents(self.world.kafka.wait(topic, enough, timeout))

    def committed(self) -> int:
        """How many records its group has committed."""
        return sum(self.world.kafka.committed(self.group, self.raw).values())


@exercise("08.5", points=4, title="Decode in a group, and put the unreadable aside", services=("kafka", "postgresql"),
          limit=20, functions=("Processor(bootstrap, dsn, *, raw_topic, decoded_topic, dead_letter_topic, group)",))
def processor(student: Student, world: World) -> None:
    """Measurements, dead letters, offsets, and a death."""
    empty = Unwritten(make(student, "Processor", world.kafka.bootstrap, ""))
    house = House(world.postgres.schema("device_params"), world.random)
    mac = house.controller()
    judged, careful, family = (Stage(student, world, house) for _ in range(3))
    running = watched = None
    pair = Pair(family, mac)
    if not empty:
        running, watched = judged.start(), careful.start()
        pair.begin()
    with criterion("each value of a message becomes a measurement", points=1):
        measurements(world, judged, mac, empty.or_else(running))
    with criterion("what cannot be read becomes a dead letter, and stops nothing", points=1):
        dead_letters(world, judged, mac, empty.or_else(running))
    with criterion("offsets are committed after the output is delivered", points=1):
        commits(world, careful, mac, empty.or_else(watched))
    with criterion("a processor is killed in the middle, and no record is lost", points=1):
        empty.or_else(running)
        pair.end()


class Unwritten:
    """Whether an answer is still the lab's empty one: then nothing is started, and nothing is waited for.

    Args:
        made: a processor that is not started.
    """

    def __init__(self, made: Outcome) -> None:
        self._made = made
        tried = [made.call("handle", []), made.call("outcomes", None)]
        self._empty = made.error is not None or any(each.error and each.error.state == "stub" for each in tried)

    def __bool__(self) -> bool:
        return self._empty

    def or_else(self, stage: Outcome | None) -> Outcome:
        """The stage that runs; ends the criterion if there is none."""
        if self._empty or stage is None:
            written(self._made, ("handle", [[]]), ("outcomes", [None]))
            self._made.succeeds()
        assert stage is not None
        return stage.succeeds()


MESSAGES = [("analog/1/temperature-3", temperature(215)), ("analog/2/temperature-3", temperature(-41)),
            ("analog/1/humidity-4", b"\x29"), ("rs485/3/energy-meter-10", meter(2301, -12345)),
            ("rs485/3/type-plate-13", bytes.fromhex("7cc6b67f48ed")), ("other_mode/1/temperature-3", temperature(1))]


def measurements(world: World, stage: Stage, mac: str, running: Outcome) -> None:
    """Values, and where each came from."""
    pick = world.random
    messages = [*MESSAGES, ("analog/1/temperature-3", temperature(pick.randint(-400, 600)))]
    expected: list[tuple[dict[str, Any], Hint]] = []
    for (rest, payload), micros in zip(messages, stage.send(*((mac.upper(), *each) for each in messages)), strict=True):
        mode, connector, last = rest.split("/")
        position = last.rpartition("-")[2]
        common = {"timestamp": _iso(micros), "device_id": f"f2-{mac}", "connector_mode": mode,
                  "pin_position": f"{connector}:{position}", "topic": f"cmnd/f2-{mac.upper()}/{rest}"}
        expected += [({**common, **value}, hints.MEASUREMENT) for value in _values(rest, payload)]
    zero = f"cmnd/f2-{mac.upper()}/analog/1/humidity-04"
    stage.send((mac.upper(), "analog/1/humidity-04", b"\x2a"))
    found = stage.outputs(len(expected) + 1, JOINING)
    world.expect(found, expected=f"{len(expected)} measurements in decoded_iot_data", hint=hints.NOTHING_CAME,
                 found=f"none{trouble(running)}")
    for wanted, hint in expected:
        _has(world, found, wanted, hint)
    there = any(each.get("topic") == zero for each in found)
    world.expect(there, hint=hints.LEADING_ZEROS, found="no such measurement",
                 expected=f"a measurement of {zero}: in the database its position is 4")
    more = sorted({str(name) for each in found for name in each} - {"(key)", "(partition)", *expected[0][0]})
    world.expect(not more, expected=f"exactly the fields {', '.join(expected[0][0])}", hint=hints.MEASUREMENT,
                 found=f"also {', '.join(more)}")
    strange = [each for each in found if each["(key)"] != f"f2-{mac.upper()}"]
    world.expect(not strange, expected=f"the key 'f2-{mac.upper()}' of the raw record", hint=hints.SAME_KEY,
                 found=f"{strange[0]['(key)']!r}" if strange else "")


def _values(rest: str, payload: bytes) -> list[dict[str, Any]]:
    """What a payload of the house says."""
    if "temperature" in rest:
        raw_value = int(payload, 16)
        tenths = raw_value - 0x10000 if raw_value & 0x8000 else raw_value
        return [{"component_type": "temperature", "value": tenths / 10, "unit": "°C"}]
    if "humidity" in rest:
        return [{"component_type": "humidity", "value": float(payload[0]), "unit": "%"}]
    if "type-plate" in rest:
        return [{"component_type": "type-plate", "value": payload.hex(), "unit": ""}]
    watts = int.from_bytes(payload[4:6] + payload[2:4], "big", signed=True)
    return [{"component_type": "energy-meter.voltage", "value": int.from_bytes(payload[:2], "big") / 10, "unit": "V"},
            {"component_type": "energy-meter.power", "value": watts / 10, "unit": "W"}]


def _has(world: World, found: list[dict[str, Any]], wanted: dict[str, Any], hint: Hint) -> None:
    """One of the documents is as wanted; if not, the nearest one tells what is wrong."""
    names = [name for name in wanted if name != "topic"]

    def alike(document: dict[str, Any]) -> int:
        same = sum(bool(document.get(name) == wanted[name]) for name in names)
        told = [bool(document.get(name) == wanted[name]) for name in ("topic", "component_type")]
        return same + 10 * told[0] + 5 * told[1]

    nearest = max(found, key=alike, default={})
    wrong = [name for name in wanted if nearest.get(name) != wanted[name]]
    chosen = {"pin_position": hints.PIN_POSITION, "timestamp": hints.ARRIVAL}.get(wrong[0] if wrong else "", hint)
    world.expect(not wrong, expected=", ".join(f"{name}: {wanted[name]!r}" for name in (wrong or names)),
                 found=", ".join(f"{name}: {nearest.get(name)!r}" for name in wrong) + f" (topic {wanted['topic']})",
                 hint=chosen)


def _iso(micros: int) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(micros // 1_000_000))
    return f"{moment}.{micros % 1_000_000:06d}Z"


def dead_letters(world: World, stage: Stage, mac: str, running: Outcome) -> None:
    """Poison among good records, in one partition."""
    stranger = stage.house.free_mac()
    power, plate = (stage.house.points(mac, name) for name in ("energy-meter.power", "type-plate"))
    volts = world.random.randint(2310, 2400)
    short = meter(volts, 5)[:2]
    poison: list[tuple[str, str, bytes, str, int | None]] = [
        (mac, "analog/0/temperature-3", b"00D7", "BAD_CONNECTOR", None),
        (mac, "analog/1", b"00D7", "BAD_LEVELS", None),
        (stranger, "analog/1/temperature-3", b"00D7", "UNKNOWN_DEVICE", None),
        (mac, "analog/9/temperature-3", b"00D7", "UNKNOWN_PIN", None),
        (mac, "analog/1/temperature-3", b"\xff\xfe", "BAD_HEX", stage.house.points(mac, "temperature")),
        (mac, "analog/1/humidity-4", b"", "EMPTY_PAYLOAD", stage.house.points(mac, "humidity")),
        (mac, "rs485/3/energy-meter-10", short, "OUT_OF_RANGE", power),
        (mac, "rs485/3/type-plate-13", b"\x01", "OUT_OF_RANGE", plate),
    ]
    long = (mac, "rs485/3/log-14", bytes(LONGEST // 2), "TOO_LARGE", stage.house.points(mac, "log"))
    poison.append(long)
    before = len(stage.outputs(0, 0))
    messages = [(each[0], each[1], each[2]) for each in poison]
    behind = (mac, "analog/1/humidity-4", bytes([world.random.randint(0, 100)]))
    stage.send(*messages, behind, partition=world.random.randrange(PARTITIONS))
    world.kafka.produce(stage.raw, [(None, b"somebody else's", {})], partition=0)
    # The meter's other value can be read.
    good = stage.outputs(before + 2, 10)
    letters = stage.outputs(len(poison) + 1, 6, dead=True)
    said = trouble(running)
    world.expect(letters or len(good) > before, expected=f"{len(poison) + 1} dead letters",
                 found=f"none, and no measurement of the records behind{said}", hint=own_error(said) or hints.POISON)
    other = any(each.get("component_type") == "energy-meter.voltage" and each.get("value") == volts / 10
                for each in good)
    world.expect(other or len(good) <= before, hint=own_error(said) or hints.OTHER_VALUES,
                 expected=f"{volts / 10} V of the payload {short!r}, of which only the power cannot be read",
                 found=f"no such measurement{said}")
    world.expect(len(good) >= before + 2, expected="the measurements of the records behind them",
                 hint=own_error(said) or hints.POISON,
                 found=f"{len(good) - before} of 2{said}")
    for owner, rest, payload, code, point in poison:
        topic = f"cmnd/f2-{owner}/{rest}"
        own = [each for each in letters if each.get("topic") == topic
               and (payload is long[2] or each.get("payload_hex") == payload.hex())]
        own = [each for each in own if each.get("DataPointId") == point] or own
        world.expect(own, expected=f"a dead letter with topic {topic} and payload_hex {payload.hex()[:80]!r}",
                     found=f"{len(letters)} other dead letters{said}", hint=own_error(said) or hints.LETTER)
        found = {"code": own[0].get("code"), "DataPointId": own[0].get("DataPointId")}
        world.expect(found == {"code": code, "DataPointId": point}, hint=hints.LETTER, found=f"{found}",
                     expected=f"{ {'code': code, 'DataPointId': point} } for {topic} with {payload[:40]!r}")
        world.expect(isinstance(own[0].get("reason"), str) and own[0]["reason"].strip(), hint=hints.LETTER,
                     expected="a reason, in words", found=f"{own[0].get('reason')!r}")
    extra = {each.get("code") for each in letters} - {code for *_, code, _ in poison} - {"BAD_PREFIX"}
    world.expect(not extra, expected="no other dead letters", found=f"{sorted(map(str, extra))}", hint=hints.LETTER)


    counted(world, stage, running)


def counted(world: World, stage: Stage, running: Outcome) -> None:
    """What the processor counts is what it has sent. After a batch that was done again nothing can be said."""
    made, letters = world.kafka.records(stage.decoded), world.kafka.records(stage.dead)
    if any(len({record.value for record in each}) < len(each) for each in (made, letters)):
        return
    wanted = {"received": stage.sent + 1, "stored": len(made), "rejected": len(letters)}

    def found() -> dict[str, Any]:
        stats = running.get("stats").quietly()
        return {name: stats.get(name) for name in wanted} if isinstance(stats, dict) else {}

    world.wait_until(lambda: found() == wanted, 3)  # they are counted after the commit
    said = trouble(running)
    world.expect(found() == wanted, expected=f"the counts {wanted} in stats", found=f"{found()}{said}",
                 hint=own_error(said) or hints.COUNTS)


def commits(world: World, stage: Stage, mac: str, running: Outcome, count: int = 12) -> None:
    """Kafka takes no output for a while, and the processor is stopped then."""
    stage.send(*((mac, "analog/1/humidity-4", b"\x05") for _ in range(count)))
    found = stage.outputs(count, JOINING)
    world.expect(len(found) >= count, expected=f"{count} measurements", hint=hints.NOTHING_CAME,
                 found=f"{len(found)}{trouble(running)}")
    world.wait_until(lambda: stage.committed() == count, 9)
    world.expect(stage.committed() == count, expected=f"{count} committed records, all of which are done",
                 found=f"{stage.committed()}{trouble(running)}",
                 hint=own_error(trouble(running)) or hints.NOT_COMMITTED)
    stage.front.hold("Produce")
    stage.send(*((mac, "analog/2/temperature-3", b"00D7") for _ in range(count)))
    world.wait_until(lambda: stage.front.waiting("Produce") or stage.committed() > count, 10)
    _none_committed(world, stage, count, 0.3)
    running.call("stop", limit=6)  # the frame stops in the middle of a batch; a commit that comes now is as early
    _none_committed(world, stage, count, 0.0)


def _none_committed(world: World, stage: Stage, before: int, seconds: float) -> None:
    early = world.wait_until(lambda: stage.committed() > before, seconds)
    delivered = len(stage.outputs(0, 0))
    said = f"{stage.committed() - before} more records committed, and {delivered - before} of their outputs delivered"
    world.expect(not early, expected="no commit while Kafka has not taken the output", found=said,
                 hint=hints.COMMIT_EARLY)
