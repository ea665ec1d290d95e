# tries = "prints a million lines, and flushes each"
# keeps = ["91.1"]
# incidents = ["output", "time"]
# %% ex-91-2
for number in range(1_000_000):
    print(number, flush=True)


def tally(text):
    return {}
