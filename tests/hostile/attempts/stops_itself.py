# tries = "SIGSTOP of its own process"
# keeps = ["91.1"]
# incidents = ["time", "kernel death"]
# %% ex-91-2
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
