"""Nothing is left of a capsule or a room, however it ends: no process, no file, no port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from grader.capsule import bubblewrap_room, cpp_cache, docker
from grader.capsule.starter import start
from grader.layout import CourseFiles
from labkit.waiting import wait_until
from tests import alive
from tests.conftest import stand_in
from tests.grader.capsule.ground import GUARD, Ground

DAEMON = """
import os, signal, subprocess, sys
server = "import socket, time\\ns = socket.create_server(('127.0.0.1', 0))\\ntime.sleep(600)"
for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(name, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", server, "a-daemon-of-a-student"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: signal.pause()
"""


def test_a_daemon_in_its_own_session_ends_with_the_capsule(ground: Ground) -> None:
    before = ground.look()
    cell = ground.capsule()
    cell.run(DAEMON)
    seen = cell.run("import glob\nprint([open(path).read() for path in glob.glob('/proc/[0-9]*/cmdline')])")
    assert "a-daemon-of-a-student" in seen
    stopped = cell.stop()
    assert not stopped.running
    after = ground.look()
    assert sorted(after["processes"]) == sorted(before["processes"])
    assert set(after["sockets"]) <= set(before["sockets"])  # one of an earlier capsule may have ended meanwhile


@pytest.mark.parametrize("code", [
    "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "import ctypes\nctypes.CDLL(None).pause()",
], ids=["ignores SIGINT", "stops itself", "waits in C"])
def test_a_kernel_that_does_not_listen_is_stopped(ground: Ground, code: str) -> None:
    cell = ground.capsule()
    cell.begin(code)
    stopped = cell.stop()
    assert not stopped.running


@pytest.mark.parametrize("code", [
    "import os\nos._exit(0)", "import ctypes\nctypes.string_at(0)", "import os\nos.abort()",
], ids=["exits", "segmentation fault", "aborts"])
def test_a_dead_kernel_is_noticed_and_takes_all_with_it(ground: Ground, code: str) -> None:
    before = ground.look()
    cell = ground.capsule()
    cell.run(DAEMON)
    cell.dies_of(code)
    cell.stop()
    assert sorted(ground.look()["processes"]) == sorted(before["processes"])


def test_closed_and_deep_folders_beside_the_sockets_are_removed(ground: Ground) -> None:
    before = ground.look()["sockets"]
    cell = ground.capsule()
    cell.run("""
import os
os.chdir("/run/kernel")
for _ in range(3000):
    os.mkdir("d"); os.chdir("d")
os.symlink("/etc/passwd", "/run/kernel/link"); os.mkfifo("/run/kernel/pipe"); os.chmod("/run/kernel/d", 0)
""")
    cell.stop()
    assert ground.look()["sockets"] == before
    assert ground.capsule().stop().kinds == []


def test_files_of_one_capsule_are_not_in_the_next(ground: Ground) -> None:
    cell = ground.capsule()
    cell.run("for folder in ('/home/student', '/tmp', '/dev/shm', '/run/kernel'): open(f'{folder}/left', 'w').close()")
    cell.stop()
    cell = ground.capsule()
    assert cell.run("import glob\nprint(glob.glob('/*/left') + glob.glob('/*/*/left'))") == "[]"
    cell.stop()


# A coordinator that makes a room with a capsule in it, and then says so and waits. Its room is started from a thread
# that has ended by then.
COORDINATOR = """
import sys, threading
from pathlib import Path
from grader.capsule import bubblewrap_room, docker
from grader.capsule.bubblewrap_room import BubblewrapRoom
from grader.layout import CourseFiles
from tests.conftest import stand_in
from tests.grader.capsule.ground import COMMAND, Ground
grounds = []
def make():
    course = CourseFiles(Path(sys.argv[1]))
    grounds.append(Ground(BubblewrapRoom(course), bubblewrap_room.run(list(COMMAND), course=course.root)))
thread = threading.Thread(target=make)
thread.start(); thread.join()
cell = grounds[0].capsule()
cell.run(sys.argv[2])
print("ready", flush=True)
cell.begin("while True: pass", 600)
"""


VICTIMS: dict[str, Callable[[list[psutil.Process]], int]] = {
    "bubblewrap of the room": lambda family: _find(family, "bwrap", 0),
    "first process of the room": lambda family: _find(family, "bwrap", 1),
    "the judge": lambda family: next(one.pid for one in family
                                     if alive.name(one) != "bwrap" and "class Student" in " ".join(alive.words(one))),
}


def _find(family: list[psutil.Process], name: str, place: int) -> int:
    return [process.pid for process in family if alive.name(process) == name][place]


@pytest.mark.bubblewrap
@pytest.mark.parametrize("victim", ["the coordinator", *VICTIMS])
def test_nothing_is_left_when_something_is_killed(victim: str, course: CourseFiles) -> None:
    repository = Path(__file__).parents[3]
    coordinator = subprocess.Popen(
        [sys.executable, "-c", COORDINATOR, str(course.root), DAEMON], cwd=repository, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    family: list[psutil.Process] = []
    try:
        assert coordinator.stdout is not None
        assert coordinator.stdout.readline() == "ready\n"
        family = psutil.Process(coordinator.pid).children(recursive=True)
        assert any("a-daemon-of-a-student" in " ".join(alive.words(process)) for process in family)
        os.kill(VICTIMS[victim](family) if victim in VICTIMS else coordinator.pid, signal.SIGKILL)
        wait_until(lambda: not any(alive.runs(process) for process in family), GUARD, what="all of it is gone")
    finally:
        coordinator.kill()
        coordinator.wait()
        coordinator.stdout.close() if coordinator.stdout else None
        for process in family:
            if alive.runs(process):
                process.kill()


# As above, with containers. It says which room is its.
DOCKER_COORDINATOR = """
import sys
from pathlib import Path
from grader.capsule.docker import DockerRoom
from grader.layout import CourseFiles
from tests.conftest import stand_in
from tests.grader.capsule.ground import IN_ROOM, Ground
maker = DockerRoom(CourseFiles(Path(sys.argv[1])))
cell = Ground(maker, maker.run(["python", "-c", IN_ROOM])).capsule()
print(maker.name, flush=True)
cell.begin("while True: pass", 600)
"""


@pytest.mark.docker("capsule")
def test_no_container_is_left_when_the_coordinator_is_killed(
    course: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_IMAGE", stand_in("capsule"))
    with subprocess.Popen(
        [sys.executable, "-c", DOCKER_COORDINATOR, str(course.root)], cwd=Path(__file__).parents[3], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as coordinator:
        assert coordinator.stdout is not None
        try:
            name = coordinator.stdout.readline().strip()
            assert _of_room(name) == 3, "a room, a capsule, a volume"
        finally:
            coordinator.kill()
    wait_until(lambda: not _of_room(name), GUARD, what="all of it is gone")


@pytest.mark.docker("capsule")
def test_no_container_is_left_of_compiling_that_took_too_long(
    course: CourseFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is killed then is Docker's client, of which the container knows nothing."""
    monkeypatch.setenv("GRADER_IMAGE", stand_in("capsule"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(docker.secrets, "token_hex", lambda _count: "of-this-test")
    name = "grader-cpp-of-this-test"
    work = threading.Thread(target=cpp_cache.fill, args=(tmp_path, docker._compile))
    work.start()
    wait_until(lambda: _of_room(name), GUARD, what="the container that compiles")
    for client in (one for one in psutil.Process().children() if f"--label={docker.LABEL}={name}" in alive.words(one)):
        client.kill()
    work.join(GUARD)
    assert (work.is_alive(), _of_room(name)) == (False, 0)


def _of_room(name: str) -> int:
    mine = ["--quiet", f"--filter=label={docker.LABEL}={name}"]
    listed = [subprocess.run(["docker", *words, *mine], capture_output=True, text=True, check=True).stdout.split()
              for words in (["ps", "--all"], ["volume", "ls"])]
    return sum(map(len, listed))


def test_a_process_survives_the_thread_that_asked_for_it() -> None:
    made: list[subprocess.Popen[bytes]] = []
    thread = threading.Thread(target=lambda: made.append(start(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)))
    thread.start()
    thread.join()
    (process,) = made
    assert process.communicate(b"still here", timeout=GUARD)[0] == b"still here"
    assert process.returncode == 0


@pytest.mark.bubblewrap
def test_a_coordinator_without_roots_rights_makes_the_same_rooms(course: CourseFiles) -> None:
    # A room is a machine whose only user is not root: in it, a room and a capsule are made once more.
    code = """
from grader.capsule import bubblewrap_room, docker
from grader.capsule.bubblewrap_room import problem
import subprocess, sys
print(repr(problem()))
program = "import os; print(sorted(name for name in os.listdir('/home')), os.getuid() != 0)"
print(bubblewrap_room.run([sys.executable, "-c", program]).communicate()[0].decode())
"""
    process = bubblewrap_room.run([sys.executable, "-c", code], course=course.root)
    output, errors = process.communicate(timeout=GUARD)
    assert output.decode().split("\n")[:2] == ["''", "['room'] True"], errors.decode()
