"""Capsules of bubblewrap: https://github.com/containers/bubblewrap. This half runs in a room."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from grader.capsule import cpp_cache, rules, seccomp, view
from grader.capsule.channel import Channel
from grader.capsule.connection import connection, new_key
from grader.capsule.launcher import LaunchError
from grader.capsule.starter import start
from grader.capsule.watch import Capsule, Watcher
from grader.submission import Incident, Limits
from labkit.waiting import wait_until

SOCKETS = Path("/run/capsules")
"""A small folder in memory that the room makes: each capsule has one in it for its kernel's sockets."""
SOCKETS_SIZE = 16 << 20
_INSIDE = "/run/kernel"
_MOST_FILES = 200
_ENDING = 5.0


class BubblewrapKernel:
    """A kernel in a capsule.

    Args:
        process: bubblewrap, which ends with the kernel and whose end is the end of the capsule.
        capsule: the capsule as the watcher knows it.
        watcher: watches it.
        sockets: folder of its sockets.
        connection_file: its connection file as this room reads it.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], capsule: Capsule, watcher: Watcher, sockets: Path, connection_file: Path
    ) -> None:
        self._process = process
        self._capsule = capsule
        self._watcher = watcher
        self._sockets = sockets
        self.connection_file = connection_file

    def running(self) -> bool:
        """Whether the kernel's process lives."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Kill everything in the capsule, wait until it is gone, and remove its files."""
        self._watcher.look(self._capsule)
        self._capsule.kill()
        try:
            self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        # A kernel that ends by itself ends bubblewrap at once, and only then the system kills what else is in the
        # capsule. Its first process goes after all others.
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: not Path("/proc", str(self._capsule.first)).exists(), _ENDING, what="the capsule's end")
        self._watcher.forget(self._capsule, self._process.returncode)
        self.connection_file.unlink(missing_ok=True)
        _remove(self._sockets)

    def incidents(self) -> list[Incident]:
        """Limits that it met so far."""
        if self.running():
            self._watcher.look(self._capsule)
        else:
            self._watcher.forget(self._capsule, self._process.returncode)
        return list(self._capsule.incidents)


def _remove(folder: Path) -> None:
    """Remove what a student's code may have left beside the sockets: also closed folders, and those nested so deep
    that Python could not go down.
    """
    with contextlib.suppress(OSError):
        for entry in folder.iterdir():
            entry.unlink()
        folder.rmdir()
        return
    for command in (["/bin/chmod", "-R", "u+rwx"], ["/bin/rm", "-rf"]):
        subprocess.run([*command, "--", str(folder)], check=False, capture_output=True)


class BubblewrapLauncher:
    """Makes capsules in this room."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._watcher = Watcher()

    def start(self, files: Mapping[str, bytes], environment: Mapping[str, str], limits: Limits) -> BubblewrapKernel:
        """Start a kernel in a new capsule; see `grader.capsule.launcher.Launcher`."""
        rules.check(files)
        if len(files) > _MOST_FILES:
            raise LaunchError(f"A submission with {len(files)} files; at most {_MOST_FILES} can be put into a capsule.")
        number = next(self._numbers)
        sockets = SOCKETS / str(number)
        here = Path(rules.temporary(), f"kernel-{number}.json")
        key = new_key()
        try:
            sockets.mkdir(mode=0o700)
            here.write_bytes(connection(sockets, key))
        except OSError as error:
            raise LaunchError(f"A capsule could not be prepared: {error}.") from None
        arguments = _arguments(files, limits, sockets, connection(Path(_INSIDE), key))
        kernel = [sys.executable, "/run/boot.py", "/run/kernel.json", rules.own_limits(limits)]
        settings = {**rules.environment(), **view.search_path("labkit", "stack"), **environment}
        if compiled := _compiled():
            settings[cpp_cache.SHARED] = str(compiled[0])
        try:
            process, child = _run(arguments, kernel, settings)
        except LaunchError:
            shutil.rmtree(sockets, ignore_errors=True)
            here.unlink(missing_ok=True)
            raise
        capsule = Capsule(child, limits, process.pid)
        self._watcher.watch(capsule)
        return BubblewrapKernel(process, capsule, self._watcher, sockets, here)


def _arguments(files: Mapping[str, bytes], limits: Limits, sockets: Path, connected: bytes) -> view.Arguments:
    made = view.Arguments()
    made.add(
        "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--disable-userns",
        "--uid", str(rules.UID), "--gid", str(rules.UID), "--hostname", "capsule", "--cap-drop", "ALL",
        "--die-with-parent", "--new-session",
    )
    view.system(made, rules.USER, rules.UID)
    view.devices(made, rules.SHARED_MEMORY)
    view.hide_proc(made)
    view.private(made, rules.TEMPORARY, "/tmp", "1777")
    shown = [*view.python_folders(), *(folder for name in ("labkit", "stack") if (folder := view.package(name)))]
    view.show(made, [*shown, *view.firmware(), *_compiled()])
    for hidden in view.answers():
        if any(hidden.is_relative_to(outer) for outer in [*shown, Path("/usr")]):
            view.hide(made, hidden)
    view.private(made, limits.disk, rules.HOME)
    view.put(made, rules.HOME, files)
    made.mount("--bind", str(sockets), _INSIDE)
    made.mount("--ro-bind", str(rules.BOOT), "/run/boot.py")
    made.content("--ro-bind-data", connected, "/run/kernel.json")
    if (forbidden := seccomp.program()) is not None:
        made.filter(forbidden)
    made.add("--remount-ro", "/", "--chdir", rules.HOME)
    return made


def _compiled() -> list[Path]:
    """The folder of what a capsule need not compile, if this room has one."""
    place = os.environ.get(cpp_cache.SHARED, "")
    return [Path(place)] if place and Path(place).is_dir() else []


def _run(
    arguments: view.Arguments, command: list[str], environment: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], int]:
    """Run bubblewrap; return it and the number of the capsule's first process."""
    reading, writing = os.pipe()
    whole = [program(), "--info-fd", str(writing), *arguments.finished(), "--", *command]
    try:
        process = start(
            whole, env=dict(environment), pass_fds=[*arguments.descriptors, writing],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )
    except OSError as error:
        os.close(reading)
        raise LaunchError(f"bubblewrap could not be started: {error}.") from None
    finally:
        os.close(writing)
        arguments.close()
    with os.fdopen(reading, "rb") as told:
        answer = told.read()
    errors = process.stderr
    assert errors is not None
    try:
        child: int = json.loads(answer)["child-pid"]
    except (ValueError, KeyError):
        process.wait()
        log = errors.read(4096).decode(errors="replace").splitlines()
        errors.close()
        raise LaunchError("bubblewrap could not make a capsule.", log=log) from None
    # From here on it belongs to the student's code, which may write what it likes: nobody reads it.
    errors.close()
    return process, child


def trial(limits: Limits) -> str:
    """Make a capsule that says `works`, and return what it said.

    Args:
        limits: any.

    Raises:
        LaunchError: it could not be made.
    """
    sockets = SOCKETS / "trial"
    sockets.mkdir()
    arguments = _arguments({}, limits, sockets, b"{}")
    try:
        said = subprocess.run(
            [program(), *arguments.finished(), "--", sys.executable, "-I", "-S", "-c", "print('works')"],
            env=rules.environment(), pass_fds=arguments.descriptors, capture_output=True, text=True, check=False,
        )
    finally:
        arguments.close()
    if said.returncode:
        raise LaunchError(said.stderr.strip())
    return said.stdout.strip()


@cache
def program() -> str:
    """Return the path of bubblewrap; empty if there is none."""
    found = shutil.which("bwrap")
    return str(Path(found).resolve()) if found else ""


def launcher(_channel: Channel | None) -> BubblewrapLauncher:
    """Return the launcher of a room that bubblewrap made."""
    with contextlib.suppress(FileExistsError):
        SOCKETS.mkdir()
    return BubblewrapLauncher()


def problem() -> str:
    """Return why bubblewrap cannot be used here, with what to do about it; empty if it can."""
    from grader.capsule.bubblewrap_room import problem as of_room

    return of_room()
