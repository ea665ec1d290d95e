# tries = "fills every place that it can write to"
# keeps = ["91.1", "91.3"]
# docker = true
# %% ex-91-2
import os

written = 0
for folder, _, _ in list(os.walk("/", onerror=None)):
    if folder.startswith(("/proc", "/sys")):
        continue
    path = os.path.join(folder, "filler")
    try:
        with open(path, "xb") as file:
            # Bounded, in case a test machine has no limit: 256 MB at most in one place.
            for _ in range(256):
                file.write(b"x" * (1 << 20))
                written += 1
    except OSError:
        pass


def tally(text):
    return {}
