# tries = "opens files and sockets until there are none left"
# keeps = ["91.1"]
# %% ex-91-2
import socket

kept = []
try:
    while len(kept) < 200_000:
        kept.append(socket.socket())
except OSError:
    pass


def tally(text):
    return {}
