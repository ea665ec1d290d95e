# tries = "prints what one cell may, in four hundred cells"
# keeps = ["91.1"]
# incidents = ["output"]
# %% ex-91-2
def tally(text):
    return {}
# %% last 400
print("x" * 120_000)
