# tries = "SIGSTOP of its own process, at every call"
# keeps = ["91.1"]
# incidents = ["time", "kernel death"]
# %% ex-91-2
import os
import signal


def tally(text):
    os.kill(os.getpid(), signal.SIGSTOP)
