"""The filter of system calls, run by an interpreter of classic BPF for machines that are not here, too."""

from __future__ import annotations

import errno
import struct

import pytest

from grader.capsule import seccomp

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOWED, KILLED = 0x7FFF0000, 0x80000000


def denied(error: int) -> int:
    return 0x00050000 | error


def decide(program: bytes, number: int, arch: int, *arguments: int) -> int:
    """Run the filter on one system call (struct seccomp_data of linux/seccomp.h)."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *(*arguments, *[0] * (6 - len(arguments))))
    code = list(struct.iter_unpack("=HBBI", program))
    at = loaded = 0
    while True:
        operation, then, otherwise, value = code[at]
        at += 1
        if operation == 0x20:
            (loaded,) = struct.unpack_from("=I", data, value)
        elif operation == 0x06:
            return int(value)
        else:
            holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[operation]
            at += then if holds else otherwise


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_what_is_listed_is_denied_and_the_rest_goes_through(machine: str, column: int) -> None:
    program, arch = seccomp.program(machine), MACHINES[machine]
    assert program is not None
    listed = {numbers[column] for numbers in seccomp._DENIED.values()} - {None}
    special = {pair[column] for pair in (seccomp._CLONE, seccomp._CLONE3, seccomp._IOCTL, seccomp._SOCKET)}
    for number in range(460):
        expected = denied(errno.EPERM) if number in listed else ALLOWED
        assert number in special or decide(program, number, arch) == expected, number
    assert len(struct.unpack(f"={len(program) // 8}Q", program)) < 4096, "the system takes no longer program"


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_arguments_decide_over_clone_socket_and_ioctl(machine: str, column: int) -> None:
    program, arch = seccomp.program(machine), MACHINES[machine]
    assert program is not None
    clone, clone3, ioctl, sockets = (pair[column] for pair in (
        seccomp._CLONE, seccomp._CLONE3, seccomp._IOCTL, seccomp._SOCKET))
    assert decide(program, clone, arch, 0x3D0F00) == ALLOWED  # a thread of glibc
    for bit in (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert decide(program, clone, arch, bit | 17) == denied(errno.EPERM), hex(bit)
    assert decide(program, clone3, arch) == denied(errno.ENOSYS)
    assert decide(program, ioctl, arch, 0, 0x5401) == ALLOWED  # TCGETS
    assert decide(program, ioctl, arch, 0, 0x5412) == denied(errno.EPERM)
    # The system reads the low half of the request only.
    assert decide(program, ioctl, arch, 0, 0x5412 | 1 << 32) == denied(errno.EPERM)
    assert {family for family in range(50) if decide(program, sockets, arch, family) == ALLOWED} == {1, 2, 10, 16}


def test_numbers_of_another_machine_kill() -> None:
    program = seccomp.program("x86_64")
    assert program is not None
    assert decide(program, 0, 0x40000003) == KILLED
    assert decide(program, 0x40000000 | 59, MACHINES["x86_64"]) == denied(errno.ENOSYS)  # x32


def test_a_machine_whose_numbers_are_not_known_has_no_filter() -> None:
    assert seccomp.program("riscv64") is None


def test_the_filter_for_docker_names_the_same_calls() -> None:
    profile = seccomp.docker_profile()
    refused = {name for rule in profile["syscalls"] if not rule["args"] for name in rule["names"]}
    assert set(seccomp._DENIED) < refused
    assert refused - set(seccomp._DENIED) == {"clone3", "socketcall"}
