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
# # Lab 08: Kafka decoding
#
# **120 minutes** · before this: labs 01 and 02 · runs on: an MQTT broker, Kafka, PostgreSQL and TimescaleDB · adds to
# your house: the part `f2`
#
# The controllers of this lab say `b'00D7'` when they mean 21.5 °C. In this lab you build the pipeline that reads
# them: thousands of messages a second, in stages that may be killed at any moment.
#
# At the end:
#
# | | you can | exercises |
# |---|---|---|
# | A | read an address out of a topic, and give every fault a name | 8.1 |
# | B | explain a log, its partitions and offsets, and hand a message from a broker to a log without losing it | 8.2 |
# | C | keep in memory what a database says, and hear when it changes | 8.3 |
# | D | decode bytes by a table: formats, byte orders, signs, rounding | 8.4 |
# | E | share work in a consumer group, and decide when an offset is committed | 8.5 |
# | F | store each measurement once, whatever is repeated before | 8.6 |

# %% [markdown]
# ## What will stand at the end
#
# ![F2 controllers publish raw bytes to the MQTT broker. The connector moves them into the Kafka topic raw_iot_data, and acknowledges them to the broker when they are safe. The processor asks PostgreSQL how to read them, and writes measurements to decoded_iot_data, and what cannot be read to dead_letter_iot_data. The sink writes measurements into TimescaleDB. Connector, processor and sink are yours.](images/what-will-stand.svg)
#
# An **F2 controller** is a box on the wall. Probes, meters and contacts hang on its connectors. Run the first cell:
# it starts four servers and three simulated controllers, and shows the first eight messages.

# %%
import queue
import time

import pandas as pd
import paho.mqtt.client as mqtt

from labkit import check, hint, house_plan, log_view, simulated_controllers, spawn, start

services = start("mqtt", "kafka", "postgresql", "timescaledb", mqtt=["anonymous_sessions"])
broker, kafka = services.mqtt, services.kafka
print(broker, kafka, services.postgresql, services.timescaledb, sep="\n")

messages = queue.SimpleQueue()
listener = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
listener.username_pw_set(broker.username or None, broker.password or None)
listener.on_connect = lambda *arguments: listener.subscribe("cmnd/#", qos=1)
listener.on_subscribe = lambda *arguments: messages.put(None)
listener.on_message = lambda client, userdata, message: messages.put(message)
listener.connect(broker.host, broker.port)
listener.loop_start()
messages.get(timeout=10)  # subscribed

controllers = simulated_controllers(broker, 3, interval=2.0)
first = [messages.get(timeout=10) for _ in range(8)]
pd.DataFrame([(message.topic, message.payload) for message in first], columns=["topic", "payload"])

# %% [markdown]
# Here is the whole path of one message. This is what each stage makes of it; the code for it is what you write:
#
# | where | what |
# |---|---|
# | MQTT | topic `cmnd/f2-02f200000001/analog/1/temperature-1`, payload `b'00D7'` |
# | Kafka, `raw_iot_data` | the same bytes, with the key `f2-02f200000001`, in partition 0, 1, 2 or 3 |
# | PostgreSQL | HEX · INT16/AB · Offset 0 · Length 2 · Decimals 1 · Append " °C" |
# | Kafka, `decoded_iot_data` | `{"device_id": "f2-02f200000001", "component_type": "temperature", "value": 21.5, …}` |
# | TimescaleDB | one row of `iot_measurements`, stored once, even if stages die on the way |
#
# One thing is odd: elsewhere `cmnd/` is the prefix of commands. These controllers use it for measurements. Real
# devices are like that. You cannot change them, so you say it in a comment and go on.

# %% [markdown]
# ## 1. An address, and names for faults
#
# *Objective A*
#
# Each level of the topic says something:
#
# ```
# cmnd / f2-02f200000001 / rs485 / 3         / energy-meter-10
#        the controller    mode    connector   component and pin
# ```
#
# A pipeline gets every fault that a thousand devices can make. A fault needs a **code**: a short name that never
# changes, so that people can count and search. Here is the error class of this part, and what a good address becomes.
# A cell that starts with `%%part f2` belongs to the program `f2`; these are given, so just run them.

# %% nbgrader={"grade": false, "grade_id": "part-08-f2", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
"""From an F2 controller to the hypertable: address, decoder, connector, processor, sink."""

import base64
import binascii
import json
import math
import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from confluent_kafka import Message
from psycopg.rows import dict_row

from stack.f2.intake import Intake
from stack.f2.letters import dead_letter, to_iso
from stack.f2.repeats import Taken
from stack.f2.stage import KafkaStage

# %% nbgrader={"grade": false, "grade_id": "part-08-address", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
class DecodeError(ValueError):
    """A topic, a row of parameters or a payload that cannot be read.

    Args:
        code: one of the codes of stack/contracts/f2.md, such as `BAD_HEX`.
        reason: what is wrong, for a person.
    """

    def __init__(self, code: str, reason: str = ""):
        super().__init__(f"{code}: {reason}" if reason else code)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class F2Address:
    """What the topic of an F2 message says."""

    mac: str  # 12 hexadecimal digits, lower case
    mode: str  # how the connector is used: analog, rs485, ...
    connector: int  # 1 to 99
    component: str  # what hangs on the pin: temperature, energy-meter, ...
    id: str  # the pin's position on its connector, digits

    @property
    def device_id(self) -> str:
        """The controller's name."""
        return f"f2-{self.mac}"

# %% [markdown]
# The last level needs care: `energy-meter-10` has two hyphens. `str.rpartition` cuts at the last one:

# %%
for level in ("temperature-1", "energy-meter-10", "door", "meter-x"):
    component, hyphen, pin = level.rpartition("-")
    print(f"{level:16} {component!r:16} {pin!r:18} all digits: {pin.isdecimal()}")

# %% [markdown]
# **Predict.** `"٣".isdecimal()` asks about an Arabic-Indic three, and `int("٣")` reads it. What do the two say? What
# does that mean for a check of digits? Write your guess below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-08-1", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
print("٣".isdecimal(), int("٣"), "٣".isascii())

# %% [markdown]
# <details><summary>What happened</summary>
#
# `True` and `3`, though it is no ASCII (`False`). Python's idea of a digit is wider than the format's. So pin `٣` and
# pin `3` would be one. A regular
# expression with `[0-9]` says exactly what is meant, and `fullmatch` makes sure that it is all of the text.
# </details>
#
# ### Exercise 8.1: `parse_f2_topic` (2 points)
#
# **Write** `parse_f2_topic(topic)`, which reads an address.
#
# - *Input*: a topic, any text.
# - *Output*: an `F2Address`. The MAC is in lower case, the connector an `int`, the pin's position `id` stays text.
# - *Failure*: `DecodeError` with the code of the **first** rule that is broken, in this order:
#
# | code | rule |
# |---|---|
# | `BAD_PREFIX` | the first level is `cmnd` |
# | `BAD_LEVELS` | there are exactly five levels |
# | `BAD_MAC` | the second is `f2-` and 12 hexadecimal digits, either case |
# | `BAD_MODE` | the third has `a-z`, `0-9` and `_` only, at least one |
# | `BAD_CONNECTOR` | the fourth is a number from 1 to 99, one or two digits |
# | `BAD_COMPONENT` | the fifth has a component, at its last hyphen a cut, then digits `0-9` |
#
# ```python
# >>> parse_f2_topic("cmnd/f2-02F200000001/rs485/3/energy-meter-10")
# F2Address(mac='02f200000001', mode='rs485', connector=3, component='energy-meter', id='10')
# >>> parse_f2_topic("cmnd/f2-02f2/rs485/0/x")
# DecodeError: BAD_MAC: …
# ```

# %% nbgrader={"grade": false, "grade_id": "ex-08-1", "locked": false, "schema_version": 3, "solution": true}
# %%part f2
@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
    """
    ### BEGIN SOLUTION
    levels = topic.split("/")
    if levels[0] != "cmnd":
        raise DecodeError("BAD_PREFIX", f"{topic!r} does not begin with cmnd/")
    if len(levels) != 5:
        raise DecodeError("BAD_LEVELS", f"{topic!r} has {len(levels)} levels, not 5")
    _, controller, mode, connector, last = levels
    if not (mac := MAC.fullmatch(controller)):
        raise DecodeError("BAD_MAC", f"{controller!r} is not f2- and 12 hexadecimal digits")
    if not MODE.fullmatch(mode):
        raise DecodeError("BAD_MODE", f"{mode!r} has other characters than a-z, 0-9 and _")
    if not CONNECTOR.fullmatch(connector) or int(connector) == 0:
        raise DecodeError("BAD_CONNECTOR", f"{connector!r} is no number from 1 to 99")
    if not (component := COMPONENT.fullmatch(last)):
        raise DecodeError("BAD_COMPONENT", f"{last!r} is not a component, a hyphen and digits")
    return F2Address(mac[1].lower(), mode, int(connector), component[1], component[2])


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-08-1", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("08.1")

# %% [markdown]
# Stuck? `hint("08.1")` in a cell of your own shows the next level of the hint.

# %% [markdown]
# ## 2. A log between producers and consumers
#
# *Objective B*
#
# A broker *hands over* messages and forgets them. Kafka is different: it is a **log**. A program appends a
# **record**, and there it stays for days, whoever has read it.
#
# ![A topic with three partitions. Records in each are numbered from 0; new ones are appended at the right end. The group display has committed offsets 4, 4 and 2; the five records behind these are its lag. Another group, archive, reads the same records with offsets of its own.](images/log.svg)
#
# - A **topic** is split into **partitions**. Each is a log of its own, and can lie on another computer.
# - A record's place in its partition is its **offset**. Nothing is ever put in between.
# - A record may have a **key**. Records with the same key go into the same partition, so they *stay in order*.
#   Between partitions there is no order.
# - A reader belongs to a **group**, and the group **commits** the offset from which it goes on after a break. The
#   records behind that are its **lag**. Another group has offsets of its own: nobody takes records away from anybody.
#
# The next cell makes a topic with three partitions and appends eight records, from four rooms.

# %%
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

admin = AdminClient({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
for made in admin.create_topics([NewTopic("rooms", num_partitions=3)]).values():
    made.result(timeout=10)


def report(error, record):
    """Kafka's delivery report: it has the record, or why not."""
    place = f"partition {record.partition()}, at {record.offset()}"
    print(error or f"{record.key().decode():8} is in {place}")


producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
for number in range(8):
    room = ["kitchen", "bedroom", "hall", "attic"][number % 4]
    producer.produce("rooms", f"reading {number}", room, on_delivery=report)
print("sent; Kafka has said nothing yet")
left = producer.flush(10)

# %% [markdown]
# Two things to notice. Each room has one partition, by a hash of its key. And `produce` returned at once: the record
# lay in the memory of this process, and nowhere else. Kafka's answer comes later, as a call of the function `report`:
# the **delivery report**.

# %%
log_view(kafka, ["rooms"])

# %% [markdown]
# **Predict.** A topic has 4 partitions. All 1,000 records of a day have the key `house`. Five computers work as
# consumers in one group. How many of them have work? Write your guess below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-08-2", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %% [markdown]
# <details><summary>What happens</summary>
#
# **One.** One key is one partition, and a partition belongs to one member of a group at a time. Three other
# partitions are empty, and with four partitions a fifth member could never get one anyway. So a key decides two
# things: what stays in order, and how far the work can be shared. Here the key is the *controller*: its values stay
# in order, and a thousand controllers spread well.
# </details>
#
# ### Who has it now?
#
# The connector stands between a broker that forgets what was acknowledged, and a log. It has the question of lab 02
# again. The answer is the same, but the "yes, stored" comes later, by the delivery report, while other messages
# arrive:
#
# ![Four steps in time. The broker sends a message. The connector sends it to Kafka with key and headers. Kafka's delivery report comes back some time later. Only then the connector acknowledges to the broker. If the connector dies before that, the broker sends the message again.](images/delivery-report.svg)
#
# What is repeated must be recognised later. An F2 payload has no time and no number, so the connector gives each
# message its identity: the moment of its arrival, in microseconds, never the same twice. It travels in the record's
# **headers**, beside the topic.
#
# The frame around your code is given: it connects with a persistent session, reads, connects again, and knows a
# repeat of the broker. It is in [stack/f2/intake.py](../../stack/f2/intake.py), for after the lab. You write what it
# calls.
#
# If your code raises, the connector lives on: the message is not acknowledged, and comes again. `stats["error"]` says
# what was raised, and in which line.

# %% [markdown]
# **Predict.** Kafka is away for a minute. Version A acknowledges when a message arrives. Version B acknowledges after
# the delivery report. Then the computer of the connector loses power. What is lost in A, what in B?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-08-3", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %% [markdown]
# <details><summary>What happens</summary>
#
# A: everything of that minute. It was in the producer's memory, and the broker had been told that it is safe. B:
# nothing. The broker still has all of it, and sends it again. The price: after `window` messages without an
# acknowledgement (5,000) the connector stops reading, and the broker's queue grows instead.
# </details>
#
# ### Exercise 8.2: `Connector` (3 points)
#
# **Write** the two methods of `Connector`. They are called by one thread, so you need no lock.
#
# `take(taken)` is called for each new message.
#
# - *Input*: `taken.topic`, `taken.payload`, and `taken.headers`, ready for Kafka.
# - *Output*: one record in `self.raw_topic`: the payload as it is, the headers, and as key the controller's name
#   (`device_id` of its address). Use `self.outbox.send(topic, key, value, headers, delivered=…, too_large=…)`. It
#   returns at once, keeps trying while Kafka is away, and calls `delivered()` at the delivery report. Then set
#   `taken.delivered = True`, and count it in `self.stats["stored"]`.
# - *Failure*: a topic that cannot be read goes to Kafka too, without a key (`None`): the processor says what is
#   wrong. A payload that Kafka never takes: `too_large()` is called instead; call `self.put_aside(taken, key)` there.
#   It writes a **dead letter**: a record in a topic of its own, which says what could not be handled, and why.
#
# `acknowledge()` is called again and again.
#
# - *Input*: `self.waiting`, a `deque` of what is not acknowledged yet, oldest first. Each has `.taken`.
# - *Output*: each arrival whose message Kafka has is taken out and given to `self.ack(arrival)`, in the order of
#   arrival. It stops at the first one that Kafka does not have. A repeat is in the line as well, with the `taken` of
#   its first arrival.

# %% nbgrader={"grade": false, "grade_id": "ex-08-2", "locked": false, "schema_version": 3, "solution": true}
# %%part f2
class Connector(Intake):
    """Move messages from MQTT to Kafka, as they are; acknowledge each when Kafka has it.

    Args: those of Intake. `stats` counts, `start()` and `stop()` are given.
    """

    def take(self, taken: Taken) -> None:
        """Hand a new message to Kafka. Called for one after the other, in the order of arrival.

        Args:
            taken: the message: topic, payload, headers; set `delivered` when Kafka has it.
        """
        ### BEGIN SOLUTION
        try:
            key = parse_f2_topic(taken.topic).device_id
        except DecodeError:
            key = None  # the processor says what is wrong with it

        def delivered():
            taken.delivered = True
            self.stats["stored"] += 1

        self.outbox.send(
            self.raw_topic, key, taken.payload, taken.headers,
            delivered=delivered, too_large=lambda: self.put_aside(taken, key),
        )
        ### END SOLUTION

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        ### BEGIN SOLUTION
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-08-2", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check("08.2")

# %% [markdown]
# Yours at work, with the three controllers. Each box is a record. Watch the log grow: three keys, so not every one of
# the four partitions gets records. Have you changed your code? Run your cell again and then this one: it stops the
# old connector before it starts the new one.

# %%
def wait_for(done, *stages, seconds=25):
    """Look again and again until it is done, or a stage has not been written yet."""
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        for stage in stages:
            if "NotImplementedError" in str(stage.stats["error"]):
                print(f"{stage.name} is not written yet")
                return False
        time.sleep(0.05)
    for stage in stages:
        if not done() and stage.stats["error"]:
            print(f"{stage.name}: {stage.stats['error']}")
    return done()


if "connector" in globals():  # an earlier run of this cell
    connector.stop()
connector = Connector(broker, kafka.bootstrap)
connector.start()
wait_for(lambda: connector.stats["stored"] >= 20, connector)
print(connector.stats)
log_view(kafka, ["raw_iot_data"])

# %% [markdown]
# ## 3. A database that says how to read
#
# *Objective C*
#
# What do the bytes mean? That is not in the code. It stands in PostgreSQL, in tables that an installer fills with a
# web page: which device hangs on which pin, and how its payload is to be read. The next cell makes the tables of this
# course (**migrations**: numbered SQL files, each applied once) with a thousand controllers, and asks for one of
# them.

# %%
import json

import psycopg
from psycopg.conninfo import make_conninfo

from stack.f2.dependencies import MIGRATIONS
from stack.runtime import migrate

migrate(services.postgresql.dsn, MIGRATIONS / "device_params", "device_params")
parameters_dsn = make_conninfo(services.postgresql.dsn, dbname="device_params")
conn = psycopg.connect(parameters_dsn, autocommit=True)

cursor = conn.execute("""
    SELECT connector_number, position, component_type,
           "DataFormat", "DataEncoding", "Offset", "Length", "Append", "Decimals"
    FROM device_parameters WHERE mac_address = '02f200000001'
""")
pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])

# %% [markdown]
# One row is one **data point**: one value in a payload. `energy-meter` has four rows: its payload holds four values.
# In your program a row becomes a `DataPoint`, and `read_parameters` (given) reads all of one controller:

# %% nbgrader={"grade": false, "grade_id": "part-08-point", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
@dataclass(frozen=True)
class DataPoint:
    """How one value lies in a payload. The fields are the columns of the table "DataPoint"."""

    DataFormat: str  # BINARY, HEX, BASE64 or ASCII: how the payload holds bytes
    DataEncoding: str  # TYPE or TYPE/ORDER
    Offset: int = 0  # first byte
    Length: int = 0  # bytes; 0: the type's width, or the rest
    Prepend: str = ""
    Append: str = ""
    WholeNumber: int = 0  # most digits before the point, a check; 0: no limit
    Decimals: int = 0  # 0 to 9

    @property
    def unit(self) -> str:
        """What stands behind the value, without white space: `°C`."""
        return self.Append.strip()

    def __post_init__(self):
        """Compute what every payload needs: rows are few, payloads come by the thousand."""
        divisor, limit = 10**self.Decimals, 10**self.WholeNumber if self.WholeNumber > 0 else 0
        # The dataclass is frozen, so not by assignment.
        self.__dict__.update(divisor=divisor, limit=limit, raw_limit=limit * divisor)

    @cached_property
    def decoder(self) -> Callable[[bytes], float | str]:
        """The function that decodes this row's payloads, if you write `make_decoder`."""
        return make_decoder(self)


class Parameter(NamedTuple):
    """One value that a message of a pin holds."""

    id: int  # DataPointId
    component_type: str
    point: DataPoint

# %% nbgrader={"grade": false, "grade_id": "part-08-query", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
Parameters = dict[tuple[int, str, str], list[Parameter]]  # by connector, component and pin's position

QUERY = """
    SELECT connector_number, component, position, component_type, "DataPointId",
           "DataFormat", "DataEncoding", "Offset", "Length",
           "Prepend", "Append", "WholeNumber", "Decimals"
    FROM device_parameters WHERE mac_address = %s ORDER BY "DataPointId"
"""


def read_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Ask the database how the payloads of a controller are decoded."""
    parameters: Parameters = {}
    for row in conn.cursor(row_factory=dict_row).execute(QUERY, [mac]):
        pin = row.pop("connector_number"), row.pop("component"), str(row.pop("position"))
        value = Parameter(row.pop("DataPointId"), row.pop("component_type"), DataPoint(**row))
        parameters.setdefault(pin, []).append(value)
    return parameters

# %%
parameters = read_parameters(conn, "02f200000001")
parameters[1, "temperature", "1"]

# %% [markdown]
# To ask the database for each of a thousand messages a second would be slow:

# %%
began = time.perf_counter()
for _ in range(100):
    read_parameters(conn, "02f200000001")
print(f"{(time.perf_counter() - began) * 10:.2f} ms each")

# %% [markdown]
# So the answers are kept in memory: a **cache**. But then an installer corrects a row, and the program goes on with
# the old one. PostgreSQL can tell you: `LISTEN channel` asks for the notices of a channel, and in these tables every
# change sends a notice on the channel `device_parameters` (a **trigger** does it). `conn.notifies(timeout=0)` gives
# those that have come, without waiting.

# %%
conn.execute("LISTEN device_parameters")
with psycopg.connect(parameters_dsn) as installer:
    installer.execute('UPDATE "DataPoint" SET "Decimals" = 1 WHERE "DataPointId" = 1')
    print("before the commit:", list(conn.notifies(timeout=0)))
print("after the commit:", [notice.channel for notice in conn.notifies(timeout=5, stop_after=1)])
closed = conn.execute("UNLISTEN device_parameters")

# %% [markdown]
# **Predict.** A program first reads the rows of a controller, and then says `LISTEN`. Between the two, an installer
# changes a row. When does the program learn of it?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-08-4", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %% [markdown]
# <details><summary>What happens</summary>
#
# Never, until somebody changes something else. The notice was sent before the program listened, and nobody keeps it.
# So: first `LISTEN`, then read. And only in *autocommit* mode: in an open transaction notices do not arrive, and
# every query may see the old state.
# </details>
#
# ### Exercise 8.3: `load_parameters` (2 points)
#
# **Write** `load_parameters(conn, mac)`, which reads the parameters of a controller, and remembers them.
#
# - *Input*: a connection of psycopg in autocommit mode; the MAC, 12 digits in lower case.
# - *Output*: what `read_parameters(conn, mac)` gives: a `dict` from (connector, component, pin) to a list of
#   `Parameter`. Asked again for the same controller, it does **not** ask the database. After a change of the tables
#   (a notice on `device_parameters`) it does.
# - An unknown controller is `{}`; that is remembered too. Once it is in the database, it is found.
# - *Failure*: `ValueError` for a connection that is not in autocommit mode (`conn.autocommit`).
#
# Each connection has its own cache: `loaded[conn]`; a new connection has none yet. One that dies takes its cache
# along, because a new one has not heard what was said in between. Never remember more than `MOST_CONTROLLERS`:
# anybody can invent MAC addresses.

# %% nbgrader={"grade": false, "grade_id": "ex-08-3", "locked": false, "schema_version": 3, "solution": true}
# %%part f2
# The cache of each connection.
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded, from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as it.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload.

    Raises:
        ValueError: not in autocommit mode, so that a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    ### BEGIN SOLUTION
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    known = loaded[conn]
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        known.clear()
    if mac not in known:
        if len(known) >= MOST_CONTROLLERS:
            known.clear()
        known[mac] = read_parameters(conn, mac)
    return known[mac]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-08-3", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("08.3")

# %%
try:
    load_parameters(conn, "02f200000001")  # the first time it asks
    began = time.perf_counter()
    for _ in range(100):
        load_parameters(conn, "02f200000001")
    print(f"{(time.perf_counter() - began) * 10:.3f} ms each")
except NotImplementedError:
    print("write exercise 8.3 first")

# %% [markdown]
# ## 4. Bytes to values
#
# *Objective D*
#
# A decoder that knows a hundred devices is a hundred functions, or one function and a table. You write the second
# kind. It works in five steps:
#
# ![The payload 41A100D7 in hexadecimal digits. Step 1, DataFormat HEX, makes the bytes 41 A1 00 D7. Step 2, Offset 2 and Length 2, cuts out 00 D7. Step 3, ORDER AB, leaves them. Step 4, TYPE INT16, makes 215. Step 5, Decimals 1, makes 21.5.](images/decode-steps.svg)
#
# **The format.** Some devices publish bytes, others write them as hexadecimal digits or base64. `from_hex` is given,
# as an example of what "read it, or name the fault" means. Notice that it refuses what Python would let pass.

# %% nbgrader={"grade": false, "grade_id": "part-08-formats", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
HEX = re.compile(rb"[0-9A-Fa-f]*")
BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")  # RFC 4648


def from_hex(payload: bytes) -> bytes:
    """Undo hexadecimal digits in pairs, with an optional 0x in front and separators."""
    try:
        return binascii.unhexlify(payload)  # plain digits: most payloads
    except binascii.Error:
        digits = payload.strip()
        if digits[:2] in (b"0x", b"0X"):
            digits = digits[2:]
        digits = digits.translate(None, b" :-")
        if len(digits) % 2 or not HEX.fullmatch(digits):
            raise DecodeError("BAD_HEX", "the payload is not hexadecimal digits in pairs") from None
        return binascii.unhexlify(digits)

# %%
for payload in (b"00D7", b"0x00:d7\n", b"00 D", b"zz"):
    try:
        print(payload, "->", from_hex(payload))
    except DecodeError as error:
        print(payload, "->", error)

# %% [markdown]
# **The order.** A number of several bytes can be sent with its highest byte first (**big-endian**), or its lowest
# (**little-endian**). Modbus sends words of two bytes, and makers of meters swapped them in every possible way:
#
# ![The number 0x0001E240, which is 123456, in four orders. ABCD: 00 01 E2 40. DCBA: 40 E2 01 00. CDAB: E2 40 00 01. BADC: 01 00 40 E2. A is the highest byte.](images/byte-orders.svg)

# %%
import struct

wire = bytes.fromhex("0000 4366")  # a voltage, ORDER CDAB
for name, field in (("ABCD", wire), ("DCBA", wire[::-1]), ("CDAB", wire[2:] + wire[:2])):
    print(name, struct.unpack(">f", field)[0], int.from_bytes(field, "big"))

# %% [markdown]
# Notice: every order gives *a* number. Only one of them is a voltage. A wrong order raises no error; it stores
# nonsense.
#
# **The type.** `int.from_bytes(field, "big", signed=True)` reads two's complement, `struct` reads IEEE 754 floats:
# `>e`, `>f` and `>d` for two, four and eight bytes. Others need a few lines of their own. **BCD** puts a decimal
# digit into each half byte: `0x12 0x34` is 1234. **SMINT16** has its sign in the highest bit, the amount in the
# others.
#
# **Scale or round.** Most devices send whole numbers with an *implied* decimal point: 215 with one decimal is 21.5.
# Floats have their own point, and are rounded.

# %% [markdown]
# **Predict.** What does Python print for `round(2.5)`, `round(3.5)`, `round(0.125, 2)` and `round(2.675, 2)`?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-08-5", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
print(round(2.5), round(3.5), round(0.125, 2), round(2.675, 2))

# %% [markdown]
# <details><summary>What happened</summary>
#
# `2 4 0.12 2.67`. A tie goes to the *even* neighbour, so that a thousand roundings do not all go up. And 2.675 is no
# tie: its nearest double is a little less. That is the rule of this format, too: ties to even, on the exact binary
# value.
# </details>
#
# Three given cells: the names of the types with their widths and orders; `check_point`, which finds what is wrong
# with a *row* before any payload is seen; and `whole`, which reads digits of any number.

# %% nbgrader={"grade": false, "grade_id": "part-08-types", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
TYPE = re.compile(
    r"U?INT(?:8|16|24|32|64)|SMINT16|FLOAT(?:16|32|64)|BCD|BIT[0-9]{1,9}|BITS[0-9]{1,9}-[0-9]{1,9}"
    r"|STRING|HEXSTR|DEC"
)
WIDTHS = {"UINT8": 1, "UINT16": 2, "UINT24": 3, "UINT32": 4, "UINT64": 8}  # bytes
WIDTHS |= {"INT8": 1, "INT16": 2, "INT24": 3, "INT32": 4, "INT64": 8}
WIDTHS |= {"SMINT16": 2, "FLOAT16": 2, "FLOAT32": 4, "FLOAT64": 8}
ORDERS = {  # which byte of the big-endian number comes first, second, ... on the wire, by width
    2: ("AB", "BA"),
    3: ("ABC", "CBA"),
    4: ("ABCD", "CDAB", "BADC", "DCBA"),
    8: ("ABCDEFGH", "HGFEDCBA", "GHEFCDAB", "BADCFEHG"),
}

# %% nbgrader={"grade": false, "grade_id": "part-08-row", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
def check_point(point: DataPoint) -> None:
    """Find what is wrong with a row before any payload is seen.

    Raises:
        DecodeError: BAD_DECIMALS, BAD_OFFSET, UNKNOWN_FORMAT, UNKNOWN_ENCODING,
            LENGTH_MISMATCH or BAD_ORDER.
    """
    if not 0 <= point.Decimals <= 9:
        raise DecodeError("BAD_DECIMALS", f"Decimals is {point.Decimals}, not 0 to 9")
    if point.Offset < 0:
        raise DecodeError("BAD_OFFSET", f"Offset is {point.Offset}, less than 0")
    if point.DataFormat not in ("BINARY", "HEX", "BASE64", "ASCII"):
        raise DecodeError("UNKNOWN_FORMAT", f"there is no DataFormat {point.DataFormat!r}")
    name, slash, order = point.DataEncoding.partition("/")
    if not TYPE.fullmatch(name):
        raise DecodeError("UNKNOWN_ENCODING", f"{point.DataEncoding!r} has no type that is known")
    width = WIDTHS.get(name, 0)
    if point.Length < 0 or (width and point.Length not in (0, width)):
        has = width or "0 or more"
        raise DecodeError("LENGTH_MISMATCH", f"Length is {point.Length}, {name} has {has} bytes")
    width = width or point.Length
    orders = ORDERS.get(width, ()) if width else sum(ORDERS.values(), ())
    if slash and order not in ("BE", "LE", *orders):
        raise DecodeError("BAD_ORDER", f"{order!r} is no order of {width or 'any number of'} bytes")

# %% nbgrader={"grade": false, "grade_id": "part-08-numbers", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
def whole(text: str) -> int:
    """Read digits with an optional sign."""
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > 4000:  # Python refuses 4,300 and more; a double ends at 309
        raise DecodeError("NOT_FINITE", f"{len(digits)} digits are too many for a double")
    return -int(digits) if text[0] == "-" else int(digits)

# %% [markdown]
# ### Exercise 8.4, first half: the tools
#
# **Write** seven small functions. No check stands here: the next half uses them, and `check("08.4")` looks at the
# whole. You may cut the work in another way, if `decode` is right in the end.
#
# | function | does | failure |
# |---|---|---|
# | `from_base64(payload)` | undoes base64 with its padding; the pattern `BASE64` says what is allowed | `BAD_BASE64` |
# | `arranger(order)` | makes a function that brings a field into big-endian order: `""` and `BE` leave it, `LE` turns it round, letters say where each byte is | `BAD_ORDER`: the field has another length than the order has letters |
# | `sign_and_magnitude(field)` | reads a SMINT16 | |
# | `bcd(field)` | reads two decimal digits a byte | `BAD_BCD`: a half byte above 9 |
# | `bits(field, low, high)` | reads bits of an unsigned number, bit 0 is the lowest | `BAD_BIT_RANGE` |
# | `scaled(raw, point)` | sets the implied point: `raw / point.divisor` | `NOT_FINITE`: no double is so large (`OverflowError`). `WHOLE_NUMBER_OVERFLOW`: see below |
# | `rounded(number, point)` | rounds to `Decimals`; `-0.0` becomes `0.0` | `NOT_FINITE`: infinity or NaN. `WHOLE_NUMBER_OVERFLOW` |
#
# `WholeNumber` is a check, never a scale: with 3, a value of 1000 or more, or -1000 or less, is refused; with 0 all
# pass. The value is asked *after* rounding: 99.96 with one decimal is 100.0. `point.limit` is that bound (0: none),
# and `point.raw_limit` the same for the number before scaling.
#
# ```python
# >>> arranger("CDAB")(bytes.fromhex("E2400001")).hex()
# '0001e240'
# >>> bits(b"\xd2\x34", 0, 9)        # 0xD234 & 0x3FF
# 564
# ```

# %% nbgrader={"grade": false, "grade_id": "ex-08-4a", "locked": false, "schema_version": 3, "solution": true}
# %%part f2
def from_base64(payload: bytes) -> bytes:
    """Undo base64 with padding. DecodeError: BAD_BASE64."""
    ### BEGIN SOLUTION
    if not BASE64.fullmatch(payload):  # Python's own check lets superfluous padding through
        raise DecodeError("BAD_BASE64", "the payload is not base64 with padding, RFC 4648")
    return base64.b64decode(payload)
    ### END SOLUTION


def arranger(order: str) -> Callable[[bytes], bytes]:
    """Make the function that brings a field into big-endian order.

    It raises DecodeError, BAD_ORDER, for a field with not as many bytes as the order has letters.
    """
    ### BEGIN SOLUTION
    if order in ("", "BE"):
        return bytes
    if order == "LE":
        return itemgetter(slice(None, None, -1))
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))

    def arrange(field):
        if len(field) != len(order):
            raise DecodeError("BAD_ORDER", f"{order} is no order of {len(field)} bytes")
        return bytes(pick(field))

    return arrange
    ### END SOLUTION


def sign_and_magnitude(field: bytes) -> int:
    """SMINT16: the highest bit is the sign, the others are the amount."""
    ### BEGIN SOLUTION
    raw = int.from_bytes(field, "big")
    return -(raw & 0x7FFF) if raw & 0x8000 else raw
    ### END SOLUTION


def bcd(field: bytes) -> int:
    """BCD: two decimal digits a byte. DecodeError: BAD_BCD."""
    ### BEGIN SOLUTION
    digits = field.hex()
    if not digits.isdecimal():
        raise DecodeError("BAD_BCD", f"{digits} has a digit above 9")
    return whole(digits)
    ### END SOLUTION


def bits(field: bytes, low: int, high: int) -> int:
    """Read bits `low` to `high` of an unsigned number; bit 0 is the lowest.

    DecodeError: BAD_BIT_RANGE.
    """
    ### BEGIN SOLUTION
    if not low <= high < 8 * len(field):
        raise DecodeError("BAD_BIT_RANGE", f"{len(field)} bytes have no bit {max(low, high)}")
    return int.from_bytes(field, "big") >> low & (1 << high - low + 1) - 1
    ### END SOLUTION


def scaled(raw: int, point: DataPoint) -> float:
    """Set the implied decimal point. DecodeError: NOT_FINITE, WHOLE_NUMBER_OVERFLOW."""
    ### BEGIN SOLUTION
    try:
        value = raw / point.divisor
    except OverflowError:
        raise DecodeError("NOT_FINITE", "the number is too large for a double") from None
    if point.raw_limit and not -point.raw_limit < raw < point.raw_limit:
        reason = f"{value} has more than {point.WholeNumber} whole digits"
        raise DecodeError("WHOLE_NUMBER_OVERFLOW", reason)
    return value
    ### END SOLUTION


def rounded(number: float, point: DataPoint) -> float:
    """Round to the decimals; -0.0 is 0.0. DecodeError: NOT_FINITE, WHOLE_NUMBER_OVERFLOW."""
    ### BEGIN SOLUTION
    if not math.isfinite(number):
        raise DecodeError("NOT_FINITE", f"the value is {number}")
    value = round(number, point.Decimals) + 0.0  # -0.0 + 0.0 is 0.0
    if point.limit and not -point.limit < value < point.limit:
        reason = f"{value} has more than {point.WholeNumber} whole digits"
        raise DecodeError("WHOLE_NUMBER_OVERFLOW", reason)
    return value
    ### END SOLUTION

# %%
try:
    print(arranger("CDAB")(bytes.fromhex("E2400001")).hex(), bits(b"\xd2\x34", 0, 9))
    print(bcd(b"\x12\x34"), sign_and_magnitude(b"\x80\x05"), from_base64(b"A2cBEA=="))
    print(scaled(215, DataPoint("HEX", "INT16", Decimals=1)))
    print(rounded(0.125, DataPoint("HEX", "FLOAT32", Decimals=2)))
except NotImplementedError:
    print("write the tools above first")

# %% [markdown]
# ### Exercise 8.4: `decode` (5 points)
#
# **Write** `decode(payload, point)`, which reads one value out of a payload.
#
# - *Input*: the payload, `bytes`; a `DataPoint`. `DataEncoding` is `TYPE` or `TYPE/ORDER`, such as `FLOAT32/CDAB`.
# - *Output*: a `float`; for `STRING` and `HEXSTR` a `str` with `Prepend` before and `Append` behind.
# - *Field*: `Length` bytes from `Offset` on, after the format is undone. `Length` 0 is the width of the type
#   (`WIDTHS`); a type without a width gets the rest. Bytes behind the field are no error.
#
# | TYPE | is |
# |---|---|
# | `UINT8` … `UINT64`, `INT8` … `INT64`, `SMINT16`, `BCD` | whole numbers, scaled |
# | `BIT<n>`, `BITS<lo>-<hi>` | bits of an unsigned number over the field, scaled |
# | `FLOAT16`, `FLOAT32`, `FLOAT64` | IEEE 754, rounded |
# | `STRING` | UTF-8 (ASCII where the format is `ASCII`), without NULs at its end |
# | `HEXSTR` | each byte as two digits, lower case |
# | `DEC` | digits of ASCII with an optional sign and point, white space around; with a point rounded, without one scaled; no exponent |
#
# - *Failure*: `DecodeError` with the **first** code that applies, in this order. An r marks faults of the row;
#   `check_point` finds those:
#
# `BAD_DECIMALS` r, `BAD_OFFSET` r, `EMPTY_PAYLOAD`, `UNKNOWN_FORMAT` r, `BAD_HEX`, `BAD_BASE64`, `UNKNOWN_ENCODING`
# r, `LENGTH_MISMATCH` r, `BAD_ORDER` r, `OUT_OF_RANGE` (the field is not all there, or empty), `BAD_BCD`,
# `BAD_BIT_RANGE`, `BAD_TEXT`, `NOT_FINITE`, `WHOLE_NUMBER_OVERFLOW`.
#
# ```python
# >>> decode(b"41A100D7", DataPoint("HEX", "INT16/AB", Offset=2, Length=2, Decimals=1))
# 21.5
# >>> decode(b"", DataPoint("XML", "INT16"))
# DecodeError: EMPTY_PAYLOAD: …
# ```
#
# A row is read by thousands of payloads. If you write `make_decoder(point)`, which looks at the row once and returns
# a function of the payload, then `point.decoder(payload)` (given) keeps that function. It is not asked for.

# %% nbgrader={"grade": false, "grade_id": "ex-08-4b", "locked": false, "schema_version": 3, "solution": true}
# %%part f2
def decode(payload: bytes, point: DataPoint) -> float | str:
    """Read one value out of a payload.

    Returns:
        The number; for STRING and HEXSTR the text with Prepend and Append.

    Raises:
        DecodeError: with the first code that applies, in the order of the table.
    """
    ### BEGIN SOLUTION
    return point.decoder(payload)


def make_decoder(point: DataPoint) -> Callable[[bytes], float | str]:
    """Read a row once, and make the function that decodes its payloads."""
    formats = {"BINARY": bytes, "HEX": from_hex, "BASE64": from_base64, "ASCII": bytes}
    undo = formats.get(point.DataFormat)
    try:
        check_point(point)
    except DecodeError as fault:
        return refuser(fault, undo)
    name, _, order = point.DataEncoding.partition("/")
    offset, length = point.Offset, point.Length or WIDTHS.get(name, 0)
    end = offset + length if length else None
    arrange, read = arranger(order), reader(name, point)

    def decoder(payload):
        if not payload:
            raise DecodeError("EMPTY_PAYLOAD", "the payload has no bytes")
        data = undo(payload)
        field = data[offset:end]
        if len(field) < length:
            raise DecodeError("OUT_OF_RANGE", f"needs bytes {offset} to {end - 1} of {len(data)}")
        field = arrange(field)
        if not field:
            raise DecodeError("OUT_OF_RANGE", f"needs bytes from {offset} on, of {len(data)}")
        return read(field)

    return decoder


def refuser(fault: DecodeError, undo: Callable | None) -> Callable[[bytes], float | str]:
    """The decoder of a row that is wrong. What stands before the row's fault is told first."""

    def decoder(payload):
        if fault.code not in ("BAD_DECIMALS", "BAD_OFFSET"):
            if not payload:
                raise DecodeError("EMPTY_PAYLOAD", "the payload has no bytes")
            if undo:
                undo(payload)
        raise DecodeError(fault.code, fault.reason)

    return decoder


def reader(name: str, point: DataPoint) -> Callable[[bytes], float | str]:
    """The function that reads a field in big-endian order."""
    if name == "HEXSTR":
        return lambda field: f"{point.Prepend}{field.hex()}{point.Append}"
    if name in ("STRING", "DEC"):
        read = string if name == "STRING" else decimal
        return lambda field: read(field, point)
    if name.startswith("FLOAT"):
        unpack = struct.Struct({"FLOAT16": ">e", "FLOAT32": ">f", "FLOAT64": ">d"}[name]).unpack
        return lambda field: rounded(unpack(field)[0], point)
    if name.startswith("BIT"):
        bounds = [int(number) for number in re.findall("[0-9]+", name)]
        return lambda field: scaled(bits(field, bounds[0], bounds[-1]), point)
    if name in ("BCD", "SMINT16"):
        number = bcd if name == "BCD" else sign_and_magnitude
        return lambda field: scaled(number(field), point)
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed), point)


def string(field: bytes, point: DataPoint) -> str:
    """STRING: characters, without NULs at the end."""
    charset = "ascii" if point.DataFormat == "ASCII" else "utf-8"
    try:
        return f"{point.Prepend}{field.rstrip(bytes(1)).decode(charset)}{point.Append}"
    except UnicodeDecodeError as error:
        raise DecodeError("BAD_TEXT", f"byte {error.start} is not {charset.upper()}") from None


# Python's float() would take 1_0, 1e5 and nan too.
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")


def decimal(field: bytes, point: DataPoint) -> float:
    """DEC: a number in ASCII; without a point it has an implied one."""
    text = field.decode("latin-1").strip(" \t\r\n")
    if not NUMBER.fullmatch(text):
        raise DecodeError("BAD_TEXT", f"{text!r} is no decimal number")
    return rounded(float(text), point) if "." in text else scaled(whole(text), point)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-08-4", "locked": true, "points": 5, "schema_version": 3, "solution": false}
check("08.4")

# %% [markdown]
# With it, the first messages of this notebook can be read. `display` is given:

# %% nbgrader={"grade": false, "grade_id": "part-08-display", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
def display(value: float | str, point: DataPoint) -> str:
    """Write a decoded value for a person: `€12.34`, `21.5 °C`."""
    if isinstance(value, str):
        return value  # has Prepend and Append already
    return f"{point.Prepend}{value:.{point.Decimals}f}{point.Append}"

# %%
rows = []
try:
    for message in first:
        address = parse_f2_topic(message.topic)
        for parameter in parameters[address.connector, address.component, address.id]:
            text = display(decode(message.payload, parameter.point), parameter.point)
            rows.append((message.payload, parameter.component_type, text))
except NotImplementedError:
    print("write exercises 8.1 and 8.4 first")
pd.DataFrame(rows, columns=["payload", "component", "value"])

# %% [markdown]
# ## 5. A processor, and another one
#
# *Objective E*
#
# One processor may be too slow, and one processor may die. So there are several, in one **consumer group**: Kafka
# gives each partition to one member.
#
# ![Left: two members, A and B, have two of four partitions each. Right: B was killed; six seconds later A has all four. A begins where B has committed, not where B has read.](images/consumer-group.svg)
#
# A member that leaves says so. One that is killed says nothing: after 6 seconds without a sign of life (the *session
# timeout*) its partitions go to the others. This is a **rebalance**. The one that takes over begins at the offset
# that was *committed*. What the dead one had in hand is done again.
#
# So there are three steps, and their order is what decides:
#
# 1. **send** what comes of a batch,
# 2. **wait** until Kafka has it,
# 3. **commit** the batch.

# %% [markdown]
# **Predict.** Somebody commits first and sends afterwards, and the processor is killed between the two. And with the
# right order, killed between 2 and 3? Say for both what is in the decoded topic in the end.

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-08-6", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %% [markdown]
# <details><summary>What happens</summary>
#
# Commit first: the batch is **lost**. Nobody reads it again. Commit last: the batch is there **twice**: *at least
# once*. Losing cannot be repaired later, but repeats can be made harmless, if a repeat can be recognised. The
# measurement's time comes from the raw record's headers, so it is the same in every repeat.
# </details>
#
# ### What makes a measurement itself?
#
# Measurements go into a table with this key: `(timestamp, device_id, connector_mode, component_type, pin_position)`.
# There cannot be two rows with one key. In the system from which the table comes, `pin_position` was the ID at the
# end of the topic:

# %%
conn.execute("""
    CREATE TEMPORARY TABLE seed (timestamp text, device_id text, connector_mode text,
        component_type text, pin_position text, value float,
        PRIMARY KEY (timestamp, device_id, connector_mode, component_type, pin_position))
""")
insert = "INSERT INTO seed VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
for topic, value in (("analog/1/temperature-3", 21.5), ("analog/2/temperature-3", 4.0)):
    mode, _, last = topic.split("/")
    component, _, pin = last.rpartition("-")
    conn.execute(insert, ["11:00:00", "f2-02f200000001", mode, component, pin, value])

# %% [markdown]
# **Predict.** `analog/1/temperature-3` is in the living room, `analog/2/temperature-3` in the fridge. How many rows
# does the table have now, and which?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-08-7", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
print(conn.execute("SELECT pin_position, value FROM seed").fetchall())

# %% [markdown]
# <details><summary>What happened, and how to repair it</summary>
#
# **One row**, the living room's. The fridge was taken for a repeat, and no error was raised. The key has no connector
# in it: a pin's number is unique on *its connector* only. The tables cannot be changed here, but the value can:
# `pin_position` becomes `<CONNECTOR>:<ID>`, so `1:3` and `2:3`.
# </details>

# %% [markdown]
# A given cell: what a raw record holds, and how it is read, whoever wrote it.

# %% nbgrader={"grade": false, "grade_id": "part-08-raw", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
class Raw(NamedTuple):
    """A raw record, as the connector wrote it."""

    topic: str  # of MQTT
    payload: bytes
    timestamp: str  # of its arrival, ISO 8601: the same in every repeat of its record
    source: str  # where it stands in Kafka: topic/partition/offset


def read_raw(record: Message) -> Raw:
    """Read a raw record, whoever wrote it."""
    headers = dict(record.headers() or ())
    topic = (headers.get("topic") or b"").decode("utf-8", "replace")  # a header may be null
    source = f"{record.topic()}/{record.partition()}/{record.offset()}"
    try:
        timestamp = to_iso(int(headers["time"]))
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        # Somebody else's record: Kafka's time, in milliseconds; the offset keeps two of one apart.
        timestamp = to_iso(record.timestamp()[1] * 1000 + record.offset() % 1000)
    return Raw(topic, record.value() or b"", timestamp, source)


LONGEST_MEASUREMENT = 900_000  # bytes; a record of Kafka holds 1,000,000 with its key and headers

# %% [markdown]
# ### Exercise 8.5: `Processor` (4 points)
#
# **Write** the method `handle` of `Processor`, and `outcomes` for it; add what helps you. The frame is given (in
# [stack/f2/stage.py](../../stack/f2/stage.py), for after the lab): it joins the group, takes batches, calls `handle`,
# and calls it again with the same batch if it raises; `stats["error"]` says what. It never commits by itself.
#
# - *Input*: a batch of Kafka's records; `read_raw(record)` gives `topic`, `payload`, `timestamp` and `source`.
# - *Output*: for each value of a payload one record in `self.decoded_topic`, with the key of the raw one: JSON in
#   UTF-8 with exactly `timestamp` (that of the raw record), `device_id`, `connector_mode`, `component_type` (of the
#   parameter), `pin_position` (`<CONNECTOR>:<ID>`), `value`, `unit` (of the point) and `topic`.
# - *Failure*: what cannot be read becomes one record in `self.dead_letter_topic`, with the same key, and never stops
#   the others. `dead_letter(code, reason, topic, payload, timestamp, point=…, source=…)` writes it; `point` is the
#   parameter's `id`, if the message got so far. Codes: those of `parse_f2_topic` and `decode`; `UNKNOWN_DEVICE` (no
#   parameters for the controller); `UNKNOWN_PIN` (none for the pin; a position has no leading zeros in the database);
#   `TOO_LARGE` (the measurement has more than `LONGEST_MEASUREMENT` bytes).
# - One value of a payload that cannot be decoded does not take the others with it.
# - `handle` sends (`self.outbox.send(topic, key, value)`), then calls `self.wait_for_delivery()`, then
#   `self.commit(records)`, and returns `{"received": records, "stored": measurements, "rejected": dead letters}`.
#
# The parameters come from `load_parameters(self.connected(), mac)`. `self.connected()` is the open connection to the
# database, opened again if it was lost. Ask once for each controller of a batch: `self.known` is there for that.

# %% nbgrader={"grade": false, "grade_id": "ex-08-5", "locked": false, "schema_version": 3, "solution": true}
# %%part f2
class Processor(KafkaStage):
    """Decode raw records: measurements go on, what cannot be read goes to the dead letters.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `device_params`.
        raw_topic: the Kafka topic that it reads.
        decoded_topic: the Kafka topic for measurements.
        dead_letter_topic: the Kafka topic for what cannot be read.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
    """

    name = "f2-processor"

    def __init__(
        self, bootstrap: str, dsn: str, *, raw_topic: str = "raw_iot_data",
        decoded_topic: str = "decoded_iot_data", dead_letter_topic: str = "dead_letter_iot_data",
        group: str = "f2-processor", batch: int = 2000, max_wait: float = 0.05,
    ):
        topics = raw_topic, decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.decoded_topic, self.dead_letter_topic = decoded_topic, dead_letter_topic
        self.known: dict[str, Parameters] = {}  # of one batch: asking for each record would be slow

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Decode a batch, send what comes of it, and commit it when Kafka has that.

        Returns:
            how many records were `received`, measurements sent (`stored`), dead letters (`rejected`).
        """
        ### BEGIN SOLUTION
        self.known.clear()
        counts = {"received": len(records), "stored": 0, "rejected": 0}
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
        self.wait_for_delivery()
        self.commit(records)
        return counts
        ### END SOLUTION

    def outcomes(self, raw: Raw) -> list[tuple[str, bytes]]:
        """What comes of a raw record: for each value a Kafka topic, and what goes there."""
        ### BEGIN SOLUTION
        try:
            address = parse_f2_topic(raw.topic)
            values = self.values_of(address)
        except DecodeError as error:
            return [self.letter(error, raw)]
        found = []
        for parameter in values:
            try:
                value = decode(raw.payload, parameter.point)
                found.append((self.decoded_topic, measurement(raw, address, parameter, value)))
            except DecodeError as error:
                found.append(self.letter(error, raw, parameter.id))
        return found

    def values_of(self, address: F2Address) -> list[Parameter]:
        """The values in a message of a pin. DecodeError: UNKNOWN_DEVICE, UNKNOWN_PIN."""
        if address.mac not in self.known:
            self.known[address.mac] = load_parameters(self.connected(), address.mac)
        parameters = self.known[address.mac]
        if not parameters:
            raise DecodeError("UNKNOWN_DEVICE", "the database has no such controller")
        pin = address.connector, address.component, address.id.lstrip("0") or "0"
        if pin not in parameters:
            raise DecodeError("UNKNOWN_PIN", "the database has no such pin")
        return parameters[pin]

    def letter(self, error: DecodeError, raw: Raw, point: int | None = None) -> tuple[str, bytes]:
        """A dead letter, and where it goes."""
        place = {"point": point, "source": raw.source}
        text = dead_letter(error.code, error.reason, raw.topic, raw.payload, raw.timestamp, **place)
        return self.dead_letter_topic, text


def measurement(raw: Raw, address: F2Address, parameter: Parameter, value: float | str) -> bytes:
    """Write a measurement as JSON. DecodeError: TOO_LARGE."""
    text = json.dumps({
        "timestamp": raw.timestamp, "device_id": address.device_id, "connector_mode": address.mode,
        "component_type": parameter.component_type,
        "pin_position": f"{address.connector}:{address.id}",  # a pin's number counts on its connector
        "value": value, "unit": parameter.point.unit, "topic": raw.topic,
    }).encode()
    if len(text) > LONGEST_MEASUREMENT:
        raise DecodeError("TOO_LARGE", f"the measurement has {len(text)} bytes")
    return text
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-08-5", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("08.5")

# %% [markdown]
# Now two of them, each in a process of its own, as on two computers. To form the group Kafka waits about **three
# seconds** for more members. Use them for this: one member could hold all four partitions. What do you gain by the
# second one, and from how many members on is one idle? The view shows each partition with what the group has
# committed.
#
# A second run of this cell stops the old pair first: processors with the old code would keep their partitions.

# %%
for earlier in globals().get("pair", []):  # of an earlier run: they would keep their partitions
    earlier.stop()
pair = [spawn("f2", "Processor", kafka.bootstrap, parameters_dsn) for _ in range(2)]
wait_for(lambda: all(each.stats["received"] for each in pair), connector, *pair)
for each in pair:
    print(each, each.stats)
log_view(kafka, ["raw_iot_data"], group="f2-processor")

# %% [markdown]
# ## 6. Rows, each once
#
# *Objective F*
#
# The last stage writes into TimescaleDB: PostgreSQL with tables that are cut into **chunks** by time, called
# **hypertables**. A question about the last hour opens one chunk, and last year's can be dropped as a whole.

# %%
timescale = services.timescaledb
migrate(timescale.dsn, MIGRATIONS / "timeseries", "timeseries")
timeseries_dsn = make_conninfo(timescale.dsn, dbname="timeseries")

print(timescale)
if "hypertables" in timescale.capabilities:
    print("TimescaleDB: iot_measurements is a hypertable, one chunk a day.")
else:
    print("This machine has no TimescaleDB. You work on plain PostgreSQL, with a small layer that")
    print("has the functions of this lab: stack/timescaledb/plain_postgresql.sql. The rows and the")
    print("answers are the same, but there are no chunks.")

# %% [markdown]
# Rows go in by the thousand, in one transaction: all of them, or none. `COPY` is PostgreSQL's fastest way in, but it
# fails at the first row that is there already. `INSERT … ON CONFLICT DO NOTHING` skips such rows, and `rowcount` says
# how many it has stored. Row by row, as here, is slow; `cursor.executemany(insert, rows)` sends many at once, and its
# `rowcount` counts them all:

# %%
row = ["2026-11-21T11:00:00Z", "f2-demo", "analog", "temperature", "1:1", 21.5, "°C", "cmnd/demo"]
insert = """
    INSERT INTO iot_measurements VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
with psycopg.connect(timeseries_dsn, autocommit=True) as writer:
    writer.execute("DELETE FROM iot_measurements WHERE device_id = 'f2-demo'")
    print([writer.execute(insert, row).rowcount for _ in range(3)])

# %% [markdown]
# **Predict.** A batch of 5,000 rows is written in one transaction. Row 4,711 is refused: its `unit` is too long for
# the column. How many rows are stored? What happens if the stage just tries again?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-08-8", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %% [markdown]
# <details><summary>What happens</summary>
#
# **None**: a transaction is all or nothing. Trying again gives the same, for ever: one bad row stops the pipeline. A
# *poison record*. The way out: write it in two halves. The half without the bad row succeeds; the other is halved
# again, until the bad row is alone. Then it goes to the dead letters. 5,000 rows need about 13 halvings.
# </details>
#
# The sink reads JSON that it did not write, so it must not trust it. `parse_measurement` is given:

# %% nbgrader={"grade": false, "grade_id": "part-08-measurement", "locked": true, "schema_version": 3, "solution": false}
# %%part f2
class Row(NamedTuple):
    """A row of the table `iot_measurements`. The first five are its key."""

    timestamp: str
    device_id: str
    connector_mode: str
    component_type: str
    pin_position: str
    value: float | str
    unit: str
    topic: str


def parse_measurement(value: bytes) -> tuple[Row, float]:
    """Read a decoded record: the row, and its time in seconds since 1970. DecodeError: BAD_RECORD."""
    try:
        record = json.loads(value)
        row = Row(*(record[name] for name in Row._fields))
        moment = datetime.fromisoformat(row.timestamp)
        if moment.tzinfo is None:
            raise ValueError("the timestamp has no time zone")
        if type(row.value) not in (int, float, str) or (row.value != row.value):  # NaN
            raise ValueError(f"the value is {row.value!r}")
        if row.value in (math.inf, -math.inf):
            raise ValueError(f"the value is {row.value!r}")
        texts = "".join(row[1:5] + row[6:] + (row[5:6] if isinstance(row.value, str) else ()))
        if b"\0" in texts.encode():
            raise ValueError("a text has a NUL, which the database does not take")
        return row, moment.timestamp()
    except KeyError as error:
        raise DecodeError("BAD_RECORD", f"{error} is missing") from None
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DecodeError("BAD_RECORD", str(error)) from None

# %% [markdown]
# ### Exercise 8.6: `Sink` (4 points)
#
# **Write** `handle` of `Sink`; add what helps you.
#
# - *Input*: a batch of records of `self.source`, Kafka's `decoded_iot_data`. `parse_measurement(record.value() or
#   b"")` gives the row and its time.
# - *Output*: rows in `iot_measurements`; those whose value is a `str` in `iot_texts`, which has the same columns.
#   Write them in batches, not one by one, with `self.connected()` (psycopg, autocommit; `with conn.transaction():`
#   makes a transaction). A record that comes again, in the same batch or another, changes nothing.
# - *Failure*: what is no measurement (`DecodeError`), and a row that the database refuses (`psycopg.DataError`,
#   `psycopg.IntegrityError`), goes to the dead letters by `self.put_aside(error, record)`, with a `DecodeError`; the
#   code of the second is `REFUSED`. The good rows of the batch are stored. A database that is away raises; let it:
#   the frame tries again.
# - When the database has the rows: `self.wait_for_delivery()`, then `self.commit(records)`. For each row call
#   `self.observe(seconds)` with its way from arrival until now.
# - Returns `{"received": …, "stored": new rows, "rejected": …, "duplicates": the rest}`. A batch may have
#   no good row at all.

# %% nbgrader={"grade": false, "grade_id": "ex-08-6", "locked": false, "schema_version": 3, "solution": true}
# %%part f2
class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        decoded_topic: the Kafka topic that it reads.
        dead_letter_topic: the Kafka topic for what is no measurement.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1,
        observe: Callable[[float], None] = lambda seconds: None,
    ):
        topics = decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)
        self.dead_letter_topic, self.observe = dead_letter_topic, observe

    def put_aside(self, error: DecodeError, record: Message) -> None:
        """Send a dead letter in place of a record."""
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        when = to_iso(record.timestamp()[1] * 1000)
        value = record.value() or b""
        letter = dead_letter(error.code, error.reason, "", value, when, source=source)
        self.outbox.send(self.dead_letter_topic, record.key(), letter)

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Write a batch, and commit it when the database has it, and Kafka the dead letters.

        Returns:
            how many records were `received`, rows were `stored` because they were new, records were
            `rejected`, and `duplicates` that were stored before.
        """
        ### BEGIN SOLUTION
        tables = {"iot_measurements": [], "iot_texts": []}
        refused, moments = [], []
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            moments.append(moment)
            table = "iot_texts" if isinstance(row.value, str) else "iot_measurements"
            tables[table].append((row, record))
        stored = sum(self.write(table, rows, refused) for table, rows in tables.items() if rows)
        for error, record in refused:
            self.put_aside(error, record)
        self.wait_for_delivery()
        self.commit(records)
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        counts = {"received": len(records), "stored": stored, "rejected": len(refused)}
        return counts | {"duplicates": len(records) - len(refused) - stored}

    def connected(self):
        """The connection, with a table for each batch."""
        if self.conn is None:
            for table in ("iot_measurements", "iot_texts"):
                new = f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS"
                super().connected().execute(new)
        return super().connected()

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows; how many are new? What the database refuses is found by halving."""
        try:
            with self.connected().transaction(), self.conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                insert = f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING"
                cursor.execute(insert)
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            halves = rows[:middle], rows[middle:]
            return sum(self.write(table, half, refused) for half in halves)
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-08-6", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("08.6")

# %% [markdown]
# All stages together. This joins a group again: three seconds. Here, too, a second run stops the first sink.

# %%
if "sink" in globals():  # an earlier run of this cell
    sink.stop()
sink = Sink(kafka.bootstrap, timeseries_dsn)
sink.start()
wait_for(lambda: sink.stats["stored"] >= 40, connector, *pair, sink)
print("connector", connector.stats)
print("sink     ", sink.stats)

rows = psycopg.connect(timeseries_dsn, autocommit=True)
cursor = rows.execute("""
    SELECT time_bucket('10 seconds', timestamp) AS moment, count(*),
           round(avg(value)::numeric, 2) AS mean, last(value, timestamp)
    FROM iot_measurements
    WHERE device_id = 'f2-02f200000001' AND component_type = 'temperature'
    GROUP BY moment ORDER BY moment
""")
pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])

# %% [markdown]
# ## Break it
#
# ### A processor is killed in the middle
#
# Twenty other controllers send 2,000 temperatures, all different: 0.0, 0.1, 0.2 and so on. In the middle of it the
# second processor is killed (`SIGKILL`: it can finish nothing, as when a computer loses power). **Before you run
# it:** how many rows will there be in the end, and how long will it take?

# %%
def send(numbers):
    """Publish as twenty controllers do."""
    for number in numbers:
        mac = f"02f2{101 + number % 20:08x}"
        listener.publish(f"cmnd/f2-{mac}/analog/1/temperature-1", b"%04X" % number, qos=1)


def stored():
    """Rows of the twenty controllers, and how many different values they have."""
    return rows.execute("""
        SELECT count(*), count(DISTINCT value) FROM iot_measurements
        WHERE device_id BETWEEN 'f2-02f200000065' AND 'f2-02f200000078'
    """).fetchone()


first_one, second_one = pair
before = second_one.stats["received"]
send(range(1000))
wait_for(lambda: second_one.stats["received"] > before + 100, connector, second_one)
second_one.kill()
killed = time.monotonic()
send(range(1000, 2000))
wait_for(lambda: connector.stats["stored"] > 2000, connector, first_one)
print(second_one, "rows and different values now:", stored())

# %% [markdown]
# Its partitions wait for the end of the session timeout. Meanwhile, something else.
#
# ### A payload that cannot be read
#
# A controller with a loose plug sends `b"00D"`, and after that `b"00D7"`. **Before you run it:** what becomes of the
# first one, and does the second one arrive?

# %%
from stack.f2.kafka import tail

plug = "cmnd/f2-02f200000079/analog/1/temperature-1"
for payload in (b"00D", b"00D7"):
    listener.publish(plug, payload, qos=1)


def letters():
    """The dead letters of that controller."""
    records = tail(kafka.bootstrap, "dead_letter_iot_data", 100)
    found = [json.loads(record.value()) for record in records]
    return [letter for letter in found if letter["topic"] == plug]


wait_for(letters, connector, first_one, sink)
wait_for(lambda: stored()[1] >= 2000, connector, first_one, sink)
print(f"{time.monotonic() - killed:.1f} s after the kill, rows and different values:", stored())
for letter in letters():
    print({name: letter[name] for name in ("code", "reason", "source", "payload_hex")})

# %% [markdown]
# <details><summary>What happened, and why</summary>
#
# **2,000 rows with 2,000 values**: nothing lost, nothing doubled. For about ten seconds nothing came from two of the
# four partitions: six until the group missed its member, and some for sharing out anew. Then the first processor took
# them over, from where the second had *committed*. What the second had
# decoded and not committed is in `decoded_iot_data` twice, and in the table once.
#
# `00D` is a dead letter, with its code, its bytes, and its place in Kafka (`source`): when the plug is repaired, or a
# row of the database, somebody can read it again from there. `00D7` came through behind it.
# </details>
#
# ### A record comes again
#
# Somebody restores a backup of Kafka, and a hundred decoded records come a second time. **Before you run it:** how
# many rows are added?

# %%
again = list(tail(kafka.bootstrap, "decoded_iot_data", 25))[:100]
doubled, rows_before = sink.stats["duplicates"], stored()
for record in again:
    producer.produce("decoded_iot_data", record.value(), record.key())
producer.flush(10)
wait_for(lambda: sink.stats["duplicates"] >= doubled + len(again), connector, first_one, sink)
print(len(again), "records again;", rows_before, "->", stored(), sink.stats)

# %% [markdown]
# <details><summary>What happened, and why</summary>
#
# None. Time, controller, mode, component and position are the same, so the key is the same, and `ON CONFLICT DO
# NOTHING` skips the row. That is *idempotence*, the other half of *at least once*. Notice what it stands on: the time
# of a measurement is made **once**, when the message arrives. If the sink took `now()` as the time, each repeat would
# be new.
# </details>

# %% [markdown]
# ## In real life
#
# - **Retention is an alarm clock.** Kafka keeps records for seven days by default. A processor that is broken for
#   eight has lost one, and nobody gets an error. Watch the lag (lab 09), and set the retention longer than your
#   longest holiday.
# - **Rebalance storms.** A batch that takes longer than `max.poll.interval.ms` (five minutes) looks like a dead
#   member. Its partitions go to the next one, which is as slow, and so on. Smaller batches; and never a wait without
#   end in `handle`.
# - **Schemas change.** A new field is harmless, if readers ignore what they do not know. A field that is renamed
#   stops every reader that is older. Large systems keep schemas in a registry, which refuses such a change.
# - **Clocks.** The time here is that of arrival, from the connector's clock. If that clock is set back, the connector
#   goes on from its last time, one microsecond each. Two connectors may give the same time; the key has the device in
#   it, too.
# - **A partition is for ever.** More partitions can be added, but then the keys are spread anew, and old and new
#   records of one key are in different partitions. Choose a few more than you need.
# - **Dead letters that nobody reads** are a slow way of throwing data away. Count them, and alarm on a rise.

# %% [markdown]
# ## Reflection
#
# The pipeline gets 5,000 messages a second. One processor does 3,000, one sink 20,000 rows a second. The people of
# the house want to see a value within 2 seconds; a processor may die once a day. In about ten sentences: how many
# partitions and processors do you run, which batch size and session timeout do you choose, and why? What do people
# see in the seconds after a processor has died? Which part would you watch, and by which number? What is lost if you
# commit before you send?
#
# A person reads this answer.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-08", "locked": false, "points": 0, "schema_version": 3, "solution": true}
# 5,000 a second need two processors, and a third, so that two can carry the load when one has died: 3 × 3,000 is
# enough, 2 × 3,000 also, 1 is not. Partitions: at least three, better twelve, so that the work divides evenly by two,
# three and four. One sink is enough for 5,000 rows, a second one waits as a spare. Batches of about 500: at 1,700
# records a second and processor such a batch fills in 0.3 s, so two stages stay within 2 s. Session timeout 6 s:
# after a death a third of the values comes up to 6 s late, more than the 2 s that were promised; a shorter timeout
# would take a slow processor for a dead one. The others go on as before. I watch the lag of each group, in records,
# and as age of the oldest one: it grows when a stage is slow, dead or stuck. If offsets were committed before
# sending, a death would lose the batch in hand, up to 500 records, without an error. As it is they are done twice,
# and stored once.
#
# === BEGIN MARK SCHEME ===
# | | 0 | 1 | 2 |
# |---|---|---|---|
# | processors, partitions | numbers without reason | two or more processors, at least as many partitions | also: enough when one has died; partitions that divide evenly |
# | batch, session timeout | missing | named, with their direction (larger, slower) | with numbers against the 2 s, and the price of a short timeout |
# | after a death | "data is lost" | a part comes late, then twice | also: stored once because of the key, and what commit before send would lose |
# | watching | missing | the lag | of each group, with a bound or an age |
#
# 7 or 8: very good. 4 to 6: sufficient. Fewer: talk with the student.
# === END MARK SCHEME ===

# %% [markdown]
# ## Recap
#
# A pipeline of three stages, between a broker, a log and two databases. Raw bytes become values by a table that
# anybody can change while it runs. Each stage acknowledges *after* the next one has it, so nothing is lost when a
# stage is killed; what is repeated then has the same key, so nothing is stored twice; and what cannot be read is
# kept, with its reason.

# %% [markdown]
# ## Glossary
#
# | term | meaning |
# |---|---|
# | log | a sequence to which records are appended, and which is not changed |
# | record | one entry: key, value, headers, time |
# | partition | one of the logs that make up a topic |
# | offset | a record's number in its partition |
# | key | decides the partition; records of one key stay in order |
# | producer, consumer | who appends, who reads |
# | delivery report | Kafka's answer that it has a record |
# | consumer group | readers that share the partitions of a topic |
# | commit | to tell Kafka from where the group goes on |
# | lag | records that a group has not done yet |
# | rebalance | partitions are shared out anew |
# | session timeout | how long a silent member counts as alive |
# | dead letter | a record that says what could not be read, and why |
# | big-endian, little-endian | highest byte first, lowest byte first |
# | two's complement, sign and magnitude | two ways to write a negative number in bits |
# | BCD | two decimal digits in a byte |
# | implied decimal point | 215 means 21.5: the point is not sent |
# | cache | answers kept in memory; invalidation is to throw them away in time |
# | trigger, notice | a function that a change in a table calls; a message from the database to those who listen |
# | migration | a numbered change of a database's tables, applied once |
# | hypertable, chunk | a table cut by time, and one piece of it |
# | poison record | one that stops a pipeline each time that it is tried |

# %% [markdown]
# ## Where to read on
#
# - The idea: [The
#   Log](https://engineering.linkedin.com/distributed-systems/log-what-every-software-engineer-should-know-about-real-time-datas-unifying),
#   by one of Kafka's authors.
# - The library:
#   [confluent-kafka](https://docs.confluent.io/platform/current/clients/confluent-kafka-python/html/index.html), and
#   its [settings](https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md).
# - Notices: [LISTEN](https://www.postgresql.org/docs/current/sql-listen.html) and
#   [psycopg](https://www.psycopg.org/psycopg3/docs/advanced/async.html#asynchronous-notifications).
# - [Hypertables](https://docs.timescale.com/use-timescale/latest/hypertables/).
# - The whole of this wire, in `stack/contracts/f2.md`.
#
# **Next.** In lab 09 the lag that you printed becomes a curve with an alarm, and in lab 10 your stages are killed
# under load.
#
# **Stretch.** A row of the database was wrong for a day: `Decimals` 1 instead of 2. The raw records are still there.
# Write a program that decodes that day again and *corrects* the rows. Which key do the new rows have, and what must
# replace `DO NOTHING`? What if someone reads a dashboard meanwhile?

# %% [markdown]
# ## Reset and report
#
# This cell stops what the lab has started, and shows which rooms of the house are yours now.

# %%
controllers.stop()
for stage in (connector, first_one, sink):
    stage.stop()
rows.close()
conn.close()
listener.disconnect()
listener.loop_stop()
services.stop()
house_plan()
