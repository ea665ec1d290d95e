"""Thresholds with hysteresis, and what they write to `device_alerts`."""

from __future__ import annotations

from itertools import pairwise

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from structlog.testing import capture_logs

from labkit.waiting import wait_until
from stack.meter.collector import Watcher
from stack.parts import devices
from stack.runtime import Stage
from tests.stack.meter.conftest import NOW, reading, rows

RULE = devices.Threshold(high=30, low=10, hysteresis=2)
ALERTS = """
    SELECT bound, value, extract(epoch FROM raised_at)::int, extract(epoch FROM cleared_at)::int
    FROM device_alerts ORDER BY 3
"""


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("normal", 30, "normal"),
        ("normal", 30.1, "high"),
        ("high", 29, "high"),
        ("high", 28.1, "high"),
        ("high", 28, "normal"),
        ("normal", 10, "normal"),
        ("normal", 9.9, "low"),
        ("low", 11.9, "low"),
        ("low", 12, "normal"),
        ("high", 5, "low"),
        ("low", 35, "high"),
    ],
)
def test_a_state_is_left_only_past_the_hysteresis(before: str, value: float, after: str) -> None:
    assert RULE.state(before, value) == after


@given(st.lists(st.floats(29.01, 30.99), min_size=2))
def test_a_value_that_trembles_at_the_threshold_changes_the_state_at_most_once(values: list[float]) -> None:
    states = ["normal"]
    for value in values:
        states.append(RULE.state(states[-1], value))
    assert sum(one != other for one, other in pairwise(states)) <= 1


@given(st.sampled_from(["normal", "high", "low"]), st.floats(-1e6, 1e6))
def test_the_same_value_again_changes_nothing(before: str, value: float) -> None:
    after = RULE.state(before, value)
    assert RULE.state(after, value) == after


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"high": None},
        {"high": "1"},
        {"high": True},
        {"high": float("nan")},
        {"high": 1, "hysteresis": -1},
        {"high": 10, "low": 9, "hysteresis": 1},
        {"high": 1, "colour": "red"},
        [],
        None,
        "30",
    ],
)
def test_a_rule_that_makes_no_sense_is_a_value_error(rule: object) -> None:
    with pytest.raises(ValueError, match=r"threshold|must be|too near"):
        devices.threshold(rule)


def device(dsn: str, rule: object = None, device_id: str = "t-1") -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO devices (device_id, name, type) VALUES (%s, 'x', 'temperature')", [device_id])
        if rule is not None:
            connection.execute(
                "INSERT INTO device_configs VALUES (%s, 'alert.temperature', %s)", [device_id, Jsonb(rule)]
            )


def warm(*values: float, start: int = NOW, device_id: str = "t-1") -> list[dict[str, object]]:
    return [
        reading(device_id, start + step, type="temperature", sensors={"temperature": value, "humidity": 50})
        for step, value in enumerate(values)
    ]


def test_an_alert_is_raised_once_and_cleared_past_the_hysteresis(dsn: str) -> None:
    device(dsn, {"high": 30, "hysteresis": 2})
    watch = devices.AlertWatch(dsn)
    assert watch.watch(warm(25, 31, 29, 32, 29, 27, 31)) == 3
    assert rows(dsn, ALERTS) == [("high", 31, NOW + 1, NOW + 5), ("high", 31, NOW + 6, None)]


def test_from_too_high_to_too_low_clears_one_alert_and_raises_the_other(dsn: str) -> None:
    device(dsn, {"high": 30, "low": 10})
    assert devices.AlertWatch(dsn).watch(warm(31, 9)) == 3
    assert rows(dsn, ALERTS) == [("high", 31, NOW, NOW + 1), ("low", 9, NOW + 1, None)]


def test_a_new_process_goes_on_in_the_state_of_the_last_one(dsn: str) -> None:
    device(dsn, {"high": 30, "hysteresis": 2})
    devices.AlertWatch(dsn).watch(warm(31))
    assert devices.AlertWatch(dsn).watch(warm(29, 31, start=NOW + 1)) == 0
    assert devices.AlertWatch(dsn).watch(warm(20, start=NOW + 3)) == 1
    assert rows(dsn, ALERTS) == [("high", 31, NOW, NOW + 3)]


def test_readings_that_come_again_or_late_raise_nothing_twice(dsn: str) -> None:
    device(dsn, {"high": 30})
    story = warm(31, 20, 32)
    watch = devices.AlertWatch(dsn)
    watch.watch(story)
    before = rows(dsn, ALERTS)
    watch.watch(story)  # known to this process
    devices.AlertWatch(dsn).watch(story)  # and to one that starts anew
    assert rows(dsn, ALERTS) == before
    assert len(before) == 2


def test_a_changed_threshold_is_noticed(dsn: str) -> None:
    device(dsn)
    watch = devices.AlertWatch(dsn, fresh=0)
    assert watch.watch(warm(31)) == 0
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO device_configs VALUES ('t-1', 'alert.temperature', '{\"high\": 30}')")
    assert watch.watch(warm(32, start=NOW + 1)) == 1


def test_a_rule_that_somebody_broke_in_the_database_stops_nothing(dsn: str) -> None:
    device(dsn, {"high": "hot"})
    device(dsn, {"high": 30}, "t-2")
    assert devices.AlertWatch(dsn).watch([*warm(31), *warm(31, device_id="t-2")]) == 1


def test_an_unknown_device_is_entered_when_asked_for_and_raises_nothing_otherwise(dsn: str) -> None:
    assert devices.AlertWatch(dsn).watch(warm(99)) == 0
    assert rows(dsn, "SELECT * FROM devices") == []
    devices.AlertWatch(dsn, register=True).watch([*warm(20, 21), reading("p-1")])
    assert rows(dsn, "SELECT device_id, type FROM devices ORDER BY 1") == [("p-1", "power"), ("t-1", "temperature")]


def test_a_device_that_is_deleted_meanwhile_stops_nothing(dsn: str) -> None:
    device(dsn, {"high": 30})
    watch = devices.AlertWatch(dsn)
    watch.watch(warm(20))
    with psycopg.connect(dsn) as connection:
        connection.execute("DELETE FROM devices")
    assert watch.watch(warm(31, start=NOW + 1)) == 0
    assert rows(dsn, ALERTS) == []


def test_a_database_that_is_away_is_said_and_the_readings_may_be_given_again(dsn: str) -> None:
    device(dsn, {"high": 30})
    watch = devices.AlertWatch("host=127.0.0.1 port=9 user=x")
    with pytest.raises(psycopg.OperationalError):
        watch.watch(warm(31))
    watch.dsn = dsn
    assert watch.watch(warm(31)) == 1


def test_a_reading_that_the_database_refuses_is_logged_and_hinders_no_other(dsn: str) -> None:
    for device_id in ("t-1", "t-3"):
        device(dsn, {"high": 30}, device_id)
    story = [*warm(31), *warm(31, device_id="t-2"), *warm(31, device_id="t-3")]
    watcher = Watcher(devices.AlertWatch(dsn, register=True).watch, Stage("test"))
    with psycopg.connect(dsn) as connection:
        connection.execute("ALTER TABLE devices ADD CONSTRAINT none_such CHECK (device_id <> 't-2')")
    try:
        with capture_logs() as logs:
            watcher.take(story)
            watcher.start()
            wait_until(lambda: len(rows(dsn, ALERTS)) == 2, 60, what="the alerts of the others")
            watcher.stop()
    finally:
        with psycopg.connect(dsn) as connection:
            connection.execute("ALTER TABLE devices DROP CONSTRAINT none_such")
    (refused,) = logs
    assert refused["event"] == "reading refused by the thresholds"
    assert "none_such" in refused["error"]
    assert '"t-2"' in refused["reading"]
