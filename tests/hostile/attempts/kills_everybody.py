# tries = "kill(-1, SIGKILL): every process that it may kill"
# keeps = ["91.1", "91.3"]
# %% ex-91-2
import os
import signal


def tally(text):
    os.kill(-1, signal.SIGKILL)


os.kill(-1, signal.SIGKILL)
