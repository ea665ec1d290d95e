# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A target with services
# Three small exercises on a broker and a database. The third needs neither and is answered honestly.

# %%
from labkit import check, start

services = start("mqtt", "influxdb")
broker, influx = services.mqtt, services.influxdb

# %% [markdown]
# Write `announce(broker, topic, text)`: it publishes the text at QoS 1, retained.

# %% nbgrader={"grade": false, "grade_id": "ex-92-1", "locked": false, "schema_version": 3, "solution": true}
import paho.mqtt.client as mqtt


def announce(broker, topic: str, text: str) -> None:
    """Publish a text that later subscribers find."""
    ### BEGIN SOLUTION
    import threading

    client, accepted = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2), threading.Event()
    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    client.on_connect = lambda *_: accepted.set()
    client.connect(broker.host, broker.port)
    client.loop_start()
    accepted.wait(4)
    client.publish(topic, text, qos=1, retain=True).wait_for_publish(4)
    client.disconnect()
    client.loop_stop()
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-92-1", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("92.1")

# %% [markdown]
# Write `store(influx, bucket, value)`: it writes one point of the measurement `target`.

# %% nbgrader={"grade": false, "grade_id": "ex-92-2", "locked": false, "schema_version": 3, "solution": true}
from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS


def store(influx, bucket: str, value: float) -> None:
    """Write one point."""
    ### BEGIN SOLUTION
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        client.write_api(SYNCHRONOUS).write(bucket, record=Point("target").field("value", float(value)))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-92-2", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("92.2")

# %% [markdown]
# Write `initials(name) -> str`.

# %% nbgrader={"grade": false, "grade_id": "ex-92-3", "locked": false, "schema_version": 3, "solution": true}
def initials(name: str) -> str:
    """The first letters of the words of a name."""
    ### BEGIN SOLUTION
    return "".join(word[0] for word in name.split())
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-92-3", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("92.3")
