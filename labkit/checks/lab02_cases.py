"""What the checks of lab 02 share with its hidden cases: data with known answers, recognisers, a bench."""

from __future__ import annotations

import contextlib
import json
import random
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from labkit.checks import lab02_hints as hints
from labkit.checks.broker_client import ended
from labkit.checks.hints import Hint
from labkit.checks.outcome import Outcome
from labkit.checks.student import Student
from labkit.checks.world import World
from labkit.services import Endpoint

T0 = 1_704_844_800
"""The time of the sample reading of the house's contract, in seconds."""
SOME_ROOMS = ("bath", "bedroom", "hall", "kitchen", "library", "nursery", "office", "pantry", "studio", "workshop")
ROOMS = {"node_01": "kitchen", "node_02": "kitchen", "node_03": "bedroom", "node_04": "living room"}


def nanoseconds(when: datetime) -> int:
    """Return a time in nanoseconds since 1970, exactly."""
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def temperature_line(node_id: str, room: str, value: float, time_ns: int) -> str:
    """Write one temperature by the scheme of the house; names must have no special characters but those of `quoted`."""
    return f"iot_telemetry,node_id={quoted(node_id)},room={quoted(room)} temperature={value!r} {time_ns}"


def quoted(text: str) -> str:
    """Escape a tag value (line protocol, "special characters")."""
    return "".join("\\" + letter if letter in ",= " else letter for letter in text)


def reading(node_id: str, temperature: float, timestamp: int, **more: object) -> dict[str, Any]:
    """Make a telemetry reading as it stands in the contract."""
    sensors = {"temperature": temperature, "humidity": 45.2}
    return {"node_id": node_id, "timestamp": timestamp, "sensors": sensors, "wifi_rssi": -65, "uptime": 3600, **more}


# 2.1

Case = tuple[str, dict[str, Any], dict[str, Any], Any]


def line_hint(expected: str, primary: Hint) -> Callable[[Any], Hint | None]:
    """Recognise what is wrong with a line that should have been `expected`; each case is made for one misconception."""

    def recognise(found: Any) -> Hint | None:
        if not isinstance(found, str):
            return primary
        if found.split() == expected.split() or found.rstrip("\n") == expected or found.replace(", ", " ") == expected:
            return hints.LINE_END
        if found.rsplit(" ", 1)[0] == expected.rsplit(" ", 1)[0]:
            return hints.WHOLE_TIME
        head, other = expected.split(" ")[0], found.split(" ")[0]
        if head != other and sorted(head.split(",")) == sorted(other.split(",")):
            return hints.SORTED_TAGS
        return primary

    return recognise


# 2.4


@dataclass
class Days:
    """Temperatures with known daily means.

    Args:
        begin: the first midnight, UTC.
        days: how many days.
        values: the readings of these days, by room and number of the day.
        lines: all of it in line protocol, with readings beside it that must not count.
        shared: the room with two nodes, "" if none has.
    """

    begin: datetime
    days: int
    values: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    shared: str = ""

    @property
    def index(self) -> list[datetime]:
        """The midnights."""
        return [self.begin + timedelta(days=day) for day in range(self.days)]

    def add(self, node_id: str, room: str, day: int, seconds: float, value: float) -> None:
        """Add a reading; one outside the days is written too, and does not count."""
        when = self.begin + timedelta(days=day, seconds=seconds)
        self.lines.append(temperature_line(node_id, room, value, nanoseconds(when)))
        if 0 <= day < self.days:
            self.values.setdefault(room, {}).setdefault(day, []).append(value)

    def last(self, days: int) -> Days:
        """Return the last of these days, as a case of its own."""
        skipped = self.days - days
        values = {room: {day - skipped: values for day, values in of_room.items() if day >= skipped}
                  for room, of_room in self.values.items()}
        kept = {room: of_room for room, of_room in values.items() if of_room}
        return Days(self.begin + timedelta(days=skipped), days, kept, self.lines, self.shared)

    def mean(self, room: str, day: int) -> float | None:
        """Return the mean of a room's day, or None without readings."""
        values = self.values[room].get(day)
        return sum(values) / len(values) if values else None


def days_with_gaps(rng: random.Random, today: datetime, days: int) -> Days:
    """Make days in which one room has two unequal nodes, one misses a day, and one day is empty for all.

    Readings of today, of before, of another field and of another measurement lie beside them.

    Args:
        rng: source of the rooms and values.
        today: this midnight, UTC.
        days: how many days, at least 4.
    """
    shared, single = rng.sample(SOME_ROOMS, 2)
    case = Days(today - timedelta(days=days), days, shared=shared)
    for day in range(days):
        if day == 2:
            continue  # nobody measured anything
        for number in range(6):
            case.add("node_01", shared, day, number * 13_000, round(rng.uniform(18, 20), 2))
        case.add("node_02", shared, day, 43_200, round(rng.uniform(26, 28), 2))
        if day != 1:
            case.add("node_03", single, day, 0, round(rng.uniform(14, 16), 2))  # midnight: this day
            case.add("node_03", single, day, 86_399, round(rng.uniform(16, 18), 2))
    for node_id, room in (("node_01", shared), ("node_03", single)):
        case.add(node_id, room, days, 0, 90.5)  # today, which is not over
        case.add(node_id, room, -1, 86_399, -90.5)  # the second before the first midnight
    case.add("node_04", "attic", -3, 3_600, 5.5)  # a room that fell silent before
    noon = nanoseconds(case.begin + timedelta(hours=12))
    case.lines += [f"iot_telemetry,node_id=node_01,room={shared} humidity=99.5 {noon}",
                   f"iot_telemetry,node_id=node_05,room=cellar humidity=88.5 {noon}",
                   f"weather,node_id=node_01,room={shared} temperature=77.5 {noon}"]
    return case


def midnight() -> datetime:
    """Return the last midnight in UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def check_days(world: World, outcome: Outcome, case: Days, *, values: bool = True) -> None:
    """Compare a student's table with the days, step by step, so that each misconception gets its hint.

    Args:
        world: the world of the check.
        outcome: the call of `daily_mean`.
        case: what is in the database.
        values: whether to compare the values, or only the shape.
    """
    import pandas as pd

    table = outcome.succeeds(hint=hints.FRAME_SHAPE).value
    world.expect(isinstance(table, pd.DataFrame), expected="a pandas DataFrame", found=f"a {type(table).__name__}",
                 hint=hints.FRAME_SHAPE)
    index = list(table.index)
    world.expect(all(isinstance(moment, datetime) for moment in index), expected="an index of times, one a day",
                 found=f"the index {index[:3]}", hint=hints.FRAME_SHAPE)
    world.expect(all(moment.tzinfo is not None for moment in index), expected="an index with a time zone, UTC",
                 found=f"the index {index[:2]}, without a time zone", hint=hints.AWARE_INDEX)
    world.expect(table.index.is_unique, expected="one row for each day", hint=hints.FRAME_SHAPE,
                 found=f"{len(index)} rows, some for the same day")
    if index != case.index:
        told = f"{len(index)} rows" + (f", from {index[0]} to {index[-1]}" if index else "")
        wanted = f"{case.days} rows, from {case.index[0]} to {case.index[-1]}"
        world.fail(expected=wanted, found=told, hint=_index_hint(index, case))
    rooms = sorted(case.values)
    world.expect(list(table.columns) == rooms, expected=f"the columns {rooms}", hint=hints.ROOM_COLUMNS,
                 found=f"the columns {list(table.columns)}")
    if values:
        _check_values(world, table, case)


def _index_hint(index: list[datetime], case: Days) -> Hint:
    days = set(index)
    if any(moment.astimezone(UTC).time() != datetime.min.time() for moment in index):
        return hints.PARTIAL_DAYS
    if days and days <= {moment + timedelta(days=1) for moment in case.index}:
        return hints.WINDOW_END
    return hints.GAPS if days < set(case.index) else hints.PARTIAL_DAYS


def _check_values(world: World, table: Any, case: Days) -> None:
    for room in case.values:
        for day, moment in enumerate(case.index):
            expected, found = case.mean(room, day), table[room].iloc[day]
            number = isinstance(found, (int, float)) and found == found
            said = f"{found!r}" if number else "no number"
            if expected is None:
                world.expect(not number, expected=f"NaN for {room} on {moment:%Y-%m-%d}: nothing was measured",
                             found=said, hint=hints.FILLED_GAPS)
            elif not number or abs(found - expected) > 1e-6:
                two_nodes = room == case.shared and number and 15 < found < 30
                world.fail(expected=f"{expected:.4f} for {room} on {moment:%Y-%m-%d}", found=said,
                           hint=hints.MEAN_OF_MEANS if two_nodes else hints.PARTIAL_DAYS)


# 2.5


@dataclass
class Bench:
    """A collector under test: topics, a bucket, a session and a time of its own.

    Args:
        student: whose collector it is.
        world: the services.
    """

    student: Student
    world: World

    def __post_init__(self) -> None:
        self.root = self.world.unique("house")
        self.client_id = self.world.unique("collector-")
        self.influx = replace(self.world.influxdb, bucket=self.world.influx.new_bucket())
        self.t0 = T0 + self.world.random.randrange(10**6)  # nobody can foretell when the readings were taken
        self.sent: set[tuple[str, int]] = set()
        self._running: list[Outcome] = []

    def start(self, *, broker: Endpoint | None = None, influx: Endpoint | None = None, **options: Any) -> Outcome:
        """Make and start a collector; the criterion ends if that fails."""
        collector = self.student.call(
            "Collector", broker or self.world.mqtt, influx or self.influx, topic_filter=f"{self.root}/node/+/telemetry",
            rooms=ROOMS, client_id=self.client_id, **options,
        ).succeeds()
        self._running.append(collector)
        collector.call("start").succeeds(hint=hints.START_CONFIRMED)
        return collector

    def stop(self, collector: Outcome) -> None:
        """Stop a collector; the criterion ends if that fails."""
        self._running.remove(collector)
        collector.call("stop").succeeds(hint=hints.FLUSH)

    def send(self, readings: Iterable[Mapping[str, Any]]) -> None:
        """Publish readings, and remember them as readings to be found."""
        for message in readings:
            self.sent.add((message["node_id"], message["timestamp"]))
            self.post(json.dumps(message).encode(), message["node_id"])

    def post(self, payload: bytes, node_id: str = "node_01") -> None:
        """Publish anything."""
        self.world.broker.publish(f"{self.root}/node/{node_id.removeprefix('node_')}/telemetry", payload, qos=1)

    def stored(self) -> list[tuple[str, int]]:
        """Return node id and time, in seconds, of every stored temperature."""
        rows = self.world.influx.rows(self.influx.bucket, "iot_telemetry")
        return [(row.get("node_id", "?"), nanoseconds(row["_time"]) // 1_000_000_000)
                for row in rows if row["_field"] == "temperature"]

    def expect_stored(self, seconds: float, expected: str, hint: Any) -> None:
        """Demand that every reading that was sent is stored, once, within some seconds."""
        found: list[tuple[str, int]] = []

        def complete() -> bool:
            found[:] = self.stored()
            return self.sent <= set(found)

        # Each question is a query, and a collector's pauses are some tenths of a second.
        self.world.wait_until(complete, seconds, first=0.05)
        missing = sorted(self.sent - set(found))
        told = f"{len(missing)} of {len(self.sent)} readings are not stored"
        if missing and len(found) >= len(self.sent):
            hint, told = hints.STORED_TWICE, f"{told}; there are {len(found)} points with other times"
        self.world.expect(not missing, expected=expected, hint=hint, found=told)

    def stats(self, collector: Outcome) -> dict[str, Any]:
        """Return the collector's `stats`."""
        found = collector.get("stats").value
        return found if isinstance(found, dict) else {}

    def close(self) -> None:
        """Stop what runs, and let the broker forget the session."""
        for collector in self._running:
            with contextlib.suppress(Exception):
                collector.call("stop")
        self._running.clear()
        forget_session(self.world.mqtt, self.client_id)


@contextlib.contextmanager
def bench(student: Student, world: World) -> Iterator[Bench]:
    """Give a bench, and clear it after the block."""
    made = Bench(student, world)
    try:
        yield made
    finally:
        made.close()


def forget_session(broker: Endpoint, client_id: str) -> None:
    """Connect once with a clean session: the broker throws away what it kept for this client, and a running one."""
    import threading

    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    done = threading.Event()
    client.on_connect = lambda *_: done.set()
    with contextlib.suppress(OSError):
        client.connect(broker.host, broker.port)
        client.loop_start()
        done.wait(2)
    ended(client)


# 2.6


@dataclass(frozen=True)
class Reply:
    """The database's answer to a request of the check.

    Args:
        status: HTTP status.
        data: the JSON of the answer, {} if it is none.
        text: the answer as text.
    """

    status: int
    data: dict[str, Any]
    text: str


def ask(influx: Endpoint, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
    """Send a JSON request to the database (API v2) and return its answer, whatever the status.

    Args:
        influx: the database.
        method: HTTP method.
        path: with its query, from `/api/v2` on.
        body: sent as JSON.
    """
    request = urllib.request.Request(
        influx.url + path, method=method, data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"Token {influx.token}", "Content-Type": "application/json", "Accept": "*/*"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read().decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except ValueError:
        data = {}
    return Reply(status, data if isinstance(data, dict) else {}, text)


def accept_task(influx: Endpoint, text: str) -> Reply:
    """Let the database read a task (and remove it again): 201 says that it is one."""
    reply = ask(influx, "POST", "/api/v2/tasks", {"flux": text, "org": influx.org, "status": "inactive"})
    if reply.status == 201:
        ask(influx, "DELETE", f"/api/v2/tasks/{reply.data.get('id', uuid.uuid4().hex[:16])}")
    return reply


def run_at(influx: Endpoint, text: str, now: datetime) -> Reply:
    """Run a task's text as a query whose `now()` is that moment, as the timetable does."""
    query = {"query": text, "type": "flux", "now": now.isoformat()}
    return ask(influx, "POST", f"/api/v2/query?org={influx.org}", query)
