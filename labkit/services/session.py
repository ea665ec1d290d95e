"""The services that this process has started."""

from __future__ import annotations

import atexit
import os
import textwrap
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from labkit.errors import StudentError
from labkit.services import catalogue
from labkit.services import config as configuration
from labkit.services.choose import check_needs, forced, start_service
from labkit.services.config import Config
from labkit.services.endpoint import Endpoint
from labkit.services.providers.base import Running
from labkit.services.service import Service

_LONGEST = 160
"""Characters of a reason that a cell shows; `Services.why` has all of it."""

_lock = threading.RLock()
_running: dict[str, list[Running]] = {}
"""By service, the newest last: there are several when a later `start` needed what the first could not do."""
_owner = 0
"""The process that started them: a forked child must not stop what its parent uses."""


class Services:
    """The running services, by name: `services.mqtt` or `services["mqtt"]`.

    As a context manager it stops, at the end, what its own `start` has started.

    Args:
        running: the services by name.
        started: names of those that were started for this object, not found running.
    """

    def __init__(self, running: Mapping[str, Running], started: Iterable[str] = ()) -> None:
        self._running = dict(running)
        self._started = tuple(started)

    def __getitem__(self, name: str) -> Endpoint:
        """The address of one service."""
        try:
            return self._running[name].endpoint
        except KeyError:
            raise StudentError(f"The service {name!r} was not started here.", f'write start("{name}").') from None

    def __getattr__(self, name: str) -> Endpoint:
        """The address of one service."""
        if name.startswith("_") or name not in self._running:
            known = ", ".join(self.__dict__.get("_running", ())) or "none"
            raise AttributeError(f"no service {name!r} here (started: {known}); write start({name!r})")
        return self._running[name].endpoint

    def __iter__(self) -> Iterator[str]:
        """The names of the services."""
        return iter(self._running)

    def __contains__(self, name: object) -> bool:
        """Whether a service is among them."""
        return name in self._running

    def __len__(self) -> int:
        """How many there are."""
        return len(self._running)

    def __dir__(self) -> list[str]:
        """Names for completion in a notebook."""
        return [*self._running, "stop", "why"]

    def __repr__(self) -> str:
        """A line for each service."""
        return "\n".join(repr(running.endpoint) for running in self._running.values()) or "<no services>"

    def why(self, name: str) -> tuple[str, ...]:
        """Why a service does not run with a provider that comes before its own: a line for each of those.

        Args:
            name: name of the service.
        """
        return self._running[name].skipped if name in self._running else ()

    def running(self, name: str) -> Running:
        """What runs a service, for who must do more with it than connect to it.

        Args:
            name: name of the service.

        Raises:
            StudentError: it was not started here.
        """
        self[name]
        return self._running[name]

    def stop(self) -> None:
        """Stop all of these services. Safe to call twice."""
        _stop(self._running.values())

    def __enter__(self) -> Services:
        """The same object."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Stop what this object's own `start` has started."""
        _stop(self._running[name] for name in self._started)


def start(*names: str, provider: str | None = None, config: Mapping[str, Config | str] | None = None,
          **needs: Iterable[str]) -> Services:
    """Start services, or find them running.

    A service that this process has started before is used again when it has what is needed, and reads what it is
    given now.

    Args:
        names: names of services, such as `"mqtt"`.
        provider: a provider that must be used: `"attach"`, `"docker"`, `"native"`, `"embedded"`, or with an engine
            as in `"docker/emqx"`. None takes the first that can.
        config: what a service is given to read, by its name: the text of its main file, or a `Config`.
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
    given = _configurations(config or {}, wanted)
    with _lock:
        _forget_what_the_parent_started()
        found = {name: _reusable(catalogue.service(name), wanted[name], provider, given.get(name)) for name in wanted}
        missing = {name: wanted[name] for name, running in found.items() if running is None}
        _stop(running for name in missing for running in _running.get(name, []) if not running.alive())
        started = _start_all(missing, provider, given)
        shown = {name: started.get(name) or found[name] for name in wanted}
        return Services({name: running for name, running in shown.items() if running}, started)


def current() -> Services | None:
    """What this process has started, None when nothing runs."""
    with _lock:
        _forget_what_the_parent_started()
        alive = {name: newest for name, all_of_it in _running.items()
                 if (newest := next((one for one in reversed(all_of_it) if one.alive()), None))}
        return Services(alive) if alive else None


def _forget_what_the_parent_started() -> None:
    global _owner
    if _owner != os.getpid():
        _running.clear()
        _owner = os.getpid()


def _configurations(given: Mapping[str, Config | str], wanted: Iterable[str]) -> dict[str, Config]:
    """What each service is given to read.

    Raises:
        StudentError: it is given to a service that is not started, or that takes none.
    """
    for name in given:
        if name not in wanted:
            raise StudentError(f"config= names {name!r}, which is not started here.",
                               f'write start("{name}", config=…).')
    return {name: configuration.read(name, catalogue.service(name).main_file, one) for name, one in given.items()}


def _reusable(service: Service, needs: frozenset[str], provider: str | None, config: Config | None) -> Running | None:
    only = forced(service, provider)
    for running in reversed(_running.get(service.name, [])):
        endpoint = running.endpoint
        same = only is None or (endpoint.provider == only.provider and only.engine in ("", endpoint.engine))
        same = same and config in (None, running.config)
        if same and needs <= endpoint.capabilities and running.alive():
            return running
    return None


def _start_all(wanted: Mapping[str, frozenset[str]], provider: str | None,
               config: Mapping[str, Config]) -> dict[str, Running]:
    """Start services side by side; when one fails, none of them stays."""
    if not wanted:
        return {}
    tasks: dict[str, Future[Running]] = {}
    try:
        with ThreadPoolExecutor(len(wanted), thread_name_prefix="labkit-start") as pool:
            for name, needs in wanted.items():
                tasks[name] = pool.submit(start_service, catalogue.service(name), needs, provider,
                                          config.get(name, configuration.NONE))
        started = {name: task.result() for name, task in tasks.items()}
    except BaseException:  # also Ctrl-C while they start
        for task in tasks.values():
            if task.done() and not task.cancelled() and task.exception() is None:
                task.result().stop()
        raise
    for name, running in started.items():
        _running.setdefault(name, []).append(running)
    if said := _what_failed(started):
        print(said)
    return started


def _what_failed(started: Mapping[str, Running]) -> str:
    """Say in two lines at most what should have worked and did not: the lab goes on elsewhere, but not in silence."""
    failed = {name: running for name, running in started.items() if running.failed}
    if not failed:
        return ""
    titles = ", ".join(catalogue.service(name).title for name in failed)
    first = next(iter(failed.values())).failed[0]
    using = ", ".join(f"{running.endpoint.provider} ({running.endpoint.engine})" for running in failed.values())
    if len(failed) == 1:
        return f"{titles}: not {_short(first)}. Using {using}."
    same = "" if len({line.partition(": ")[2] for running in failed.values() for line in running.failed}) == 1 \
        else ", and the like"
    return (f"{titles}: not {_short(first)}{same}.\n"
            f"Using {using}: the lab is the same. `labkit doctor` says more.")


def _short(line: str) -> str:
    return textwrap.shorten(line, _LONGEST, placeholder=" …").rstrip(".")


def _stop(stopped: Iterable[Running]) -> None:
    with _lock:
        if _owner != os.getpid():
            return
        ending = list(stopped)
        for running in ending:
            for all_of_it in _running.values():
                if running in all_of_it:
                    all_of_it.remove(running)
        _end(ending)


def _end(ending: list[Running]) -> None:
    """End services side by side: some take seconds."""
    if not ending:
        return
    with ThreadPoolExecutor(len(ending), thread_name_prefix="labkit-stop") as pool:
        try:
            tasks = [pool.submit(running.stop) for running in ending]
        except RuntimeError:  # the interpreter is about to end, and starts no threads any more
            for running in ending:
                running.stop()
            return
    for task in tasks:
        task.result()


def _in_a_forked_child() -> None:
    global _lock
    # Another thread of the parent may have held the lock: in the child nobody would ever release it.
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_forked_child)


@atexit.register
def _stop_everything() -> None:
    _stop([running for all_of_it in _running.values() for running in all_of_it])
