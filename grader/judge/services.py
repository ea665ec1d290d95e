"""The services of one submission: started for it alone, and how its notebook finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from labkit.checks.registry import Exercise
from labkit.course import LABS
from labkit.errors import KitError
from labkit.services import Endpoint, catalogue
from labkit.services.choose import start_service
from labkit.services.providers.base import Running

PROVIDERS = ("native", "embedded")
"""What can be started inside a room, in this order."""
SMALL_FIRST = frozenset({"kafka"})
"""Services whose embedded engine comes first: many submissions are judged at once, and a Java machine takes half a
gigabyte and seconds to start."""


def needs(exercises: Iterable[Exercise], lab: str) -> dict[str, list[str]]:
    """List the services that a lab runs on, each with the capabilities that its checks ask for.

    Args:
        exercises: those of the lab.
        lab: two digits.
    """
    known = next((found.services for found in LABS if found.number == lab), ())
    wanted: dict[str, set[str]] = {name: set() for name in known if name in catalogue.SERVICES}
    for exercise in exercises:
        for name in exercise.services:
            wanted.setdefault(name, set()).update(exercise.capabilities.get(name, ()))
    return {name: sorted(names) for name, names in wanted.items()}


class Private:
    """Services that one submission has to itself. They start when this is made, side by side, in the background.

    Args:
        wanted: the services with their capabilities; see `needs`.
    """

    def __init__(self, wanted: Mapping[str, list[str]]) -> None:
        self._wanted = dict(wanted)
        self._begin()

    def _begin(self) -> None:
        self._pool = ThreadPoolExecutor(max(len(self._wanted), 1), thread_name_prefix="judge-services")
        self._started = {name: self._pool.submit(_first, name, capabilities)
                         for name, capabilities in self._wanted.items()}

    @property
    def endpoints(self) -> dict[str, Endpoint]:
        """Their addresses by name; it waits until they run.

        Raises:
            KitError: one cannot be started.
        """
        return {name: starting.result().endpoint for name, starting in self._started.items()}

    def renew(self) -> None:
        """Stop them, and start others in their place."""
        self.close()
        self._begin()

    def close(self) -> None:
        """Stop them."""
        self._pool.shutdown(wait=True)
        ending = [starting.result() for starting in self._started.values() if starting.exception() is None]
        with ThreadPoolExecutor(max(len(ending), 1), thread_name_prefix="judge-services") as pool:
            list(pool.map(lambda running: running.stop(), ending))


def _first(name: str, capabilities: list[str]) -> Running:
    """Start a service with the first provider that can."""
    tried: list[str] = []
    for provider in reversed(PROVIDERS) if name in SMALL_FIRST else PROVIDERS:
        try:
            return start_service(catalogue.service(name), frozenset(capabilities), provider)
        except KitError as error:
            tried += error.tried or [error.message]
    asked = f" with {', '.join(capabilities)}" if capabilities else ""
    raise KitError(f"The service {name}{asked} cannot be started in a room.", tried=tried,
                   fix="`labkit doctor` shows what this machine has.")


def variables(endpoints: Mapping[str, Endpoint]) -> dict[str, str]:
    """Return the variables by which `labkit.start` finds services that run already (provider `attach`).

    Args:
        endpoints: the services by name.

    Raises:
        KitError: a service's address cannot be told in this way.
    """
    found = {"LABKIT_PROVIDER": "attach"} if endpoints else {}
    for name, endpoint in endpoints.items():
        head = f"LABKIT_{name.upper()}"
        login = f"{quote(endpoint.username, safe='')}:{quote(endpoint.password, safe='')}@" if endpoint.username else ""
        told = {
            f"{head}_URL": endpoint.url or f"{_SCHEMES.get(name, name)}://{login}{endpoint.host}:{endpoint.port}"
                                           + (f"/{endpoint.database}" if endpoint.database else ""),
            f"{head}_ENGINE": endpoint.engine,
            f"{head}_CAPABILITIES": ",".join(sorted(endpoint.capabilities)),
            f"{head}_TOKEN": endpoint.token,
            f"{head}_ORG": endpoint.org,
            f"{head}_BUCKET": endpoint.bucket,
            f"{head}_ACCESS_KEY": endpoint.username,
            f"{head}_SECRET_KEY": endpoint.password,
        }
        # An engine without any capability must say so: without a list it would be taken for one that has them all.
        told = {variable: text for variable, text in told.items() if text or variable == f"{head}_CAPABILITIES"}
        _read_back(endpoint, told)
        found |= told
    return found


_SCHEMES = {"timescaledb": "postgresql"}


def _read_back(endpoint: Endpoint, told: Mapping[str, str]) -> None:
    """Make sure that the notebook will find the same service."""
    service = catalogue.service(endpoint.service)
    found = service.attach(told)
    fields = ("host", "port", "username", "password", "token", "org", "bucket", "database", "capabilities")
    if found is None or any(getattr(found, name) != getattr(endpoint, name) for name in fields):
        raise KitError(f"{service.variable} does not say where the {service.title} of a room is.")
