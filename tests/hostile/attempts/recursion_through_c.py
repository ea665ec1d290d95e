# tries = "recursion without a limit, down to a crash of the interpreter"
# keeps = ["91.1"]
# %% ex-91-2
import sys

sys.setrecursionlimit(2**31 - 1)


class Deep:
    def __repr__(self):
        return repr([self])


def tally(text):
    return repr(Deep())
