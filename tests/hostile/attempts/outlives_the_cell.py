# tries = "starts a daemon in a session of its own that ignores signals and outlives the kernel"
# keeps = ["91.1", "91.3"]
# docker = true
# %% ex-91-2
import os
import signal
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        # The test looks for this name among the machine's processes.
        os.execvp("python3", ["hostile-daemon-{{ID}}", "-c", "import time; time.sleep(900)"])
    os._exit(0)
time.sleep(0.5)


def tally(text):
    return {}
