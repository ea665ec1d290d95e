"""The services that this process has started."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from labkit.errors import StudentError
from labkit.services import catalogue
from labkit.services.choose import check_needs, forced, start_service
from labkit.services.endpoint import Endpoint
from labkit.services.providers.base import Running
from labkit.services.service import Service

_lock = threading.RLock()
_running: dict[str, Running] = {}
_owner = 0
"""The process that started them: a forked child must not stop what its parent uses."""


class Services:
    """The running services, by name: `services.mqtt` or `services["mqtt"]`.

    As a context manager it stops, at the end, what its own `start` has started.

    Args:
        names: the services to show.
        started: those that were started for this object, not reused.
    """

    def __init__(self, names: Iterable[str], started: Iterable[str] = ()) -> None:
        self._endpoints = {name: _running[name].endpoint for name in names}
        self._started = tuple(started)

    def __getitem__(self, name: str) -> Endpoint:
        """The address of one service."""
        try:
            return self._endpoints[name]
        except KeyError:
            raise StudentError(f"The service {name!r} was not started.", f'write start("{name}").') from None

    def __getattr__(self, name: str) -> Endpoint:
        """The address of one service."""
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._endpoints[name]
        except KeyError:
            known = ", ".join(self._endpoints) or "none"
            raise AttributeError(f"the service {name!r} was not started (started: {known}); "
                                 f'write start("{name}")') from None

    def __iter__(self) -> Iterator[str]:
        """The names of the services."""
        return iter(self._endpoints)

    def __contains__(self, name: object) -> bool:
        """Whether a service is among them."""
        return name in self._endpoints

    def __len__(self) -> int:
        """How many there are."""
        return len(self._endpoints)

    def __dir__(self) -> list[str]:
        """Names for completion in a notebook."""
        return [*self._endpoints, "stop"]

    def __repr__(self) -> str:
        """A line for each service."""
        return "\n".join(repr(endpoint) for endpoint in self._endpoints.values()) or "<no services>"

    def stop(self) -> None:
        """Stop all of these services. Safe to call twice."""
        _stop(self._endpoints)

    def __enter__(self) -> Services:
        """The same object."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Stop what this object's own `start` has started."""
        _stop(self._started)


def start(*names: str, provider: str | None = None, **needs: Iterable[str]) -> Services:
    """Start services, or find them running.

    A service that this process has started before is used again when it has what is needed.

    Args:
        names: names of services, such as `"mqtt"`.
        provider: a provider that must be used: `"attach"`, `"docker"`, `"native"`, `"embedded"`, or with an engine
            as in `"docker/emqx"`. None takes the first that can.
        needs: capabilities that a service must have, by its name: `mqtt=["acl"]`.

    Returns:
        The services. Use it in a `with` block, or call its `stop()`; what is left is stopped when the process ends.

    Raises:
        StudentError: a name is wrong.
        KitError: no provider can start a service.
    """
    wanted = {name: check_needs(catalogue.service(name), needs.get(name, ())) for name in (*names, *needs)}
    if not wanted:
        raise StudentError("No service was named.", f"name some of: {', '.join(catalogue.SERVICES)}.")
    with _lock:
        _forget_what_the_parent_started()
        missing = [name for name in wanted if not _reusable(catalogue.service(name), wanted[name], provider)]
        _start_all({name: wanted[name] for name in missing}, provider)
        return Services(wanted, started=missing)


def current() -> Services | None:
    """What this process has started, None when nothing runs."""
    with _lock:
        _forget_what_the_parent_started()
        alive = [name for name, running in _running.items() if running.alive()]
        return Services(alive) if alive else None


def _forget_what_the_parent_started() -> None:
    global _owner
    if _owner != os.getpid():
        _running.clear()
        _owner = os.getpid()


def _reusable(service: Service, needs: frozenset[str], provider: str | None) -> bool:
    running = _running.get(service.name)
    if running is None or not running.alive():
        return False
    only = forced(service, provider)
    endpoint = running.endpoint
    same = only is None or (endpoint.provider == only.provider and only.engine in ("", endpoint.engine))
    return same and needs <= endpoint.capabilities


def _start_all(wanted: dict[str, frozenset[str]], provider: str | None) -> None:
    """Start services side by side; when one fails, none of them stays."""
    if not wanted:
        return
    with ThreadPoolExecutor(len(wanted), thread_name_prefix="labkit-start") as pool:
        tasks = {name: pool.submit(start_service, catalogue.service(name), needs, provider)
                 for name, needs in wanted.items()}
    failed = [error for task in tasks.values() if (error := task.exception()) is not None]
    if failed:
        for task in tasks.values():
            if task.exception() is None:
                task.result().stop()
        raise failed[0]
    for name, task in tasks.items():
        replaced = _running.pop(name, None)
        if replaced is not None:
            replaced.stop()
        _running[name] = task.result()


def _stop(names: Iterable[str]) -> None:
    with _lock:
        if _owner != os.getpid():
            return
        for name in list(names):
            running = _running.pop(name, None)
            if running is not None:
                running.stop()


@atexit.register
def _stop_everything() -> None:
    _stop(list(_running))
