# tries = "changes the connection file, and puts a link to a file outside in its place"
# %% ex-91-2
import os

from ipykernel.connect import get_connection_file

file = get_connection_file()
for work in (
    lambda: os.chmod(file, 0o666),
    lambda: os.rename(file, file + ".old"),
    lambda: os.symlink("{{CANARY}}", file),
    lambda: open(file, "a").write("{}"),
):
    try:
        work()
    except OSError:
        pass


def tally(text):
    return {}
