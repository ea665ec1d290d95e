# tries = "binds every free port of the loopback, so that the judge's gates and listeners find none"
# lab = "92"
# neighbour = "91"
# attacks = ["92.1"]
# keeps = ["92.3"]
# %% ex-92-1
import resource
import socket

most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
held = []
try:
    while len(held) < 60_000:
        link = socket.socket()
        link.bind(("127.0.0.1", 0))
        held.append(link)
except OSError:
    pass


def announce(broker, topic, text):
    return None
