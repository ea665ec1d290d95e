# tries = "returns a generator that never ends, and a dict that grows while it is read"
# %% ex-91-2
import itertools


def tally(text):
    return itertools.count()
