# tries = "forks until it is stopped"
# keeps = ["91.1"]
# incidents = ["processes", "memory", "time", "kernel death", "cpu"]
# docker = true
# %% ex-91-2
import os
import time

# It is bounded, in case a test machine has no limit: 3000 processes for ten seconds.
for _ in range(3000):
    if os.fork() == 0:
        time.sleep(10)
        os._exit(0)
