"""Lab 02: the reference against expectations that do not come from it, and the promises of its texts."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from influxdb_client import Point

from grader import answers, parts
from grader.layout import LabFiles
from labkit.checks import World, hints, lab02_hints, of_lab
from labkit.checks.influx_front import BUSY, HANG_UP, InfluxFront
from labkit.checks.lab02_cases import Days, midnight, nanoseconds, temperature_line
from labkit.embedded.influx.lineparser import parse_line
from labkit.services import start

ROOT = Path(__file__).parents[2]
LAB = LabFiles(ROOT, "02-time-series")
CONTRACTS = ROOT / "stack" / "contracts"
NS = 1_704_844_800_123_456_789

names = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=8).filter(
    lambda text: not text.endswith("\\") and not text.startswith("#"))
values = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False),
                   st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=8))
# The database refuses tags with characters that cannot be printed.
rooms = st.text(st.characters(max_codepoint=0x24F, categories=("L", "N", "P", "S", "Zs"), blacklist_characters="\xa0"),
                min_size=1, max_size=8).filter(lambda text: not text.endswith("\\"))


@pytest.fixture(scope="module")
def part() -> dict[str, Any]:
    """The part `collector`, as it is made from the notebook's cells."""
    names: dict[str, Any] = {"__name__": "collector"}
    exec(parts.export([LAB])["collector"], names)
    return names


@pytest.fixture(scope="module")
def influxdb() -> Iterator[Any]:
    with start("influxdb") as services:
        yield services.influxdb


@pytest.fixture
def world(influxdb: Any) -> Iterator[World]:
    with World({"influxdb": influxdb}) as made:
        yield made


@given(measurement=names, tags=st.dictionaries(names, names, max_size=3),
       fields=st.dictionaries(names, values, min_size=1, max_size=3), time_ns=st.integers(-(2**62), 2**62))
def test_a_line_is_what_the_client_library_writes(part, measurement, tags, fields, time_ns):
    point = Point(measurement).time(time_ns)
    for key, value in tags.items():
        point.tag(key, value)
    for key, value in fields.items():
        point.field(key, value)
    # The library sorts the fields, and leaves ".0" out behind a whole float.
    line = part["to_line"](measurement, tags, dict(sorted(fields.items())), time_ns)
    whole = [value for value in fields.values() if isinstance(value, float) and str(value).endswith(".0")]
    assume(not whole)
    assert line == point.to_line_protocol()


@given(measurement=names, tags=st.dictionaries(names, names, max_size=3),
       fields=st.dictionaries(names.filter(lambda text: '\\"' not in text), values, min_size=1, max_size=3),
       time_ns=st.integers(-(2**62), 2**62))
def test_a_line_reads_back_as_what_was_written(part, measurement, tags, fields, time_ns):
    assume(not {"time", "_field", "_measurement"} & ({*tags} | {*fields}))
    point = parse_line(part["to_line"](measurement, tags, fields, time_ns), 0, 1)
    assert point.key.measurement == measurement
    assert dict(point.key.tags) == tags
    assert {name: value for name, _, value in point.fields} == fields
    assert [type(value) for _, _, value in point.fields] == [type(value) for value in fields.values()]
    assert point.time_ns == time_ns


@pytest.mark.parametrize("fields", [
    {}, {"v": None}, {"v": math.nan}, {"v": math.inf}, {"v": 2**63}, {"v": []}, {"": 1.5},
])
def test_what_a_line_cannot_carry_is_refused(part, fields):
    with pytest.raises(ValueError, match=r"field|carry"):
        part["to_line"]("m", {}, fields, NS)


def test_the_sample_reading_becomes_the_sample_line(part):
    reading = json.loads((CONTRACTS / "telemetry.json").read_text())
    line = part["line_of"](reading, {"node_01": "kitchen"})
    assert line == (CONTRACTS / "telemetry.lp").read_text().strip()


@pytest.mark.parametrize("change", [
    {"node_id": ""}, {"node_id": None}, {"timestamp": "noon"}, {"timestamp": None},
    {"sensors": {"temperature": "warm"}}, {"sensors": [22.5]}, {"sensors": {"temperature": math.nan}},
    {"wifi_rssi": None}, {"timestamp": math.inf},
])
def test_what_is_no_reading_is_a_value_error(part, change):
    reading = json.loads((CONTRACTS / "telemetry.json").read_text()) | change
    with pytest.raises(ValueError, match=r"."):
        part["line_of"](reading, {})


def test_whole_and_broken_temperatures_have_one_type(part):
    reading = json.loads((CONTRACTS / "telemetry.json").read_text())
    reading["sensors"]["temperature"] = 22
    assert "temperature=22.0," in part["line_of"](reading, {})


def test_a_batch_survives_a_server_that_is_busy_and_then_hangs_up(part, world):
    bucket = world.influx.new_bucket()
    with InfluxFront(replace(world.influxdb, bucket=bucket)) as front:
        front.answer(BUSY, HANG_UP)
        assert part["write_batch"](front.endpoint, ["m v=1.5 1000", "m v=2.5 2000"]) == 2
        assert [write.status for write in front.writes] == [503, 0, 204]
    assert world.influx.count(bucket) == 2


@pytest.mark.parametrize("bad", range(1, 8))
def test_the_line_at_fault_is_found_wherever_it_is(part, world, bad):
    lines = [f"m v={number}.5 {number + 1}000" for number in range(7)]
    lines[bad - 1] = "m v="
    influx = replace(world.influxdb, bucket=world.influx.new_bucket())
    with pytest.raises(ValueError, match=re.escape(f"line {bad} of 7 was refused: 'm v='")):
        part["write_batch"](influx, lines, batch_size=3)
    assert world.influx.count(influx.bucket) == bad - 1


@settings(max_examples=25, deadline=None)
@given(room=rooms)
def test_a_flux_query_with_any_room_finds_that_room_only(part, influxdb, room):
    with World({"influxdb": influxdb}) as world:
        bucket = world.influx.new_bucket()
        lines = [part["to_line"]("iot_telemetry", {"room": name}, {"temperature": value}, NS)
                 for name, value in ((room, 1.5), (room + "x", 2.5))]
        world.influx.write(bucket, lines)
        assert part["latest"](influxdb, bucket, room) == 1.5


def test_daily_means_are_those_of_pandas(part, world):
    rng = random.Random(2)
    today, days = midnight(), 9
    times = [today - timedelta(seconds=rng.randrange(1, days * 86_400)) for _ in range(400)]
    times = [when for when in times if (today - when).days != 4]
    of_rooms, degrees = [rng.choice(["kitchen", "bedroom"]) for _ in times], [rng.uniform(10, 30) for _ in times]
    rows = pd.DataFrame({"room": of_rooms, "value": degrees}, index=pd.DatetimeIndex(times, name="time"))
    bucket = world.influx.new_bucket()
    readings = zip(of_rooms, degrees, times, strict=True)
    world.influx.write(bucket, [temperature_line(f"node_{number % 5}", room, value, nanoseconds(when))
                                for number, (room, value, when) in enumerate(readings)])
    expected = rows.groupby("room")["value"].resample("1D").mean().unstack("room")
    expected = expected.reindex(pd.date_range(today - timedelta(days=days), periods=days, freq="D"))
    found = part["daily_mean"](world.influxdb, bucket, days)
    assert found.index.equals(expected.index)
    assert list(found.columns) == ["bedroom", "kitchen"]
    pd.testing.assert_frame_equal(found, expected, check_names=False, check_freq=False, check_column_type=False)
    assert found.iloc[days - 5].isna().all()


def test_the_known_days_agree_with_pandas():
    case = Days(datetime(2026, 3, 1, tzinfo=UTC), 3)
    case.add("node_01", "hall", 0, 10, 1.0)
    case.add("node_02", "hall", 0, 20, 2.0)
    case.add("node_01", "hall", 2, 0, 5.0)
    case.add("node_01", "hall", 3, 0, 9.0)
    assert [case.mean("hall", day) for day in range(3)] == [1.5, None, 5.0]
    assert case.last(2).values == {"hall": {1: [5.0]}}
    assert len(case.lines) == 4


def test_the_points_of_the_exercises_add_up_to_twenty():
    assert [exercise.points for exercise in of_lab("02")] == [4, 3, 3, 4, 4, 2]


def test_each_hint_is_earned_by_a_wrong_answer():
    declared = {value.id for value in vars(lab02_hints).values() if isinstance(value, hints.Hint)}
    earned = {answer.hint for exercise in of_lab("02") for answer in answers.read(LAB.answers("wrong", exercise.id))}
    assert earned == declared


@pytest.mark.parametrize("picture", sorted(path.name for path in (LAB.source.parent / "images").glob("*.svg")))
def test_each_picture_has_a_title_a_description_and_a_place_in_the_text(picture):
    root = ElementTree.parse(LAB.source.parent / "images" / picture).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title")
    assert root.findtext(f"{space}desc")
    assert re.search(rf"!\[[^]]{{40,}}\]\(images/{picture}\)", LAB.source.read_text()), "no alt text, or not shown"
