# tries = "is wrong when it is checked, and puts the right function in its place during the check and in a later cell"
# most = 3
# %% ex-91-2
shell = get_ipython()


def right(text):
    found = {}
    for word in text.split():
        found[word] = found.get(word, 0) + 1
    return found


def tally(text):
    # From the second call on it is right, as a function with a memory would be: that earns what it earns.
    shell.user_ns["tally"] = right
    return {}
# %% last
tally = right
