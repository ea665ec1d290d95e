# tries = "fills the folder of the kernel's sockets, closes it, and puts links and pipes into it"
# docker = true
# %% ex-91-2
import json
import os

from ipykernel.connect import get_connection_file

folder = os.path.dirname(json.load(open(get_connection_file()))["ip"])
os.makedirs(os.path.join(folder, "inner/more"), exist_ok=True)
for work in (
    lambda: os.mkfifo(os.path.join(folder, "kernel.json")),
    lambda: os.symlink("/etc", os.path.join(folder, "etc")),
    lambda: os.symlink("{{CANARY}}", os.path.join(folder, "k-9")),
    lambda: [open(os.path.join(folder, f"inner/more/{n}"), "x").close() for n in range(20_000)],
    # Bounded, in case a test machine has no limit: 128 MB.
    lambda: [open(os.path.join(folder, f"inner/filler{n}"), "xb").write(b"x" * (1 << 20)) for n in range(128)],
    lambda: [open(os.path.join(folder, f"inner/last{n}"), "xb").write(b"x" * 4096) for n in range(256)],
    lambda: os.chmod(os.path.join(folder, "inner/more"), 0),
    lambda: os.chmod(os.path.join(folder, "inner"), 0),
    lambda: os.makedirs(os.path.join(os.path.dirname(folder), "2/closed")),
    lambda: os.chmod(os.path.join(os.path.dirname(folder), "2"), 0),
    lambda: os.chmod(folder, 0),
    lambda: os.chmod(os.path.dirname(folder), 0),
):
    try:
        work()
    except OSError:
        pass


def tally(text):
    return {}
