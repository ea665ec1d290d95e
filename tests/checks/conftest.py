from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit.checks.registry import of_lab
from tests.brokers import broker
from tests.checks import toy

__all__ = ["broker"]
TOY = [made.id for made in of_lab(90) if made.run.__module__ == toy.__name__]


@pytest.fixture(autouse=True)
def _the_toy_lab_stays_as_it_is() -> Iterator[None]:
    """An exercise that a test registers is one more of the toy lab in every later test of this process."""
    yield
    assert [made.id for made in of_lab(90)] == TOY, "use toy.judge_with or Exercise(…), which register nothing"
