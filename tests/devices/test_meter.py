"""The simulated meters: believable, seeded, with faults."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest

from labkit.devices.appliances import Household, at_home
from labkit.devices.faults import with_faults
from labkit.devices.fleet import simulate
from labkit.devices.meter import build
from labkit.errors import StudentError

START = 1_767_225_600  # 2026-01-01T00:00:00Z, a Thursday
DAY = 86_400


def readings(count: int = 6, interval: float = 60, seconds: float = DAY, seed: int = 1) -> list[dict[str, Any]]:
    return [
        json.loads(each.payload) for each in simulate(build(count, interval, seed, START), start=START, seconds=seconds)
    ]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    one, other = (list(simulate(build(6, 60, seed, START), start=START, seconds=3600)) for seed in (1, 1))
    assert one == other
    assert one != list(simulate(build(6, 60, 2, START), start=START, seconds=3600))


def test_a_fleet_has_all_types_and_every_meter_an_id_of_its_own() -> None:
    meters = build(7, 5, 1, START)
    assert [meter.type for meter in meters] == ["temperature", "humidity", "power"] * 2 + ["temperature"]
    assert len({meter.id for meter in meters}) == 7


def test_two_meters_of_a_type_do_not_measure_the_same() -> None:
    by_device = defaultdict(list)
    for each in readings(24, seconds=7200):
        by_device[each["device_id"]].append(tuple(each["sensors"].values()))
    assert len({tuple(values) for values in by_device.values()}) == 24


def test_power_voltage_current_and_energy_tell_the_same_story() -> None:
    found = [each["sensors"] for each in readings(3, interval=10) if each["type"] == "power"]
    for each in found:
        assert each["current"] == pytest.approx(each["power"] / each["voltage"] / 0.95, abs=0.02)
        assert 215 < each["voltage"] < 240
    energies = [each["energy"] for each in found]
    assert energies == sorted(energies)
    used = sum(each["power"] for each in found) * 10 / 3_600_000
    assert energies[-1] - energies[0] == pytest.approx(used, rel=0.05)


def test_a_household_peaks_in_the_early_evening_and_sleeps_at_night() -> None:
    by_hour: dict[int, list[float]] = defaultdict(list)
    for home in range(20):
        household = Household(str(home), 1, START)
        for minute in range(14 * 1440):
            by_hour[minute // 60 % 24].append(household.power(START + 60 * minute))
    mean = {hour: statistics.fmean(values) for hour, values in by_hour.items()}
    assert max(mean, key=lambda hour: mean[hour]) in (17, 18)
    assert max(mean[hour] for hour in range(1, 6)) < 0.5 * mean[18]
    assert 2 < sum(mean.values()) / 1000 < 20  # kWh a day


def test_the_fridge_runs_a_third_of_the_time() -> None:
    household = Household("1", 1, START, ["fridge"])
    watts = [household.power(START + 60 * minute) for minute in range(2880)]
    base, high = min(watts), max(watts)
    assert 80 <= high - base <= 150
    assert sum(each > base for each in watts) / len(watts) == pytest.approx(1 / 3, abs=0.04)


def test_a_kettle_boils_for_minutes_and_only_when_somebody_is_up() -> None:
    household = Household("1", 1, START, ["kettle"])
    base = household.power(START)
    moments = [START + 10 * step for step in range(7 * 8640)]
    boiling = [moment for moment in moments if household.power(moment) > base + 1000]
    assert boiling
    assert all(at_home(moment) or at_home(moment - 240) for moment in boiling)
    runs = sum(later - earlier > 10 for earlier, later in pairwise(boiling)) + 1
    assert 120 <= 10 * len(boiling) / runs <= 250


def test_time_does_not_go_back_in_a_household() -> None:
    household = Household("1", 1, START)
    household.power(START + 10)
    with pytest.raises(ValueError, match="before that"):
        household.power(START)


def test_a_battery_only_falls_and_mains_have_none() -> None:
    charge = [each["battery"] for each in readings(1, interval=3600, seconds=60 * DAY)]
    assert charge == sorted(charge, reverse=True)
    assert 5 <= charge[0] - charge[-1] <= 20  # two months of one to two years
    assert all("battery" not in each for each in readings(3, seconds=300) if each["type"] == "power")


def test_faults_show_in_the_readings() -> None:
    def with_fault(name: str, number: float, kind: int = 0) -> list[dict[str, Any]]:
        meter = with_faults(build(3, 60, 1, START)[kind], {name: number})
        return [json.loads(each.payload) for each in simulate([meter], start=START, seconds=3600)]

    assert {each["battery"] for each in with_fault("low_battery", 3)} == {3}
    assert with_fault("clock_error", 7200)[0]["timestamp"] == START + 7200
    assert len(with_fault("duplicate", 1.0)) == 120
    assert len(with_fault("drop_out", 1.0)) == 0
    assert len({each["sensors"]["power"] for each in with_fault("stuck", 1.0, kind=2)}) == 1
    with pytest.raises(StudentError, match="no battery"):
        with_fault("low_battery", 3, kind=2)


def test_a_reading_has_whole_seconds_unless_the_interval_is_shorter() -> None:
    assert all(isinstance(each["timestamp"], int) for each in readings(3, interval=1, seconds=10))
    fast = [each["timestamp"] for each in readings(1, interval=0.25, seconds=2)]
    assert fast == [START + step / 4 for step in range(8)]
