"""Rooms and capsules of Docker, for machines without bubblewrap. This half runs in the coordinator's process.

A room is a container without a network; a capsule is another that shares the room's loopback, with nothing else in
common but a small folder in memory for the kernel's sockets. The room has no way to the engine: it asks for its
capsules on its line, and they are made here.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.capsule import cpp_cache, docker_image, rules, seccomp, view
from grader.capsule.docker_room import COURSE_INSIDE, KIT, SOCKETS
from grader.capsule.launcher import COURSE, ROOM
from grader.capsule.starter import start
from grader.layout import CourseError, CourseFiles
from grader.submission import Incident, Limits
from labkit.errors import KitError
from labkit.services.guardian import DONE

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

LABEL = "grader.room"
"""Label of all that belongs to a room: containers and its volume."""
NOBODY = 65534
"""The user in rooms and capsules."""
_SOCKETS_SIZE = 64 << 20
_OVERHEAD = 128 << 20
"""The engine also counts what programs read from files; that is the system's, not the student's."""
_TIMEOUT = 60
_SECCOMP = "seccomp=" + json.dumps(seccomp.docker_profile())


class DockerRoom:
    """Makes rooms: one container each.

    Args:
        course: the course whose cases are read.
    """

    course_root = COURSE_INSIDE

    def __init__(self, course: CourseFiles) -> None:
        self._course = course.root.resolve()
        self.name = ""
        """Of the room that runs, also the label of all that belongs to it."""
        self._guardian: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        """Start a room.

        Raises:
            KitError: the engine could not.
        """
        return self.run(["python", "-m", "grader.judge"])

    def run(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Run a program in a new room, its standard streams connected to pipes.

        Args:
            command: the program and its arguments; `python` is the image's.

        Raises:
            CourseError: the user in the containers cannot read the kit.
            KitError: the engine could not start it.
        """
        self._clear()
        for name in ("labkit", "grader"):
            _readable(_package(name))
        name = self.name = f"grader-{secrets.token_hex(6)}"
        self._guardian = _guardian(name)
        try:
            size = {"type": "tmpfs", "device": "tmpfs", "o": f"size={_SOCKETS_SIZE},uid={NOBODY},mode=0700"}
            client().volumes.create(name, driver="local", driver_opts=size, labels={LABEL: name})
            return start(
                ["docker", "run", "--rm", "--interactive", *self._options(name), docker_image.name(), *command],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            )
        except Exception as error:
            self._clear()
            raise KitError(f"Docker could not start a room: {error}.", fix="docker info") from None

    def _options(self, name: str) -> list[str]:
        shown = {f"{KIT}/{package}": _package(package) for package in ("labkit", "grader", "stack")}
        shown |= _for_cpp()
        shown |= {f"{COURSE_INSIDE}/{part}": self._course / part for part in ("labkit", "grader", "labs")
                  if (self._course / part).is_dir()}
        binds = [f"--mount=type=bind,source={folder},target={path},readonly" for path, folder in shown.items()]
        answers = [f"{path}/{kind}_answers" for path, folder in shown.items() for kind in ("right", "wrong")
                   if path.endswith("/grader") and (folder / f"{kind}_answers").is_dir()]
        settings = {ROOM: "docker", COURSE: COURSE_INSIDE, "PYTHONPATH": KIT, "HOME": "/tmp", "TMPDIR": "/tmp",
                    "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}
        return [
            f"--name={name}", f"--label={LABEL}={name}", f"--user={NOBODY}:{NOBODY}", "--network=none",
            "--hostname=room",
            "--read-only", "--init", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--log-driver=none",
            "--tmpfs=/tmp:rw,exec,mode=1777,size=2g", f"--mount=type=volume,source={name},target={SOCKETS}",
            *binds, *(f"--tmpfs={path}:ro,size=4k" for path in answers),
            *(f"--env={key}={value}" for key, value in settings.items()), "--workdir=/tmp",
        ]

    def prepare(self, lab: str) -> None:
        """Have ready what the capsules of a lab need: what their C++ is compiled with, by the image's compiler."""
        if not cpp_cache.needed(lab):
            return
        cpp_cache.fill(_compiled(), _compile)

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what a room asks for: make a capsule, say whether it runs, end it."""
        try:
            match asked["need"]:
                case "kernel":
                    return {"kernel": self._kernel(asked)}
                case "running":
                    return {"running": _running(asked["kernel"], self.name)}
                case "end":
                    return {"incidents": _end(asked["kernel"], self.name, Limits(**asked["limits"]))}
        except Exception as error:  # whatever the engine says is the room's to tell
            return {"error": f"{type(error).__name__}: {error}"}
        return {"error": f"a room cannot have {asked['need']}"}

    def _kernel(self, asked: dict[str, Any]) -> str:
        from docker.types import LogConfig

        limits, folder = Limits(**asked["limits"]), f"{SOCKETS}/{int(asked['number'])}"
        owned = f"uid={NOBODY},gid={NOBODY}"
        shown = {f"{KIT}/{package}": _package(package) for package in ("labkit", "stack")} | _for_cpp()
        made: Container = client().containers.run(
            docker_image.name(),
            ["python", "/run/boot.py", f"{folder}/kernel.json", rules.own_limits(limits, alone=False), folder],
            detach=True, labels={LABEL: self.name}, user=f"{NOBODY}:{NOBODY}", network_mode=f"container:{self.name}",
            read_only=True, init=True, cap_drop=["ALL"], security_opt=["no-new-privileges", _SECCOMP],
            log_config=LogConfig(type="none"), ipc_mode="private", shm_size=rules.SHARED_MEMORY,
            mem_limit=limits.memory + _OVERHEAD, memswap_limit=limits.memory + _OVERHEAD, pids_limit=limits.processes,
            tmpfs={rules.HOME: f"rw,exec,mode=0700,{owned},size={limits.disk}",
                   "/tmp": f"rw,exec,size={rules.TEMPORARY}", f"{KIT}/stack/parts": "ro,size=4k"},
            volumes={**{str(folder): {"bind": path, "mode": "ro"} for path, folder in shown.items()},
                     str(rules.BOOT): {"bind": "/run/boot.py", "mode": "ro"},
                     self.name: {"bind": SOCKETS, "mode": "rw"}},
            environment={**rules.environment(), "PATH": docker_image.PATH, "PYTHONPATH": KIT,
                         cpp_cache.SHARED: cpp_cache.INSIDE, **asked["environment"]},
            working_dir=rules.HOME,
        )
        return str(made.id)

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a room with all its capsules, and remove what it had."""
        self._clear()
        process.kill()
        process.wait()

    def _clear(self) -> None:
        guardian, self._guardian = self._guardian, None
        if guardian is not None:
            _dismiss(guardian)


def _guardian(name: str) -> subprocess.Popen[bytes]:
    """Start the process that removes what has this label, when it is told to and when this process is gone."""
    return subprocess.Popen(
        [sys.executable, "-m", "grader.capsule.docker_guardian", name], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )


def _dismiss(guardian: subprocess.Popen[bytes]) -> None:
    """Let a guardian remove everything. Containers end in one way, so it is always the one that was tested."""
    assert guardian.stdin is not None
    with contextlib.suppress(OSError):
        guardian.stdin.write(DONE)
        guardian.stdin.close()
    guardian.wait()


def _compile(seconds: float) -> bytes:
    """Compile in a container what all students of a lab share, with the image's compiler; see `cpp_cache.fill`."""
    shown = {f"{KIT}/labkit": _package("labkit"), f"{KIT}/grader": _package("grader"), **_for_cpp()}
    name = f"grader-cpp-{secrets.token_hex(6)}"
    guardian = _guardian(name)
    try:
        return subprocess.run([
            "docker", "run", "--rm", f"--label={LABEL}={name}", f"--user={NOBODY}:{NOBODY}", "--network=none",
            "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--log-driver=none",
            "--tmpfs=/tmp:rw,exec,mode=1777,size=512m",
            *(f"--mount=type=bind,source={folder},target={path},readonly" for path, folder in shown.items()),
            f"--env=PYTHONPATH={KIT}", "--env=HOME=/tmp", "--env=PYTHONDONTWRITEBYTECODE=1", "--workdir=/tmp",
            docker_image.name(), "python", "-m", "grader.capsule.cpp_cache", "tar",
        ], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=seconds).stdout
    finally:
        _dismiss(guardian)  # a client that is killed, as after too long, leaves its container running


def remove(name: str) -> bool:
    """Try once to remove all containers and volumes of a room.

    Args:
        name: of the room.

    Returns:
        Whether there were any: then some may still be there, because the engine itself removes them at this moment.
    """
    import docker.errors

    engine = client()
    mine: dict[str, str | list[str] | bool] = {"label": f"{LABEL}={name}"}
    found = engine.containers.list(all=True, filters=mine, ignore_removed=True)
    for container in found:
        with contextlib.suppress(docker.errors.APIError):
            container.remove(force=True, v=True)
    volumes = engine.volumes.list(filters=mine)
    for volume in volumes:
        with contextlib.suppress(docker.errors.APIError):
            volume.remove(force=True)
    return bool(found or volumes)


@cache
def client() -> DockerClient:
    """Return a client of the engine, as the docker provider of the kit finds it."""
    from labkit.services.providers.docker_engine import client as of_kit

    return of_kit(_TIMEOUT)


def _container(kernel: str, room: str) -> Container:
    found: Container = client().containers.get(kernel)
    if found.labels.get(LABEL) != room:
        raise KitError(f"{kernel} is no capsule of this room")
    return found


def _running(kernel: str, room: str) -> bool:
    import docker.errors

    try:
        return bool(_container(kernel, room).attrs["State"]["Running"])
    except docker.errors.NotFound:
        return False


def _end(kernel: str, room: str, limits: Limits) -> list[list[str]]:
    """Kill a capsule, and return the kinds and texts of its incidents."""
    import docker.errors

    found: list[list[str]] = []
    try:
        container = _container(kernel, room)
        if container.attrs["State"]["Running"]:
            found += [[incident.kind, incident.text] for incident in _met(container, limits)]
            with contextlib.suppress(docker.errors.APIError):
                container.kill()
            container.wait()
            container.reload()
        state = container.attrs["State"]
        if state["OOMKilled"]:
            found.append(["memory", f"It held more than {limits.memory >> 20} MiB of memory; it was ended."])
        if state["ExitCode"] == 128 + 24:  # SIGXCPU
            found.append(["cpu", f"The kernel had used {limits.cpu} s of processor time, all that it may."])
        container.remove(force=True, v=True)
    except docker.errors.NotFound:
        pass
    return found


def _met(container: Container, limits: Limits) -> list[Incident]:
    """Ask a running capsule which limits it has met. What it tells of its folder, only root in it can tell."""
    found = []
    with contextlib.suppress(Exception):
        stats: Any = container.stats(stream=False, one_shot=True)
        if stats["pids_stats"]["current"] >= limits.processes - 2:
            found.append(Incident("processes", "", f"It had {limits.processes} processes and threads at once, all that"
                                                   " it may."))
    with contextlib.suppress(Exception):
        said: Any = container.exec_run(["df", "--block-size=1", "--output=used", rules.HOME], user="0").output
        if int(said.split()[-1]) >= 0.95 * limits.disk:
            found.append(Incident("disk", "", f"Its folder was full: {limits.disk >> 20} MiB are allowed."))
    return found


def _package(name: str) -> Path:
    folder = view.package(name)
    if folder is None:
        raise KitError(f"The package {name} is not installed.")
    return folder


def _compiled() -> Path:
    """The folder of what was compiled in this image; another image may have another compiler."""
    return cpp_cache.folder(str(client().images.get(docker_image.name()).id).removeprefix("sha256:")[:16])


def _for_cpp() -> dict[str, Path]:
    """What C++ is compiled with, by its path inside."""
    return {**{f"{KIT}/firmware/{folder.name}": folder for folder in view.firmware()}, cpp_cache.INSIDE: _compiled()}


def _readable(folder: Path) -> None:
    """Refuse a folder that the user in the containers cannot read."""
    closed = [path for path in (folder, folder / "__init__.py") if not path.stat().st_mode & 0o004]
    if closed and sys.platform != "win32":
        raise CourseError(f"{closed[0]} can be read by your account only, and in containers another user reads it.",
                          f"let others read it: chmod -R o+rX {folder}")


def problem() -> str:
    """Return why Docker cannot be used here, with what to do about it; empty if it can."""
    import docker.errors

    from labkit.services.providers import docker_engine

    if (reason := docker_engine.problem(docker_engine.ANSWER_ASKED_FOR)) is not None:
        return f"no engine answers ({reason}): install and start it, https://docs.docker.com/engine/install/"
    try:
        client().images.get(docker_image.name())
    except docker.errors.ImageNotFound:
        return f"the image {docker_image.name()} is not built: python -m grader.capsule.docker_image"
    return ""
