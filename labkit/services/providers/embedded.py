"""Provider `embedded`: an engine that pip installs, in a child process."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import replace

from labkit.services.config import NONE, Config
from labkit.services.process import Process, private_directory
from labkit.services.providers.base import Running, again_if_taken, complete, wait_for_answer, wait_for_port
from labkit.services.service import Module, Service
from labkit.services.unavailable import UnavailableError


def _module(service: Service, engine: str) -> Module:
    return next(module for module in service.modules if module.engine == engine)


def engines(service: Service) -> list[tuple[str, frozenset[str]]]:
    """The engines of this provider with their capabilities, the preferred one first."""
    return [(module.engine, module.capabilities) for module in service.modules]


def missing(service: Service, engine: str) -> UnavailableError | None:
    """Why this provider cannot be used, None when it can."""
    module = _module(service, engine)
    if importlib.util.find_spec(module.requires) is None:
        return UnavailableError(f"the Python package {module.distribution} is not installed",
                           fix=f"python -m pip install {module.distribution}")
    return None


def version(service: Service, engine: str) -> str:
    """The version of the installed package, empty when there is none."""
    from importlib import metadata

    try:
        return metadata.version(_module(service, engine).distribution)
    except metadata.PackageNotFoundError:
        return ""


def start(service: Service, engine: str, needs: frozenset[str], config: Config = NONE) -> Running:
    """Start the engine.

    Raises:
        UnavailableError: its package is not installed, it ended, or did not answer in time.
    """
    module = _module(service, engine)
    reason = missing(service, engine)
    if reason is not None:
        raise reason
    return again_if_taken(lambda: _start_once(service, module, needs, config))


def _start_once(service: Service, module: Module, needs: frozenset[str], config: Config) -> Running:
    directory = private_directory()
    try:
        plan = service.planned(directory, 0, needs, module.capabilities, config)
        # -P keeps the notebook's folder off the module path: a student's file `json.py` must not become the engine's.
        command = [sys.executable, "-P", "-m", module.module]
        server = Process([*command, *module.configure(plan)], directory, config.environment, module.polite)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    try:
        port = wait_for_port(server.announced_port, server, module.engine, module.timeout)
        # Started again, it must be where its clients look for it.
        server.command = [*command, *module.configure(replace(plan, port=port))]
        endpoint = service.endpoint(plan, provider="embedded", engine=module.engine, port=port,
                                    version=version(service, module.engine))
        wait_for_answer(service, endpoint, server, module.timeout)
        module.finish(endpoint)
        endpoint = complete(service, endpoint, needs)
    except BaseException:
        server.stop()
        raise
    return Running(endpoint, server)
