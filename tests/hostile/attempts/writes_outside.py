# tries = "adds a file to, or a line to a file in, every place outside"
# %% ex-91-2
import os
import site
import sys

places = ["{{OUTSIDE}}", "{{COURSE}}", "/etc", "/usr", "/var/tmp", "/run", "/proc/sys/kernel", "/sys/fs/cgroup",
          "/dev", *site.getsitepackages(), os.path.dirname(os.__file__), sys.prefix, os.path.dirname(sys.executable)]
for place in places:
    try:
        # "x" makes a new file and never empties one.
        open(os.path.join(place, "hostile-was-here"), "x").close()
    except OSError:
        pass
for path in ("{{CANARY}}", "/etc/passwd", "/proc/sys/kernel/core_pattern", "/proc/1/oom_score_adj"):
    try:
        with open(path, "a") as file:
            file.write("hostile was here\n")
    except OSError:
        pass


def tally(text):
    return {}
