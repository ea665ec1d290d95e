"""What code in a capsule sees, reaches and can change: nothing but its own."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.layout import CourseFiles
from tests.grader.capsule.conftest import CANARY
from tests.grader.capsule.ground import Cell, Ground

# Numbers of x86-64 and of the others, from asm/unistd_64.h and asm-generic/unistd.h.
SYSTEM_CALLS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "bpf": (321, 280), "reboot": (169, 142),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "memfd_create": (319, 279), "init_module": (175, 105),
    "open_by_handle_at": (304, 265), "sethostname": (170, 161), "io_uring_setup": (425, 425), "msgget": (68, 186),
    "shmget": (29, 194), "semget": (64, 190), "pidfd_getfd": (438, 438), "quotactl": (179, 60), "swapon": (167, 224),
    "kexec_load": (246, 104), "settimeofday": (164, 170),
}

PRIVATE = ("/root", "/home", "/var", "/srv", "/opt", "/mnt", "/tmp")


def test_the_kernel_works_with_what_students_import_and_was_given(student: Cell) -> None:
    told = student.run(
        "import os, numpy, pandas, influxdb_client, paho.mqtt.client, labkit, plotly\n"
        "print(os.getcwd(), open('data/readings.csv').read().split(), os.environ['HOUSE'], numpy.arange(3).sum())"
    )
    assert told == "/home/student ['t,v', '1,2'] mine 3"


def test_a_file_named_like_a_module_does_not_take_its_place(ground: Ground) -> None:
    names = ("json", "random", "queue", "labkit", "ipykernel", "zmq", "tornado", "traitlets")
    files = {f"{name}.py": b"raise RuntimeError('not this one')" for name in names}
    cell = ground.capsule(files={**files, "helper.py": b"value = 7"})
    assert cell.run("import json, random, queue, labkit.checks.kernel_host, helper\nprint(helper.value)") == "7"
    cell.stop()


def test_nothing_of_the_instructors_is_in_its_files(student: Cell, course: CourseFiles, outside: Path) -> None:
    told = student.run(f"""
import os
print([os.path.exists(path) for path in {[str(course.root), str(outside), str(outside.parent)]!r}])
found = []
for root in {[str(Path.home()), *PRIVATE]!r}:
    for folder, _, files in os.walk(root):
        for path in (os.path.join(folder, name) for name in files):
            try:
                if os.path.getsize(path) < 10_000 and {CANARY!r} in open(path, errors="replace").read():
                    found.append(path)
            except OSError:
                pass
print(found)
""")
    assert told.splitlines() == ["[False, False, False]", "[]"]


def test_kit_and_stack_can_be_imported_not_the_grader_nor_the_parts(student: Cell) -> None:
    told = student.run("""
import importlib, os
for name in ("labkit.checks.lab01", "stack.f2.stage", "grader", "grader.capsule.boot", "stack.parts.mqtt", "solutions"):
    try:
        importlib.import_module(name); print(name, "is here")
    except ImportError:
        pass
import sys
print([name for path in sys.path for name in ("grader", "stack/parts", "house_parts")
       if os.path.isdir(os.path.join(path, name)) and os.listdir(os.path.join(path, name))])
""")
    assert told.splitlines() == ["labkit.checks.lab01 is here", "stack.f2.stage is here", "[]"]


def test_no_file_of_hidden_cases_or_answers_is_anywhere(student: Cell) -> None:
    told = student.run("""
import os
names = {"right_answers", "wrong_answers", "hidden", "submitted", "gradebook.db", "solutions", "autograded"}
places = [os.path.join(folder, name) for folder, folders, files in os.walk("/")
          for name in (*folders, *files) if name in names or name.endswith(".answers")]
usual = ("/usr/", "/run/kernel", "/proc", "/sys")
print([place for place in places if not place.startswith(usual) and "site-packages" not in place])
""")
    assert told == "[]"


def test_it_can_write_in_its_own_folders_only(student: Cell) -> None:
    told = student.run("""
import os
writable = set()
for folder, folders, _ in os.walk("/"):
    if folder == "/proc":
        folders[:] = ["self", "sys", "fs", "bus", "irq", "net"]
    if folder.startswith("/proc/self/task") or folder.startswith("/proc/self/cwd"):
        folders[:] = []
    try:
        name = os.path.join(folder, ".probe")
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY)); os.unlink(name); writable.add(folder)
    except OSError:
        pass
print(sorted(path for path in writable if not path.startswith(("/home/student/", "/tmp/", "/run/kernel/"))))
""")
    # Docker has a /dev/mqueue; what lies in it is limited by RLIMIT_MSGQUEUE.
    assert told.replace("'/dev/mqueue', ", "") == "['/dev/shm', '/home/student', '/run/kernel', '/tmp']"


def test_settings_of_the_system_cannot_be_changed(student: Cell) -> None:
    told = student.run("""
import os
changed = []
for folder, _, files in os.walk("/proc/sys"):
    for name in files:
        path = os.path.join(folder, name)
        try:
            with open(path, "r+b") as file:  # what stands there is written again: nothing can change
                text = file.read(4096); file.seek(0); file.write(text); file.flush(); changed.append(path)
        except OSError:
            pass
print(changed)
""")
    assert told == "[]"


def test_programs_of_the_system_cannot_be_opened_for_writing(student: Cell) -> None:
    # O_WRONLY without O_TRUNC: the file stays as it is, even if the wall had a hole.
    told = student.run("""
import os, sys, labkit
for path in (sys.executable, os.path.realpath(sys.executable), labkit.__file__, "/usr/bin/env", "/etc/passwd",
             "/run/boot.py", "/etc/ld.so.cache"):
    try:
        os.close(os.open(path, os.O_WRONLY)); print(path, "can be written")
    except OSError as error:
        assert error.errno in (1, 13, 26, 30), error
print("done")
""")
    assert told == "done"


def test_the_environment_has_nothing_of_the_instructors(student: Cell, ground: Ground) -> None:
    told = student.run("""
import glob, os
seen = [dict(os.environ)]
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        seen.append(open(path).read())
    except OSError:
        pass
print(seen)
""")
    assert CANARY not in told
    assert "GRADER" not in told
    room = ground.look()["environment"]
    assert CANARY not in str(room)
    assert not {"SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "JPY_PARENT_PID"} & set(room)


def test_it_sees_no_process_but_its_own(student: Cell) -> None:
    told = student.run("""
import glob
print(sorted({open(path).read().split("\\0")[0].rsplit("/")[-1] for path in glob.glob("/proc/[0-9]*/cmdline")}))
""")
    assert set(eval(told)) <= {"bwrap", "docker-init", Path(sys.executable).name, "python"}


def test_a_signal_to_everybody_reaches_itself_only(ground: Ground) -> None:
    cell = ground.capsule()
    cell.dies_of("import os, signal\nfor pid in range(1, 400):\n    try: pid == os.getpid() or os.kill(pid, 9)\n"
                 "    except OSError: pass\ntry: os.kill(-1, 9)\nexcept OSError: pass\nos.kill(os.getpid(), 9)")
    cell.stop()
    assert ground.capsule().stop().kinds == []


@pytest.fixture
def host_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_network_is_loopback_with_the_services_of_the_room(student: Cell, ground: Ground, host_port: int) -> None:
    own = ground.ask(do="serve")["port"]
    told = student.run(f"""
import errno, socket
def reach(family, kind, address):
    with socket.socket(family, kind) as peer:
        peer.settimeout(3)
        try:
            peer.connect(address); return peer.recv(100).decode() if kind == socket.SOCK_STREAM else "sent"
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error))
print(reach(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", {own})))
print(reach(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", {host_port})))
for address in ("8.8.8.8", "169.254.169.254", "10.0.0.1", "172.17.0.1"):
    print(reach(socket.AF_INET, socket.SOCK_STREAM, (address, 80)),
          reach(socket.AF_INET, socket.SOCK_DGRAM, (address, 53)))
print(reach(socket.AF_INET6, socket.SOCK_STREAM, ("2001:4860:4860::8888", 80)))
try:
    print(socket.getaddrinfo("example.org", 80))
except OSError:
    print("no name")
print(sorted(name for _, name in socket.if_nameindex()))
""").splitlines()
    assert told[0] == "a service of the room"
    assert told[1] == "ECONNREFUSED"
    assert set(told[2:6]) == {"ENETUNREACH ENETUNREACH"}
    assert told[6] in {"ENETUNREACH", "EADDRNOTAVAIL"}
    assert told[7] == "no name"
    assert "lo" in told[8]
    assert "eth" not in told[8]


def test_an_abstract_socket_of_the_host_is_out_of_reach(student: Cell) -> None:
    name = f"\0grader-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        told = student.run(f"""
import socket
peer = socket.socket(socket.AF_UNIX)
try:
    peer.connect({name!r}); print("reached")
except OSError as error:
    print(error.errno)
""")
    assert told == "111"


def test_system_calls_that_reach_around_the_walls_are_refused(student: Cell) -> None:
    told = student.run(f"""
import ctypes, platform
libc, column = ctypes.CDLL(None, use_errno=True), 0 if platform.machine() == "x86_64" else 1
for name, numbers in {SYSTEM_CALLS!r}.items():
    ctypes.set_errno(0)
    # Arguments that mean nothing: even where it were allowed, nothing would happen.
    result = libc.syscall(numbers[column], -1, 0, 0, 0, 0, 0)
    if result != -1 or ctypes.get_errno() not in (1, 38):
        print(name, result, ctypes.get_errno())
print("done")
""")
    assert told == "done"


def test_no_family_of_sockets_leads_out_of_the_network_namespace(student: Cell) -> None:
    told = student.run("""
import socket
made = []
for family in range(1, 46):
    try:
        socket.socket(family, socket.SOCK_STREAM).close(); made.append(family)
    except OSError:
        pass
print(made)
""")
    assert set(eval(told)) <= {int(socket.AF_UNIX), int(socket.AF_INET), int(socket.AF_INET6)}


def test_it_has_no_rights_and_cannot_get_any(student: Cell) -> None:
    status = dict(line.split(":\t", 1) for line in student.run(
        "print(open('/proc/self/status').read())").splitlines() if ":\t" in line)
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert "0" not in status["Uid"].split()
    told = student.run("""
import subprocess
for command in (["su", "-c", "id"], ["unshare", "-U", "true"], ["mount", "-t", "tmpfs", "none", "/tmp"],
                ["bwrap", "--unshare-user", "--ro-bind", "/", "/", "true"], ["chroot", "/", "true"]):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        print(command[0], "works" if done.returncode == 0 else "")
    except (FileNotFoundError, PermissionError):
        pass
""")
    assert "works" not in told


def test_it_has_no_terminal_to_type_into(student: Cell) -> None:
    told = student.run("""
import fcntl, os
for name in ("/dev/tty", "/dev/console", "/dev/pts/0"):
    try:
        os.open(name, os.O_RDWR); print(name, "opens")
    except OSError:
        pass
master, slave = os.openpty()
try:
    fcntl.ioctl(slave, 0x5412, b"x"); print("TIOCSTI works")
except OSError as error:
    print(error.errno)
""")
    assert told in {"1", "5"}


def test_the_room_is_another_user_without_rights_when_the_grader_is_root(ground: Ground) -> None:
    uid, status = ground.look()["user"]
    assert uid != 0
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status


def test_the_room_holds_hidden_cases_and_neither_answers_nor_grades(ground: Ground) -> None:
    names = ("grader/hidden/lab01.py", "labkit/checks/lab01.py", "labs/01/01.ipynb", "gradebook.db", "submitted",
             "solutions", ".grader", "grader/right_answers/lab01")
    files = [f"{ground.course_root}/{name}" for name in names]
    seen = ground.look(*files)["files"]
    assert [seen[path] for path in files] == [True, True, True, False, False, False, False, False]
