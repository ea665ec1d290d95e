"""The systems of the house, as `stack/systems.toml` describes them: read, checked, never changed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from labkit.errors import KitError, StudentError
from labkit.services import stack_files
from labkit.services.unavailable import UnavailableError

FILE = "systems.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A service that the kit starts.

    Args:
        name: in the kit's catalogue of services.
        title: what a person reads.
        needs: capabilities that it must have.
        reads: servers whose addresses are in its environment.
        environment: further variables; `{name}` is the address of a server or process.
        files: path in `stack/` of each file that it is given, by the file's name there.
        scrapes: whether it is told the addresses of all processes (Prometheus).
        after_processes: whether it is started when the processes run.
        page: path of the page that a person opens; empty when there is none.
    """

    name: str
    title: str
    needs: Sequence[str] = ()
    reads: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    scrapes: bool = False
    after_processes: bool = False
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A process of a system that answers `/health`.

    Args:
        name: such as `"f2-sink"`.
        module: run as `python -m module`.
        reads: servers whose addresses are in its environment.
        environment: further variables; `{name}` is the address of a server or process.
        port: variable in `stack/.env` with its usual HTTP port; any free one when empty.
        instead_of: a server; the process runs when that one does not.
        page: path of the page that a person opens; empty when there is none.
    """

    name: str
    module: str
    reads: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    port: str = ""
    instead_of: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFleet:
    """Simulated devices of a system.

    Args:
        name: such as `"f2-controllers"`.
        fleet: name in `labkit.devices.registry`.
        count: how many.
        interval: simulated seconds between two steps of a device.
        reads: servers whose addresses are in its environment.
        environment: further variables.
    """

    name: str
    fleet: str
    count: int
    interval: float
    reads: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One of the five systems.

    Args:
        name: such as `"f2"`.
        title: what a person reads.
        servers: names of those that it cannot do without.
        optional: what is lost, or stands in, where a server is absent, by its name.
        processes: its services.
        fleets: its devices.
    """

    name: str
    title: str
    servers: Sequence[str]
    optional: Mapping[str, str] = field(default_factory=dict)
    processes: Sequence[Stage] = ()
    fleets: Sequence[DeviceFleet] = ()


@dataclass(frozen=True, slots=True)
class House:
    """All systems, and the servers that they share.

    Args:
        servers: by name, in the order in which they are started.
        systems: by name.
    """

    servers: Mapping[str, Server]
    systems: Mapping[str, System]

    def chosen(self, names: Iterable[str]) -> list[System]:
        """The systems of these names, in the order of the file; all of them for no names.

        Raises:
            StudentError: there is no such system.
        """
        wanted = list(names)
        unknown = [name for name in wanted if name not in self.systems]
        if unknown:
            raise StudentError(f"There is no system {unknown[0]!r}.", f"use some of: {', '.join(self.systems)}.")
        return [system for name, system in self.systems.items() if not wanted or name in wanted]


T = TypeVar("T")


def _record(kind: type[T], place: str, table: Mapping[str, Any], **given: Any) -> T:
    """A record from a table of the file. A key that is not known is an error: it would be left out in silence."""
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]  # every kind is a dataclass
    unknown = sorted(table.keys() - known)
    try:
        if unknown:
            raise ValueError(f"it has no key {unknown[0]!r}")
        return kind(**{**table, **given})
    except (TypeError, ValueError) as error:
        raise KitError(f"stack/{FILE}: {place}: {error}.") from None


def read(text: str) -> House:
    """Read the text of the file.

    Args:
        text: TOML.

    Raises:
        KitError: it is not TOML, has a key too many or too few, or names a server that it does not have.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KitError(f"stack/{FILE} is not TOML: {error}.") from None
    servers = {name: _record(Server, f"servers.{name}", table, name=name)
               for name, table in document.get("servers", {}).items()}
    systems = {}
    for name, table in document.get("systems", {}).items():
        place = f"systems.{name}"
        systems[name] = _record(
            System, place, table, name=name,
            processes=tuple(_record(Stage, f"{place}.processes", one) for one in table.get("processes", ())),
            fleets=tuple(_record(DeviceFleet, f"{place}.fleets", one) for one in table.get("fleets", ())),
        )
        _check(systems[name], servers)
    return House(servers, systems)


def _check(system: System, servers: Mapping[str, Server]) -> None:
    mine = {*system.servers, *system.optional}
    parts: list[Stage | DeviceFleet] = [*system.processes, *system.fleets]
    for part in parts:
        named = {*part.reads, *([part.instead_of] if isinstance(part, Stage) and part.instead_of else [])}
        if missing := sorted(named - mine):
            raise KitError(f"stack/{FILE}: {part.name} names {missing[0]!r}, which is no server of {system.name}.")
    if missing := sorted(mine - servers.keys()):
        raise KitError(f"stack/{FILE}: systems.{system.name} names {missing[0]!r}, which is not under `servers`.")


def house() -> House:
    """The systems of this course.

    Raises:
        KitError: the file is not there, or not right.
    """
    try:
        return read(stack_files.text(FILE))
    except UnavailableError as error:
        raise KitError(f"The systems are not described: {error.reason}.", fix=error.fix) from None
