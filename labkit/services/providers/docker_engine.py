"""The Docker engine of this machine: whether one answers, and a client of it."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from labkit.services.unavailable import UnavailableError

if TYPE_CHECKING:
    from docker import DockerClient

ANSWER = 2
"""How long an engine may take to answer, in seconds. A daemon that hangs would otherwise hold a lab for a minute."""
ANSWER_ASKED_FOR = 20
"""The same where nothing but Docker may be used: an engine under load answers late, and there is nothing else."""
_HOLDS = 3.0
"""How long an answer is remembered, in seconds: one `start` asks for several services."""
_DEFAULT = "npipe:////./pipe/docker_engine" if os.name == "nt" else "unix:///var/run/docker.sock"
_LOCAL = ("unix://", "npipe:", "http+unix://", "http://127.0.0.1", "http://localhost", "tcp://127.0.0.1",
          "tcp://localhost")

_lock = threading.Lock()
_asked: tuple[float, str, UnavailableError | None] = (-_HOLDS, "", None)


def problem(patience: int = ANSWER) -> UnavailableError | None:
    """Why no Docker engine can be used, None when one answers.

    Args:
        patience: how long it may take to answer, in seconds.
    """
    global _asked
    setting = os.environ.get("DOCKER_HOST", "")
    with _lock:
        when, about, reason = _asked
        if about != setting or time.monotonic() - when > _HOLDS:
            reason = _ask(patience)
            _asked = (time.monotonic(), setting, reason)
        return reason


def version() -> str:
    """The version of the Docker engine.

    Raises:
        UnavailableError: none answers.
    """
    reason = problem()
    if reason is not None:
        raise reason
    engine = client(timeout=ANSWER)
    try:
        return str(engine.version()["Version"])
    finally:
        engine.close()


def client(timeout: int) -> DockerClient:
    """A client of the engine that testcontainers would use; making it asks the engine for its version.

    Args:
        timeout: longest silence of the engine, in seconds.

    Raises:
        docker.errors.DockerException: the engine does not answer.
    """
    import docker
    from testcontainers.core.docker_client import get_docker_host

    host = get_docker_host()
    environment = {**os.environ, **({"DOCKER_HOST": host} if host else {})}
    return docker.from_env(timeout=timeout, environment=environment)


def _ask(patience: int) -> UnavailableError | None:
    """Ask the engine by plain sockets first: its client is slow to import, and hangs or leaks where there is none."""
    address = _address()
    if not address.startswith(_LOCAL):
        return UnavailableError(f"the Docker engine runs on another machine ({address})",
                                fix="run the services there, and set LABKIT_MQTT_URL and the like")
    try:
        _ping(address, patience)
    except PermissionError:
        return UnavailableError("this user may not use the Docker engine",
                                fix="sudo usermod -aG docker $USER, then log in again")
    except TimeoutError:
        return UnavailableError(f"the Docker engine does not answer within {patience} s", fix="restart Docker",
                                started=True)
    except (OSError, ValueError):
        if address == _DEFAULT:
            return UnavailableError("there is no Docker engine", fix="https://docs.docker.com/get-docker/")
        return UnavailableError(f"no Docker engine answers at {address}", fix="start Docker, or unset DOCKER_HOST")
    return None


def _address() -> str:
    """Where testcontainers would look for the engine."""
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    home = Path.home()
    if (home / ".docker/config.json").exists() or (home / ".testcontainers.properties").exists():
        from testcontainers.core.docker_client import get_docker_host

        return get_docker_host() or _DEFAULT
    return _DEFAULT


def _ping(address: str, patience: int) -> None:
    """One question to an engine on this machine (GET /_ping of its API).

    Raises:
        OSError: nobody listens, or the user may not ask; TimeoutError: no answer.
        ValueError: the address is wrong, or the answer is not HTTP.
    """
    if address.startswith("npipe:"):
        import docker.errors

        try:
            client(timeout=patience).close()
        except docker.errors.DockerException as error:
            raise OSError(str(error)) from error
        return
    url = urlsplit(address)
    if url.scheme in ("unix", "http+unix"):
        connection = socket.socket(socket.AF_UNIX)
        place: Any = url.path
    else:
        connection = socket.socket()
        place = (url.hostname, url.port or 2375)
    with connection:
        connection.settimeout(patience)
        connection.connect(place)
        if os.environ.get("DOCKER_TLS_VERIFY"):
            return  # somebody listens; the client will do the handshake
        connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        if not connection.recv(5).startswith(b"HTTP"):
            raise ValueError("not an HTTP answer")
