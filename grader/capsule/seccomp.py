"""A seccomp filter for capsules: the system calls that a notebook never needs and that reach around its walls.

The list is that of Flatpak (`flatpak-run.c`) and of Docker's default profile, and what holds memory that no
process is charged for (memfd, System V segments and queues). Numbers: `asm/unistd_64.h` (x86-64) and
`asm-generic/unistd.h` (arm64) of Linux 6.1; instructions: `linux/filter.h`, `linux/seccomp.h`.
"""

from __future__ import annotations

import errno
import platform
import struct
from typing import Any

_DENIED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280), "chroot": (161, 51),
    "clock_adjtime": (305, 266), "clock_settime": (227, 112), "delete_module": (176, 106), "fanotify_init": (300, 262),
    "finit_module": (313, 273), "fsconfig": (431, 431), "fsmount": (432, 432), "fsopen": (430, 430),
    "fspick": (433, 433), "init_module": (175, 105), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425), "ioperm": (173, None), "iopl": (172, None), "kcmp": (312, 272),
    "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219), "lookup_dcookie": (212, 18),
    "mbind": (237, 235), "memfd_create": (319, 279), "memfd_secret": (447, 447), "migrate_pages": (256, 238),
    "modify_ldt": (154, None), "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429),
    "move_pages": (279, 239), "msgget": (68, 186), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "open_tree": (428, 428), "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "reboot": (169, 142), "request_key": (249, 218),
    "set_mempolicy": (238, 237), "setdomainname": (171, 162), "sethostname": (170, 161), "setns": (308, 268),
    "settimeofday": (164, 170), "semget": (64, 190), "shmget": (29, 194), "swapoff": (168, 225), "swapon": (167, 224),
    "syslog": (103, 116), "umount2": (166, 39), "unshare": (272, 97), "uselib": (134, None),
    "userfaultfd": (323, 282), "vhangup": (153, 58),
}
_CLONE, _CLONE3, _IOCTL, _SOCKET = (56, 220), (435, 435), (16, 29), (41, 198)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column of the numbers above, and `AUDIT_ARCH_…` of linux/audit.h."""

_NEW_NAMESPACES = 0x7E020000
"""`CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID` and `NEWNET` of linux/sched.h."""
_TERMINAL_INPUT = (0x5412, 0x541C)
"""`TIOCSTI` and `TIOCLINUX`: typing into somebody's terminal."""
_FAMILIES = (1, 2, 10, 16)
"""`AF_UNIX`, `AF_INET`, `AF_INET6`, `AF_NETLINK`. Not `AF_VSOCK`: no network namespace holds it back."""

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_NUMBER, _ARCH, _FIRST, _SECOND = 0, 4, 16, 24  # struct seccomp_data; the low half of an argument comes first
_X32 = 0x40000000


def _deny(error: int) -> int:
    return 0x00050000 | error


class _Program:
    """A classic BPF program as it grows."""

    def __init__(self) -> None:
        self.code = b""

    def add(self, code: int, value: int, then: int = 0, otherwise: int = 0) -> None:
        self.code += struct.pack("=HBBI", code, then, otherwise, value)

    def answer(self, jump: int, value: int, result: int) -> None:
        """Return `result` when what was loaded compares with `value`, else go on."""
        self.add(jump, value, 0, 1)
        self.add(_RETURN, result)

    def look_into(self, number: int, argument: int, cases: list[tuple[int, int, int]], otherwise: int) -> None:
        """For one system call: compare the low half of an argument; `cases` are as for `answer`."""
        self.add(_JUMP_EQUAL, number, 0, 2 * len(cases) + 2)
        self.add(_LOAD, argument)
        for case in cases:
            self.answer(*case)
        self.add(_RETURN, otherwise)


def program(machine: str = "") -> bytes | None:
    """Return the filter as `bwrap --seccomp` reads it; None for a machine whose numbers are not known here.

    Args:
        machine: as `platform.machine()` says it; this one's by default.
    """
    known = _MACHINES.get(machine or platform.machine())
    if known is None:
        return None
    column, arch = known
    made = _Program()
    made.add(_LOAD, _ARCH)
    made.add(_JUMP_EQUAL, arch, 1, 0)
    made.add(_RETURN, _KILL)
    made.add(_LOAD, _NUMBER)
    made.answer(_JUMP_AT_LEAST, _X32, _deny(errno.ENOSYS))
    for numbers in _DENIED.values():
        if (number := numbers[column]) is not None:
            made.answer(_JUMP_EQUAL, number, _deny(errno.EPERM))
    # glibc then takes clone(), whose flags can be looked into; those of clone3() are behind a pointer.
    made.answer(_JUMP_EQUAL, _CLONE3[column], _deny(errno.ENOSYS))
    made.look_into(_CLONE[column], _FIRST, [(_JUMP_BITS, _NEW_NAMESPACES, _deny(errno.EPERM))], _ALLOW)
    typing = [(_JUMP_EQUAL, request, _deny(errno.EPERM)) for request in _TERMINAL_INPUT]
    made.look_into(_IOCTL[column], _SECOND, typing, _ALLOW)
    families = [(_JUMP_EQUAL, family, _ALLOW) for family in _FAMILIES]
    made.look_into(_SOCKET[column], _FIRST, families, _deny(errno.EAFNOSUPPORT))
    made.add(_RETURN, _ALLOW)
    return made.code


def docker_profile() -> dict[str, Any]:
    """Return the same filter as Docker reads it. Format: moby's `profiles/seccomp/default.json`."""

    def rule(names: list[str], error: int, *arguments: dict[str, Any]) -> dict[str, Any]:
        return {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": error, "args": list(arguments)}

    def compare(index: int, value: int, operation: str = "SCMP_CMP_EQ", second: int = 0) -> dict[str, Any]:
        return {"index": index, "value": value, "valueTwo": second, "op": operation}

    flags = [1 << bit for bit in range(32) if _NEW_NAMESPACES >> bit & 1]
    others = [family for family in range(max(_FAMILIES)) if family not in _FAMILIES]
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
        "syscalls": [
            rule([*_DENIED, "socketcall"], errno.EPERM),
            rule(["clone3"], errno.ENOSYS),
            *(rule(["clone"], errno.EPERM, compare(0, flag, "SCMP_CMP_MASKED_EQ", flag)) for flag in flags),
            *(rule(["ioctl"], errno.EPERM, compare(1, request)) for request in _TERMINAL_INPUT),
            *(rule(["socket"], errno.EAFNOSUPPORT, compare(0, family)) for family in others),
            rule(["socket"], errno.EAFNOSUPPORT, compare(0, max(_FAMILIES), "SCMP_CMP_GT")),
        ],
    }
