# tries = "never returns, catches everything, and takes the alarm away"
# most_seconds = 120
# %% ex-91-2
import signal


def tally(text):
    while True:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            while True:
                pass
        except BaseException:
            pass
