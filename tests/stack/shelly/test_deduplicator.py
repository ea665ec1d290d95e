"""`Deduplicator`: one copy of each packet passes, in whatever order the copies come."""

from __future__ import annotations

import random

import pytest

from stack.parts.shelly import Deduplicator
from tests.stack.shelly.frames import NOON


def accepted(packets: list[tuple[int | None, float]], **options: float) -> list[bool]:
    seen = Deduplicator(**options)  # type: ignore[arg-type]
    return [seen.accept("a", number, NOON + time) for number, time in packets]


@pytest.mark.parametrize(("packets", "expected"), [
    ([(9, 0), (9, 0.3)], [True, False]),
    ([(9, 0), (8, 1), (9, 2)], [True, False, False]),
    ([(189, 0), (190, 1), (253, 2), (47, 3)], [True] * 4),
    ([(255, 0), (0, 1)], [True, True]),
    ([(0, 0), (255, 1)], [True, False]),
    ([(10, 0), (73, 1)], [True, True]),
    ([(10, 0), (74, 1)], [True, False]),
    ([(9, 0), (9, 4.0)], [True, False]),
    ([(9, 0), (9, 4.1)], [True, True]),
    ([(9, 60), (9, 59.5)], [True, False]),
    ([(9, 60), (10, 120), (9, 60.4)], [True, True, False]),
    ([(None, 0), (None, 1)], [True, False]),
    ([(None, 0), (None, 60)], [True, True]),
    ([(None, 0), (17, 1)], [True, False]),
    ([(17, 0), (None, 1)], [True, False]),
    ([(200, 0), (3, 3_000)], [True, True]),
])
def test_a_packet_passes_once(packets: list[tuple[int | None, float]], expected: list[bool]) -> None:
    assert accepted(packets) == expected


def test_sensors_are_told_apart() -> None:
    seen = Deduplicator()
    assert seen.accept("a", 9, NOON)
    assert seen.accept("b", 9, NOON)


@pytest.mark.parametrize("gateways", [2, 5])
def test_one_reading_once_though_several_gateways_hear_it(gateways: int) -> None:
    chance = random.Random(gateways)
    copies = [(number % 256, number * 60 + chance.uniform(0, 1.5)) for number in range(600) for _ in range(gateways)]
    copies.sort(key=lambda copy: copy[1] + chance.uniform(0, 300))  # and arrive in any order
    assert sum(accepted(copies, depth=600)) == 600


def test_a_queue_of_one_gateway_after_the_queue_of_another() -> None:
    first = [(number, number * 60.0) for number in range(30)]
    second = [(number, number * 60.0 + 0.4) for number in range(30)]
    assert accepted(first + second) == [True] * 30 + [False] * 30


def test_what_is_remembered_is_bounded() -> None:
    seen = Deduplicator(depth=10)
    for number in range(1000):
        assert seen.accept("a", number % 256, NOON + 60 * number)
    assert len(seen.passed["a"]) == 10


@pytest.mark.parametrize("options", [{"window": 0}, {"window": -1}, {"window": float("nan")}, {"depth": 0}])
def test_a_window_must_be_positive(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        Deduplicator(**options)  # type: ignore[arg-type]
