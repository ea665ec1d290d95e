# tries = "leaves a tree that is hard to delete: 3000 levels, no permissions, odd names"
# %% ex-91-2
import os

os.makedirs("locked/inside")
open("locked/inside/\n\udcff<b>", "x").close()
os.chmod("locked/inside", 0)
os.chmod("locked", 0)
for _ in range(3000):
    os.mkdir("d" * 50)
    os.chdir("d" * 50)


def tally(text):
    return {}
