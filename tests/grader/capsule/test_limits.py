"""What a capsule may use, and what is told of the one that wants more. The next capsule is as good as ever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.grader.capsule.ground import Cell, Ground

MEBIBYTE = 1 << 20
# Under Docker the engine's control group holds these limits: it refuses, or kills the process that asks, and the judge
# ends the rest by time. With bubblewrap a watcher ends the capsule, for which it needs no rights.


@pytest.fixture
def ground(bubblewrap_ground: Ground) -> Ground:
    return bubblewrap_ground


@pytest.fixture
def student(ground: Ground) -> Iterator[Cell]:
    cell = ground.capsule()
    yield cell
    cell.stop()


@pytest.mark.docker("capsule")
def test_a_container_is_held_by_its_control_group(docker_ground: Ground) -> None:
    cell = docker_ground.capsule(processes=60, disk=8 * MEBIBYTE, memory=300 * MEBIBYTE)
    told = cell.run("""
import subprocess, sys
try:
    for number in range(20):
        open(f"{number}", "wb").write(b"x" * (1 << 20))
except OSError as error:
    print(error.errno)
# The engine kills the largest, which must not be the kernel: so they come one after the other.
holds = "import time; held = bytearray(b'x') * (150 << 20); print('holds', flush=True); time.sleep(600)"
children = []
while not (died := {child.poll() for child in children} - {None}):
    children.append(subprocess.Popen([sys.executable, "-c", holds], stdout=subprocess.PIPE))
    children[-1].stdout.readline()
print(died)
for child in children:
    child.kill()
    child.wait()
""")
    assert told.splitlines() == ["28", "{-9}"], told
    stopped = cell.stop()
    assert set(stopped.kinds) == {"disk", "memory"}
    assert not stopped.running
    # A capsule of its own: where no process can be added, nobody can ask how full its folder is.
    bomb = docker_ground.capsule(processes=60)
    bomb.begin(FORK_BOMB)
    stopped = bomb.stop()
    assert stopped.kinds == ["processes"]
    assert not stopped.running


@pytest.mark.bubblewrap
def test_one_process_gets_a_memory_error_and_lives(ground: Ground) -> None:
    cell = ground.capsule(memory=300 * MEBIBYTE)
    assert cell.run("try:\n    x = bytearray(10**9)\nexcept MemoryError:\n    print('refused')") == "refused"
    assert cell.run("print(1 + 1)") == "2"
    assert cell.stop().kinds == []


@pytest.mark.bubblewrap
def test_a_process_that_lifts_its_own_limit_is_ended_by_what_it_holds(ground: Ground) -> None:
    cell = ground.capsule(memory=200 * MEBIBYTE)
    cell.dies_of("""
import resource, time
resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
held = bytearray(b"x") * (1 << 30)
time.sleep(600)
""")
    assert cell.stop().kinds == ["memory"]


@pytest.mark.bubblewrap
def test_many_processes_together_are_ended_by_the_memory_that_they_hold(ground: Ground) -> None:
    cell = ground.capsule(memory=200 * MEBIBYTE)
    cell.dies_of("""
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = bytearray(b"x") * (60 << 20)
        time.sleep(600)
time.sleep(600)
""")
    assert cell.stop().kinds == ["memory"]


@pytest.mark.bubblewrap
def test_memory_shared_by_processes_is_counted_once(ground: Ground) -> None:
    cell = ground.capsule(memory=300 * MEBIBYTE)
    told = cell.run("""
import os, time
held = bytearray(b"x") * (120 << 20)
children = []
for _ in range(6):
    if (child := os.fork()) == 0:
        time.sleep(1); os._exit(0)
    children.append(child)
print([os.waitpid(child, 0)[1] for child in children])
""")
    assert told == "[0, 0, 0, 0, 0, 0]"
    assert cell.stop().kinds == []


@pytest.mark.bubblewrap
def test_folders_in_memory_are_limited_and_count(ground: Ground) -> None:
    cell = ground.capsule(memory=150 * MEBIBYTE, disk=64 * MEBIBYTE)
    cell.dies_of("""
import time
for folder in ("/home/student", "/tmp", "/dev/shm", "/run/kernel"):
    written = 0
    try:
        for number in range(1000):
            with open(f"{folder}/{number}", "wb", buffering=0) as file:
                written += file.write(b"x" * (1 << 20))
    except OSError:
        pass
time.sleep(600)
""")
    assert "memory" in cell.stop().kinds


@pytest.mark.bubblewrap
def test_shared_memory_without_a_file_counts(ground: Ground) -> None:
    cell = ground.capsule(memory=200 * MEBIBYTE)
    cell.dies_of("import mmap, time\nheld = mmap.mmap(-1, 1 << 30)\nfor _ in range(400):\n"
                 "    held.write(b'x' * (1 << 20))\ntime.sleep(600)")
    assert cell.stop().kinds == ["memory"]


@pytest.mark.bubblewrap
def test_page_tables_count(ground: Ground) -> None:
    """Memory that is only read takes no page of its own, but an entry for each: four kilobytes for each two megabytes.

    Its limit for a process's memory does not count what cannot be written.
    """
    cell = ground.capsule(memory=200 * MEBIBYTE)
    cell.dies_of("""
import mmap, time
private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000  # MAP_NORESERVE
held = mmap.mmap(-1, 100_000 << 21, flags=private, prot=mmap.PROT_READ)
held.madvise(15)  # MADV_NOHUGEPAGE
for number in range(100_000):
    held[number << 21]
time.sleep(600)
""")
    assert cell.stop().kinds == ["memory"]


@pytest.mark.bubblewrap
def test_sockets_without_end_are_ended(ground: Ground) -> None:
    cell = ground.capsule()
    cell.dies_of("""
import os, socket, time
for _ in range(8):
    if os.fork() == 0:
        held = [socket.socketpair() for _ in range(200)]
        time.sleep(600)
time.sleep(600)
""")
    assert cell.stop().kinds == ["memory"]


@pytest.mark.bubblewrap
def test_a_full_folder_says_so_and_is_told(ground: Ground) -> None:
    cell = ground.capsule(disk=8 * MEBIBYTE)
    told = cell.run("""
import errno
try:
    for number in range(20):
        open(f"{number}", "wb").write(b"x" * (1 << 20))
except OSError as error:
    print(errno.errorcode[error.errno], number)
""")
    assert told in {"ENOSPC 7", "ENOSPC 8"}
    assert cell.run("print('alive')") == "alive"
    assert cell.stop().kinds == ["disk"]


@pytest.mark.bubblewrap
def test_a_million_empty_files_end_it(ground: Ground) -> None:
    cell = ground.capsule()
    cell.dies_of("import time\nfor number in range(10**6):\n    open(f'/tmp/{number}', 'w').close()\ntime.sleep(600)")
    assert cell.stop().kinds == ["disk"]


FORK_BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
THREADS = """
import threading, time
for _ in range(10_000):
    try:
        threading.Thread(target=time.sleep, args=(600,)).start()
    except RuntimeError:
        break
time.sleep(600)
"""


@pytest.mark.bubblewrap
@pytest.mark.parametrize("bomb", [FORK_BOMB, THREADS], ids=["processes", "threads"])
def test_a_fork_bomb_is_held_and_ended(ground: Ground, bomb: str) -> None:
    before = len(ground.look()["processes"])
    cell = ground.capsule(processes=60)
    cell.dies_of(bomb)
    assert cell.stop().kinds == ["processes"]
    assert len(ground.look()["processes"]) == before


@pytest.mark.bubblewrap
def test_a_burst_of_processes_that_ends_is_told_and_lives(ground: Ground) -> None:
    cell = ground.capsule(processes=60)
    told = cell.run("""
import os, signal, time
children = []
try:
    while True:
        if (child := os.fork()) == 0:
            time.sleep(600)
        children.append(child)
except OSError:
    time.sleep(0.5)  # long enough to be seen, and half of what a fork bomb is given
for child in children:
    os.kill(child, signal.SIGKILL); os.waitpid(child, 0)
print(len(children) > 30)
""")
    assert told == "True"
    assert cell.run("print('alive')") == "alive"
    assert cell.stop().kinds == ["processes"]


@pytest.mark.bubblewrap
def test_processor_time_ends_it_and_is_told(ground: Ground) -> None:
    cell = ground.capsule(cpu=3)
    cell.dies_of("while True: pass")
    assert cell.stop().kinds == ["cpu"]


@pytest.mark.bubblewrap
def test_no_limit_can_be_raised(student: Cell) -> None:
    told = student.run("""
import resource
for name in ("RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_NPROC"):
    soft, hard = resource.getrlimit(getattr(resource, name))
    assert hard != resource.RLIM_INFINITY, name
    try:
        resource.setrlimit(getattr(resource, name), (hard + 1, hard + 1)); print(name, "raised")
    except ValueError:
        pass
print(resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_NPROC))
""")
    assert told == "(0, 0) (256, 256)"


@pytest.mark.bubblewrap
def test_the_judge_comes_before_the_student(student: Cell) -> None:
    assert student.run("import os\nprint(os.nice(0) > 0)") == "True"
