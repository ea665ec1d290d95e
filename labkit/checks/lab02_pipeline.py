"""Checks of lab 02, second half: the collector, and the task that keeps means."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from labkit.checks import lab02_hints as hints
from labkit.checks.criterion import criterion
from labkit.checks.influx_front import InfluxFront
from labkit.checks.lab02_cases import Bench, accept_task, bench, midnight, nanoseconds, reading, run_at
from labkit.checks.registry import exercise
from labkit.checks.student import Student
from labkit.checks.world import World

# 2.5


KEEPS = "nothing acknowledged is lost while the database is down"
SURVIVES = "poison stops nothing, and a repeated reading is stored once"


@exercise("02.5", points=4, title="Collect readings, and lose none", services=("mqtt", "influxdb"), limit=15,
          capabilities={"mqtt": ("anonymous_sessions",)},
          functions=("Collector(broker, influx, *, topic_filter, batch_size, max_age, rooms, client_id)",))
def collector(student: Student, world: World) -> None:
    """From broker to database: at least once, and stored once."""
    with criterion("readings arrive in batches, by size and by age", points=1), bench(student, world) as house:
        batches(world, house)
    with criterion(KEEPS, points=2), bench(student, world) as house:
        outage(world, house, down_for=3.0)
    with criterion(SURVIVES, points=1), bench(student, world) as house:
        poison(world, house)


def batches(world: World, house: Bench) -> None:
    """A full batch leaves at once, an old one by its age, and the rest when the collector stops."""
    with InfluxFront(house.influx) as front:
        running = house.start(influx=front.endpoint, batch_size=10, max_age=30)
        house.send(reading("node_01", 20 + number / 10, house.t0 + number) for number in range(20))
        house.expect_stored(5, "20 readings in the database, as two full batches of 10", hints.BY_SIZE)
        world.expect(len(front.writes) <= 4, expected="2 write requests for 20 readings in batches of 10",
                     found=f"{len(front.writes)} requests", hint=hints.WRITES_EACH)
        house.send(reading("node_02", 21.5, house.t0 + number) for number in range(3))
        world.wait_until(lambda: house.stats(running).get("received") == 23, 3)
        house.stop(running)
        house.expect_stored(1, "stop() writes the 3 readings that were waiting", hints.FLUSH)
    running = house.start(batch_size=20, max_age=0.4)
    house.send(reading("node_03", 22.5, house.t0 + number) for number in range(3))
    house.expect_stored(4, "3 readings in the database after max_age=0.4 s, though the batch is not full", hints.BY_AGE)
    house.stop(running)
    nowhere = house.student.call("Collector", world.closed_port(), house.influx, client_id=house.client_id).succeeds()
    nowhere.call("start").raises(ConnectionError, hint=hints.START_CONFIRMED)


def outage(world: World, house: Bench, *, down_for: float) -> None:
    """The database goes away, readings arrive, it comes back; then the collector itself is away for a while."""
    broker, database = world.gate("mqtt"), world.gate("influxdb")
    influx = replace(database.endpoint, bucket=house.influx.bucket)
    running = house.start(broker=broker.endpoint, influx=influx, batch_size=5, max_age=0.3)
    house.send(reading("node_01", 20.5, house.t0 + number) for number in range(5))
    house.expect_stored(5, "5 readings in the database", hints.BY_SIZE)
    world.wait_until(lambda: broker.acknowledged_by_client >= 5, 3)
    world.expect(broker.acknowledged_by_client == 5, expected="5 acknowledgements, once the database has the readings",
                 found=f"{broker.acknowledged_by_client} acknowledgements", hint=hints.NOT_ACKED)
    database.close()
    house.send(reading("node_02", 21.5, house.t0 + number) for number in range(12))
    early = world.wait_until(lambda: broker.acknowledged_by_client > 5, down_for)
    world.expect(not early, expected="no acknowledgement while the database is down", hint=hints.ACK_EARLY,
                 found=f"{broker.acknowledged_by_client - 5} of 12 readings acknowledged, and none of them stored")
    database.open()
    house.expect_stored(8, "all 17 readings in the database, once it is back", hints.SURVIVE_OUTAGE)
    world.wait_until(lambda: broker.acknowledged_by_client >= 17, 3)
    world.expect(broker.acknowledged_by_client >= 17, expected="17 acknowledgements", hint=hints.NOT_ACKED,
                 found=f"{broker.acknowledged_by_client} acknowledgements")
    house.stop(running)
    house.send(reading("node_03", 22.5, house.t0 + number) for number in range(4))
    running = house.start(broker=broker.endpoint, influx=influx, batch_size=5, max_age=0.3)
    house.expect_stored(5, "the 4 readings too that were published while the collector was away", hints.SESSION)
    house.stop(running)


POISON = (b"not json", b"\xff\xfe", b"[1, 2]", b"{}", b'{"node_id": "node_01", "timestamp": "noon"}')


def poison(world: World, house: Bench, payloads: tuple[bytes, ...] = POISON) -> None:
    """Poison messages among good ones, readings that only the database refuses, and a repeated reading."""
    broker, database = world.gate("mqtt"), world.gate("influxdb")
    influx = replace(database.endpoint, bucket=house.influx.bucket)
    world.influx.write(house.influx.bucket, f'iot_telemetry,node_id=node_09 co2="high" {house.t0 * 1_000_000_000}')
    running = house.start(broker=broker.endpoint, influx=influx, batch_size=4, max_age=0.3)
    database.close()
    house.send([reading("node_01", 20.5, house.t0)])
    for payload in payloads:
        house.post(payload)
    early = world.wait_until(lambda: broker.acknowledged_by_client > 0, 0.7)
    world.expect(not early, expected="no acknowledgement of poison before that of the reading in front of it",
                 found=f"acknowledgements: {broker.acknowledged_by_client}", hint=hints.ACK_ORDER)
    database.open()
    house.send(reading("node_01", 20.5, house.t0 + number) for number in (1, 2))
    house.expect_stored(6, "the readings in front of the poison messages and behind them", hints.POISON)
    other_type = reading("node_04", 19.5, house.t0, sensors={"co2": 400.5})
    milliseconds = reading("node_04", 19.5, house.t0 * 1000)
    house.send([reading("node_02", 21.5, house.t0)])
    for strange in (other_type, milliseconds):
        house.post(json.dumps(strange).encode(), "node_04")
    house.send(reading("node_02", 21.5, house.t0 + number) for number in (1, 2))
    house.expect_stored(6, "the readings around two that the database refuses", hints.POISON_BATCH)
    again = reading("node_03", 22, house.t0 + 5)
    house.send([again, again])
    sent = 3 + len(payloads) + 2 + 3 + 2
    world.wait_until(lambda: broker.acknowledged_by_client >= sent, 4)
    world.expect(broker.acknowledged_by_client >= sent, expected=f"{sent} acknowledgements, of poison messages too",
                 found=f"{broker.acknowledged_by_client} acknowledgements", hint=hints.NOT_ACKED)
    house.expect_stored(2, "the repeated reading", hints.POISON)
    twice = [key for key, count in Counter(house.stored()).items() if count > 1 or key not in house.sent]
    world.expect(not twice, expected="one point for a reading that was sent twice", found=f"more than that: {twice}",
                 hint=hints.STORED_TWICE)
    expected = {"received": sent, "stored": sent - len(payloads) - 2, "rejected": len(payloads) + 2}
    found = {name: house.stats(running).get(name) for name in expected}
    world.expect(found == expected, expected=f"stats with {expected}", found=f"{found}", hint=hints.STATS)
    house.stop(running)


# 2.6


@exercise("02.6", points=2, title="Keep hourly means", services=("influxdb",), limit=5,
          functions=('downsample_task(source, target, *, every="1h") -> str',))
def downsample_task(student: Student, world: World) -> None:
    """A task that the database takes, and the points that it writes."""
    with criterion("the database accepts the text as a task", points=1):
        for every in ("1h", "15m"):
            text = student.call("downsample_task", "iot-metrics", "iot-hourly", every=every).satisfies(
                lambda value: isinstance(value, str), "the text of a task", hint=hints.TASK_OPTION).value
            reply = accept_task(world.influxdb, text)
            world.expect(reply.status == 201, expected=f"a text that the database accepts as a task, every {every}",
                         found=f"{reply.status} {reply.data.get('message', reply.text)}"[:400], hint=hints.TASK_OPTION)
            world.expect(reply.data.get("every") == every, expected=f"a task that runs every {every}",
                         found=f"a task that runs every {reply.data.get('every')}", hint=hints.TASK_OPTION)
        student.call("downsample_task", "iot-metrics", "iot-metrics").raises(ValueError, hint=hints.SAME_BUCKET)
    with criterion("a run writes the means of the last window, each series by itself", points=1):
        runs(student, world, every="1h", window=timedelta(hours=1))


def runs(student: Student, world: World, *, every: str, window: timedelta) -> None:
    """Run the task at a full window, twice, and compare what is in the target."""
    source, target = world.influx.new_bucket(), world.influx.new_bucket()
    now = midnight() - timedelta(hours=5)
    expected: dict[tuple[str, str], float] = {}
    lines = []
    for node_id, room, base in (("node_01", "kitchen", 20.5), ("node_02", "kitchen", 24.5), ("node_03", "hall", 16.5)):
        for field, offset in (("temperature", 0.0), ("humidity", 30.0)):
            values = [round(base + offset + world.random.uniform(-1, 1), 2) for _ in range(4)]
            expected[(node_id, field)] = sum(values) / 4
            series = f"iot_telemetry,node_id={node_id},room={room}"
            for place, value in enumerate(values):
                when = nanoseconds(now - window * (4 - place) / 4)
                lines.append(f'{series} {field}={value},uptime=7i,firmware="1.2" {when}')
            lines.append(f"{series} {field}=99.5 {nanoseconds(now - window * 3)}")
    lines.append(f"weather,node_id=node_01 temperature=3.5 {nanoseconds(now - window / 2)}")
    world.influx.write(source, lines)
    written = student.call("downsample_task", source, target, every=every)
    text = written.satisfies(lambda value: isinstance(value, str), "the text of a task").value
    for _ in range(2):
        reply = run_at(world.influxdb, text, now)
        failed = reply.status != 200 or "error,reference" in reply.text
        problem = reply.data.get("message", reply.text)[:400]
        world.expect(not failed, expected="a run without an error", found=problem,
                     hint=hints.NUMBERS_ONLY if "aggregate" in problem or "mean:" in problem else None)
    rows = world.influx.rows(target)
    world.expect(rows, expected="means in the target bucket", found="nothing", hint=hints.NO_TO)
    _compare_means(world, rows, expected, now, window)


def _compare_means(
    world: World, rows: list[dict[str, Any]], expected: dict[tuple[str, str], float], now: datetime, window: timedelta,
) -> None:
    fields = {(str(row["_measurement"]), str(row["_field"])) for row in rows}
    wanted = {("iot_telemetry", "temperature"), ("iot_telemetry", "humidity")}
    world.expect(fields <= wanted, expected="temperature and humidity of iot_telemetry only",
                 found=f"also {sorted(fields - wanted)}", hint=hints.NUMBERS_ONLY)
    series = {(str(row.get("node_id")), str(row["_field"])) for row in rows}
    world.expect(series == set(expected) and all(row.get("room") for row in rows), hint=hints.KEEP_SERIES,
                 expected="a mean for each of 6 series, with its tags", found=f"the series {sorted(series)}")
    times = sorted({row["_time"] for row in rows})
    world.expect(times[0] > now - 2 * window, expected="6 points: the last window", hint=hints.WHOLE_HISTORY,
                 found=f"{len(rows)} points, from {times[0]} to {times[-1]}")
    world.expect(times == [now], expected=f"the end of the window as the time: {now}", hint=hints.WINDOW_MEAN,
                 found=", ".join(str(moment) for moment in times[:4]))
    for row in rows:
        node_id, field = str(row["node_id"]), str(row["_field"])
        mean = expected[(node_id, field)]
        world.expect(abs(float(row["_value"]) - mean) < 1e-6, expected=f"{mean:.4f} for {node_id}, {field}",
                     found=f"{row['_value']}", hint=hints.WINDOW_MEAN)
