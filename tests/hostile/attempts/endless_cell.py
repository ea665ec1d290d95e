# tries = "a cell that never ends, and ignores interrupts"
# keeps = ["91.1"]
# incidents = ["time", "kernel death"]
# %% ex-91-2
import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
