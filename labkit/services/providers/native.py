"""Provider `native`: the real server's binary from PATH, on a free loopback port, in a private directory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence

from labkit.services.config import NONE, Config
from labkit.services.probes import free_port
from labkit.services.process import Process, private_directory
from labkit.services.providers.base import Running, again_if_taken, complete, wait_for_answer, wait_for_log
from labkit.services.service import Found, Program, Service
from labkit.services.unavailable import UnavailableError

_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/sbin", r"C:\Program Files\mosquitto")
"""Where servers are installed. The PATH of a normal user often lacks them."""


def _program(service: Service, engine: str) -> Program:
    return next(program for program in service.programs if program.engine == engine)


def on_path(binary: str) -> str | None:
    """Where a program is installed: on PATH, or where servers usually are; None when it is nowhere.

    Args:
        binary: its name.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    return shutil.which(binary, path=path)


def _found(program: Program) -> Found:
    """The installed server; its version only when that costs nothing.

    Raises:
        UnavailableError: it is not installed.
    """
    if program.locate is not None:
        return program.locate()
    path = on_path(program.binary)
    if path is None:
        raise UnavailableError(f"there is no program {program.binary} on PATH", fix=program.install)
    return Found((path,))


def engines(service: Service) -> list[tuple[str, frozenset[str]]]:
    """The engines of this provider with their capabilities, the preferred one first."""
    return [(program.engine, program.capabilities) for program in service.programs]


def missing(service: Service, engine: str) -> UnavailableError | None:
    """Why this provider cannot be used, None when it can."""
    try:
        _found(_program(service, engine))
    except UnavailableError as reason:
        return reason
    return None


def version(service: Service, engine: str) -> str:
    """The version of the installed program, empty when it does not say."""
    program = _program(service, engine)
    try:
        found = _found(program)
    except UnavailableError:
        return ""
    return found.version if program.locate else _said_version(program, found.command)


def _said_version(program: Program, command: Sequence[str]) -> str:
    try:
        answer = subprocess.run([*command, *program.version_arguments], capture_output=True, text=True, timeout=20,
                                check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    version = re.search(program.version_pattern, answer.stdout + answer.stderr)
    return version[1] if version else ""


def start(service: Service, engine: str, needs: frozenset[str], config: Config = NONE) -> Running:
    """Start the server.

    Raises:
        UnavailableError: it is not installed, ended, or did not answer in time.
    """
    program = _program(service, engine)
    found = _found(program)
    return again_if_taken(lambda: _start_once(service, program, found, needs, config))


def _start_once(service: Service, program: Program, found: Found, needs: frozenset[str], config: Config) -> Running:
    directory = private_directory()
    try:
        plan = service.planned(directory, free_port(), needs, program.capabilities, config)
        server = Process([*found.command, *program.configure(plan)], directory,
                         {**program.environment(plan), **config.environment}, program.polite)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    try:
        known = found.version if program.locate else _said_version(program, found.command)
        endpoint = service.endpoint(plan, provider="native", engine=program.engine, port=plan.port, version=known)
        if program.running:
            wait_for_log(server.output, program.running, server, program.engine, program.timeout)
        wait_for_answer(service, endpoint, server, program.timeout)
        program.finish(endpoint)
        endpoint = complete(service, endpoint, needs)
    except BaseException:
        server.stop()
        raise
    return Running(endpoint, server)
