# tries = "returns lone surrogates, NUL, right-to-left marks and look-alike letters"
# %% ex-91-2
def tally(text):
    # The first letter of "оn" is Cyrillic.
    return {"\ud800\udfff\ud8ff": 2, "\0": 1, "\u202eno": 2, "оn": 2}
