"""Starts systems in order, looks after them, says how they are, and stops them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from labkit import house
from labkit.errors import LabkitError, StudentError
from labkit.services import stack_files
from labkit.up.children import Child, port_is_free
from labkit.up.nodes import why_not
from labkit.up.servers import Servers, filled
from labkit.up.systems import DeviceFleet, House, Stage, System
from labkit.up.variables import for_the_stack

LEFT_OUT = "left out by --without"
PATIENCE = 90.0
"""Seconds that the processes of the house have until they work; a slow machine and its first imports included."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person who starts the house wants to be different.

    Args:
        without: servers that are not started, although they could be.
        devices: devices of each fleet; None for the number of the file.
        speed: simulated seconds of the devices in a real one.
        seed: of all devices.
        mine: whether the student's own parts run in place of the reference.
    """

    without: frozenset[str] = frozenset()
    devices: int | None = None
    speed: float = 1.0
    seed: int = 1
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A process or a fleet of a system, and the child that runs it.

    Args:
        system: name of its system.
        spec: what it is.
        child: what runs it.
        devices: how many devices a fleet has; 0 for a process.
        note: what a person should know of it, empty if nothing.
    """

    system: str
    spec: Stage | DeviceFleet
    child: Child
    devices: int = 0
    note: str = ""


class Supervisor:
    """The systems that run.

    Args:
        course: all systems, and the servers that they share.
        systems: those that shall run.
        wishes: what shall be different.

    Raises:
        StudentError: a server is to be left out that is not known, or that a system needs.
    """

    def __init__(self, course: House, systems: Iterable[System], wishes: Wishes | None = None) -> None:
        self.systems = tuple(systems)
        self.wishes = wishes or Wishes()
        self.parts: list[Part] = []
        self.began = time.monotonic()
        self.failure = ""
        """Why the start was given up; empty when it was not."""
        self.ready = threading.Event()
        """Everything was started, and has had its time to get healthy."""
        self.stopping = threading.Event()
        self._required = {name for system in self.systems for name in system.servers}
        self._optional = {name for system in self.systems for name in system.optional} - self._required
        self._order = [name for name in course.servers if name in self._required | self._optional]
        self._check_what_is_left_out(course)
        self.servers = Servers({name: course.servers[name] for name in self._order})
        self.pages = {name: course.servers[name].page for name in self._order}
        """Path of the page of each server; empty for one that has none."""
        self._after = {name for name, server in course.servers.items() if server.after_processes}

    def _check_what_is_left_out(self, course: House) -> None:
        for name in sorted(self.wishes.without):
            if name not in course.servers:
                raise StudentError(f"--without names {name!r}, which is no server.",
                                   f"use some of: {', '.join(course.servers)}.")
            if name in self._required:
                users = [system.name for system in self.systems if name in system.servers]
                raise StudentError(f"{' and '.join(users)} cannot do without {name}.",
                                   f"leave out some of: {', '.join(sorted(self._optional)) or 'nothing'}.")

    def stands_in(self, name: str) -> str:
        """What is lost, or stands in, without a server; empty when nobody says."""
        return next((system.optional[name] for system in self.systems if name in system.optional), "")

    def users(self, name: str) -> list[str]:
        """The systems that use a server."""
        return [system.name for system in self.systems if name in system.servers or name in system.optional]

    def start(self) -> None:
        """Start everything, in order, until it is done or has failed (see `failure`), or `stop` is called."""
        try:
            self._start()
        except LabkitError as error:
            self.failure = str(error)
        finally:
            self.ready.set()

    def _start(self) -> None:
        first = [name for name in self._order if name in self._required]
        later = [name for name in self._order if name in self._optional]
        self.servers.expect(first)
        for name in later:
            if name in self.wishes.without:
                self.servers.leave_out(name, LEFT_OUT)
        later = [name for name in later if name not in self.wishes.without]
        self.servers.start(first)
        self.servers.watch()
        steps: list[Callable[[], None]] = [
            lambda: self._run_stages(lambda stage: not stage.instead_of),
            # What takes messages runs before somebody sends some.
            *(self._try(name) for name in later if self._is_replaced(name)),
            lambda: self._run_stages(lambda stage: bool(stage.instead_of) and self._is_absent(stage.instead_of)),
            self._run_fleets,
            *(self._try(name) for name in later if not self._is_replaced(name)),
        ]
        for step in steps:
            if self.stopping.is_set():
                return
            step()

    def _try(self, name: str) -> Callable[[], None]:
        return lambda: self.servers.try_to_start(name, self.addresses(), self._scraped())

    def _is_replaced(self, name: str) -> bool:
        return any(stage.instead_of == name for system in self.systems for stage in system.processes)

    def _is_absent(self, name: str) -> bool:
        sight = self.servers.sights().get(name)
        return sight is None or sight.state == "absent"

    def _run_stages(self, wanted: Callable[[Stage], bool]) -> None:
        ports = stack_files.variables(".env")
        parts = []
        for system in self.systems:
            for stage in filter(wanted, system.processes):
                usual = int(ports.get(stage.port, 0))
                port = usual if usual and port_is_free(usual) else 0
                child = Child(stage.name, ("-m", stage.module), self._environment(stage), port)
                parts.append(Part(system.name, stage, child))
        self._run(parts)

    def _run_fleets(self) -> None:
        parts = []
        for system in self.systems:
            for fleet in system.fleets:
                count = self.wishes.devices or fleet.count
                boards, note = self._boards(fleet, count)
                program = ("labkit.up.nodes",) if boards else ("labkit.devices", fleet.fleet)
                words = ("-m", *program, "--count", str(count), "--interval", str(fleet.interval),
                         *(() if boards else ("--speed", str(self.wishes.speed))), "--seed", str(self.wishes.seed))
                child = Child(fleet.name, words, self._environment(fleet))
                parts.append(Part(system.name, fleet, child, count, note))
        self._run(parts)

    def _boards(self, fleet: DeviceFleet, count: int) -> tuple[bool, str]:
        """Whether virtual boards run in place of simulated devices, with the firmware of lab 03; if not, why."""
        if not (self.wishes.mine and fleet.fleet == "esp32"):
            return False, ""
        note = why_not(count, self.wishes.speed)
        return not note, note

    def _run(self, parts: list[Part]) -> None:
        self.parts += parts
        for part in parts:
            part.child.start()
        deadline = time.monotonic() + PATIENCE
        for part in parts:
            part.child.wait(max(0.0, deadline - time.monotonic()))

    def _environment(self, spec: Stage | DeviceFleet) -> dict[str, str]:
        read = for_the_stack(one for one in self.servers.endpoints() if one.service in spec.reads)
        # An empty HOUSE is the reference: one that is set by chance must not decide.
        mine = house_variables() if self.wishes.mine else {"HOUSE": "", "HOUSE_PARTS": ""}
        return {**read, **mine, "HTTP_HOST": "127.0.0.1", **filled(spec.environment, self.addresses())}

    def addresses(self) -> dict[str, str]:
        """`host:port` of every server and process that has one, by name."""
        found = {one.service: f"{one.host}:{one.port}" for one in self.servers.endpoints()}
        return found | self._scraped()

    def _scraped(self) -> dict[str, str]:
        return {part.child.name: f"127.0.0.1:{part.child.sight.port}" for part in self.parts
                if part.child.sight.port and not part.devices}

    def stop(self) -> None:
        """Stop everything: first the devices, then the processes, then the servers. Safe to call twice."""
        self.stopping.set()
        for group in ([part for part in self.parts if part.devices], [part for part in self.parts if not part.devices]):
            if group:
                with ThreadPoolExecutor(len(group)) as pool:
                    list(pool.map(lambda part: part.child.stop(), group))
        self.servers.stop()


def house_variables() -> dict[str, str]:
    """The variables that put the student's own parts in place of the reference: those that are wholly written."""
    whole = [room.part for room in house.rooms() if room.mine and not room.problem]
    return {"HOUSE": os.fspath(house.folder().resolve()), "HOUSE_PARTS": ",".join(whole)}


def broken_rooms() -> Mapping[str, str]:
    """The student's parts that cannot be used, with the reason."""
    return {room.part: room.problem for room in house.rooms() if room.problem}


def check_house() -> None:
    """Refuse to run a house without anything of the student's in it.

    Raises:
        StudentError: no part is wholly the student's.
    """
    if not house_variables()["HOUSE_PARTS"]:
        broken = "".join(f" {part} cannot be used: {why}." for part, why in broken_rooms().items())
        raise StudentError(f"No part in {house.folder()} is wholly yours yet.{broken}",
                           "write one in a lab, see `labkit house`; or leave --mine out.")

