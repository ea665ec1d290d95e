from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit.services import Endpoint, start
from tests.brokers import PROVIDER


@pytest.fixture(scope="session")
def broker() -> Iterator[Endpoint]:
    with start("mqtt", provider=PROVIDER) as services:
        yield services.mqtt


@pytest.fixture(scope="session")
def nodered() -> Iterator[Endpoint]:
    with start("nodered", provider="embedded") as services:
        yield services.nodered
