"""The fleets by name: what `python -m labkit.devices NAME` can run."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from labkit.devices.device import Device, Message
from labkit.errors import KitError, StudentError


class Sink(Protocol):
    """Where a fleet's messages go besides MQTT."""

    def write(self, messages: Sequence[Message]) -> None:
        """Take messages. What fails is the sink's to count and to say; a fleet goes on."""

    def close(self) -> None:
        """Hand over what is left."""


@dataclass(frozen=True, slots=True)
class FleetKind:
    """A kind of fleet. Its module has one as `FLEET`.

    Args:
        name: such as `"esp32"`.
        title: what a person reads.
        count: devices when none is asked for.
        interval: seconds between two steps when none is asked for.
        build: from count, interval, seed and start (seconds since 1970): the devices, each with an `id` of its own.
        sink: from the environment: a second way for the messages, None when it is not set up there.
    """

    name: str
    title: str
    count: int
    interval: float
    build: Callable[[int, float, int, float], Sequence[Device]]
    sink: Callable[[Mapping[str, str]], Sink | None] = lambda _environment: None


MODULES = {
    "home": "labkit.devices.home",
    "esp32": "labkit.devices.esp32",
    "meter": "labkit.devices.meter",
    "f2": "labkit.devices.f2",
    "shelly": "labkit.devices.shelly",
}
"""The module of each fleet; imported when it is asked for."""


def fleet_kind(name: str) -> FleetKind:
    """Find a fleet by its name.

    Raises:
        StudentError: there is no such fleet.
        KitError: its module is not there.
    """
    if name not in MODULES:
        raise StudentError(f"There is no fleet {name!r}.", f"use one of: {', '.join(MODULES)}.")
    try:
        module = importlib.import_module(MODULES[name])
    except ModuleNotFoundError as error:
        if error.name != MODULES[name]:
            raise
        raise KitError(f"The fleet {name} is not written yet: {MODULES[name]} is missing.") from error
    kind: FleetKind = module.FLEET
    return kind
