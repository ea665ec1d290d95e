"""A real broker for the tests of rooms that only need one: Mosquitto where it is installed, else an embedded one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from labkit.services import Endpoint, start

PROVIDER = "native" if shutil.which("mosquitto") or os.path.exists("/usr/sbin/mosquitto") else "embedded"  # noqa: PTH110


@pytest.fixture(scope="module")
def broker() -> Iterator[Endpoint]:
    with start("mqtt", provider=PROVIDER) as services:
        yield services.mqtt
