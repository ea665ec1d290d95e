"""A target course, a folder outside that must stay as it is, and a room that all attempts of one worker share."""

from __future__ import annotations

import contextlib
import shutil
import socket
import sqlite3
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from grader import sources
from grader.capsule.choose import Kind
from grader.capsule.room import Room
from grader.layout import CourseFiles
from grader.release import release
from labkit.waiting import wait_until
from tests.conftest import stand_in
from tests.hostile.harness import HERE, SECRET, Watch

REPOSITORY = HERE.parents[1]


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder that the unprivileged user of a room may read: pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def course(place: Path) -> CourseFiles:
    """The target course, released."""
    root = place / "course"
    shutil.copytree(HERE / "course", root, ignore=shutil.ignore_patterns("ruff.toml", "__pycache__"))
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    shutil.copy(REPOSITORY / "grader" / "nbgrader_config.py", root / "grader")
    made = CourseFiles(root)
    for lab in made.labs():
        sources.rewrite(lab)
    release(made, made.labs())
    return made


@pytest.fixture(scope="session")
def watch(place: Path, course: CourseFiles) -> Iterator[Watch]:
    """A folder outside with a canary, a gradebook and another's submission, and a server of the host."""
    outside = place / "outside"
    (outside / "submitted" / "ada" / "91-target").mkdir(parents=True)
    (outside / "canary.txt").write_text(SECRET, encoding="utf-8")
    (outside / "submitted" / "ada" / "91-target" / "91-target.ipynb").write_text(SECRET, encoding="utf-8")
    with sqlite3.connect(outside / "gradebook.db") as book:
        book.execute("CREATE TABLE grade (student TEXT, manual_score REAL)")
        book.execute("INSERT INTO grade VALUES (?, 0)", (SECRET,))
    # Were it visible in a capsule, anybody could change it: so it is not the file's mode that protects it.
    for path in (outside, *outside.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    made = Watch(outside, course.root, f"h{uuid.uuid4().hex[:8]}")
    made.remember()
    with _listening(made) as address:
        made.address = address
        yield made


class _listening:  # noqa: N801 - used as a function
    """A server on all addresses of the host, and one on an abstract socket: whoever connects is noted."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        tcp = socket.create_server(("0.0.0.0", 0))
        abstract = socket.socket(socket.AF_UNIX)
        abstract.bind(f"\0{watch.id}")
        abstract.listen()
        self._sockets = [tcp, abstract]
        self._threads = [threading.Thread(target=self._serve, args=(each,), daemon=True) for each in self._sockets]

    def __enter__(self) -> tuple[str, int]:
        for thread in self._threads:
            thread.start()
        return _own_address(), self._sockets[0].getsockname()[1]

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                link, peer = listening.accept()
            except OSError:
                return
            # Other tests may ask at a port that was theirs a moment ago: an attempt says who it is.
            with link, contextlib.suppress(OSError):
                link.settimeout(5)
                if link.recv(100).startswith(b"hostile"):
                    self._watch.connections.append(str(peer))

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)


def _own_address() -> str:
    """An address of this machine that is not loopback, if it has one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(asking.getsockname()[0])


@pytest.fixture(scope="session")
def facts(watch: Watch, course: CourseFiles) -> Mapping[str, object]:
    """What stands in the places of `{{NAME}}` in attempts."""
    host, port = watch.address
    return {"CANARY": watch.outside / "canary.txt", "OUTSIDE": watch.outside, "COURSE": course.root, "HOST": host,
            "PORT": port, "ID": watch.id}


@pytest.fixture(scope="session")
def rooms(course: CourseFiles, watch: Watch) -> Iterator[Callable[[Kind], Room]]:
    """Give the room of a kind: one for all attempts of this worker, as `grader run` uses it."""
    made: dict[Kind, Room] = {}
    secret = pytest.MonkeyPatch()
    secret.setenv("INSTRUCTOR_TOKEN", SECRET)
    secret.setenv("GRADER_IMAGE", stand_in("capsule"))

    def room(kind: Kind) -> Room:
        if kind not in made:
            made[kind] = Room(kind, course)
        return made[kind]

    yield room
    secret.undo()
    for each in made.values():
        each.close()
    wait_until(lambda: not daemons(watch.id), 30, what="the end of all processes of the attempts")


def daemons(mark: str) -> list[str]:
    """Return the processes of this machine that an attempt started to outlive it."""
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
        except psutil.Error:
            continue
        # Only as the program's own name: a test's parameters may stand in other command lines.
        if line and line[0] == f"hostile-daemon-{mark}":
            found.append(" ".join(line))
    return found
