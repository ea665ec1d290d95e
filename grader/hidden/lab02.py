"""Hidden cases of lab 02: the promises of the public ones, with values that nobody has seen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from labkit.checks import Student, World, criterion, hidden
from labkit.checks import lab02_hints as hints
from labkit.checks.influx_front import HANG_UP, Answer
from labkit.checks.lab02 import arrives, front_of, injected, nobody_listens, plain_lines, refused, type_conflict
from labkit.checks.lab02_cases import (
    T0,
    bench,
    check_days,
    days_with_gaps,
    line_hint,
    midnight,
    nanoseconds,
    reading,
    temperature_line,
)
from labkit.checks.lab02_pipeline import poison, runs

LETTERS = ["a", "B", "7", "_", ".", " ", ",", "=", "\\", '"', "é", "Ω", "🏠"]


def _name(world: World, most: int = 8) -> str:
    """Make a name with special characters that line protocol can carry."""
    letters = [world.random.choice(LETTERS) for _ in range(world.random.randint(1, most))]
    return "".join(letters) + world.random.choice("xyz")


def _escaped(text: str, special: str) -> str:
    for character in special:
        text = text.replace(character, "\\" + character)
    return text


@hidden("02.1")
def to_line(student: Student, world: World) -> None:
    """Random points, and the line that each must become."""
    pick = world.random
    with criterion("tags, fields and time stand in their places"):
        for _ in range(20):
            tags = {f"tag{number}": f"value{pick.randint(0, 99)}" for number in pick.sample(range(30), 3)}
            fields = {f"field{number}": pick.randint(0, 99) + 0.5 for number in pick.sample(range(30), 3)}
            time_ns = pick.randint(1, 2**62)
            expected = "".join(f",{key}={tags[key]}" for key in sorted(tags))
            expected = f"m{expected} {','.join(f'{key}={value}' for key, value in fields.items())} {time_ns}"
            empty = dict.fromkeys(pick.sample(["no", "none", "zz"], 2), pick.choice([None, ""]))
            found = student.call("to_line", "m", {**empty, **tags}, fields, time_ns)
            found.gives(expected, hint=line_hint(expected, hints.EMPTY_TAG))
    with criterion("every value has the mark of its type"):
        for _ in range(10):
            whole, real = pick.randint(-(2**63), 2**63 - 1), pick.uniform(-1e6, 1e6)
            student.call("to_line", "m", {}, {"v": whole}, T0).gives(f"m v={whole}i {T0}", hint=hints.INTEGER_SUFFIX)
            student.call("to_line", "m", {}, {"v": real}, T0).gives(f"m v={real!r} {T0}", hint=hints.FLOAT_DIGITS)
    with criterion("special characters are escaped, each where it is special"):
        for _ in range(30):
            measurement, tag, value, field, text = (_name(world) for _ in range(5))
            quoted = text.replace("\\", "\\\\").replace('"', '\\"')
            expected = (f"{_escaped(measurement, ', ')},{_escaped(tag, ',= ')}={_escaped(value, ',= ')} "
                        f'{_escaped(field, ",= ")}="{quoted}" {T0}')
            found = student.call("to_line", measurement, {tag: value}, {field: text}, T0)
            found.gives(expected, hint=hints.ESCAPE_NAMES)
    with criterion("what a line cannot carry is refused"):
        bad: list[dict[str, Any]] = [{"v": -(2**63) - 1}, {"v": 10**400}, {"v": (1, 2)}, {"v": b"22"}, {"a\nb": 1.5},
                                     {"ab\\": 1.5}]
        for odd in bad:
            student.call("to_line", "m", {}, odd, T0).raises(ValueError, hint=hints.CANNOT_CARRY)
        student.call("to_line", "m", {"a\nb": "c"}, {"v": 1.5}, T0).raises(ValueError, hint=hints.LINE_BREAK)


@hidden("02.2")
def write_batch(student: Student, world: World) -> None:
    """Other sizes, other places of the bad line, and a server that hangs up."""
    with criterion("all lines arrive, batch by batch"):
        arrives(student, world, lines=world.random.randint(31, 60), batch_size=world.random.randint(7, 13))
        arrives(student, world, lines=4, batch_size=1)
        arrives(student, world, lines=20, batch_size=20)
    with criterion("what may pass is tried again, with pauses"), front_of(world) as front:
        front.answer(HANG_UP, Answer(504, "unavailable", "gateway timeout"), Answer(429, "too many requests", "slow"))
        student.call("write_batch", front.endpoint, plain_lines(3)).gives(3, hint=hints.NO_RETRY)
        nobody_listens(student, world)
    with criterion("what will not pass is reported, with the line at fault"):
        refused(student, world, line="m,n=a", position=1, of=9, batch_size=4)
        refused(student, world, line='m,n=a v="open', position=world.random.randint(20, 29), of=29, batch_size=8)
        type_conflict(student, world, position=14, of=14)


@hidden("02.3")
def latest(student: Student, world: World) -> None:
    """Rooms with random special characters, each of which is there, and some that are not."""
    bucket = world.influx.new_bucket()
    ends = ["", '"', "${r.room}x", '") or (1 == 1', "\\n"]
    rooms = sorted({_name(world, 12) + world.random.choice(ends) for _ in range(12)})
    lately = nanoseconds(midnight())
    step = world.random.randint(1, 40) / 4
    world.influx.write(bucket, [temperature_line("node_01", room, number + step, lately + number * 1_000)
                                for number, room in enumerate(rooms)])
    with criterion("the newest temperature of the room, or None"):
        base = world.random.randint(20, 90) / 4
        hall = [(f"node_{number:02d}", base + number, lately - number * 1_000) for number in range(1, 6)]
        world.influx.write(bucket, [temperature_line(node, "hall", value, at) for node, value, at in hall])
        student.call("latest", world.influxdb, bucket, "hall").gives(base + 1, hint=hints.MANY_SERIES)
    with criterion("a room's name is never a part of the query"):
        for number, room in enumerate(rooms):
            student.call("latest", world.influxdb, bucket, room).gives(number + step, hint=injected(room))
        for text in ('" or r._value > 0 or r.room == "', "${string(v: r.room)}"):
            student.call("latest", world.influxdb, bucket, text).gives(None, hint=injected(text))


@hidden("02.4")
def daily_mean(student: Student, world: World) -> None:
    """More days, other values."""
    days = world.random.randint(8, 12)
    bucket = world.influx.new_bucket()
    case = days_with_gaps(world.random, midnight(), days)
    world.influx.write(bucket, case.lines)
    with criterion("one row for each complete day, one column for each room"):
        check_days(world, student.call("daily_mean", world.influxdb, bucket, days), case, values=False)
    with criterion("each value is the mean of all readings of that day, or NaN"):
        for last in (days, 1):
            check_days(world, student.call("daily_mean", world.influxdb, bucket, last), case.last(last))
    with criterion("a bucket without readings gives days without rooms, and less than one day is refused"):
        student.call("daily_mean", world.influxdb, bucket, -1).raises(ValueError, hint=hints.LESS_THAN_ONE)


@hidden("02.5")
def collector(student: Student, world: World) -> None:
    """The connection to the broker breaks while the database is down, and the collector is stopped in an outage."""
    with criterion("nothing acknowledged is lost while the database is down"), bench(student, world) as house:
        broker, database = world.gate("mqtt"), world.gate("influxdb")
        options: dict[str, Any] = {"broker": broker.endpoint, "batch_size": 4, "max_age": 0.3,
                                   "influx": replace(database.endpoint, bucket=house.influx.bucket)}
        running = house.start(**options)
        database.close()
        house.send(reading("node_01", 20.5, house.t0 + number) for number in range(6))
        world.wait_until(lambda: broker.delivered >= 4, 3)
        broker.cut()
        house.send(reading("node_02", 21.5, house.t0 + number) for number in range(3))
        early = world.wait_until(lambda: broker.acknowledged_by_client > 0, 0.5)
        world.expect(not early, expected="no acknowledgement while the database is down", hint=hints.ACK_EARLY,
                     found=f"{broker.acknowledged_by_client} acknowledgements")
        house.stop(running)
        world.expect(broker.acknowledged_by_client == 0, expected="stop() acknowledges nothing that is not stored",
                     found=f"{broker.acknowledged_by_client} acknowledgements", hint=hints.ACK_EARLY)
        database.open()
        running = house.start(**options)
        house.expect_stored(8, "all 9 readings, after a break, an outage and a restart", hints.SESSION)
        house.stop(running)
    with criterion("poison stops nothing, and a repeated reading is stored once"), bench(student, world) as house:
        strange = reading("node_01", 20.5, house.t0)
        more = [str(world.random.random()).encode() for _ in range(world.random.randint(0, 5))]
        payloads = (*more, b"", b"null", b"[" * 3_000, json.dumps({**strange, "node_id": None}).encode(),
                    json.dumps({**strange, "sensors": {"temperature": float("nan")}}).encode(),
                    json.dumps({**strange, "sensors": "warm"}).encode())
        poison(world, house, payloads)


@hidden("02.6")
def downsample_task(student: Student, world: World) -> None:
    """Another timetable."""
    with criterion("a run writes the means of the last window, each series by itself"):
        runs(student, world, every="15m", window=timedelta(minutes=15))
