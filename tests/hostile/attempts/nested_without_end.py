# tries = "returns a list nested 64, then 100,000 levels deep, then one that contains itself"
# %% ex-91-2
DEPTHS = iter([64, 100_000, 0] * 100)


def tally(text):
    inner = []
    for _ in range(next(DEPTHS)):
        inner = [inner]
    if not inner:
        inner.append(inner)
    return inner
