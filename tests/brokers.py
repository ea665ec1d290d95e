"""A real broker for the tests of rooms that only need one: Mosquitto where it is installed, else an embedded one."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

from labkit.services import Endpoint, mqtt, start

PROVIDER = "native" if shutil.which("mosquitto") or os.path.exists("/usr/sbin/mosquitto") else "embedded"  # noqa: PTH110


@pytest.fixture(scope="module")
def broker() -> Iterator[Endpoint]:
    with start("mqtt", provider=PROVIDER) as services:
        yield services.mqtt


@contextmanager
def refusing_broker(*granted: str) -> Iterator[Endpoint]:
    """A broker that refuses every subscription but those to these topic filters.

    It is amqtt: Mosquitto grants what its `acl_file` forbids to read, and then sends nothing.
    """
    rules = {**mqtt.RULES, mqtt.GUEST: {"publish": [], "subscribe": list(granted)}}
    with mock.patch.object(mqtt, "RULES", rules), start("mqtt", provider="embedded", mqtt=["acl"]) as services:
        yield dataclasses.replace(services.mqtt, username=mqtt.GUEST)
