"""What a room and a capsule see of the machine's files, as arguments of bubblewrap."""

from __future__ import annotations

import importlib.util
import os
import site
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_PUBLIC_ETC = (
    "alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "mime.types", "ssl/certs", "ssl/openssl.cnf",
    "nginx/mime.types", "java-17-openjdk", "java-21-openjdk",
)
"""What programs look up in /etc and what tells nothing about this machine's people or networks."""
_HIDDEN_PROC = (
    "acpi", "asound", "bus", "fs", "irq", "kallsyms", "kcore", "key-users", "keys", "kmsg", "latency_stats", "modules",
    "sched_debug", "scsi", "slabinfo", "sysrq-trigger", "timer_list", "timer_stats", "vmallocinfo",
)
"""Docker hides most of these too (`MaskedPaths`)."""


class Arguments:
    """Arguments of bubblewrap as they grow, and the open files that some of them name."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.descriptors: list[int] = []
        self._made = {"/"}

    def add(self, *words: str) -> None:
        """Add arguments."""
        self.words += words

    def parents(self, path: str) -> None:
        """Make the folders above a path. Those that bubblewrap makes by itself may be closed to other users."""
        for folder in reversed(Path(path).parents[:-1]):
            if str(folder) not in self._made:
                self._made.add(str(folder))
                self.add("--perms", "0755", "--dir", str(folder))

    def mount(self, option: str, source: str, path: str) -> None:
        """Show something of the machine.

        Args:
            option: `--ro-bind`, `--ro-bind-try` or `--bind`.
            source: what is shown.
            path: where, inside.
        """
        self.parents(path)
        self.add(option, source, path)

    def content(self, option: str, content: bytes, path: str) -> None:
        """Add a file with a content of its own.

        Args:
            option: `--file` or `--ro-bind-data`.
            content: of the file.
            path: where it is inside.
        """
        number = self._file(content)
        self.parents(path)
        self.add("--perms", "0644", option, str(number), path)

    def filter(self, program: bytes) -> None:
        """Load a seccomp filter."""
        self.add("--seccomp", str(self._file(program)))

    def finished(self) -> list[str]:
        """Return the arguments as bubblewrap gets them: in a file, as every process inside can read a command line."""
        words = b"".join(word.encode() + b"\0" for word in self.words)
        return ["--args", str(self._file(words))]

    def _file(self, content: bytes) -> int:
        number = os.memfd_create("file")
        self.descriptors.append(number)
        with os.fdopen(os.dup(number), "wb") as file:
            file.write(content)
        os.lseek(number, 0, os.SEEK_SET)
        return number

    def close(self) -> None:
        """Close the files, when bubblewrap has them."""
        for number in self.descriptors:
            os.close(number)
        self.descriptors.clear()


def system(arguments: Arguments, user: str, uid: int) -> None:
    """Show the system's programs and libraries, and an /etc with one person in it.

    Args:
        arguments: added to.
        user: the person's name.
        uid: its number, also of its group.
    """
    arguments.mount("--ro-bind", "/usr", "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        top = Path("/", name)
        if top.is_symlink():
            arguments.add("--symlink", str(top.readlink()), str(top))
        elif top.is_dir():
            arguments.mount("--ro-bind", str(top), str(top))
    for name in _PUBLIC_ETC:
        if Path("/etc", name).exists():
            arguments.mount("--ro-bind", f"/etc/{name}", f"/etc/{name}")
    home = f"/home/{user}"
    made = {
        "passwd": f"root:x:0:0::/nonexistent:/bin/false\n{user}:x:{uid}:{uid}::{home}:/bin/sh\n"
                  "nobody:x:65534:65534::/nonexistent:/bin/false\n",
        "group": f"root:x:0:\n{user}:x:{uid}:\nnogroup:x:65534:\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n",
        "host.conf": "multi on\n",
    }
    for name, text in made.items():
        arguments.content("--ro-bind-data", text.encode(), f"/etc/{name}")


def python_folders() -> list[Path]:
    """List the folders that this Python needs to run what is installed for it, outermost first."""
    found = [Path(sys.base_prefix), Path(sys.base_exec_prefix), Path(sys.prefix), Path(sys.executable).parent,
             Path(os.path.realpath(sys.executable)).parent]
    if site.ENABLE_USER_SITE:
        found.append(Path(site.getusersitepackages()))
    return _outermost(path.absolute() for path in found if path.is_dir())


def package(name: str) -> Path | None:
    """Return the folder of an importable package; None if there is none.

    Args:
        name: of a top-level package. The kit reads `stack` beside itself, wherever another may be found.
    """
    if name == "stack" and (kit := package("labkit")) is not None and (kit.parent / name).is_dir():
        return kit.parent / name
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]).absolute() if places else None


def search_path(*names: str) -> dict[str, str]:
    """Return the variable that makes Python find packages where this process has found them.

    An installed package is found without it; one in a folder that happens to be the current one is not.

    Args:
        names: of packages.
    """
    shown = [*python_folders(), Path("/usr")]
    parents = [folder.parent for name in names if (folder := package(name)) is not None
               and not any(folder.is_relative_to(outer) for outer in shown)]
    return {"PYTHONPATH": os.pathsep.join(dict.fromkeys(map(str, parents)))} if parents else {}


def show(arguments: Arguments, folders: Iterable[Path]) -> None:
    """Show folders at their own paths, read-only.

    Args:
        arguments: added to.
        folders: what is shown. A folder inside another, or inside /usr, is there already.
    """
    for folder in _outermost(folders):
        if not folder.is_relative_to("/usr"):
            arguments.mount("--ro-bind", str(folder), str(folder))


def answers() -> list[Path]:
    """List the folders that hold answers or are the instructors' own: no capsule shows them."""
    stack = package("stack")
    found = [package("grader"), package("house_parts"), stack / "parts" if stack is not None else None]
    return [folder for folder in found if folder is not None and folder.is_dir()]


def firmware() -> list[Path]:
    """List the folders of the firmware's sources, which a student's C++ is compiled with; its tests are left out."""
    kit = package("labkit")
    found = [kit.parent / "firmware" / name for name in ("lib", "src")] if kit is not None else []
    return [folder for folder in found if folder.is_dir()]


def hide(arguments: Arguments, folder: Path) -> None:
    """Put an empty read-only folder over one that is shown.

    Args:
        arguments: added to.
        folder: what is hidden.
    """
    arguments.add("--size", "4096", "--tmpfs", str(folder), "--remount-ro", str(folder))


def devices(arguments: Arguments, shared_memory: int) -> None:
    """Make /proc and /dev. Nothing can be stored there but in /dev/shm.

    Args:
        arguments: added to.
        shared_memory: size of /dev/shm, in bytes.
    """
    arguments.add("--proc", "/proc", "--dev", "/dev")
    arguments.add("--proc", "/proc", "--dev", "/dev")
    arguments.add("--size", str(shared_memory), "--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro", "/dev")


def hide_proc(arguments: Arguments) -> None:
    """Hide what /proc tells about the whole machine, and let no setting of the system be changed.

    Not in a room: no /proc could be made in its capsules then.
    """
    # Some settings of a namespace can be changed by its user: shared memory, message queues.
    arguments.add("--ro-bind", "/proc/sys", "/proc/sys")
    for name in _HIDDEN_PROC:
        path = Path("/proc", name)
        if path.is_dir():
            hide(arguments, path)
        elif path.exists():
            arguments.add("--ro-bind", "/dev/null", str(path))


def private(arguments: Arguments, size: int, path: str, mode: str = "0700") -> None:
    """Make an empty private folder in memory.

    Args:
        arguments: added to.
        size: the most that fits into it, in bytes.
        path: where.
        mode: its permissions, in octal.
    """
    arguments.parents(path)
    arguments.add("--size", str(size), "--perms", mode, "--tmpfs", path)


def put(arguments: Arguments, folder: str, files: Mapping[str, bytes]) -> None:
    """Put files into a folder made by `private`.

    Args:
        arguments: added to.
        folder: the folder.
        files: checked relative path to content.
    """
    for name, content in files.items():
        arguments.content("--file", content, f"{folder}/{name}")


def _outermost(folders: Iterable[Path]) -> list[Path]:
    kept: list[Path] = []
    for folder in sorted(set(folders), key=lambda path: len(path.parts)):
        if not any(folder.is_relative_to(outer) for outer in kept):
            kept.append(folder)
    return kept
