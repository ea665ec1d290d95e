# tries = "connects to ports of the host, to the network, to the cloud's metadata, and asks for names"
# keeps = ["91.1", "91.3"]
# docker = true
# %% ex-91-2
import socket

REACHED = []
for address in (("127.0.0.1", {{PORT}}), ("localhost", {{PORT}}), ("{{HOST}}", {{PORT}}), ("169.254.169.254", 80), ("1.1.1.1", 53)):
    try:
        with socket.create_connection(address, 0.5) as link:
            link.sendall(b"hostile was here")
            REACHED.append(address)
    except OSError:
        pass
for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
    try:
        with socket.socket(socket.AF_INET, kind) as link:
            link.sendto(b"hostile was here", ("{{HOST}}", {{PORT}}))
    except OSError:
        pass
try:
    socket.setdefaulttimeout(1)
    REACHED.append(socket.getaddrinfo("example.com", 80))
except OSError:
    pass
for path in ("/var/run/docker.sock", "/run/docker.sock", "\0{{ID}}"):
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(path)
            link.sendall(b"hostile was here")
            REACHED.append(path)
    except OSError:
        pass
print("reached:" if REACHED else "alone", REACHED)


def tally(text):
    return {}
