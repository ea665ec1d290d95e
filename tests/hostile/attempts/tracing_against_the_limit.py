# tries = "replaces settrace and setitimer, so that the limit's own tricks do nothing"
# %% ex-91-2
import signal
import sys

sys.settrace = lambda *arguments: None
signal.setitimer = lambda *arguments: (0.0, 0.0)
signal.signal = lambda *arguments: None


def tally(text):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
