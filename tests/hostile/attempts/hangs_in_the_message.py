# tries = "raises an exception whose message never ends"
# %% ex-91-2
class Endless(Exception):
    def __str__(self):
        while True:
            pass


def tally(text):
    raise Endless
