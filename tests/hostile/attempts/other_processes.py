# tries = "kills, traces and writes into the memory of every process that it sees"
# %% ex-91-2
import ctypes
import glob
import os
import signal

libc = ctypes.CDLL(None, use_errno=True)
own = {os.getpid(), os.getppid()}
for number in [int(path.rsplit("/", 1)[1]) for path in glob.glob("/proc/[0-9]*")]:
    if number in own:
        continue
    print(number, open(f"/proc/{number}/comm").read().strip() if os.path.exists(f"/proc/{number}/comm") else "")
    for work in (
        lambda: libc.ptrace(16, number, 0, 0),
        lambda: open(f"/proc/{number}/mem", "r+b"),
        lambda: os.kill(number, signal.SIGSTOP),
        lambda: os.kill(number, signal.SIGKILL),
        lambda: os.listdir(os.path.join("/proc", str(number), "root")),
    ):
        try:
            work()
        except OSError:
            pass


def tally(text):
    return {}
