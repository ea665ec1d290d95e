# tries = "returns ten million items"
# %% ex-91-2
def tally(text):
    return {"on": 2, "off": [0] * 10_000_000}
