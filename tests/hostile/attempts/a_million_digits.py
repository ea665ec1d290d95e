# tries = "returns an integer of a million digits"
# %% ex-91-2
def tally(text):
    return {"on": 10**1_000_000, "off": 1}
