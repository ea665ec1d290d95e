"""Which provider runs a service: the first one that can, and why not the ones before it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType

from labkit.errors import KitError, StudentError
from labkit.services.config import NONE, Config
from labkit.services.providers import attach, docker, docker_engine, embedded, native
from labkit.services.providers.base import Running
from labkit.services.service import PROVIDERS, Service
from labkit.services.unavailable import UnavailableError

_MODULES: dict[str, ModuleType] = {"attach": attach, "docker": docker, "native": native, "embedded": embedded}


@dataclass(frozen=True, slots=True)
class Forced:
    """A provider that was asked for.

    Args:
        provider: its name.
        engine: an engine of it, empty for any.
        by: who asks: the name of a variable, or `provider=`.
    """

    provider: str
    engine: str
    by: str


def forced(service: Service, argument: str | None = None) -> Forced | None:
    """The provider that must be used: `provider=`, else LABKIT_<SERVICE>_PROVIDER, else LABKIT_PROVIDER.

    Each of them is the name of a provider, or `provider/engine` such as `docker/emqx`.

    Raises:
        StudentError: the name is not that of a provider or of an engine.
    """
    variable = f"LABKIT_{service.name.upper()}_PROVIDER"
    askers = {"provider=": argument} | {name: os.environ.get(name) for name in (variable, "LABKIT_PROVIDER")}
    by, text = next(((by, text) for by, text in askers.items() if text), ("", None))
    if text is None:
        return None
    provider, _, engine = text.strip().partition("/")
    if provider not in PROVIDERS:
        raise StudentError(f"{by} names the provider {provider!r}, which does not exist.",
                           f"use one of: {', '.join(PROVIDERS)}.")
    known = [name for name, _ in _MODULES[provider].engines(service)]
    if engine and engine not in known:
        names = ", ".join(f"{provider}/{name}" for name in known) or "another provider"
        raise StudentError(f"{by} names the engine {engine!r}, which {provider} does not have for {service.name}.",
                           f"use one of: {names}.")
    return Forced(provider, engine, by)


def check_needs(service: Service, needs: Iterable[str]) -> frozenset[str]:
    """The capabilities that a lab asks for.

    Raises:
        StudentError: the service has no capability of that name.
    """
    wanted = frozenset([needs] if isinstance(needs, str) else needs)
    unknown = sorted(wanted - service.capabilities.keys())
    if unknown:
        raise StudentError(f"{service.name} has no capability {unknown[0]!r}.",
                           f"use some of: {', '.join(service.capabilities)}.")
    return wanted


@dataclass(frozen=True, slots=True)
class Candidate:
    """One engine of one provider.

    Args:
        provider: name of the provider.
        engine: name of the engine; empty when the provider has none for this service.
        reason: why it cannot be used; None when nothing speaks against it before it is tried.
    """

    provider: str
    engine: str
    reason: UnavailableError | None

    @property
    def name(self) -> str:
        """How it is written in a message."""
        return f"{self.provider} ({self.engine})" if self.engine else self.provider


def candidates(service: Service, needs: frozenset[str], only: Forced | None) -> Iterator[Candidate]:
    """The engines of all providers in order. Each is looked at when it is asked for, not before."""
    for provider in PROVIDERS:
        if only and only.provider != provider:
            continue
        module = _MODULES[provider]
        engines = [pair for pair in module.engines(service) if not (only and only.engine) or pair[0] == only.engine]
        if not engines:
            reason = module.missing(service, "") if provider == "attach" else None
            yield Candidate(provider, "", reason or UnavailableError(f"it has no engine for {service.name}"))
        for engine, capabilities in engines:
            lacking = sorted(needs - capabilities)
            if lacking:
                yield Candidate(provider, engine, UnavailableError(f"it lacks {', '.join(lacking)}"))
                continue
            if provider == "docker" and only:
                yield Candidate(provider, engine, docker.missing(service, engine, docker_engine.ANSWER_ASKED_FOR))
            else:
                yield Candidate(provider, engine, module.missing(service, engine))
            if provider == "docker":
                break  # a second image is no remedy for the first one's failure, and may be a long download


def version(service: Service, candidate: Candidate) -> str:
    """The version of an engine that is not started, as far as it can be told."""
    return str(_MODULES[candidate.provider].version(service, candidate.engine))


def start_service(service: Service, needs: frozenset[str], provider: str | None, config: Config = NONE) -> Running:
    """Start a service with the first provider that can.

    Args:
        service: what to start.
        needs: capabilities that it must have.
        provider: a provider that must be used, None for any.
        config: what the caller gives it to read.

    Raises:
        KitError: none can; with what was tried, the reason of each, the last log lines and a next step.
        StudentError: a name is wrong.
    """
    only = forced(service, provider)
    skipped: list[str] = []
    failed: list[str] = []
    log: tuple[str, ...] = ()
    fix = ""
    for candidate in candidates(service, needs, only):
        reason = candidate.reason
        if reason is None:
            try:
                running: Running = _MODULES[candidate.provider].start(service, candidate.engine, needs, config)
            except UnavailableError as error:
                reason = error
            else:
                running.skipped, running.failed, running.config = tuple(skipped), tuple(failed), config
                return running
        skipped.append(f"{candidate.name}: {reason.reason}")
        failed += skipped[-1:] if reason.started else []
        log = reason.log or log
        fix = reason.fix or fix
    asked = f" with {', '.join(sorted(needs))}" if needs else ""
    by = f", as {only.by} asks for {only.provider}{'/' if only.engine else ''}{only.engine}" if only else ""
    raise KitError(f"{service.title}{asked} could not be started{by}.", tried=skipped, log=log,
                   fix=fix or "`labkit doctor` shows what this machine has.")
