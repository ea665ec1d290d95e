"""Provider `docker`: the pinned image of the real server in a container, by testcontainers."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.services import stack_files
from labkit.services.config import NONE, Config
from labkit.services.probes import free_port
from labkit.services.process import guarded, release
from labkit.services.providers import docker_engine
from labkit.services.providers.base import Running, complete, wait_for_answer
from labkit.services.service import Container, Image, Service
from labkit.services.unavailable import UnavailableError

_PULL_SILENCE = 20
"""How long a download may say nothing, in seconds: after that the registry is taken as out of reach."""

_TRIES = 3
"""A free port can be taken between the moment it is found and the moment the engine publishes it."""

_not_to_be_had: dict[str, UnavailableError] = {}
"""Images that could not be downloaded: this process does not try again, unless they are here meanwhile."""


def engines(service: Service) -> list[tuple[str, frozenset[str]]]:
    """The engines of this provider with their capabilities, the preferred one first."""
    return [(image.engine, image.capabilities) for image in service.images]


def missing(service: Service, engine: str, patience: int = docker_engine.ANSWER) -> UnavailableError | None:
    """Why this provider cannot be used, None when it can. The Docker engine is asked; no image is downloaded."""
    image = next(candidate for candidate in service.images if candidate.engine == engine)
    if image.reaches_out and not sys.platform.startswith("linux"):
        return UnavailableError("on this system a container cannot reach servers that listen on 127.0.0.1")
    return docker_engine.problem(patience)


def version(service: Service, engine: str) -> str:  # noqa: ARG001
    """The tag of the pinned image."""
    return stack_files.image(engine).rpartition(":")[2]


def absent_image(engine: str) -> str:
    """The pinned image of an engine when it is not on this machine yet, else empty.

    Raises:
        UnavailableError: no image is pinned, or no Docker engine answers.
    """
    import docker.errors

    name = stack_files.image(engine)
    client = docker_engine.client(timeout=docker_engine.ANSWER_ASKED_FOR)
    try:
        client.images.get(name)
    except docker.errors.ImageNotFound:
        return name
    finally:
        client.close()
    return ""


def start(service: Service, engine: str, needs: frozenset[str], config: Config = NONE) -> Running:
    """Start a container.

    Raises:
        UnavailableError: no Docker engine answers, the image cannot be had, the server ended or did not answer.
    """
    reason = missing(service, engine)
    if reason is not None:
        raise reason
    import docker.errors

    image = next(candidate for candidate in service.images if candidate.engine == engine)
    name = stack_files.image(engine)
    try:
        _have_image(name)
        for tries_left in reversed(range(_TRIES)):
            try:
                return _start_container(service, image, name, needs, config)
            except docker.errors.APIError as error:
                taken = "already in use" in str(error) or "already allocated" in str(error)
                if not (taken and tries_left):
                    raise
        raise AssertionError("the last try either returns or raises")
    except (docker.errors.DockerException, OSError) as error:
        raise UnavailableError(f"the Docker engine refused {name}: {_sentence(error)}", started=True) from error


def _have_image(name: str) -> None:
    """Find the image on this machine, or download it.

    Raises:
        UnavailableError: it is not here, and cannot be downloaded.
    """
    import docker.errors

    client = docker_engine.client(timeout=_PULL_SILENCE)
    try:
        client.images.get(name)
    except docker.errors.ImageNotFound:
        if name in _not_to_be_had:
            raise _not_to_be_had[name] from None
        print(f"Downloading the image {name}, once for this machine …\n", end="")  # one write: others may print too
        repository, _, tag = name.rpartition(":")
        try:
            for event in client.api.pull(repository, tag=tag, stream=True, decode=True):
                if "error" in event:
                    raise docker.errors.APIError(str(event["error"]))
        except (docker.errors.DockerException, OSError) as error:
            reason = f"the image {name} is not on this machine and cannot be downloaded: {_sentence(error)}"
            _not_to_be_had[name] = UnavailableError(reason, fix=f"docker pull {name}")
            raise UnavailableError(reason, fix=f"docker pull {name}", started=True) from error
    finally:
        client.close()


class _Server:
    """A container, and the guardian that removes it when this process ends.

    Ryuk, the guardian that testcontainers would start, is itself an image that must be downloaded: without a registry
    nothing would start. So it is off, and a small process does its work.
    """

    def __init__(self, image: Image, name: str, content: Container, port: int) -> None:
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer

        testcontainers_config.ryuk_disabled = True
        self.name = f"labkit-{image.engine}-{secrets.token_hex(4)}"
        self._container = DockerContainer(name, name=self.name)
        options: dict[str, Any] = {"labels": {"labkit": image.engine, "labkit.owner": str(os.getpid())}}
        if image.reaches_out:
            options["network_mode"] = "host"
        else:
            # A tuple with the address: testcontainers would publish to all of them. A port that docker took by itself
            # would be another one when the container is started again.
            ports: dict[str, Any] = self._container.ports
            ports[f"{image.port or port}/tcp"] = ("127.0.0.1", port)
        if content.command:
            self._container.with_command(list(content.command))
        self._container.with_envs(**content.environment).with_kwargs(**options)
        for path, text in content.files.items():
            self._container.with_copy_into_container(text.encode(), path, content.mode)
        command = [sys.executable, "-P", "-m", "labkit.services.container_guardian", self.name]
        self._guardian = guarded(command)
        try:
            self._container.start()
        except BaseException:
            self.stop()
            raise

    def _inner(self) -> Any:
        return self._container.get_wrapped_container()

    def run(self, command: tuple[str, ...]) -> str:
        """What a command inside the container prints, empty when it cannot be run."""
        _, output = self._inner().exec_run(list(command))
        return bytes(output or b"").decode(errors="replace")

    def log(self) -> list[str]:
        """The last lines that the server wrote."""
        import docker.errors

        with contextlib.suppress(docker.errors.DockerException, OSError):
            return bytes(self._inner().logs(tail=12)).decode(errors="replace").splitlines()
        return []

    def exit_code(self) -> int | None:
        """The server's exit code, None while it runs."""
        import docker.errors

        container = self._inner()
        try:
            container.reload()
        except docker.errors.NotFound:
            return -9
        if container.status in ("running", "created", "restarting"):
            return None
        return int(container.attrs["State"]["ExitCode"])

    def kill(self) -> None:
        """Kill the server at once, with SIGKILL; the container stays.

        Raises:
            OSError: the Docker engine refuses.
        """
        self._ask("kill")

    def start(self) -> None:
        """Start the killed server again, on the same port and with its data.

        Raises:
            OSError: the Docker engine refuses.
        """
        self._ask("start")

    def _ask(self, method: str) -> None:
        import docker.errors

        try:
            getattr(self._inner(), method)()
        except docker.errors.DockerException as error:
            raise OSError(_sentence(error)) from error

    def stop(self) -> None:
        """Remove the container. Safe to call twice."""
        import docker.errors

        removed = False
        with contextlib.suppress(docker.errors.DockerException, OSError):
            self._container.stop()
            removed = True
        release(self._guardian, done=removed, timeout=10)


def _start_container(service: Service, image: Image, name: str, needs: frozenset[str], config: Config) -> Running:
    port = free_port()
    plan = service.planned(Path(), port if image.reaches_out else image.port or port, needs, image.capabilities, config)
    server = _Server(image, name, image.configure(plan), port)
    try:
        endpoint = service.endpoint(plan, provider="docker", engine=image.engine, port=port,
                                    version=version(service, image.engine))
        wait_for_answer(service, endpoint, server, image.timeout)
        image.finish(endpoint)
        endpoint = complete(service, endpoint, needs)
        if image.version_command and service.version is None:
            found = re.search(image.version_pattern, server.run(image.version_command))
            endpoint = replace(endpoint, version=found[1] if found else endpoint.version)
    except BaseException:
        server.stop()
        raise
    return Running(endpoint, server)


def _sentence(error: Exception) -> str:
    """The part of a message of the engine that a person can use, on one line."""
    text = getattr(error, "explanation", None) or str(error)
    return " ".join(str(text).split())[:200]
