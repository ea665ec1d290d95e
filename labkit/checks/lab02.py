"""Checks of lab 02, time series: line protocol, batches, Flux. The collector and the task: `lab02_pipeline`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from labkit.checks import lab02_hints as hints
from labkit.checks import lab02_pipeline as lab02_pipeline  # it registers exercises 2.5 and 2.6
from labkit.checks.criterion import criterion
from labkit.checks.hints import Hint
from labkit.checks.influx_front import BUSY, HANG_UP, Answer, InfluxFront
from labkit.checks.lab02_cases import (
    T0,
    Case,
    Days,
    check_days,
    days_with_gaps,
    line_hint,
    midnight,
    temperature_line,
)
from labkit.checks.outcome import Outcome
from labkit.checks.registry import exercise
from labkit.checks.student import Student
from labkit.checks.world import World

NS = 1_704_844_800_123_456_789

# 2.1

PLAIN: list[tuple[Case, str, Hint]] = [
    (("iot_telemetry", {"room": "kitchen", "node_id": "node_01"}, {"temperature": 22.5}, NS),
     f"iot_telemetry,node_id=node_01,room=kitchen temperature=22.5 {NS}", hints.SORTED_TAGS),
    (("power", {}, {"watts": 1.5}, NS), f"power watts=1.5 {NS}", hints.EMPTY_TAG),
    (("power", {"room": "", "phase": None, "circuit": "c2"}, {"watts": 1.5}, NS),
     f"power,circuit=c2 watts=1.5 {NS}", hints.EMPTY_TAG),
    (("power", {"room": ""}, {"watts": 1.5}, NS), f"power watts=1.5 {NS}", hints.EMPTY_TAG),
    (("power", {}, {"volts": 230.5, "amperes": 0.25}, NS), f"power volts=230.5,amperes=0.25 {NS}", hints.FIELD_ORDER),
    (("power", {}, {"volts": 230.5, "amperes": None}, NS), f"power volts=230.5 {NS}", hints.NONE_FIELD),
    (("power", {}, {"volts": 230.5}, -1), "power volts=230.5 -1", hints.WHOLE_TIME),
]
TYPES: list[tuple[Any, str, Hint]] = [
    (True, "true", hints.BOOL_IS_INT), (False, "false", hints.BOOL_IS_INT),
    (3600, "3600i", hints.INTEGER_SUFFIX), (0, "0i", hints.INTEGER_SUFFIX), (-65, "-65i", hints.INTEGER_SUFFIX),
    (2**63 - 1, "9223372036854775807i", hints.INTEGER_SUFFIX),
    (-(2**63), "-9223372036854775808i", hints.INTEGER_SUFFIX),
    (-0.5, "-0.5", hints.FLOAT_DIGITS), (21.1234567891, "21.1234567891", hints.FLOAT_DIGITS),
    (1e-07, "1e-07", hints.FLOAT_DIGITS), ("on", '"on"', hints.TEXT_FIELD), ("", '""', hints.TEXT_FIELD),
]
ESCAPES: list[tuple[Case, str, Hint]] = [
    (("m", {"room": "living room"}, {"v": 1.5}, NS), rf"m,room=living\ room v=1.5 {NS}", hints.ESCAPE_NAMES),
    (("m", {"a b": "c=d,e"}, {"v": 1.5}, NS), rf"m,a\ b=c\=d\,e v=1.5 {NS}", hints.ESCAPE_NAMES),
    (("m", {}, {"a,b c=d": 1.5}, NS), rf"m a\,b\ c\=d=1.5 {NS}", hints.ESCAPE_NAMES),
    (("my house,1", {}, {"v": 1.5}, NS), rf"my\ house\,1 v=1.5 {NS}", hints.ESCAPE_NAMES),
    (("a=b", {}, {"v": 1.5}, NS), f"a=b v=1.5 {NS}", hints.ESCAPE_BY_PLACE),
    (("m", {"path": "c\\d\\,e"}, {"v": 1.5}, NS), rf"m,path=c\d\\,e v=1.5 {NS}", hints.ESCAPE_NAMES),
    (("m", {}, {"v": "a, b=c"}, NS), f'm v="a, b=c" {NS}', hints.TEXT_FIELD),
    (("m", {}, {"v": 'say "hi"'}, NS), rf'm v="say \"hi\"" {NS}', hints.TEXT_FIELD),
    (("m", {}, {"v": "c:\\temp\\"}, NS), r'm v="c:\\temp\\" ' + str(NS), hints.TEXT_FIELD),
    (("m", {}, {"v": '\\"'}, NS), r'm v="\\\"" ' + str(NS), hints.TEXT_FIELD),
    (("m", {"room": "Küche"}, {"v": "°C"}, NS), f'm,room=Küche v="°C" {NS}', hints.ESCAPE_NAMES),
]
REFUSED: list[tuple[Case, Hint]] = [
    (("m", {"room": "hall"}, {}, NS), hints.CANNOT_CARRY), (("m", {}, {"v": None}, NS), hints.CANNOT_CARRY),
    (("m", {}, {"v": float("nan")}, NS), hints.CANNOT_CARRY), (("m", {}, {"v": float("-inf")}, NS), hints.CANNOT_CARRY),
    (("m", {}, {"w": 1.5, "v": float("inf")}, NS), hints.CANNOT_CARRY),
    (("m", {}, {"v": 2**63}, NS), hints.CANNOT_CARRY),
    (("m", {}, {"v": [1.5]}, NS), hints.CANNOT_CARRY), (("", {}, {"v": 1.5}, NS), hints.CANNOT_CARRY),
    (("m", {"": "hall"}, {"v": 1.5}, NS), hints.CANNOT_CARRY), (("m", {}, {"": 1.5}, NS), hints.CANNOT_CARRY),
    (("m", {"room": "hall\nm v=9 1"}, {"v": 1.5}, NS), hints.LINE_BREAK),
    (("m\r", {}, {"v": 1.5}, NS), hints.LINE_BREAK), (("m", {"room": "hall\\"}, {"v": 1.5}, NS), hints.LINE_BREAK),
    (("m", {}, {"v": 1.5}, 1.5e18), hints.WHOLE_TIME), (("m", {}, {"v": 1.5}, True), hints.WHOLE_TIME),
]


@exercise("02.1", points=4, title="Write a point in line protocol",
          functions=("to_line(measurement, tags, fields, time_ns) -> str",))
def to_line(student: Student, world: World) -> None:  # noqa: ARG001 - every check takes both
    """One point, one line."""
    with criterion("tags, fields and time stand in their places", points=1):
        for case, expected, hint in PLAIN:
            student.call("to_line", *case).gives(expected, hint=line_hint(expected, hint))
    with criterion("every value has the mark of its type", points=1):
        for value, text, hint in TYPES:
            expected = f"m v={text} {NS}"
            student.call("to_line", "m", {}, {"v": value}, NS).gives(expected, hint=line_hint(expected, hint))
        whole = {f"m v=22.0 {NS}", f"m v=22 {NS}"}
        student.call("to_line", "m", {}, {"v": 22.0}, NS).satisfies(
            lambda line: line in whole, f"'m v=22.0 {NS}'", hint=hints.INTEGER_SUFFIX)
    with criterion("special characters are escaped, each where it is special", points=1):
        for case, expected, hint in ESCAPES:
            student.call("to_line", *case).gives(expected, hint=line_hint(expected, hint))
    with criterion("what a line cannot carry is refused", points=1):
        # Who refuses everything has told nothing apart.
        student.call("to_line", "m", {}, {"v": 1.5}, NS).succeeds()
        for case, hint in REFUSED:
            student.call("to_line", *case).raises(ValueError, hint=hint)


# 2.2


@exercise("02.2", points=3, title="Write lines in batches", services=("influxdb",), limit=10,
          functions=("write_batch(influx, lines, *, batch_size=500) -> int",))
def write_batch(student: Student, world: World) -> None:
    """Batches, and failures of two kinds."""
    with criterion("all lines arrive, batch by batch", points=1):
        arrives(student, world, lines=23, batch_size=10)
        arrives(student, world, lines=501, batch_size=None)
    with criterion("what may pass is tried again, with pauses", points=1):
        retried(student, world)
    with criterion("what will not pass is reported, with the line at fault", points=1):
        refused(student, world, line="m,n=a v=", position=13, of=20, batch_size=5)
        type_conflict(student, world, position=8, of=11)
        wrong_token(student, world)


def front_of(world: World) -> InfluxFront:
    """Put a front before the database, with a bucket of its own."""
    return InfluxFront(replace(world.influxdb, bucket=world.influx.new_bucket()))


def plain_lines(count: int) -> list[str]:
    """Make lines of one series, a second apart."""
    return [f"m,n=a v={number}.5 {(T0 + number) * 1_000_000_000}" for number in range(count)]


def arrives(student: Student, world: World, *, lines: int, batch_size: int | None) -> None:
    """Lines arrive, all of them, in as few requests as the batch size allows."""
    with front_of(world) as front:
        options = {} if batch_size is None else {"batch_size": batch_size}
        size = batch_size or 500
        outcome = student.call("write_batch", front.endpoint, plain_lines(lines), **options).succeeds()
        found = world.influx.count(front.endpoint.bucket, "m")
        world.expect(found == lines, expected=f"{lines} points in the database", found=f"{found} points",
                     hint=hints.ONE_REQUEST)
        sizes = [len(write.lines) for write in front.writes]
        fewest = -(-lines // size)
        world.expect(max(sizes) <= size and len(sizes) <= fewest, expected=f"{fewest} requests of at most {size} lines",
                     found=f"{len(sizes)} requests, the longest of {max(sizes)} lines", hint=hints.ONE_REQUEST)
        outcome.gives(lines, hint=hints.POINTS_ACCEPTED)


def retried(student: Student, world: World) -> None:
    """Busy answers are tried again with growing pauses; after five tries there is an end."""
    with front_of(world) as front:
        front.answer(BUSY, HANG_UP)
        student.call("write_batch", front.endpoint, plain_lines(3)).gives(3, hint=_not_retried)
        found = world.influx.count(front.endpoint.bucket, "m")
        world.expect(found == 3, expected="3 points in the database", found=f"{found} points", hint=hints.NO_RETRY)
        front.forget()
        front.answer(Answer(429, "too many requests", "write limit exceeded", retry_after="1"))
        student.call("write_batch", front.endpoint, plain_lines(3)).gives(3, hint=_not_retried)
        began = [write.began for write in front.writes]
        world.expect(began[1] - began[0] >= 0.95, expected="a pause of 1 s, as the server asked with `Retry-After: 1`",
                     found=f"a pause of {began[1] - began[0]:.2f} s", hint=hints.RETRY_AFTER)
        front.forget()
        front.answer_always(BUSY)
        outcome = student.call("write_batch", front.endpoint, plain_lines(3))
        outcome.raises(ConnectionError, mentions=front.endpoint.url, hint=_unreachable)
        began = [write.began for write in front.writes]
        world.expect(len(began) == 5, expected="5 tries in all", found=f"{len(began)} tries", hint=hints.GIVES_UP_LATE)
        pauses = [later - earlier for earlier, later in itertools.pairwise(began)]
        told = ", ".join(f"{pause:.2f} s" for pause in pauses)
        world.expect(sum(pauses) >= 0.5 and pauses[-1] >= 1.5 * pauses[0], found=told, hint=hints.NO_BACKOFF,
                     expected="pauses that double: about 0.1, 0.2, 0.4 and 0.8 s")


def nobody_listens(student: Student, world: World) -> None:
    """Without a server there are five tries too, and then an error that names the address."""
    nobody = world.closed_port()
    away = replace(world.influxdb, host=nobody.host, port=nobody.port, url=f"http://{nobody.host}:{nobody.port}")
    student.call("write_batch", away, plain_lines(3)).raises(ConnectionError, mentions=away.url, hint=_unreachable)


def _not_retried(found: Any) -> Hint:
    return hints.POINTS_ACCEPTED if isinstance(found, int) else hints.NO_RETRY


def _unreachable(found: Any) -> Hint:
    """Tell a function that never ends, or that lets another exception through, from one that reports success."""
    if getattr(found, "state", "") == "timeout":
        return hints.GIVES_UP_LATE
    return hints.WRONG_KIND if getattr(found, "state", "") == "raised" else hints.NO_RETRY


def _reported(found: Any) -> Hint:
    if getattr(found, "state", "") != "raised":
        return hints.RETRIES_THE_HOPELESS if getattr(found, "state", "") == "timeout" else hints.WRONG_KIND
    if found.is_a(ConnectionError):
        return hints.RETRIES_THE_HOPELESS
    return hints.WHICH_LINE if found.is_a(ValueError) else hints.WRONG_KIND


def refused(student: Student, world: World, *, line: str, position: int, of: int, batch_size: int) -> None:
    """A line that cannot be read is reported with its number and text; all before it are stored."""
    lines = plain_lines(of)
    lines[position - 1] = line
    with front_of(world) as front:
        outcome = student.call("write_batch", front.endpoint, lines, batch_size=batch_size)
        outcome.raises(ValueError, mentions=line, hint=_reported)
        _number_said(world, outcome.error.message if outcome.error else "", line, position)
        _asked(world, front, line)
        stored = world.influx.count(front.endpoint.bucket, "m")
        world.expect(stored >= position - 1, expected=f"the {position - 1} lines before it in the database",
                     found=f"{stored} points", hint=hints.WHICH_LINE)
        most = max((sum(write.lines == again.lines for again in front.writes) for write in front.writes), default=0)
        world.expect(most <= 2, expected="no batch sent again and again", found=f"the same request {most} times",
                     hint=hints.RETRIES_THE_HOPELESS)


def type_conflict(student: Student, world: World, *, position: int, of: int) -> None:
    """A line whose field has another type than what is stored is reported in the same way."""
    lines = plain_lines(of)
    lines[position - 1] = f"m,n=b v=1i {(T0 + 900) * 1_000_000_000}"
    with front_of(world) as front:
        world.influx.write(front.endpoint.bucket, f"m,n=a v=0.5 {(T0 - 1) * 1_000_000_000}")
        outcome = student.call("write_batch", front.endpoint, lines)
        outcome.raises(ValueError, mentions=lines[position - 1], hint=_reported)
        _asked(world, front, lines[position - 1])
        _number_said(world, outcome.error.message if outcome.error else "", lines[position - 1], position)


def _asked(world: World, front: InfluxFront, line: str) -> None:
    """Demand that it was the database which refused the line."""
    asked = any(400 <= write.status < 500 and line in write.lines for write in front.writes)
    world.expect(asked, expected="a request with that line, which the database refuses", found="none",
                 hint=hints.WRONG_KIND)


def _number_said(world: World, message: str, line: str, position: int) -> None:
    rest = message.replace(line, " ")
    world.expect(re.search(rf"(?<![\d.:]){position}(?!\d|\.\d)", rest), found=message[:300], hint=hints.WHICH_LINE,
                 expected=f"a message that says line {position}, counted from 1")


def wrong_token(student: Student, world: World) -> None:
    """A wrong token is reported at once."""
    with front_of(world) as front:
        outcome = student.call("write_batch", replace(front.endpoint, token="not-the-token"), plain_lines(3))
        outcome.raises(PermissionError, hint=lambda found: hints.RETRIES_THE_HOPELESS if _reported(found) is
                       hints.RETRIES_THE_HOPELESS else hints.WRONG_KIND)
        world.expect(front.denied, expected="a request that the database denies", found="none", hint=hints.WRONG_KIND)
        world.expect(len(front.writes) <= 1, expected="one try with a wrong token", found=f"{len(front.writes)} tries",
                     hint=hints.RETRIES_THE_HOPELESS)


# 2.3


@exercise("02.3", points=3, title="Ask for the newest temperature", services=("influxdb",), limit=10,
          functions=("latest(influx, bucket, room) -> float | None",))
def latest(student: Student, world: World) -> None:
    """A query that a room's name cannot change."""
    bucket = world.influx.new_bucket()
    now = int(datetime.now(UTC).timestamp())
    # Numbers that nobody can foretell: who has them has asked the database.
    warm, cool, odd = (world.random.randint(60, 100) / 4 for _ in range(3))
    names = ['the "blue" room', "back\\slash", "${r.room}", "a${1}b", "it's", "living room", "Küche"]
    world.influx.write(bucket, [
        temperature_line("node_01", "kitchen", warm + 9.5, (now - 60) * 1_000_000_000),
        temperature_line("node_02", "kitchen", warm, (now - 30) * 1_000_000_000),
        temperature_line("node_09", "kitchen", warm + 4.5, (now - 90) * 1_000_000_000),
        temperature_line("node_03", "bedroom", cool - 1, (now - 20) * 1_000_000_000),
        temperature_line("node_03", "bedroom", cool, (now - 10) * 1_000_000_000),
        temperature_line("node_05", "attic", -odd, (now - 400 * 86_400) * 1_000_000_000),
        f"iot_telemetry,node_id=node_03,room=bedroom humidity=61.5 {(now - 5) * 1_000_000_000}",
        f"weather,node_id=node_03,room=bedroom temperature=3.5 {(now - 4) * 1_000_000_000}",
        f"iot_telemetry,node_id=node_06,room=cellar humidity=80.5 {(now - 5) * 1_000_000_000}",
        *(temperature_line("node_07", name, odd + place, (now - 300) * 10**9) for place, name in enumerate(names)),
    ])

    def ask(room: str) -> Any:
        return student.call("latest", world.influxdb, bucket, room)

    with criterion("the newest temperature of the room, or None", points=2):
        ask("bedroom").gives(cool, hint=lambda found: hints.ONLY_TEMPERATURE if found in (61.5, 3.5) else None)
        ask("kitchen").gives(warm, hint=hints.MANY_SERIES)
        ask("attic").gives(-odd, hint=hints.SHORT_RANGE)
        ask("garage").gives(None, hint=hints.NO_ROOM)
        ask("cellar").gives(None, hint=lambda found: hints.ONLY_TEMPERATURE if found == 80.5 else hints.NO_ROOM)
    with criterion("a room's name is never a part of the query", points=1):
        for place, name in enumerate(names):
            ask(name).gives(odd + place, hint=injected(name))
        for name in ('x" or r.room != "', 'x") |> filter(fn: (r) => true) //', "nowhere ${r.room}"):
            ask(name).gives(None, hint=injected(name))


def injected(room: str) -> Callable[[Any], Hint]:
    """Recognise what a room with special characters did to a query; `room` is the name that was asked for."""

    def recognise(found: Any) -> Hint:
        if found == 0.0 or (hasattr(found, "is_a") and found.is_a(LookupError)):
            return hints.NO_ROOM
        return hints.INJECTION_DOLLAR if "$" in room else hints.INJECTION_QUOTE

    return recognise


# 2.4


@exercise("02.4", points=4, title="Compute daily means", services=("influxdb",), limit=15,
          functions=("daily_mean(influx, bucket, days) -> DataFrame",))
def daily_mean(student: Student, world: World) -> None:
    """Complete days in UTC, gaps visible."""
    bucket, empty = world.influx.new_bucket(), world.influx.new_bucket()
    case = days_with_gaps(world.random, midnight(), 6)
    world.influx.write(bucket, case.lines)

    def ask(days: int) -> Outcome:
        return student.call("daily_mean", world.influxdb, bucket, days)

    with criterion("one row for each complete day, one column for each room", points=2):
        check_days(world, ask(6), case, values=False)
        check_days(world, ask(3), case.last(3), values=False)
    with criterion("each value is the mean of all readings of that day, or NaN", points=1):
        check_days(world, ask(6), case)
    with criterion("a bucket without readings gives days without rooms, and less than one day is refused", points=1):
        nothing = student.call("daily_mean", world.influxdb, empty, 3).succeeds(hint=hints.NOTHING_THERE)
        check_days(world, nothing, Days(midnight() - timedelta(days=3), 3))
        # A table without rooms says something only if one of the other bucket has some.
        columns = len(getattr(ask(6).quietly(), "columns", ()))
        world.expect(columns, expected="rooms as columns, where there are readings", found="no columns",
                     hint=hints.ROOM_COLUMNS)
        ask(0).raises(ValueError, hint=hints.LESS_THAN_ONE)
