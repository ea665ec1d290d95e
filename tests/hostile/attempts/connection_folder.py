# tries = "changes the connection file, puts links and pipes beside it, and fills its folder"
# %% ex-91-2
import os

from ipykernel.connect import get_connection_file

file = get_connection_file()
folder = os.path.dirname(file)
for work in (
    lambda: os.chmod(file, 0o666),
    lambda: os.rename(file, file + ".old"),
    lambda: os.symlink("{{CANARY}}", file),
    lambda: os.mkfifo(os.path.join(folder, "kernel.json.tmp")),
    lambda: os.symlink("/etc", os.path.join(folder, "etc")),
    lambda: os.chmod(folder, 0),
    lambda: [open(os.path.join(folder, f"filler{n}"), "xb").write(b"x" * (64 << 20)) for n in range(8)],
):
    try:
        work()
    except OSError:
        pass


def tally(text):
    return {}
