# tries = "sys.exit, quit and the shell's exit in a cell and in calls"
# keeps = ["91.1"]
# %% ex-91-2
import sys


def tally(text):
    get_ipython().ask_exit()
    sys.exit(0)


get_ipython().ask_exit()
sys.exit(0)
