# tries = "listens beside the broker on its port, and answers the judge's clients with what they want to hear"
# lab = "92"
# neighbour = "91"
# attacks = ["92.1"]
# keeps = ["92.3"]
# %% ex-92-1
import socket
import threading


def answer(link):
    # CONNACK to everything: accepted. Then silence, for as long as the judge waits.
    link.recv(4096)
    link.sendall(bytes([0x20, 2, 0, 0]))
    while link.recv(4096):
        link.sendall(bytes([0x90, 3, 0, 1, 1]))


def listen():
    for host in ("127.0.0.1", "0.0.0.0", "127.0.0.2", "::1"):
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            try:
                taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
                taken.setsockopt(socket.SOL_SOCKET, option, 1)
                taken.bind((host, broker.port))
                taken.listen()
                threading.Thread(target=lambda: [answer(taken.accept()[0]) for _ in range(50)], daemon=True).start()
            except OSError:
                pass


listen()


def announce(broker, topic, text):
    return None
