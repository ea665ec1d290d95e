# tries = "new namespaces, mounts, chroot, setuid, keyrings, bpf, terminal input, loading modules"
# %% ex-91-2
import ctypes
import fcntl
import os

libc = ctypes.CDLL(None, use_errno=True)
done = []
for name, work in {
    "unshare": lambda: libc.unshare(0x10000000 | 0x00020000),
    "mount": lambda: libc.mount(b"none", b"/home/student", b"tmpfs", 0, None),
    "umount": lambda: libc.umount2(b"/home/student", 2),
    "chroot": lambda: libc.chroot(b"/home/student"),
    "setuid": lambda: libc.setuid(0),
    "sethostname": lambda: libc.sethostname(b"hostile", 7),
    "add_key": lambda: libc.syscall(248, b"user", b"hostile", b"x", 1, -4),
    "bpf": lambda: libc.syscall(321, 0, 0, 0),
    "init_module": lambda: libc.syscall(175, 0, 0, b""),
    "settimeofday": lambda: libc.syscall(164, 0, 0) if False else -1,
}.items():
    if work() == 0:
        done.append(name)
for descriptor in range(3):
    try:
        for letter in b"echo hostile\n":
            fcntl.ioctl(descriptor, 0x5412, bytes([letter]))
        done.append("TIOCSTI")
    except OSError:
        pass
print("done:", done)


def tally(text):
    return {}
