"""Provider `native`: the real server's binary from PATH, on a free loopback port, in a private directory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

from labkit.services.config import NONE, Config
from labkit.services.probes import free_port
from labkit.services.process import Process, private_directory
from labkit.services.providers.base import Running, wait_for_answer, wait_for_log
from labkit.services.service import Program, Service
from labkit.services.unavailable import UnavailableError

_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/sbin", r"C:\Program Files\mosquitto")
"""Where servers are installed. The PATH of a normal user often lacks them."""
_TRIES = 3
"""A free port can be taken between the moment it is found and the moment the server binds it."""


def _program(service: Service, engine: str) -> Program:
    return next(program for program in service.programs if program.engine == engine)


def _binary(program: Program) -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    return shutil.which(program.binary, path=path)


def engines(service: Service) -> list[tuple[str, frozenset[str]]]:
    """The engines of this provider with their capabilities, the preferred one first."""
    return [(program.engine, program.capabilities) for program in service.programs]


def missing(service: Service, engine: str) -> UnavailableError | None:
    """Why this provider cannot be used, None when it can."""
    program = _program(service, engine)
    if _binary(program) is None:
        return UnavailableError(f"there is no program {program.binary} on PATH", fix=program.install)
    return None


def version(service: Service, engine: str) -> str:
    """The version of the installed program, empty when it does not say."""
    program = _program(service, engine)
    path = _binary(program)
    if path is None:
        return ""
    try:
        answer = subprocess.run([path, *program.version_arguments], capture_output=True, text=True, timeout=5,
                                check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(program.version_pattern, answer.stdout + answer.stderr)
    return found[1] if found else ""


def start(service: Service, engine: str, needs: frozenset[str], config: Config = NONE) -> Running:
    """Start the server.

    Raises:
        UnavailableError: it is not installed, ended, or did not answer in time.
    """
    program = _program(service, engine)
    path = _binary(program)
    if path is None:
        raise UnavailableError(f"there is no program {program.binary} on PATH", fix=program.install)
    for tries_left in reversed(range(_TRIES)):
        try:
            return _start_once(service, program, path, needs, config)
        except UnavailableError as error:
            taken = any("in use" in line.lower() for line in error.log)
            if not (taken and tries_left):
                raise
    raise AssertionError("the last try either returns or raises")


def _start_once(service: Service, program: Program, path: str, needs: frozenset[str], config: Config) -> Running:
    directory = private_directory()
    try:
        plan = service.planned(directory, free_port(), needs, program.capabilities, config)
        server = Process([path, *program.configure(plan)], directory, config.environment)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    try:
        endpoint = service.endpoint(plan, provider="native", engine=program.engine, port=plan.port,
                                    version=version(service, program.engine))
        if program.running:
            wait_for_log(server.output, program.running, server, program.engine, program.timeout)
        wait_for_answer(service, endpoint, server, program.timeout)
        program.finish(endpoint)
    except BaseException:
        server.stop()
        raise
    return Running(endpoint, server)
