from __future__ import annotations

from typing import Any

import pytest

from stack.parts import fleet


class Board:
    """A node that notes what is done to it; `breaks` says what happens on an update, `stuck` on a rollback."""

    def __init__(self, node_id: str, log: list[str], breaks: Exception | None = None, stuck: bool = False) -> None:
        self.node_id, self.log, self.breaks, self.stuck = node_id, log, breaks, stuck
        self.firmware = "1.0.0"

    def install(self, firmware: str) -> None:
        self.log.append(f"+{self.node_id}")
        if self.breaks:
            raise self.breaks
        self.firmware = firmware

    def rollback(self) -> None:
        self.log.append(f"-{self.node_id}")
        if self.stuck:
            raise TimeoutError("silent")
        self.firmware = "1.0.0"


def boards(text: str) -> tuple[list[Board], list[str]]:
    """A fleet: `.` works, `r` refuses the update, `t` does not answer, `s` works and cannot go back."""
    log: list[str] = []
    breaks = {"r": RuntimeError("refused"), "t": TimeoutError("no answer")}
    return [Board(f"n{i}", log, breaks.get(kind), kind == "s") for i, kind in enumerate(text)], log


def test_a_healthy_fleet_is_updated_canaries_first_and_in_order() -> None:
    nodes, log = boards(".....")
    result = fleet.rollout(nodes, "1.1.0", 2, 0)
    assert (result.done, result.updated) == (True, ["n0", "n1", "n2", "n3", "n4"])
    assert (result.failed, result.rolled_back, result.untouched) == ({}, [], [])
    assert log == ["+n0", "+n1", "+n2", "+n3", "+n4"]


@pytest.mark.parametrize("max_failures", [0, 5])
def test_a_canary_that_fails_stops_it_however_many_failures_are_put_up_with(max_failures: int) -> None:
    nodes, log = boards(".r...")
    result = fleet.rollout(nodes, "1.1.0", 2, max_failures)
    assert result == fleet.Rollout(False, [], {"n1": "refused"}, ["n0"], {}, ["n2", "n3", "n4"])
    assert log == ["+n0", "+n1", "-n0"]


def test_failures_behind_the_canaries_are_counted() -> None:
    nodes, _ = boards("..r.r.")
    result = fleet.rollout(nodes, "1.1.0", 2, 2)
    assert (result.done, result.updated, set(result.failed)) == (True, ["n0", "n1", "n3", "n5"], {"n2", "n4"})
    nodes, log = boards("..r.r.")
    result = fleet.rollout(nodes, "1.1.0", 2, 1)
    assert (result.done, result.updated, result.rolled_back) == (False, [], ["n3", "n1", "n0"])
    assert result.untouched == ["n5"]
    assert log[-3:] == ["-n3", "-n1", "-n0"]
    assert {node.firmware for node in nodes} == {"1.0.0"}


def test_a_node_that_did_not_answer_is_taken_back_too() -> None:
    nodes, log = boards(".t")
    result = fleet.rollout(nodes, "1.1.0", 1, 0)
    assert log == ["+n0", "+n1", "-n1", "-n0"]
    assert (result.rolled_back, result.failed) == (["n1", "n0"], {"n1": "no answer"})


def test_a_node_that_cannot_be_taken_back_is_named_and_the_others_are_taken_back() -> None:
    nodes, _ = boards(".sr")
    result = fleet.rollout(nodes, "1.1.0", 1, 0)
    assert (result.stuck, result.rolled_back) == ({"n1": "silent"}, ["n0"])


def test_more_canaries_than_nodes_and_no_node_at_all() -> None:
    assert fleet.rollout(boards("..")[0], "1.1.0", 9, 0).done
    assert fleet.rollout([], "1.1.0", 1, 0) == fleet.Rollout(done=True)


def test_a_mistake_in_the_program_is_not_taken_for_a_failed_node() -> None:
    nodes, _ = boards("..")
    nodes[1].breaks = KeyError("a bug")
    with pytest.raises(KeyError):
        fleet.rollout(nodes, "1.1.0", 1, 5)


@pytest.mark.parametrize(("canary", "max_failures", "twice"),
                         [(0, 0, False), (-1, 0, False), (1, -1, False), (1, 0, True)])
def test_numbers_that_make_no_sense_are_refused(canary: int, max_failures: int, twice: bool) -> None:
    nodes: list[Any] = boards("..")[0]
    with pytest.raises(ValueError, match=r"\S"):
        fleet.rollout(nodes * (2 if twice else 1), "1.1.0", canary, max_failures)
    assert {node.firmware for node in nodes} == {"1.0.0"}
