"""How a service is declared. A further service is one small file of these declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from labkit.errors import StudentError
from labkit.services import config as configuration
from labkit.services.config import Config
from labkit.services.endpoint import Endpoint
from labkit.services.unavailable import UnavailableError

PROVIDERS = ("attach", "docker", "native", "embedded")
"""The providers, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided before a server starts.

    Args:
        directory: private directory of this server; removed when it stops.
        port: TCP port to listen on; 0 when the server chooses and announces one.
        capabilities: what this server will be able to do.
        username: user name to set up, empty for none.
        password: password to set up, empty for none.
        token: token to set up, empty for none.
        org: organisation to set up, empty for none.
        bucket: bucket to set up, empty for none.
        database: database to set up, empty for none.
        config: what the caller gave the server to read.
    """

    directory: Path
    port: int
    capabilities: frozenset[str]
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    org: str = ""
    bucket: str = ""
    database: str = ""
    config: Config = configuration.NONE


@dataclass(frozen=True, slots=True)
class Container:
    """What a container is started with.

    Args:
        environment: variables inside the container.
        files: text of each file that is copied in, by its path inside.
        mode: permissions of these files.
        command: in place of the image's own command; empty leaves that.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    mode: int = 0o644
    command: tuple[str, ...] = ()


def _no_variables(_plan: Plan) -> Mapping[str, str]:
    """Most servers read files."""
    return {}


def _nothing(_endpoint: Endpoint) -> None:
    """Nothing is left to do once the server answers."""


@dataclass(frozen=True, slots=True)
class Image:
    """An engine in a container (provider `docker`).

    Args:
        engine: name of the engine; its image is pinned in `stack/.env` as `<ENGINE>_IMAGE`.
        port: port inside the container; 0 for a server that tells its clients its own address (Kafka): it listens on
            the plan's port, inside as outside.
        capabilities: what the engine can do.
        configure: what the container is started with.
        version_command: run inside the container, prints the version; empty when the service says it by itself.
        version_pattern: finds the version, as its first group, in what that prints.
        reaches_out: whether the server asks other servers of this machine, which listen on loopback: then its
            container shares the machine's network, and `configure` makes it listen on the plan's port of 127.0.0.1.
        finish: what is left to do once it answers.
        timeout: longest start, in seconds, without the download of the image.
    """

    engine: str
    port: int
    capabilities: frozenset[str]
    configure: Callable[[Plan], Container]
    version_command: tuple[str, ...] = ()
    version_pattern: str = ""
    reaches_out: bool = False
    finish: Callable[[Endpoint], None] = _nothing
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class Found:
    """An installed server that is more than one binary on PATH.

    Args:
        command: what runs it; the arguments of `Program.configure` come behind it.
        version: its version, empty when it does not say.
    """

    command: tuple[str, ...]
    version: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """An engine whose binary is on PATH (provider `native`).

    Args:
        engine: name of the engine.
        binary: name of the binary; what `locate` looks for, when there is one.
        capabilities: what the engine can do.
        configure: writes the configuration into the plan's directory, and gives the arguments.
        version_arguments: with these the binary prints its version.
        version_pattern: finds the version, as its first group, in what that prints.
        install: the command that installs it, for `labkit doctor`.
        running: a line of its log that says that it has its port; empty when it has none. On a port that was taken
            meanwhile another server answers, and ours needs a moment to find out.
        locate: finds a server that is not one binary on PATH, with its version. Raises UnavailableError when it is
            not there.
        environment: variables of the server, for what must not stand on a command line.
        polite: name of the signal that asks it to end.
        finish: what is left to do once it answers.
        timeout: longest start, in seconds.
    """

    engine: str
    binary: str
    capabilities: frozenset[str]
    configure: Callable[[Plan], list[str]]
    version_arguments: tuple[str, ...] = ()
    version_pattern: str = ""
    install: str = ""
    running: str = ""
    locate: Callable[[], Found] | None = None
    environment: Callable[[Plan], Mapping[str, str]] = _no_variables
    polite: str = "SIGTERM"
    finish: Callable[[Endpoint], None] = _nothing
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Module:
    """An engine that pip installs (provider `embedded`).

    It is run as `python -m module …`, binds a free port of 127.0.0.1 and prints `{"port": …}` on a line of its own.

    Args:
        engine: name of the engine.
        module: Python module that runs it.
        distribution: the package that pip installs.
        requires: module that must be importable.
        capabilities: what the engine can do.
        configure: writes its files into the plan's directory, and gives the arguments.
        polite: name of the signal that asks it to end.
        finish: what is left to do once it answers.
        timeout: longest start, in seconds.
    """

    engine: str
    module: str
    distribution: str
    requires: str
    capabilities: frozenset[str]
    configure: Callable[[Plan], list[str]]
    polite: str = "SIGTERM"
    finish: Callable[[Endpoint], None] = _nothing
    timeout: float = 30.0


def _accepts(_endpoint: Endpoint) -> str:
    """A server whose readiness is asked with the login needs no further question."""
    return ""


def listed(
    environment: Mapping[str, str], variable: str, known: Mapping[str, str], default: frozenset[str]
) -> frozenset[str]:
    """The capabilities of a server that somebody else runs, as the environment lists them.

    Args:
        environment: the variables.
        variable: the one with a list, separated by commas.
        known: the capabilities of the service.
        default: what such a server is taken to have when the variable is not set.

    Raises:
        StudentError: the list names something that is not known.
    """
    text = environment.get(variable)
    if text is None:
        return default
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    unknown = sorted(names - known.keys())
    if unknown:
        raise StudentError(f"{variable} names {unknown[0]!r}, which does not exist.",
                           f"use some of: {', '.join(known)}.")
    return names


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the course.

    Args:
        name: its name in the catalogue.
        title: what a person reads.
        capabilities: every capability that may be asked for, with its meaning.
        variable: the environment variable that holds the address of a server that somebody else runs.
        attach: reads that address from the environment; None when it is not set. Raises StudentError when it is wrong.
        plan: from a directory, a port, the needs and the engine's capabilities: what will be set up.
        ready: asks in the service's own protocol: empty when ready, else what is wrong.
        refusal: asks somebody else's server, when it is ready, why it does not let us in; empty when it does.
        version: asks the server for its version; None when the protocol has no such question.
        discover: asks a server that runs for the capabilities of this very build; None when all builds are alike.
        images: engines in containers, the preferred one first.
        programs: engines on PATH, the preferred one first.
        modules: engines from pip, the preferred one first.
        http: whether the endpoint has a `url`.
        main_file: name of the file that a caller's `config=` text becomes; empty when the service takes none.
    """

    name: str
    title: str
    capabilities: Mapping[str, str]
    variable: str
    attach: Callable[[Mapping[str, str]], Endpoint | None]
    plan: Callable[[Path, int, frozenset[str], frozenset[str]], Plan]
    ready: Callable[[Endpoint], str]
    refusal: Callable[[Endpoint], str] = _accepts
    version: Callable[[Endpoint], str] | None = None
    discover: Callable[[Endpoint], frozenset[str]] | None = None
    images: tuple[Image, ...] = ()
    programs: tuple[Program, ...] = ()
    modules: tuple[Module, ...] = ()
    http: bool = False
    main_file: str = ""

    def planned(self, directory: Path, port: int, needs: frozenset[str], engine: frozenset[str],
                config: Config = configuration.NONE) -> Plan:
        """The plan of a server.

        Args:
            directory: its private directory.
            port: TCP port to listen on; 0 when it chooses one.
            needs: what it must be able to do.
            engine: what its engine can do.
            config: what the caller gave it to read.

        Raises:
            UnavailableError: it cannot have all of the needs at once.
        """
        plan = replace(self.plan(directory, port, needs, engine), config=config)
        if needs <= plan.capabilities:
            return plan
        missing = needs - plan.capabilities
        raise UnavailableError(f"it cannot have {', '.join(sorted(missing))} together with "
                               f"{', '.join(sorted(needs - missing))}")

    def endpoint(self, plan: Plan, *, provider: str, engine: str, version: str, port: int) -> Endpoint:
        """The endpoint of a server on this machine that was started from a plan."""
        host = "127.0.0.1"
        return Endpoint(
            service=self.name, provider=provider, engine=engine, version=version, host=host, port=port,
            username=plan.username, password=plan.password, url=f"http://{host}:{port}" if self.http else "",
            token=plan.token, org=plan.org, bucket=plan.bucket, database=plan.database,
            capabilities=plan.capabilities,
        )
