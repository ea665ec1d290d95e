"""The servers that the systems share: started through the kit, watched, started again when they end."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from labkit.errors import KitError, StudentError
from labkit.services import Config, Endpoint, Services, faults, stack_files, start
from labkit.services.catalogue import service as declared
from labkit.services.prometheus import TARGETS, targets
from labkit.up.systems import Server
from labkit.up.variables import for_the_stack
from labkit.waiting import wait_until

_EVERY = 2.0
"""Seconds between two questions to a server whether it answers."""
_LIVES = 0.25
"""Seconds between two looks whether its process is there: they cost nothing, and what has ended is wanted back."""
_PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)\}")


@dataclass(frozen=True, slots=True)
class ServerSight:
    """What is seen of a server at one moment.

    Args:
        state: `starting`, `pass`, `fail`, `absent` (no provider has it) or `stopped`.
        endpoint: its address; None while it has none.
        error: why it is absent, or what was wrong last; empty when nothing was.
        restarts: how often it was started again.
    """

    state: str = "starting"
    endpoint: Endpoint | None = None
    error: str = ""
    restarts: int = 0


def filled(environment: Mapping[str, str], addresses: Mapping[str, str]) -> dict[str, str]:
    """Put addresses in place of `{name}`. A variable that names something that is not there is left out.

    Args:
        environment: the variables.
        addresses: `host:port` by name.
    """
    return {variable: _PLACEHOLDER.sub(lambda found: addresses[found[1]], value)
            for variable, value in environment.items()
            if all(name in addresses for name in _PLACEHOLDER.findall(value))}


class Servers:
    """The running servers.

    Args:
        specs: those that may be started, by name, in their order.
    """

    def __init__(self, specs: Mapping[str, Server]) -> None:
        self._specs = dict(specs)
        self._sights: dict[str, ServerSight] = {}
        self._services: dict[str, Services] = {}
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="labkit-up-servers", daemon=True)

    def sights(self) -> dict[str, ServerSight]:
        """What is seen of each server now, in the order in which they were asked for."""
        return dict(self._sights)

    def endpoints(self) -> list[Endpoint]:
        """The addresses of those that were started."""
        return [sight.endpoint for sight in self._sights.values() if sight.endpoint is not None]

    def expect(self, names: Iterable[str]) -> None:
        """Show servers as starting, before their turn has come."""
        for name in names:
            self._sights.setdefault(name, ServerSight())

    def leave_out(self, name: str, reason: str) -> None:
        """Show a server as absent, and do not start it."""
        self._sights[name] = ServerSight("absent", error=reason)

    def start(self, names: Iterable[str]) -> None:
        """Start servers side by side that nobody can do without and that need no configuration.

        Raises:
            KitError: no provider has one of them; then none of them runs.
        """
        wanted = list(names)
        self.expect(wanted)
        needs: dict[str, Any] = {name: self._specs[name].needs for name in wanted}
        try:
            found = start(*wanted, **needs)
        except (KitError, StudentError) as error:
            for name in wanted:
                self._sights[name] = ServerSight("fail", error=error.message)
            raise
        for name in wanted:
            self._services[name] = found
            self._sights[name] = ServerSight("pass", found[name])

    def try_to_start(self, name: str, addresses: Mapping[str, str], scraped: Mapping[str, str]) -> None:
        """Start a server that may be absent.

        Args:
            name: its name.
            addresses: `host:port` of servers and processes by name.
            scraped: `host:port` of the processes with metrics, by name.
        """
        spec = self._specs[name]
        self.expect([name])
        needs: dict[str, Any] = {name: spec.needs}
        try:
            found = start(name, config={name: self._config(spec, addresses, scraped)}, **needs)
        except KitError as error:
            self.leave_out(name, _reason(error))
            return
        self._services[name] = found
        self._sights[name] = ServerSight("pass", found[name])

    def _config(self, spec: Server, addresses: Mapping[str, str], scraped: Mapping[str, str]) -> Config:
        files = {name: stack_files.text(path) for name, path in spec.files.items()}
        if spec.scrapes:
            files[TARGETS] = targets(scraped)
        read = for_the_stack(one for one in self.endpoints() if one.service in spec.reads)
        return Config(files, read | filled(spec.environment, addresses))

    def watch(self) -> None:
        """Look at the servers from now on, and start again those that end."""
        self._watcher.start()

    def _watch(self) -> None:
        asked: dict[str, float] = {}
        while not self._stop.wait(_LIVES):
            for name, sight in self.sights().items():
                if sight.endpoint is None or self._stop.is_set():
                    continue
                if not self._services[name].running(name).alive():
                    self._start_again(name, sight)
                elif time.monotonic() - asked.get(name, float("-inf")) >= _EVERY:
                    self._ask(name, sight, sight.endpoint)
                    asked[name] = time.monotonic()

    def _ask(self, name: str, sight: ServerSight, endpoint: Endpoint) -> None:
        problem = _wrong(lambda: declared(name).ready(endpoint), self._services[name].running(name).alive)
        self._sights[name] = replace(sight, state="fail" if problem else "pass", error=problem or sight.error)

    def _start_again(self, name: str, sight: ServerSight) -> None:
        self._sights[name] = sight = replace(sight, state="fail", error="it ended; it is started again")
        try:
            faults.restart(self._services[name], name)
        except KitError as error:
            self._sights[name] = replace(sight, error=error.message)
            self._stop.wait(_EVERY)  # then the next look tries again
            return
        self._sights[name] = replace(sight, state="pass", restarts=sight.restarts + 1, error="it ended")

    def stop(self) -> None:
        """Stop all of them, the last one first. Safe to call twice."""
        self._stop.set()
        if self._watcher.ident is not None:
            self._watcher.join()
        for name in reversed(list(self._services)):
            self._services.pop(name).stop()
        for name, sight in self._sights.items():
            if sight.endpoint is not None:
                self._sights[name] = replace(sight, state="stopped")


def _reason(error: KitError) -> str:
    """Why no provider has a server, in short: what the kit never had is no news, nor are a network's own words."""
    told = [line for line in error.tried if not line.startswith("attach:") and "it has no engine for" not in line]
    return "; ".join(line.partition(" and cannot be downloaded:")[0] for line in told) or error.message


def _wrong(ask: Callable[[], str], alive: Callable[[], bool]) -> str:
    """What is wrong with a server: a single answer that is missing may be a busy machine, so it is asked again."""
    last = ""

    def well() -> bool:
        nonlocal last
        try:
            last = ask()
        except OSError as error:
            last = str(error)
        return not last

    try:
        wait_until(lambda: well() or not alive(), 5.0, what="the server")
    except TimeoutError:
        return last or "no answer"
    return last
