# tries = "prints what one cell may, in four hundred cells"
# incidents = ["output"]
# %% ex-91-2
def tally(text):
    return {}
# %% last 400
print("x" * 120_000)
