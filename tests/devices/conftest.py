from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit.services import Endpoint, start
from tests.brokers import PROVIDER, broker

__all__ = ["broker"]


@pytest.fixture(scope="module")
def secret_broker() -> Iterator[Endpoint]:
    """A broker that lets nobody in without a password."""
    with start("mqtt", provider=PROVIDER, mqtt=["acl"]) as services:
        yield services.mqtt
