"""Provider `native`: the real server's binary from PATH, on a free loopback port, in a private directory."""

from __future__ import annotations

import os
import shutil

from labkit.services.probes import free_port
from labkit.services.process import Process, private_directory
from labkit.services.providers.base import CannotStart, Running, wait_for_answer
from labkit.services.service import Program, Service

_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/sbin", "/usr/local/opt/mosquitto/sbin")
"""Where servers are installed. A normal user's PATH often lacks them."""
_TRIES = 3
"""A free port can be taken between the moment it is found and the moment the server binds it."""


def binary(program: Program) -> str | None:
    """The full path of a program, None when it is not installed."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    return shutil.which(program.binary, path=path)


def _program(service: Service, engine: str) -> Program:
    return next(program for program in service.programs if program.engine == engine)


def engines(service: Service) -> list[tuple[str, frozenset[str]]]:
    """The engines of this provider with their capabilities, the preferred one first."""
    return [(program.engine, program.capabilities) for program in service.programs]


def missing(service: Service, engine: str) -> CannotStart | None:
    """Why this provider cannot be used, None when it can."""
    program = _program(service, engine)
    if binary(program) is None:
        return CannotStart(f"no program {program.binary} on PATH", fix=program.install)
    return None


def version(service: Service, engine: str) -> str:
    """The version of the installed program, empty when there is none."""
    program = _program(service, engine)
    path = binary(program)
    return program.version(path) if path else ""


def start(service: Service, engine: str, needs: frozenset[str]) -> Running:
    """Start the server.

    Raises:
        CannotStart: it is not installed, ended, or did not answer in time.
    """
    program = _program(service, engine)
    path = binary(program)
    if path is None:
        raise CannotStart(f"no program {program.binary} on PATH", fix=program.install)
    for attempt in range(1, _TRIES + 1):
        try:
            return _start_once(service, program, path, needs)
        except CannotStart as error:
            taken = any("in use" in line.lower() for line in error.log)
            if not taken or attempt == _TRIES:
                raise
    raise AssertionError("unreachable")


def _start_once(service: Service, program: Program, path: str, needs: frozenset[str]) -> Running:
    directory = private_directory()
    plan = service.plan(directory, free_port(), needs)
    server = Process([path, *program.configure(plan)], directory)
    endpoint = service.endpoint(plan, provider="native", engine=program.engine, version=program.version(path),
                                host="127.0.0.1", port=plan.port, capabilities=program.capabilities)
    try:
        wait_for_answer(service, endpoint, server, program.timeout)
        program.finish(endpoint)
    except BaseException:
        server.stop()
        raise
    return Running(endpoint, server)
