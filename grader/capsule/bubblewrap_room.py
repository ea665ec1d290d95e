"""Rooms of bubblewrap. This half runs in the coordinator's process."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.capsule import bubblewrap, bytecode, cpp_cache, view
from grader.capsule.launcher import COURSE, ROOM
from grader.capsule.starter import start
from grader.layout import CourseError, CourseFiles
from labkit.errors import KitError

JUDGE = (sys.executable, "-m", "grader.judge")
"""The program of every room."""

_TEMPORARY = 2 << 30
"""Size of a room's /tmp, where its services keep their data, in bytes."""
_FIRST_UID, _UIDS = 61184, 4000
"""Numbers that systemd keeps for services without an account (`DynamicUser=`): they own no file."""
_ROOMS = itertools.count()
_PACKAGES = ("labkit", "grader", "stack")

# A root that has become another user inside cannot make the /proc of a capsule below a /proc that bubblewrap covered in
# part, as it does for root. So it is mounted afresh, and root's rights are given up after that.
_ENTER = 'mount -t proc -o nosuid,nodev,noexec proc /proc && exec setpriv --reuid "$0" --regid "$0" --clear-groups' \
         ' --inh-caps=-all --bounding-set=-all --no-new-privs -- "$@"'
_CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")

_PROBING = 120.0
# What a room does: it makes a capsule, and asks whether anything in it runs.
_PROBE = """
from grader.capsule import bubblewrap
from grader.submission import Limits
print(bubblewrap.trial(Limits()))
"""
_SWITCHES = (
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
     "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04;"
     " its profile of bwrap, where there is one, must go too: sudo apparmor_parser -R"
     " /etc/apparmor.d/bwrap-userns-restrict)"),
    ("/proc/sys/user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=10000"),
)


class BubblewrapRoom:
    """Makes rooms: own network with loopback only, own processes, and of the files what the judge needs.

    Args:
        course: the course whose cases are read.
    """

    def __init__(self, course: CourseFiles) -> None:
        self._course = course.root.resolve()
        self.course_root = str(self._course)

    def start(self) -> subprocess.Popen[bytes]:
        """Start a room.

        Raises:
            CourseError: a folder cannot be read by the user that the room runs as.
            KitError: bubblewrap could not be started.
        """
        bytecode.write(folder for name in _PACKAGES if (folder := view.package(name)) is not None)
        return run(list(JUDGE), course=self._course, settings={COURSE: self.course_root})

    def prepare(self, lab: str) -> None:
        """Have ready what the capsules of a lab need: what their C++ is compiled with."""
        if cpp_cache.needed(lab):
            cpp_cache.fill(cpp_cache.folder())

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Refuse: such a room makes its capsules itself."""
        return {"error": f"a room of bubblewrap does not ask for {asked['need']}"}

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a room: bubblewrap's child dies with it, and with that, all that runs in the room."""
        process.kill()
        process.wait()


def run(
    command: list[str], *, course: Path | None = None, settings: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Run a program in a new room, its standard streams connected to pipes.

    Args:
        command: the program and its arguments.
        course: root of the course.
        settings: variables of its environment, beside what every room has.

    Raises:
        CourseError: a folder cannot be read by the user that the room runs as.
        KitError: bubblewrap could not be started.
    """
    made = view.Arguments()
    try:
        entering = _arguments(made, course)
        return start(
            [bubblewrap.program(), *made.finished(), "--", *entering, *command],
            env={**_environment(), **view.search_path(*_PACKAGES), **(settings or {})}, pass_fds=made.descriptors,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
    except OSError as error:
        raise KitError(f"bubblewrap could not be started: {error}.", fix="sudo apt install bubblewrap.") from None
    finally:
        made.close()


def _arguments(made: view.Arguments, course: Path | None) -> list[str]:
    """Add the arguments of a room; return the command that goes before the room's own."""
    root = os.geteuid() == 0
    uid = _FIRST_UID + (os.getpid() * 16 + next(_ROOMS)) % _UIDS if root else os.geteuid()
    made.add("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
             "--hostname", "room", "--die-with-parent", "--new-session")
    if root:
        for name in _CAPABILITIES:
            made.add("--cap-add", name)
    else:
        made.add("--unshare-user")
    view.system(made, "room", uid)
    made.add("--proc", "/proc", "--dev", "/dev")
    owner = "0777" if root else "0700"  # nobody else is in here
    view.private(made, _TEMPORARY, "/tmp", "1777")
    view.private(made, bubblewrap.SOCKETS_SIZE, str(bubblewrap.SOCKETS), owner)
    view.private(made, _TEMPORARY, "/home/room", owner)
    folders = _folders(course)
    view.show(made, folders)
    for folder in _solutions(folders):
        view.hide(made, folder)
    made.add("--remount-ro", "/", "--chdir", "/home/room")
    return ["/bin/sh", "-c", _ENTER, str(uid)] if root else []


def _folders(course: Path | None) -> list[Path]:
    """What a room sees, beside the system: Python, what is installed for it, the packages here, the course's cases."""
    folders = [*view.python_folders(), Path(bubblewrap.program()).parent]
    folders += [folder for name in _PACKAGES if (folder := view.package(name)) is not None]
    folders += [*view.firmware(), cpp_cache.folder()]
    if course is not None:
        folders += [course / name for name in ("labkit", "grader", "labs") if (course / name).is_dir()]
    cases = [file for folder in folders for part in ("hidden", "checks") for file in folder.glob(f"{part}/*.py")]
    for path in [*folders, *cases]:
        if os.geteuid() == 0 and not path.stat().st_mode & 0o004:
            raise CourseError(f"{path} can be read by root only, and submissions are never judged as root.",
                              f"let others read it: chmod -R o+rX {path}")
        if not os.access(path, os.R_OK):
            raise CourseError(f"{path} cannot be read.", f"let your account read it: chmod -R u+rX {path}")
    return folders


def _solutions(folders: list[Path]) -> list[Path]:
    """Folders with answers in what a room sees. The judge does not need them."""
    return [folder / name for folder in folders if folder.name == "grader"
            for name in ("right_answers", "wrong_answers") if (folder / name).is_dir()]


def _environment() -> dict[str, str]:
    """The environment of a room: nothing of the instructor's but which provider to take for a service."""
    kept = {name: value for name, value in os.environ.items()
            if name.startswith("LABKIT_") and name.endswith("PROVIDER")}
    system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {
        **kept, ROOM: "bubblewrap", "HOME": "/home/room", "TMPDIR": "/tmp", "USER": "room", "LANG": "C.UTF-8",
        "TZ": "UTC", "PATH": f"{Path(sys.executable).parent}:{system}", "PYTHONDONTWRITEBYTECODE": "1",
        cpp_cache.SHARED: str(cpp_cache.folder()),
    }


def problem() -> str:
    """Return why bubblewrap can make no rooms here, with what to do about it; empty if it can.

    Raises:
        KitError: it has not answered in time.
    """
    if not sys.platform.startswith("linux"):
        return "there is none for this system; it needs Linux"
    if not bubblewrap.program():
        return "it is not installed: sudo apt install bubblewrap"
    try:
        tried = run([sys.executable, "-c", _PROBE])
    except (CourseError, KitError) as error:
        return str(error)
    try:
        output, errors = tried.communicate(timeout=_PROBING)
    except subprocess.TimeoutExpired:
        tried.kill()
        tried.communicate()
        # No reason to do without it: rooms would then be of another kind from one run to the next.
        raise KitError(f"bubblewrap made no capsule for a trial within {_PROBING:g} s.",
                       fix="wait until this machine is less busy.") from None
    if tried.returncode == 0 and output.strip() == b"works":
        return ""
    said = errors.decode(errors="replace").strip().splitlines()[-1:] or [f"status {tried.returncode}"]
    return f"a capsule for a trial could not be made ({said[0]}). {_advice()}".strip()


def _advice() -> str:
    for path, bad, advice in _SWITCHES:
        with contextlib.suppress(OSError):
            if Path(path).read_text(encoding="ascii").strip() == bad:
                return f"This system forbids it: {advice}"
    return "In a container, start that with --security-opt seccomp=unconfined --security-opt systempaths=unconfined."
