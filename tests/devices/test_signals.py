from __future__ import annotations

import statistics

import pytest

from labkit.devices import Room, history
from labkit.devices.signals import outdoor, relative_humidity

END = 1_763_683_200  # 2025-11-21 00:00 UTC
DAY = 86_400


def series(room: str, days: int = 14, seed: int = 1) -> list[tuple[int, float, float]]:
    return [
        (r["timestamp"], r["sensors"]["temperature"], r["sensors"]["humidity"])
        for r in history(days, [room], 600, seed, end=END)
    ]


def test_the_same_seed_measures_the_same_and_another_does_not() -> None:
    assert series("kitchen") == series("kitchen")
    assert series("kitchen") != series("kitchen", seed=2)
    assert series("kitchen") != series("bedroom")


def test_a_room_is_as_warm_as_a_home_in_november() -> None:
    temperatures = [t for _, t, _ in series("living")]
    assert 15 < min(temperatures) < statistics.mean(temperatures) < max(temperatures) < 26


def test_it_is_warmer_by_day_than_by_night() -> None:
    values = series("bedroom")
    night = statistics.mean(t for moment, t, _ in values if moment % DAY // 3600 in {3, 4, 5})
    day = statistics.mean(t for moment, t, _ in values if moment % DAY // 3600 in {14, 15, 16})
    assert 0.5 < day - night < 5


def test_humidity_stays_in_its_range_and_a_bathroom_is_wetter() -> None:
    wet, dry = [[h for _, _, h in series(room)] for room in ("bathroom", "bedroom")]
    assert min(dry) >= 15
    assert max(wet) <= 100
    assert statistics.mean(wet) > statistics.mean(dry)


def test_values_have_one_decimal() -> None:
    assert all(round(value, 1) == value for _, t, h in series("kitchen", days=1) for value in (t, h))


def test_relative_humidity_falls_by_about_six_percent_a_degree() -> None:
    assert relative_humidity(20, 20) == pytest.approx(100)
    assert relative_humidity(21, 9) / relative_humidity(20, 9) == pytest.approx(0.94, abs=0.01)


def test_outdoors_july_is_warmer_than_january_and_afternoon_than_sunrise() -> None:
    january, july = 1_768_000_000 // DAY * DAY, 1_752_000_000 // DAY * DAY
    assert outdoor(july, 1) > outdoor(january, 1) + 8
    assert outdoor(july + 15 * 3600, 1) > outdoor(july + 3 * 3600, 1) + 4


def test_a_room_does_not_go_back_in_time() -> None:
    room = Room("kitchen", 1, END)
    room.sample(END + 10)
    with pytest.raises(ValueError, match="before that"):
        room.sample(END)
