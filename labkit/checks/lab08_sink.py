"""Check of exercise 8.6, the sink: each measurement once, in batches, whatever else is in the log."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from labkit.checks import lab08_hints as hints
from labkit.checks.criterion import criterion
from labkit.checks.gate import Gate
from labkit.checks.hints import Hint
from labkit.checks.kafka_view import Record
from labkit.checks.lab08_house import documents, make, own_error, trouble, written
from labkit.checks.outcome import Outcome
from labkit.checks.postgres_view import Schema
from labkit.checks.registry import exercise
from labkit.checks.student import Student
from labkit.checks.world import World

JOINING = 25.0
"""Longest wait for the first rows: a group comes together in about three seconds."""
MOST = 60
"""Transactions that 300 records may take."""
KEY = ("timestamp", "device_id", "connector_mode", "component_type", "pin_position")
DEVICE = "f2-02f2000000a1"
Measurement = dict[str, Any]


@dataclass
class Store:
    """Topics, tables and a gate of one sink, and what must be in the tables.

    Args:
        student: whose sink runs.
        world: the services.
    """

    student: Student
    world: World
    expected: dict[tuple[str, ...], Measurement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.decoded, self.dead = self.world.kafka.new_topics("decoded", "dead")
        self.group = self.world.kafka.new_group("f2-sink")
        self.tables: Schema = self.world.timescale.schema("timeseries")
        self.gate: Gate = self.world.gate("timescaledb")
        self.now = int(time.time()) - 86_400 + self.world.random.randint(0, 999)
        self.made = self.posted = 0
        self.observed = self.student.kit("collector", shown="observe")

    def start(self) -> Outcome:
        """A sink in the notebook's own process; ends the criterion if it is not written yet."""
        made = written(self.create(), ("handle", [[]]))
        made.call("start").succeeds(hint=hints.NOTHING_CAME)
        return made

    def create(self) -> Outcome:
        """A sink before its start."""
        return make(
            self.student, "Sink", self.world.kafka.bootstrap, self.tables.dsn_at(self.gate.endpoint),
            decoded_topic=self.decoded, dead_letter_topic=self.dead, group=self.group, batch=100, max_wait=0.2,
            observe=self.observed)

    def measurement(self, **fields: Any) -> Measurement:
        """A measurement with a moment of its own."""
        self.made += 1
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self.now + self.made // 50))
        return {"timestamp": f"{moment}.{self.made % 50 * 7001:06d}Z", "device_id": DEVICE, "connector_mode": "analog",
                "component_type": "temperature", "pin_position": "1:3", "unit": "°C",
                "value": self.world.random.randint(-400, 400) / 10, "topic": f"cmnd/{DEVICE}/analog/1/temperature-3",
                **fields}

    def send(self, *measurements: Measurement) -> None:
        """Write decoded records that must be stored."""
        for each in measurements:
            self.expected.setdefault(tuple(each[name] for name in KEY), each)
        self.post(*(json.dumps(each).encode() for each in measurements))

    def post(self, *values: bytes, key: str = DEVICE) -> None:
        """Write records, whatever they are."""
        self.posted += len(values)
        self.world.kafka.produce(self.decoded, [(key, value, {}) for value in values])

    def rows(self) -> dict[tuple[str, ...], Measurement]:
        """What is stored, by key; times as the measurements have them."""
        found = {}
        for table in ("iot_measurements", "iot_texts"):
            for row in self.tables.rows(f"SELECT * FROM {table}"):
                micros = round(row["timestamp"].timestamp() * 1_000_000)
                moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(micros // 1_000_000))
                own = {**row, "timestamp": f"{moment}.{micros % 1_000_000:06d}Z", "(table)": table}
                found[tuple(own[name] for name in KEY)] = own
        return found

    def count(self) -> int:
        """How many rows are stored."""
        return sum(int(self.tables.rows(f"SELECT count(*) AS count FROM {table}")[0]["count"])
                   for table in ("iot_measurements", "iot_texts"))

    def transactions(self) -> int:
        """In how many transactions the measurements were stored: rows of one have its number."""
        query = "SELECT count(DISTINCT xmin::text) AS count FROM iot_measurements"
        return int(self.tables.rows(query)[0]["count"])

    def expect_stored(self, timeout: float, what: str, hint: Hint, sink: Outcome) -> None:
        """Demand that all measurements that were sent are stored, each as it was."""
        wanted = self.expected
        self.world.wait_until(lambda: self.count() >= len(wanted), timeout)
        rows = self.rows()
        missing = [key for key in wanted if key not in rows]
        self.world.expect(not missing, expected=f"{what}: {len(wanted)} rows",
                          hint=hint if rows else hints.NOTHING_CAME, found=f"{len(rows)} rows{trouble(sink)}" + (
                              f"; not there: {' '.join(missing[0])}" if missing else ""))
        for key, measurement in wanted.items():
            row = rows[key]
            wrong = {name: row.get(name) for name in measurement if row.get(name) != measurement[name]}
            table = "iot_texts" if isinstance(measurement["value"], str) else "iot_measurements"
            self.world.expect(not wrong and row["(table)"] == table, hint=hints.ROWS,
                              expected=f"{ {name: measurement[name] for name in wrong} } in {table}",
                              found=f"{wrong} in {row['(table)']}")
        strange = [key for key in rows if key not in wanted]
        self.world.expect(not strange, expected="no other rows", hint=hints.ROWS,
                          found=f"{len(strange)} more: {' '.join(strange[0])}" if strange else "")

    def letters(self, count: int, timeout: float) -> list[dict[str, Any]]:
        """Wait for so many dead letters, and return all; without a wait, all that are there now."""
        if not timeout:
            return documents(self.world.kafka.records(self.dead))

        def enough(records: list[Record]) -> bool:
            return len({record.value for record in records}) >= count

        return documents(self.world.kafka.wait(self.dead, enough, timeout))

    def committed(self) -> int:
        """How many records its group has committed."""
        return sum(self.world.kafka.committed(self.group, self.decoded).values())

    def expect_committed(self, what: str) -> None:
        """Demand that all records are committed soon."""
        self.world.wait_until(lambda: self.committed() == self.posted, 8)
        self.world.expect(self.committed() == self.posted, expected=f"{self.posted} committed records, {what}",
                          found=f"{self.committed()}", hint=hints.NOT_COMMITTED)

    def expect_counts(self, sink: Outcome) -> None:
        """Demand that the sink counts right, and tells the way of each row. A repeat that overwrites may count as new.
        """
        rejected, new = len(self.letters(0, 0)), len(self.expected)

        def found() -> dict[str, Any]:
            stats = sink.get("stats").quietly()
            return dict(stats) if isinstance(stats, dict) else {}

        def right(stats: dict[str, Any]) -> bool:
            count = [stats.get(name, 0) for name in ("received", "stored", "rejected", "duplicates")]
            sane = all(type(each) is int for each in count)
            return sane and count[0] >= self.posted and (count[0] > self.posted or (
                count[1] >= new and count[2] == rejected and sum(count[1:]) == count[0]))

        self.world.wait_until(lambda: right(found()), 3)  # they are counted after the commit
        said = trouble(sink)
        counts = {name: found().get(name) for name in ("received", "stored", "rejected", "duplicates")}
        self.world.expect(right(found()), hint=own_error(said) or hints.COUNTS, found=f"{counts}{said}",
                          expected=f"stats of {self.posted} received records: {new} stored, {rejected} rejected, "
                                   f"{self.posted - new - rejected} duplicates")
        ways = self.observed.call("seen").quietly() or []
        away = time.time() - self.now
        near = [way for way in ways if type(way) in {int, float} and abs(way - away) < 3600]
        self.world.expect(len(near) >= new, hint=hints.OBSERVED, found=f"{len(ways)} calls" + (
            f", the last with {ways[-1]!r}" if ways else ""),
            expected=f"observe(seconds) for each of {new} rows, about {away:.0f} s each: they are of yesterday")


@exercise("08.6", points=4, title="Store each measurement once", services=("kafka", "timescaledb"), limit=20,
          functions=("Sink(bootstrap, dsn, *, decoded_topic, dead_letter_topic, group, batch, max_wait)",))
def sink(student: Student, world: World) -> None:
    """Batches, repeats, an outage, poison."""
    steady, careful = Store(student, world), Store(student, world)
    steady.send(*batch_of(steady, 300))
    running = _quietly(steady)
    other = _quietly(careful) if running is not None else None
    with criterion("measurements are stored as they are, in batches", points=1):
        batches(world, steady, running or steady.start())
    with criterion("a repeated record is one row, equal components are two", points=1):
        repeats(world, steady, running or steady.start())
    with criterion("nothing is lost while the database is away", points=1):
        outage(world, careful, other or careful.start())
    with criterion("what cannot be stored becomes a dead letter, and stops no other row", points=1):
        poison(world, careful, other or careful.start())


def _quietly(store: Store) -> Outcome | None:
    """Start a sink before the first criterion, so that its group comes together; None if it does not start.

    What it waits for is judged in the criteria.
    """
    made = store.create()
    tried = made.call("handle", [])
    if made.error is not None or (tried.error is not None and tried.error.state in {"stub", "missing"}):
        return None
    return made if made.call("start").error is None else None


def batch_of(store: Store, count: int) -> list[Measurement]:
    """Measurements of all kinds."""
    pick = store.world.random
    found = []
    for number in range(count):
        if number % 50 == 49:
            found.append(store.measurement(component_type="type-plate", value="7cc6b67f48ed", unit=""))
        else:
            connector, pin = pick.randint(1, 99), pick.randint(0, 20)
            found.append(store.measurement(pin_position=f"{connector}:{pin}", connector_mode=pick.choice(["a", "b_1"])))
    return found


def batches(world: World, store: Store, running: Outcome) -> None:
    """Many records are few transactions."""
    # Counted first: on a busy machine a transaction for each row is too slow to store all in time.
    world.wait_until(lambda: store.count() >= len(store.expected) or store.transactions() > MOST, JOINING)
    count = store.transactions()
    world.expect(count <= MOST, expected="300 records in some batches, one transaction each",
                 found=f"{count} transactions", hint=hints.BATCHES)
    store.expect_stored(0, "the measurements of 300 records", hints.ROWS, running)
    store.expect_committed("once they are stored")


def repeats(world: World, store: Store, running: Outcome) -> None:
    """The same record again, and records that are nearly the same."""
    one = store.measurement(pin_position="1:3")
    moment = one["timestamp"]
    twin = store.measurement(timestamp=moment, pin_position="2:3", topic=f"cmnd/{DEVICE}/analog/2/temperature-3")
    humid = store.measurement(timestamp=moment, component_type="humidity", pin_position="1:3", unit="%")
    old = next(iter(store.expected.values()))
    store.send(one, twin, humid)
    store.expect_stored(12, "two connectors with one moment, and two kinds on one pin", hints.KEEPS_FIRST, running)
    store.send(one, old, one, twin, store.measurement(value=0.0), store.measurement(value=7))
    store.expect_stored(8, "new measurements behind repeated ones", hints.ON_CONFLICT, running)
    count = store.tables.rows("SELECT count(*) AS count FROM iot_measurements")[0]["count"]
    wanted = sum(not isinstance(each["value"], str) for each in store.expected.values())
    world.expect(count == wanted, expected=f"{wanted} rows", found=f"{count} rows", hint=hints.ON_CONFLICT)
    store.expect_committed("repeats too")
    store.expect_counts(running)
    letters = store.letters(0, 0)
    repeated = [each for each in letters if one["timestamp"] in _text(each)]
    world.expect(not repeated, expected="no dead letter of a repeated record", found=f"{len(repeated)}",
                 hint=hints.ON_CONFLICT)


def _text(letter: dict[str, Any]) -> str:
    """The record that a dead letter stands for."""
    try:
        return bytes.fromhex(str(letter.get("payload_hex", ""))).decode("utf-8", "replace")
    except ValueError:  # it may be the student's own
        return ""


def outage(world: World, store: Store, running: Outcome, count: int = 30) -> None:
    """The database goes away, records come, and it comes back."""
    store.send(*batch_of(store, 10))
    store.expect_stored(JOINING, "the measurements of 10 records", hints.NOTHING_CAME, running)
    world.wait_until(lambda: store.committed() == 10, 5)
    store.gate.close()
    store.send(*batch_of(store, count))
    early = world.wait_until(lambda: store.committed() > 10, 1.0)
    world.expect(not early, expected="no commit while the database is away", hint=hints.DATABASE_AWAY,
                 found=f"{store.committed() - 10} records committed, and none of them stored")
    store.gate.open()
    store.expect_stored(15, "all measurements, once the database is back", hints.DATABASE_AWAY, running)
    letters = store.letters(0, 0)
    world.expect(not letters, expected="no dead letters: the records were right", found=f"{len(letters)}",
                 hint=hints.DATABASE_AWAY)


def poison(world: World, store: Store, running: Outcome) -> None:
    """Records that are no measurements, and rows that only the database refuses, among good ones."""
    good = batch_of(store, 12)
    first, rest = good[:6], good[6:]
    nameless = {name: value for name, value in store.measurement().items() if name != "unit"}
    bad = [b"not json", b"[1, 2]", json.dumps(nameless).encode(),
           json.dumps(store.measurement(value=float("nan"))).encode(),
           json.dumps(store.measurement(unit="\0")).encode()]
    refused = [json.dumps(store.measurement(connector_mode="x" * 70)).encode(),
               json.dumps(store.measurement(timestamp="294300-01-01T00:00:00Z")).encode()]
    store.send(*first)
    store.post(*bad, *refused)
    store.send(*rest)
    store.expect_stored(12, "the measurements around seven records that cannot be stored", hints.POISON_ROW, running)
    letters = store.letters(len(bad) + len(refused), 6)
    payloads = {each.get("payload_hex"): each.get("code") for each in letters}
    for value, code in [*((value, "BAD_RECORD") for value in bad), (refused[0], "REFUSED")]:
        found = payloads.get(value.hex())
        world.expect(found == code, expected=f"a dead letter with code {code} for {value[:80]!r}",
                     found=f"code {found}" if found else f"none; {len(letters)} others", hint=hints.POISON_ROW)
    store.expect_committed("of poison too")
