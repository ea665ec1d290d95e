"""A system started by `labkit up` on servers that keep what they acknowledged, and a hand that kills its members."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import TracebackType

import psutil

from labkit.services import Endpoint
from labkit.up.supervisor import Supervisor, Wishes
from labkit.up.systems import house
from labkit.waiting import wait_until
from tests import alive

RECOVERY = 120.0
"""Seconds that a killed member may take until it works again: the supervisor starts it, and it finds its place."""


class System:
    """One running system.

    Args:
        name: such as `"f2"`.
    """

    def __init__(self, name: str) -> None:
        course = house()
        # What is acknowledged must be on a disk: that is the promise that is tested. The broker runs as it is deployed:
        # one that writes at every change ("durable") manages 200 messages a second.
        kept = {key for key in course.systems[name].servers if key != "mqtt"}
        servers = {key: replace(server, needs=(*server.needs, "durable")) if key in kept else server
                   for key, server in course.servers.items()}
        course = replace(course, servers=servers)
        optional = frozenset(course.systems[name].optional)
        self._supervisor = Supervisor(course, course.chosen([name]), Wishes(without=optional, devices=1))
        self._thread = threading.Thread(target=self._supervisor.start, name="faults", daemon=True)

    def __enter__(self) -> System:
        self._thread.start()
        assert self._supervisor.ready.wait(120), "the system did not start"
        assert not self._supervisor.failure, self._supervisor.failure
        for part in self._supervisor.parts:
            wait_until(lambda part=part: part.child.sight.state == "pass", 60, what=f"{part.child.name} works")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._supervisor.stop()
        self._thread.join(60)

    def server(self, name: str) -> Endpoint:
        """Where a server is."""
        return next(one for one in self._supervisor.servers.endpoints() if one.service == name)

    def address(self, name: str) -> str:
        """`host:port` of a process."""
        return self._supervisor.addresses()[name]

    def state(self) -> str:
        """How all members are, for the message of a failed test."""
        servers = [f"{name}: {sight}" for name, sight in self._supervisor.servers.sights().items()]
        return "\n".join([*servers, *(f"{part.child.name}: {part.child.sight}" for part in self._supervisor.parts)])

    def kill(self, name: str) -> None:
        """Kill a member (SIGKILL), and wait until the supervisor has it working again."""
        part = next((part for part in self._supervisor.parts if part.child.name == name), None)
        if part is not None:
            before = part.child.sight.restarts
            _process(part.child._words[-1] if part.devices else part.spec.module).kill()  # type: ignore[union-attr]
            wait_until(lambda: part.child.sight.restarts > before and part.child.sight.state == "pass", RECOVERY,
                       what=f"{name} works again")
            return
        sights = self._supervisor.servers.sights
        before = sights()[name].restarts
        # Not `faults.kill`: it waits to see the server ended, and the supervisor may be quicker to start it again.
        server = self._supervisor.servers._services[name].running(name).server
        assert server is not None, f"{name} is not ours to kill"
        server.kill()
        wait_until(lambda: sights()[name].restarts > before and sights()[name].state == "pass", RECOVERY,
                   what=f"{name} works again")
        # Those who need it must have seen it again, too.
        for part in self._supervisor.parts:
            wait_until(lambda part=part: part.child.sight.state == "pass", RECOVERY, what=f"{part.child.name} works")


def _process(module: str) -> psutil.Process:
    """The process of a module, not the guardian that has it on its command line, too."""
    for process in psutil.Process().children(recursive=True):
        words = alive.words(process)
        if words[1:2] == ["-P"] and module in words:
            return process
    raise AssertionError(f"no process runs {module}")
