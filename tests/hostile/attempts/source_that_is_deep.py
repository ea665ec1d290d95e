# tries = "has text that no parser likes, for whoever reads the source: ten thousand levels, a million operators"
# keeps = ["91.1", "91.3"]
# %% ex-91-2
import linecache
import inspect


def tally(text):
    return {}


inspect.getsource = lambda target: "(" * 1_000_000
linecache.getlines = lambda *arguments: ["-" * 1_000_000]
DEEP = "-" * 10 + "1"
# %% last
x = {{DEEP}}
