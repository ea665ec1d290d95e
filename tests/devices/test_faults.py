"""Each fault does what its line in the table says, and nothing else; two runs of a seed are the same."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable

import pytest

from labkit.devices.device import Device, Message
from labkit.devices.faults import KINDS, parse, with_faults
from labkit.devices.fleet import simulate
from labkit.errors import StudentError

START = 1_767_225_600.0
STEPS = 4000


class Probe(Device):
    """Counts its steps; its truth is known at every moment."""

    battery_powered = True

    def __init__(self, id: str = "p1", seed: int = 1) -> None:
        super().__init__("probe", id, 60.0, seed)
        self.count = 0

    def step(self, now: float) -> Iterable[Message]:
        self.count += 1
        reading = {
            "n": self.count,
            "value": self.measured("value", 20.0 + self.count, now),
            "noise": self.random.random(),
            "stamp": self.stamp(now),
            "battery": self.charge(80.0),
        }
        yield Message("probe", json.dumps(reading).encode(), time=now)


def run(*faults: str, seed: int = 1, steps: int = STEPS) -> list[dict[str, float]]:
    device = with_faults(Probe(seed=seed), parse(faults))
    return [json.loads(message.payload) for message in simulate([device], start=START, seconds=60.0 * steps)]


CLEAN = run()


def test_without_faults_every_reading_is_the_truth_once_and_in_order() -> None:
    assert [row["n"] for row in CLEAN] == list(range(1, STEPS + 1))
    assert [row["value"] for row in CLEAN] == [20.0 + row["n"] for row in CLEAN]
    assert all(row["stamp"] == START + 60 * (row["n"] - 1) and row["battery"] == 80 for row in CLEAN)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_drop_out_loses_that_share_of_messages_in_gaps(share: float) -> None:
    found = [int(row["n"]) for row in run(f"drop_out:{share}")]
    assert 1 - len(found) / STEPS == pytest.approx(share, rel=0.25)
    gaps = [after - before - 1 for before, after in itertools.pairwise(found) if after > before + 1]
    assert sum(gaps) / len(gaps) > 2, "a gap is longer than a single loss"


def test_a_stuck_sensor_repeats_its_last_good_value_for_that_share_and_the_clock_goes_on() -> None:
    found = run("stuck:0.3")
    repeated = sum(row["value"] != 20.0 + row["n"] for row in found)
    assert repeated / STEPS == pytest.approx(0.3, rel=0.25)
    for before, row in itertools.pairwise(found):
        assert row["value"] in (20.0 + row["n"], before["value"])
        assert row["stamp"] == before["stamp"] + 60


def test_a_sensor_that_is_always_stuck_shows_its_first_value_for_ever() -> None:
    assert {row["value"] for row in run("stuck:1")} == {21.0}


def test_drift_adds_its_number_in_a_day() -> None:
    day = 24 * 60
    found = run("drift:2.5")
    assert found[0]["value"] == CLEAN[0]["value"]
    assert found[day]["value"] - CLEAN[day]["value"] == pytest.approx(2.5)
    assert found[2 * day]["value"] - CLEAN[2 * day]["value"] == pytest.approx(5.0)


def test_duplicate_sends_that_share_of_messages_twice() -> None:
    found = [row["n"] for row in run("duplicate:0.2")]
    assert sorted(set(found)) == list(range(1, STEPS + 1)), "nothing is lost"
    assert found == sorted(found)
    assert len(found) / STEPS - 1 == pytest.approx(0.2, rel=0.15)


def test_out_of_order_sends_a_message_after_the_next_and_loses_none_on_the_way() -> None:
    found = [row["n"] for row in run("out_of_order:0.2")]
    assert sorted(found)[: STEPS - 1] == list(range(1, STEPS)), "only the very last one may still be held"
    late = sum(before > after for before, after in itertools.pairwise(found))
    assert late / STEPS == pytest.approx(0.2 / 1.2, rel=0.15)
    assert max(abs(n - place) for place, n in enumerate(found, start=1)) == 1


@pytest.mark.parametrize("seconds", [3600, -86_400])
def test_clock_error_moves_the_devices_time_stamps_and_not_its_steps(seconds: int) -> None:
    found = run(f"clock_error:{seconds}")
    assert [row["stamp"] - seconds for row in found] == [row["stamp"] for row in CLEAN]
    assert [row["value"] for row in found] == [row["value"] for row in CLEAN]


def test_low_battery_has_at_most_that_many_percent() -> None:
    assert {row["battery"] for row in run("low_battery:4")} == {4.0}


def test_a_device_without_a_battery_refuses_a_low_one() -> None:
    device = Probe()
    device.battery_powered = False
    with pytest.raises(StudentError, match="have no battery"):
        with_faults(device, parse(["low_battery"]))


def test_faults_leave_the_devices_own_numbers_alone() -> None:
    noise = {row["n"]: row["noise"] for row in CLEAN}
    for name in KINDS:
        assert all(row["noise"] == noise[row["n"]] for row in run(name, steps=500)), name


def test_a_seed_makes_the_same_bytes_again_and_another_seed_others() -> None:
    everything = [name for name in KINDS if name != "low_battery"]
    assert run(*everything) == run(*everything)
    assert run(*everything) != run(*everything, seed=2)


def test_each_device_of_a_fleet_has_faults_of_its_own() -> None:
    first, second = (
        [json.loads(m.payload)["n"] for m in simulate([device], start=START, seconds=60.0 * 500)]
        for device in (with_faults(Probe(name), parse(["drop_out:0.3"])) for name in ("p1", "p2"))
    )
    assert first != second


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["dropout"], "no fault 'dropout'"),
        ([""], "no fault ''"),
        (["drop_out:"], "cannot have ''"),
        (["drop_out:much"], "cannot have 'much'"),
        (["drop_out:nan"], "cannot have 'nan'"),
        (["drop_out:1.5"], "share from 0 to 1"),
        (["stuck:-0.1"], "share from 0 to 1"),
        (["low_battery:101"], "percent from 0 to 100"),
        (["drift:inf"], "units a day"),
        (["stuck", "stuck:0.2"], "asked for twice"),
    ],
)
def test_a_wrong_fault_is_refused_by_name(words: list[str], said: str) -> None:
    with pytest.raises(StudentError) as caught:
        parse(words)
    assert said in str(caught.value)


def test_a_fault_without_a_number_has_the_one_of_the_table() -> None:
    assert parse(KINDS) == {name: kind.default for name, kind in KINDS.items()}
