# tries = "os._exit in every call"
# keeps = ["91.1", "91.3"]
# incidents = ["kernel death"]
# %% ex-91-2
import os


def tally(text):
    os._exit(0)
