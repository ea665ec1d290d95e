# tries = "takes memory until it is stopped"
# keeps = ["91.1"]
# %% ex-91-2
taken = []
for _ in range(64):
    taken.append(bytearray(b"x" * (64 << 20)))


def tally(text):
    return {}
