# tries = "changes the kit's own files on disk, for those who import it later: the judge, the next student"
# %% ex-91-2
import os

import labkit

root = os.path.dirname(labkit.__file__)
for folder, _, files in os.walk(root):
    for name in files:
        path = os.path.join(folder, name)
        try:
            # "a": at worst a comment is added.
            with open(path, "a") as file:
                file.write("# hostile was here\n")
        except OSError:
            pass
        try:
            os.rename(path, path + ".away")
        except OSError:
            pass
        else:
            os.rename(path + ".away", path)


def tally(text):
    return {}
