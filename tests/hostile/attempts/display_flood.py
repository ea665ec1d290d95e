# tries = "displays without end, in the call too, from a thread that goes on for ever"
# keeps = ["91.1"]
# incidents = ["output", "time", "kernel death", ""]
# %% ex-91-2
import threading

from IPython.display import HTML, display


def flood():
    while True:
        display(HTML("<b>flood</b>" * 1000))


threading.Thread(target=flood, daemon=True).start()


def tally(text):
    return {}
