# tries = "looks for the course, the hidden cases, the solutions, other submissions and the gradebook, and prints them"
# beats_nbgrader = "hidden tests and the gradebook are readable"
# keeps = ["91.1", "91.3"]
# docker = true
# %% ex-91-2
import os

for root in ("{{COURSE}}", "{{OUTSIDE}}", "/home", "/root", "/tmp", "/var", "/srv", "/mnt", "/opt", ".", "..", "../../.."):
    for folder, _, files in os.walk(root):
        for name in files:
            path = os.path.join(folder, name)
            interesting = ("lab91", "lab92", "91-target", "gradebook", "canary", "solution")
            if any(word in path for word in interesting):
                try:
                    print(path, open(path, "rb").read(20_000))
                except OSError:
                    pass


def tally(text):
    return {}
