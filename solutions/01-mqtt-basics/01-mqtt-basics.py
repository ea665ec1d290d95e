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
# # Lab 01: MQTT basics
#
# **60 minutes** · before this: Python functions, dictionaries, exceptions · runs on: an MQTT broker · adds to your house: the part `mqtt`
#
# A house full of sensors needs a way to talk. MQTT is the one that most houses use. In this lab you learn it by writing the
# functions on which every later lab stands.
#
# At the end:
#
# | | you can | exercises |
# |---|---|---|
# | A | connect a program to a broker, and say exactly what is wrong when that fails | 1.1 |
# | B | design topics and filters that still fit when the house has a thousand sensors | 1.2, 1.3 |
# | C | choose a quality of service, and know what the broker has promised when `publish` is done | 1.4 |
# | D | receive messages while other code runs, whatever bytes arrive | 1.5 |
# | E | notice when a device dies, and lose no command while it is away | 1.6 |

# %% [markdown]
# ## What will stand at the end
#
# ![Sensor nodes on the left publish readings to the MQTT broker in the middle. On the right a program collects the readings, and a status board shows which nodes are online and which are offline. Commands go from the board through the broker back to the nodes.](images/what-will-stand.svg)
#
# Run the next cell: select it and press Shift+Enter. It starts a broker and a sensor node, and shows one live message.

# %%
import queue

import paho.mqtt.client as mqtt

from labkit import check, hint, house_plan, reference_node, start, topic_explorer

services = start("mqtt")
broker = services.mqtt
node = reference_node(broker, "node_01", interval=1.0)

messages = queue.SimpleQueue()
listener = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
listener.username_pw_set(broker.username or None, broker.password or None)
listener.on_connect = lambda *arguments: listener.subscribe("iot/node/+/telemetry")
listener.on_message = lambda client, userdata, message: messages.put(message)
listener.connect(broker.host, broker.port)
listener.loop_start()

message = messages.get(timeout=10)
print(broker)
print(message.topic)
print(message.payload.decode())

# %% [markdown]
# The first line says which broker runs, and where. The second is the message's **topic**: the name under which it was sent.
# The third is its **payload**: the content. Here the payload is a *reading*, one measurement of node `node_01`.
#
# The program that sent it and the cell that received it do not know each other. Both know the broker. That is the whole
# idea of MQTT. You need not understand the cell yet: by section 5 you will have written each of its lines yourself.

# %% [markdown]
# ## 1. Connect
#
# *Objective A*
#
# ![A client sends CONNECT to the broker. The broker answers CONNACK, which says accepted, or refused with a reason. Until CONNACK has come, the client is not connected.](images/connect.svg)
#
# A **broker** is a server that passes messages on. A **client** is any program that talks to it: a sensor, a phone, this
# notebook. Clients never talk to each other directly.
#
# A client opens a network connection and sends a packet named `CONNECT`. The broker answers with **`CONNACK`**: accepted, or
# refused with a reason, such as *Not authorized*. Only then may the client publish and subscribe.
#
# The Python library is `paho-mqtt`. Its client does the network's work in a **thread** of its own: code that runs beside your
# cells, at the same time. `loop_start()` starts it.
# When something happens, that thread calls a function of yours: a **callback**. `on_connect` is called when `CONNACK` has come.

# %% [markdown]
# **Predict.** Below, `client.connect(…)` returns without an error. Is the client connected then? Write your answer and your
# reason here: double-click, type, press Shift+Enter.

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-01-1", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
listener.disconnect()
listener.loop_stop()

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
if broker.username:
    client.username_pw_set(broker.username, broker.password)

client.connect(broker.host, broker.port)
print("connected?", client.is_connected())

# %% [markdown]
# <details><summary>What happened</summary>
#
# It is not connected. `connect()` has only *sent* the packet `CONNECT`. Nobody has read the broker's answer yet: that is the
# work of the network thread, and it does not run. A program that publishes now loses its message on a bad day.
# </details>
#
# So: start the thread, and wait until the callback says that the answer is there. A `threading.Event` is made for this: one
# thread waits, another one sets it.

# %%
import threading

answered = threading.Event()


def on_connect(client, userdata, flags, reason, properties):
    print("CONNACK says:", reason)
    answered.set()


client.on_connect = on_connect
client.loop_start()
answered.wait(timeout=3)
print("connected?", client.is_connected())

# %% [markdown]
# Notice that `wait` ended as soon as the answer was there. A `time.sleep(1)` in its place would be too long on a good day,
# and too short on a bad one.
#
# ### Exercise 1.1: `connect` (2 points)
#
# **Write** `connect(broker)`. It returns a connected client, once `CONNACK` has come.
#
# - *Input*: `broker` has the attributes `host`, `port`, `username`, `password`. The user name may be empty.
# - *Output*: a client of `paho-mqtt` 2 whose network thread runs.
# - *Failure*: `ConnectionError` within 5 seconds. Its message names the host, the port, and the reason, in three cases: nobody
#   listens there; the broker refuses; the broker does not answer. No thread is left behind.
# - No `sleep`.
#
# ```python
# >>> connect(services.mqtt).is_connected()
# True
# >>> connect(broker_that_is_not_there)
# ConnectionError: cannot connect to 127.0.0.1:1883: [Errno 111] Connection refused
# ```
#
# Useful: `reason.is_failure` is true when the broker refuses, and `str(reason)` says why. `client.connect(…)` raises `OSError`
# when nobody listens.
#
# A cell that begins with `%%part mqtt` runs like any other cell. Its text is also saved: together these cells become the
# program `mqtt` of your house. First the imports; they are given.
#
# After a restart of the kernel all names are gone. ``Cell magic `%%part` not found`` and `name … is not defined` then mean:
# run the cells above again, with *Run → Run All Above Selected Cell*.

# %% nbgrader={"grade": false, "grade_id": "part-01-mqtt", "locked": true, "schema_version": 3, "solution": false}
# %%part mqtt
"""MQTT for the house: connect, name topics, match filters, publish, collect, be present."""

import json
import logging
import queue
import threading
import time
from concurrent.futures import Future
from typing import Protocol

import paho.mqtt.client as mqtt

log = logging.getLogger("mqtt")


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str

# %% nbgrader={"grade": false, "grade_id": "ex-01-1", "locked": false, "schema_version": 3, "solution": true}
# %%part mqtt
ANSWER_TIMEOUT = 2.0  # how long to wait for an answer of the broker, in seconds


def connect(broker: Broker) -> mqtt.Client:
    """Connect to a broker.

    Args:
        broker: where it is, and how to log in.

    Returns:
        A client that the broker has accepted. Its network thread runs.

    Raises:
        ConnectionError: nobody listens, the broker refuses, or it does not answer.
    """
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    ### BEGIN SOLUTION
    begin(client, broker)
    return client


def begin(client: mqtt.Client, broker: Broker, welcome=None) -> None:
    """Connect a client that was made before, and return once the broker has accepted it.

    Args:
        client: not connected yet.
        broker: where to connect, and how to log in.
        welcome: is called with the client after every CONNACK that accepts, so again after each reconnection.
    """
    answer: Future[str] = Future()  # empty text: accepted; else what is wrong

    def on_connect(client, userdata, flags, reason, properties):
        if welcome is not None and not reason.is_failure:
            welcome(client)
        if not answer.done():
            answer.set_result(str(reason) if reason.is_failure else "")

    def on_disconnect(client, userdata, flags, reason, properties):
        if not answer.done():
            answer.set_result("the broker closed the connection without an answer")

    if broker.username:
        client.username_pw_set(broker.username, broker.password)
    client.on_connect, client.on_disconnect = on_connect, on_disconnect
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        problem = answer.result(timeout=ANSWER_TIMEOUT)
    except TimeoutError:
        problem = f"no answer within {ANSWER_TIMEOUT:g} s"
    except OSError as error:
        problem = str(error)
    if problem:
        client.disconnect()
        client.loop_stop()
        raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {problem}")
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-01-1", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("01.1")

# %% [markdown]
# A card that is not all green says what was expected, what was found, and what to try. Stuck? Open *Show the next hint* on the
# card, or write `hint("01.1")` in a cell of your own. There are three levels.

# %% [markdown]
# ## 2. Topics
#
# *Objective B*
#
# ![A tree of topics. The root is iot. Below it stands node, below that node_01 and node_02, and below each of them telemetry, command and status. The path from the root to a leaf, joined by slashes, is the topic iot/node/node_01/telemetry.](images/topic-tree.svg)
#
# A **topic** is a text that names a stream of messages, such as `iot/node/node_01/telemetry`. Slashes cut it into **levels**.
# To **publish** is to send a message to a topic. To **subscribe** is to ask the broker for all messages of a topic.
#
# Nobody creates a topic. It exists as soon as somebody uses its name, and a typing error makes a new one without a warning.
# So a program never writes topics by hand in twenty places. It builds them in one function, and refuses what cannot be right.
#
# A good tree goes from the general to the special, and keeps the *who* (`node_01`) apart from the *what* (`telemetry`). This
# house uses three kinds:
#
# - **telemetry**: what a node measures;
# - **command**: what a node is told to do;
# - **status**: whether it is there.
#
# Let us try topics by hand. The queue `inbox` takes what arrives, and `arrived()` empties it.

# %%
inbox = queue.SimpleQueue()
client.on_message = lambda client, userdata, message: inbox.put(message)


def arrived(quiet=0.3):
    """What has arrived, until nothing more comes for `quiet` seconds."""
    found = []
    while True:
        try:
            message = inbox.get(timeout=quiet)
        except queue.Empty:
            return found
        found.append(f"{message.topic} -> {message.payload.decode()}")


client.subscribe("demo/hello")
client.publish("demo/hello", "Good morning")
arrived()

# %% [markdown]
# You have sent yourself a message, through the broker.
#
# **Predict.** A client subscribes to `demo/kitchen`. Four messages are published: to `demo/kitchen`, `demo/Kitchen`,
# `demo/kitchen/` and `/demo/kitchen`. Which of them arrive?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-01-2", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
client.subscribe("demo/kitchen")
for topic in ["demo/kitchen", "demo/Kitchen", "demo/kitchen/", "/demo/kitchen"]:
    client.publish(topic, f"sent to {topic}")
arrived()

# %% [markdown]
# <details><summary>What happened</summary>
#
# One message. Topics are compared character by character. Upper and lower case differ, and a slash at an end adds an **empty
# level**: `demo/kitchen/` has three levels, the last of which is empty. The broker said nothing: a message without a
# subscriber is simply gone.
# </details>

# %% [markdown]
# ### Exercise 1.2: `node_topic` and `parse_node_topic` (3 points)
#
# **Write** `node_topic(node_id, kind)`, which builds a topic, and `parse_node_topic(topic)`, which takes one apart.
#
# - *Input*: a node's id, any text, such as `"node_01"`; and a kind: `"telemetry"`, `"command"` or `"status"`.
# - *Output*: `node_topic` returns `iot/node/{node_id}/{kind}`. `parse_node_topic` returns the tuple `(node_id, kind)`.
# - *Failure*: `ValueError` for a node id that is empty or contains `+`, `#`, `/` or the character NUL (`"\0"`); for an unknown
#   kind; and, in `parse_node_topic`, for a topic that `node_topic` cannot have built.
#
# ```python
# >>> node_topic("node_01", "telemetry")
# 'iot/node/node_01/telemetry'
# >>> parse_node_topic("iot/node/node_01/status")
# ('node_01', 'status')
# >>> parse_node_topic("iot/broker/status")
# ValueError: not a topic of a node: 'iot/broker/status'
# ```
#
# Why refuse `+` and `#`? They mean something special in the next section. A node named `#` could listen to all others.

# %% nbgrader={"grade": false, "grade_id": "ex-01-2", "locked": false, "schema_version": 3, "solution": true}
# %%part mqtt
KINDS = ("telemetry", "command", "status")


def node_topic(node_id: str, kind: str) -> str:
    """Build the topic of a node.

    Args:
        node_id: the node's id, one level of the topic.
        kind: one of KINDS.

    Raises:
        ValueError: the id cannot be a level of a topic, or the kind is unknown.
    """
    ### BEGIN SOLUTION
    if not node_id or any(character in node_id for character in "+#/\0"):
        raise ValueError(f"not an id of a node: {node_id!r}")
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}: use one of {', '.join(KINDS)}")
    return f"iot/node/{node_id}/{kind}"
    ### END SOLUTION


def parse_node_topic(topic: str) -> tuple[str, str]:
    """Take the topic of a node apart.

    Args:
        topic: such as "iot/node/node_01/telemetry".

    Returns:
        The node's id and the kind.

    Raises:
        ValueError: `node_topic` cannot have built it.
    """
    ### BEGIN SOLUTION
    levels = topic.split("/")
    if len(levels) != 4 or levels[:2] != ["iot", "node"]:
        raise ValueError(f"not a topic of a node: {topic!r}")
    node_id, kind = levels[2:]
    node_topic(node_id, kind)  # refuses what is wrong with either
    return node_id, kind
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-01-2", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check("01.2")

# %% [markdown]
# ## 3. Filters
#
# *Objective B*
#
# ![Three filters and what they match. iot/node/+/status matches the status of every node: the plus stands for exactly one level. iot/node/node_01/# matches everything below node_01 and iot/node/node_01 itself: the hash stands for all levels that follow, or none. iot/+ does not match iot/node/node_01: the levels do not add up.](images/filters.svg)
#
# A subscriber names a **topic filter**. It looks like a topic, and may have **wildcards**:
#
# - `+` stands for exactly one level, which may be empty;
# - `#` stands for all further levels, or none. It is always the last level.
#
# A wildcard is always a whole level: `kit+` is no filter, nor is `iot/#/status`.
#
# Topics that begin with `$` belong to the broker: under `$SYS/` many brokers publish their own numbers. A wildcard *in the
# first level* does not match them, or each subscriber to `#` would get the broker's diary.

# %%
client.unsubscribe("demo/kitchen")
topics = ["demo/a", "demo/a/b", "demo/a/b/c", "demo/x/b"]


def receives(topic_filter):
    """Subscribe, publish to all topics, and say which of them arrived."""
    client.subscribe(topic_filter)
    for topic in topics:
        client.publish(topic, "here")
    found = [line.split(" ")[0] for line in arrived()]
    client.unsubscribe(topic_filter)
    return found


receives("demo/+/b")

# %% [markdown]
# Notice that `demo/a/b/c` is not there. The filter has three levels, so it matches topics with three levels.
#
# **Predict.** Which of the four `topics` does the filter `demo/a/#` match?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-01-3", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
receives("demo/a/#")

# %% [markdown]
# <details><summary>What happened</summary>
#
# Three: `demo/a/b`, `demo/a/b/c`, and `demo/a` itself. `#` stands for *all further levels, or none*. So `demo/a/#` reads
# "`demo/a` and everything below it".
# </details>

# %% [markdown]
# ### Exercise 1.3: `topic_matches` (4 points)
#
# **Write** `topic_matches(topic_filter, topic)`: does a subscription to this filter receive a message of this topic?
#
# - *Input*: a filter, and a topic that a broker has accepted (so it has no wildcard; you need not check it).
# - *Output*: `True` or `False`, by the rules above.
# - *Failure*: `ValueError` for a malformed filter: empty, with a NUL, with a wildcard that is only a part of a level, or with a
#   `#` that is not the last level.
#
# ```python
# >>> topic_matches("iot/node/+/status", "iot/node/node_01/status")
# True
# >>> topic_matches("#", "$SYS/broker/uptime")
# False
# >>> topic_matches("iot/#/status", "iot/node/node_01/status")
# ValueError: '#' must be the last level: 'iot/#/status'
# ```
#
# The check also compares your function with hundreds of generated cases.

# %% nbgrader={"grade": false, "grade_id": "ex-01-3", "locked": false, "schema_version": 3, "solution": true}
# %%part mqtt
def topic_matches(topic_filter: str, topic: str) -> bool:
    """Whether a subscription receives a message.

    Args:
        topic_filter: what was subscribed to.
        topic: the topic of the message.

    Raises:
        ValueError: the filter is malformed.
    """
    ### BEGIN SOLUTION
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if not topic_filter or "\0" in topic_filter:
        raise ValueError(f"not a topic filter: {topic_filter!r}")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in wanted):
        raise ValueError(f"a wildcard must be a whole level: {topic_filter!r}")
    if "#" in wanted[:-1]:
        raise ValueError(f"'#' must be the last level: {topic_filter!r}")

    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position == len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-01-3", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("01.3")

# %% [markdown]
# The library has this function too: `mqtt.topic_matches_sub`. Now you know what it does.
#
# The next cell draws the tree of all topics that are in use, live. It subscribes to `#`.

# %%
topic_explorer(broker)

# %% [markdown]
# ## 4. What a broker promises
#
# *Objective C*
#
# ![Packets of one message from client to broker. Quality of service 0: PUBLISH, nothing comes back. Quality of service 1: PUBLISH, then PUBACK comes back. Quality of service 2: PUBLISH, PUBREC, PUBREL, PUBCOMP.](images/qos.svg)
#
# Networks fail in the middle of a message. The **quality of service** (QoS) says what happens then:
#
# - **QoS 0**, at most once: sent and forgotten. It may be lost.
# - **QoS 1**, at least once: sent again until the packet `PUBACK` comes back. It may arrive twice.
# - **QoS 2**, exactly once: four packets, so that both sides know that both know.
#
# The promise holds for one hop: from the client *to the broker*. The broker makes its own promise to each subscriber, with the
# lower of the two QoS, the message's and the subscription's.
#
# Each promise costs packets. How much time is that?

# %%
import statistics
import time

import plotly.graph_objects as go


def milliseconds(qos):
    """The time until the broker has a message: the median of 50."""
    times = []
    for _ in range(50):
        began = time.perf_counter()
        client.publish("demo/speed", "21.5", qos=qos).wait_for_publish(timeout=5)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


cost = {f"QoS {qos}": milliseconds(qos) for qos in (0, 1, 2)}
figure = go.Figure(go.Bar(x=list(cost), y=list(cost.values()), text=[f"{value:.2f} ms" for value in cost.values()]))
figure.update_layout(title="One message to the broker on this machine", yaxis_title="milliseconds", height=320)

# %% [markdown]
# Notice the order of the bars. `wait_for_publish` returns when the QoS is fulfilled: for QoS 1, when `PUBACK` has come. On
# this machine it is a fraction of a millisecond. Over a mobile network it is a tenth of a second, for each round trip.
#
# One more promise: a message published with `retain=True` is a **retained message**. The broker keeps the *last* one of each
# topic, and gives it to everybody who subscribes later. It is how a program that starts at noon learns that the window was
# opened at ten.
#
# **Predict.** Two retained messages go to `demo/window`: first `open`, then `closed`. After that, somebody subscribes. What
# arrives?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-01-4", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
for state in ["open", "closed"]:
    client.publish("demo/window", state, qos=1, retain=True).wait_for_publish(timeout=5)
client.subscribe("demo/window")
print("a late subscriber gets:", arrived())

client.unsubscribe("demo/window")
client.publish("demo/window", "", qos=1, retain=True).wait_for_publish(timeout=5)
client.subscribe("demo/window")
print("after an empty retained message:", arrived())

# %% [markdown]
# <details><summary>What happened</summary>
#
# Only `closed`. The broker keeps one retained message for each topic: it is a memory of the *state*, not a history. An empty
# retained message deletes it.
# </details>

# %% [markdown]
# ### Exercise 1.4: `publish_reading` (3 points)
#
# **Write** `publish_reading(client, reading, *, retain=False)`. It returns, with `None`, once the broker has the reading.
#
# - *Input*: a connected client, and a reading: a dictionary with a `node_id`.
# - *Effect*: one message to `iot/node/{node_id}/telemetry`. Its payload is the reading as JSON, in UTF-8. QoS 1. Retained if
#   `retain` is true.
# - *Failure*: `ValueError` if the reading has no `node_id`, or contains NaN or infinity. Then nothing is published.
#   `ConnectionError`, within 5 seconds, if there is no connection or the broker does not acknowledge.
#
# ```python
# >>> publish_reading(client, {"node_id": "node_01", "timestamp": 1704844800, "sensors": {"temperature": 22.5}})
# >>> publish_reading(client, {"node_id": "node_01", "sensors": {"temperature": float("nan")}})
# ValueError: Out of range float values are not JSON compliant
# ```
#
# JSON has no NaN and no infinity. Python writes them all the same, unless it is told not to: look at
# [`json.dumps`](https://docs.python.org/3/library/json.html#json.dumps). And try what
# `mqtt.Client(mqtt.CallbackAPIVersion.VERSION2).publish("demo/x", "1", qos=1).wait_for_publish(1)` does without a connection.

# %% nbgrader={"grade": false, "grade_id": "ex-01-4", "locked": false, "schema_version": 3, "solution": true}
# %%part mqtt
def publish_reading(client: mqtt.Client, reading: dict, *, retain: bool = False) -> None:
    """Publish a reading as JSON, and return once the broker has acknowledged it.

    Args:
        client: connected.
        reading: the telemetry of a node, with its `node_id`.
        retain: whether the broker keeps it for later subscribers.

    Raises:
        ValueError: the reading has no node_id, or JSON cannot carry it.
        ConnectionError: the broker has not acknowledged it.
    """
    ### BEGIN SOLUTION
    if "node_id" not in reading:
        raise ValueError(f"a reading needs a node_id: {reading!r}")
    topic = node_topic(reading["node_id"], "telemetry")
    payload = json.dumps(reading, ensure_ascii=False, allow_nan=False).encode()

    sent = client.publish(topic, payload, qos=1, retain=retain)
    try:
        sent.wait_for_publish(ANSWER_TIMEOUT)
        acknowledged = sent.is_published()
    except RuntimeError:  # so paho says that there is no connection
        acknowledged = False
    if not acknowledged:
        raise ConnectionError(f"the broker has not acknowledged a reading for {topic}")
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-01-4", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check("01.4")

# %% [markdown]
# ## 5. Receive
#
# *Objective D*
#
# ![Two threads. The network thread reads a message from the broker and calls on_message, which puts the message into a queue and returns at once. The main thread takes messages out of the queue and works on them, however long that takes.](images/receive.svg)
#
# A message comes when it comes. The network thread receives it and calls your callback `on_message`. While the callback runs,
# that thread does nothing else: no further message, no `PUBACK`, no sign of life to the broker. So a callback is short. It
# puts the message into a **queue**, a list that two threads may use at the same time, and returns. The main program takes
# messages out and works on them at its own pace.
#
# `message.payload` is *bytes*. Anybody may publish anything to a topic: text in another encoding, half a JSON, nothing at all.
# A program that stops at the first bad message can be stopped by anybody.
#
# The next cell makes a new client in one call, in the way you know.

# %%
def demo_client(**options):
    """A connected client, as in section 1."""
    new = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, **options)
    if broker.username:
        new.username_pw_set(broker.username, broker.password)
    answered = threading.Event()
    new.on_connect = lambda *arguments: answered.set()
    new.will_set("demo/sensor", "offline", qos=1)  # section 6 says what this is
    new.connect(broker.host, broker.port)
    new.loop_start()
    answered.wait(timeout=3)
    return new


# %% [markdown]
# **Predict.** The callback below raises an exception for the first message, which is no JSON. What happens to the second
# message, which is good?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-01-5", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
import json

died, understood = queue.SimpleQueue(), queue.SimpleQueue()
threading.excepthook = lambda problem: died.put(problem)

victim = demo_client(reconnect_on_failure=False)
victim.on_message = lambda client, userdata, message: understood.put(json.loads(message.payload))
victim.subscribe("demo/json", qos=1)
victim.publish("demo/json", "22.5 degrees", qos=1)
victim.publish("demo/json", "22.5", qos=1)

problem = died.get(timeout=5)
print("this thread has ended:", problem.thread.name)
print("because of:", problem.exc_value)
print("messages understood:", understood.qsize())
threading.excepthook = threading.__excepthook__

# %% [markdown]
# <details><summary>What happened</summary>
#
# The second message was never looked at. The exception ended the *network thread*, so this client receives nothing any more,
# and sends nothing. The main program notices nothing: it waits for messages for ever. One bad payload has silenced it. Two
# ways out: let the callback do nothing that can fail, or catch every exception in it.
# </details>

# %% [markdown]
# ### Exercise 1.5: `collect` (4 points)
#
# **Write** `collect(broker, topic_filter, count, timeout)`. It gathers readings from the broker.
#
# - *Input*: a broker as in 1.1; a filter; how many readings are wanted; how long to wait in all, in seconds.
# - *Output*: a list of `(topic, reading)`, in the order of arrival. It returns as soon as there are `count` readings, or when
#   `timeout` is over, with what there is then: perhaps an empty list.
# - A payload is **malformed** if it is not UTF-8, not JSON, or JSON that is no object (`{…}`); `NaN` is not JSON. Such a message is
#   skipped: it is not in the list and does not count. Whatever bytes arrive, `collect` goes on. At its end, if any were
#   skipped, it says so in one line, by `log.warning`, with their number.
# - *Failure*: `ValueError` if `count` is less than 1. `ConnectionError` if there is no broker.
# - It leaves nothing behind: its client is disconnected, whatever happened.
#
# ```python
# >>> collect(services.mqtt, "iot/node/+/telemetry", count=2, timeout=5)
# [('iot/node/node_01/telemetry', {'node_id': 'node_01', …}), ('iot/node/node_01/telemetry', {'node_id': 'node_01', …})]
# >>> collect(services.mqtt, "nobody/is/here", count=1, timeout=0.5)
# []
# ```
#
# Useful: `queue.SimpleQueue`, whose `get(timeout=…)` raises `queue.Empty`; `time.monotonic()`, a clock that nobody sets back.

# %% nbgrader={"grade": false, "grade_id": "ex-01-5", "locked": false, "schema_version": 3, "solution": true}
# %%part mqtt
def collect(broker: Broker, topic_filter: str, count: int, timeout: float) -> list[tuple[str, dict]]:
    """Gather readings.

    Args:
        broker: where to listen.
        topic_filter: what to subscribe to.
        count: how many readings to gather.
        timeout: the longest time to gather, in seconds.

    Returns:
        Topic and reading of each message, in order; fewer than `count` when the time is over.

    Raises:
        ValueError: `count` is less than 1, or the filter is malformed.
        ConnectionError: there is no broker, or it does not want us.
    """
    ### BEGIN SOLUTION
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    readings: list[tuple[str, dict]] = []
    skipped = 0
    arrived: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
    end = time.monotonic() + timeout

    client = connect(broker)
    client.on_message = lambda client, userdata, message: arrived.put(message)
    try:
        client.subscribe(topic_filter, qos=1)
        while len(readings) < count:
            message = arrived.get(timeout=max(0, end - time.monotonic()))
            try:
                readings.append((message.topic, parse_reading(message.payload)))
            except ValueError:
                skipped += 1
    except queue.Empty:
        pass  # the time is over: what there is, is the result
    finally:
        client.disconnect()
        client.loop_stop()
    if skipped:
        log.warning("%s: skipped %d malformed messages", topic_filter, skipped)
    return readings


def parse_reading(payload: bytes) -> dict:
    """Read a payload.

    Raises:
        ValueError: it is not a JSON object in UTF-8.
    """
    try:
        reading = json.loads(payload.decode("utf-8"), parse_constant=refuse_constant)
    except RecursionError:
        raise ValueError("brackets in brackets without end") from None
    if not isinstance(reading, dict):
        raise ValueError("JSON, but not an object")
    return reading


def refuse_constant(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(f"{name} is not JSON")
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-01-5", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("01.5")

# %% [markdown]
# ## 6. Presence
#
# *Objective E*
#
# ![A time line of a node. It connects, with a will, and publishes the retained message online. Then its connection breaks, and the broker publishes the will, offline, for it. Commands that are sent now wait in the session at the broker. The node connects again: it publishes online, and receives the commands that waited.](images/presence.svg)
#
# A sensor that has died sends no message that it has died. So it leaves a **last will** with the broker, as part of `CONNECT`:
# a topic and a payload. When the connection breaks without a word, the broker publishes the will.
#
# The other half is what a node misses while it is away. A **session** is what the broker remembers about a client: its
# subscriptions, and QoS 1 and 2 messages that wait for it. It belongs to the **client id**, a name that the client
# chooses. With `clean_session=True`, which is the default, the session ends with the connection. With
# `clean_session=False` it is a **persistent session**: it stays, and messages queue up until the client is back.
#
# paho connects again by itself after a break. It calls `on_connect` each time.
#
# Here are two clients with the will `offline` on `demo/sensor` (set in `demo_client`). One loses its connection.

# %%
import socket

client.subscribe("demo/sensor", qos=1)
crashing = demo_client(reconnect_on_failure=False)
crashing.socket().shutdown(socket.SHUT_RDWR)  # the cable is pulled
print("the connection broke:", arrived(quiet=0.6))

# %% [markdown]
# **Predict.** The other client calls `disconnect()`, which sends the packet `DISCONNECT`. Does the broker publish its will?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-01-6", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
leaving = demo_client()
leaving.disconnect()
leaving.loop_stop()
print("the client said goodbye:", arrived(quiet=0.6))

# %% [markdown]
# <details><summary>What happened</summary>
#
# No. A will is for accidents. When `DISCONNECT` comes, the broker throws the will away. So a node that leaves on purpose has
# to publish `offline` itself, *before* it disconnects.
# </details>

# %% [markdown]
# ### Exercise 1.6: `presence` (4 points)
#
# **Write** `presence(broker, node_id)`. It connects a node that the house can rely on, and returns its client.
#
# - *Input*: a broker as in 1.1, and the node's id.
# - *Output*: a connected client. Its client id is `node_id`, its session is persistent.
# - *Status*: after every connect, `online` is published, retained, to `iot/node/{node_id}/status`. When the connection breaks,
#   the same topic says `offline`, retained. After `client.disconnect()`, too.
# - *Commands*: the node is subscribed to `iot/node/{node_id}/command` at QoS 1. The payload of each command goes, as bytes, into
#   a `queue.SimpleQueue`, which is the client's user data: `client.user_data_get().get()` gives the next command. None is
#   lost while the connection is broken; paho connects again by itself.
# - *Failure*: `ConnectionError` as in 1.1, `ValueError` as in 1.2.
#
# ```python
# >>> node = presence(services.mqtt, "node_07")      # iot/node/node_07/status says online
# >>> node.user_data_get().get(timeout=5)            # somebody publishes to iot/node/node_07/command
# b'{"command": "set_led", "params": {"state": "on"}}'
# >>> node.disconnect()                              # iot/node/node_07/status says offline
# ```
#
# Three things to think about. What your `connect` does after it has made its client is needed here again: can it become a
# function of its own? `mqtt.Client(…, userdata=…)` sets the user data, and it comes back as the second argument of each callback.
# And a class of your own that inherits from `mqtt.Client` can do something before it calls `super().disconnect()`.

# %% nbgrader={"grade": false, "grade_id": "ex-01-6", "locked": false, "schema_version": 3, "solution": true}
# %%part mqtt
def presence(broker: Broker, node_id: str) -> mqtt.Client:
    """Connect a node that is seen to be online, seen to be offline, and loses no command.

    Args:
        broker: where to connect.
        node_id: the node's id, also its client id.

    Returns:
        The client. Its user data is a queue with the payloads of the node's commands.

    Raises:
        ConnectionError: there is no broker, or it does not want us.
        ValueError: this cannot be the id of a node.
    """
    ### BEGIN SOLUTION
    status, command = node_topic(node_id, "status"), node_topic(node_id, "command")

    def welcome(client: mqtt.Client) -> None:
        client.subscribe(command, qos=1)
        client.publish(status, "online", qos=1, retain=True)

    client = Node(mqtt.CallbackAPIVersion.VERSION2, client_id=node_id, clean_session=False, userdata=queue.SimpleQueue())
    client.status = status
    client.will_set(status, "offline", qos=1, retain=True)
    client.message_callback_add(command, lambda client, commands, message: commands.put(message.payload))
    begin(client, broker, welcome)
    return client


class Node(mqtt.Client):
    """A client that says `offline` before it leaves: after DISCONNECT the broker does not publish the will."""

    status: str

    def disconnect(self, *arguments, **options) -> mqtt.MQTTErrorCode:
        if self.is_connected():
            self.publish(self.status, "offline", qos=1, retain=True)
        return super().disconnect(*arguments, **options)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-01-6", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("01.6")

# %% [markdown]
# ## Break it
#
# Two accidents. For each one: run it, say in your own words what happened, repair it.
#
# **The poisoned topic.** A node with a fault has published rubbish, *retained*. Every program that subscribes from now on meets it
# again.

# %%
poisoned = "iot/node/node_66/telemetry"
client.publish(poisoned, b"\xff\xfe 22.5", qos=1, retain=True).wait_for_publish(timeout=5)


def waiting_at(topic):
    """What a new subscriber to a topic is given."""
    messages = queue.SimpleQueue()
    reader = demo_client()
    reader.on_message = lambda client, userdata, message: messages.put(message.payload)
    reader.subscribe(topic, qos=1)
    try:
        return messages.get(timeout=1)
    except queue.Empty:
        return None
    finally:
        reader.disconnect()
        reader.loop_stop()


print("first program: ", waiting_at(poisoned))
print("second program:", waiting_at(poisoned))

# %%
# Repair it here, in one line. You have seen how in section 4.

print("after the repair:", waiting_at(poisoned))

# %% [markdown]
# <details><summary>Explanation and repair</summary>
#
# The broker does not look into payloads: it keeps what it was given, until the same topic gets another retained message.
# `client.publish(poisoned, b"", qos=1, retain=True)` deletes it. Your `collect` skips such a message and says so: somebody
# must read that line, and repair the node.
# </details>
#
# **The broker goes away.** The next cell stops the broker while programs use it.

# %%
node.stop()
services.stop()


def attempt(what, *arguments):
    """Call one of your functions, and show what comes of it."""
    try:
        print(f"{what.__name__}: worked, {what(*arguments)}")
    except ConnectionError as error:
        print(f"{what.__name__}: ConnectionError: {error}")
    except NotImplementedError:
        print(f"{what.__name__}: not written yet")


attempt(connect, broker)
attempt(collect, broker, "#", 1, 1.0)
attempt(publish_reading, client, {"node_id": "node_01", "sensors": {"temperature": 22.5}})

# %% [markdown]
# Could a person who reads only these lines at three in the morning say what to do? That is what error messages are for.
#
# <details><summary>Explanation and repair</summary>
#
# `connect` and `collect` say where they tried, and why it failed. `publish_reading` says that nobody has promised to
# keep the reading: the program that called it still has it, and may try again. A client that had been connected tries again
# by itself, and waits longer after each failure. When the broker is back *at the same address*, `on_connect` is called. The
# broker that you start below has a new address, since it takes any free port: real ones keep theirs.
# </details>

# %%
services = start("mqtt")
broker = services.mqtt
attempt(collect, broker, "#", 1, 0.5)

# %% [markdown]
# The client of sections 1 to 6 still looks for the old address. To try something in them again, run the notebook from the top.

# %% [markdown]
# ## In real life
#
# - Two clients with the same client id throw each other out, again and again. It looks like a bad network.
# - A persistent session of a node that never comes back fills the broker's memory. Brokers have limits: know yours.
# - QoS 1 delivers twice now and then. What a command does must be safe to do twice: `set_led on`, not `toggle_led`.
# - After a reconnect with a clean session the subscriptions are gone. Subscribe in `on_connect`, as `presence` does.
# - A broker that is open to the internet is found within hours. Passwords, encryption and access rights come in lab 10.

# %% [markdown]
# ## Reflection
#
# A heating controller reads temperatures, obeys the command `set_valve`, and reports its status. For each of the three kinds
# (telemetry, command, status) choose a QoS, and retained or not. Give the reason, and say what goes wrong with another choice.
# Half a page is enough. A person reads this answer.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-01", "locked": false, "points": 0, "schema_version": 3, "solution": true}
# **Telemetry**: QoS 1, not retained (QoS 0 is fine too where readings come every few seconds: the next one replaces a lost one).
# Retained, an old temperature would look like a new one to a program that starts later.
#
# **Command**: QoS 1 with a persistent session, so that a command which is sent while the controller restarts is not lost. Never retained:
# the controller would carry it out again at each reconnect. It may arrive twice, so it says `set_valve 40`, not "open a bit more".
#
# **Status**: QoS 1, retained, with a will that is retained too, so that whoever subscribes later knows at once whether the controller is there.
#
# === BEGIN MARK SCHEME ===
# | | 0 | 1 | 2 |
# |---|---|---|---|
# | choice | missing or contradictory | fits two of the three kinds | fits all three |
# | reason | none | repeats the definition | follows from what the controller needs |
# | what goes wrong | none | one case named | a case for each kind, such as an old retained command carried out again |
#
# 5 or 6: very good. 3 or 4: sufficient. Fewer: talk with the student. QoS 2 for commands is a fair choice if its cost is named.
# === END MARK SCHEME ===

# %% [markdown]
# ## Recap
#
# - Clients talk through a **broker**. A client is connected when `CONNACK` has come, not before.
# - A **topic** names a stream. A **filter** with `+` and `#` asks for many.
# - **QoS** is a promise for one hop. QoS 1 is at least once: it ends with `PUBACK`.
# - A **retained message** is the last state of a topic. A **last will** speaks for a client that has died.
# - A **persistent session** keeps what a client misses.
# - Callbacks run in the network thread. They are short and do not raise.
#
# ## Glossary
#
# | term | meaning |
# |---|---|
# | broker | the server that passes messages on |
# | callback | a function of yours that the library calls when something has happened |
# | client | a program that is connected to a broker |
# | client id | the name of a client at the broker; its session belongs to it |
# | `CONNACK`, `PUBACK` | packets of the broker: "connected" (or refused), "I have your message" |
# | last will | a message that the broker publishes when a client's connection breaks |
# | level | the part of a topic between two slashes |
# | payload | the content of a message: bytes |
# | persistent session | subscriptions and waiting messages that the broker keeps while a client is away |
# | publish, subscribe | send a message to a topic; ask for the messages of a filter |
# | QoS | quality of service: at most once (0), at least once (1), exactly once (2) |
# | queue | a list that two threads may use at the same time |
# | reading | one telemetry message as a dictionary |
# | retained message | the last message of a topic, kept by the broker for later subscribers |
# | telemetry, command, status | what a node measures; is told; whether it is there |
# | thread | code that runs at the same time as other code of the same program |
# | topic, topic filter | the name of a stream of messages; a pattern for topics |
# | wildcard | `+`, one level; `#`, all further levels or none |

# %% [markdown]
# ## Where to read on
#
# - The standard, which is readable: [MQTT 3.1.1](https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html), chapter 4.
# - The library: [paho-mqtt](https://eclipse.dev/paho/files/paho.mqtt.python/html/).
# - A broker's view: [mosquitto.conf](https://mosquitto.org/man/mosquitto-conf-5.html), the options with `max_`.
#
# **Another broker.** This notebook runs on any broker that speaks MQTT 3.1.1. With Docker, set the environment variable
# `LABKIT_MQTT_PROVIDER=docker/emqx` (or `docker/mosquitto`), start JupyterLab again, and run all cells. Which numbers change?
#
# **Next.** Messages are gone when they have been read. Lab 02 puts your readings into a database and asks it questions. It
# needs what you know now: callbacks, QoS 1, persistent sessions.
#
# **Stretch.** Open a plain `socket` to the broker and send a `CONNECT` packet by hand:
# `bytes([0x10, 16, 0, 4]) + b"MQTT" + bytes([4, 2, 0, 60, 0, 4]) + b"hand"`. Read four bytes. Find each of these bytes in chapter 3 of the
# standard. Then publish a message without any library.

# %% [markdown]
# ## Reset and report
#
# This cell stops what the lab has started, and shows which rooms of the house are yours now.

# %%
for each in (client, victim, crashing):
    each.disconnect()
    each.loop_stop()
services.stop()
house_plan()
