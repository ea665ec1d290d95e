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
# # Lab 02: Time series
#
# **75 minutes** · before this: lab 01 · runs on: an MQTT broker and an InfluxDB database · adds to your house: the
# part `collector`
#
# In lab 01 readings travelled through a broker. They were gone a moment later. In this lab you keep them.
#
# At the end:
#
# | | you can | exercises |
# |---|---|---|
# | A | write a reading in line protocol, and decide what is a tag and what is a field | 2.1 |
# | B | send points in batches, and treat each failure by its kind | 2.2 |
# | C | ask for data with Flux, safely, whatever a user types | 2.3 |
# | D | turn thousands of readings into daily means, in a table and a plot, with gaps visible | 2.4, 2.6 |
# | E | build a collector that loses nothing while the database is down, and stores each reading once | 2.5 |

# %% [markdown]
# ## What will stand at the end
#
# ![A sensor node publishes readings to the MQTT broker. The collector subscribes, gathers them into batches and writes them to InfluxDB. Queries turn the stored points into a table and a plot. An acknowledgement goes back from the collector to the broker only after the database has the batch.](images/what-will-stand.svg)
#
# Everything between the broker and the plot is what you write today. Run the first cell: it starts the broker, the
# database and a sensor node, and shows one live reading.

# %%
import json
import queue

import paho.mqtt.client as mqtt

from labkit import check, hint, history, house_plan, reference_node, start

services = start("mqtt", "influxdb", mqtt=["anonymous_sessions"])
broker, influx = services.mqtt, services.influxdb
node = reference_node(broker, "node_01", interval=1.0)

messages = queue.SimpleQueue()
listener = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
listener.username_pw_set(broker.username or None, broker.password or None)
listener.on_connect = lambda *arguments: listener.subscribe("iot/node/+/telemetry")
listener.on_message = lambda client, userdata, message: messages.put(message)
listener.connect(broker.host, broker.port)
listener.loop_start()

message = messages.get(timeout=10)
reading = json.loads(message.payload)
print(broker, influx, message.topic, sep="\n")
reading

# %% [markdown]
# A *reading* is one telemetry message: who measured (`node_id`), when (`timestamp`, in seconds since 1970, UTC) and
# what (`sensors`). `wifi_rssi` is the strength of the radio signal, `uptime` the seconds since the node started.
#
# Now the whole lab by hand, once: one reading into the database, one row out of it.

# %%
import pandas as pd
from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS

database = InfluxDBClient(url=influx.url, token=influx.token, org=influx.org)
writer = database.write_api(write_options=SYNCHRONOUS)


def ask(flux, **params):
    """Run a query and show the rows of all its tables."""
    tables = database.query_api().query(flux, params=params)
    rows = pd.DataFrame([record.values for table in tables for record in table.records])
    return rows.drop(columns=["result", "table", "_start", "_stop"], errors="ignore")


point = Point("first_try").tag("node_id", reading["node_id"])
point.field("temperature", reading["sensors"]["temperature"])
writer.write(bucket=influx.bucket, record=point)
ask(f"""
  from(bucket: "{influx.bucket}")
    |> range(start: -1h)
    |> filter(fn: (r) => r._measurement == "first_try")
""")

# %% [markdown]
# Notice what came back: a time, a value, and the labels `node_id` and `_field`. A database that is built around
# *time* plus *labels* is called a **time series database**. InfluxDB is one. Its two languages are the subject of
# this lab: **line protocol** to write, **Flux** to ask.
#
# Four words to reach it: `url` is where it listens, `token` the password of a program, `org` (organization) whose data
# it is, and a **bucket** is where points are kept. `influx` has all four.

# %% [markdown]
# ## 1. Line protocol: one point, one line
#
# *Objective A*
#
# ![The line iot_telemetry,node_id=node_01,room=kitchen temperature=22.5,uptime=3600i 1704844800000000000 with its four parts named: measurement, tags, fields, time stamp.](images/line-protocol.svg)
#
# A **point** is one line of text with four parts:
#
# - the **measurement**: what kind of thing this is;
# - **tags**: labels by which you search and group. Always text. They are indexed;
# - **fields**: the measured values: numbers, text, true or false. They are not indexed;
# - the **time stamp**, in nanoseconds since 1970, UTC.
#
# Measurement, tags and field name together name a **series**: one curve. The number of series is the database's
# **cardinality**. Each series costs memory, so a tag must have few values: rooms, node ids. A value that changes with
# every reading is a field.
#
# Measurement, tags and time stamp together are the *key* of a point. Write the same key again, and the new fields
# replace the old ones: there is still one point.
#
# Spaces, commas and equals signs separate the parts. Inside a name they need a backslash in front: they are
# *escaped*.

# %%
point = Point("iot_telemetry").tag("room", "living room")
point.field("temperature", 22.5).field("uptime", 3600)
print(point.time(1704844800000000000).to_line_protocol())

# %% [markdown]
# The client library wrote that line. Notice the backslash before the space, and the `i` after 3600: without it, the
# number would be stored as a float.

# %% [markdown]
# **Predict.** A colleague stores `uptime` as a tag. A node sends a reading every 10 seconds. How many series does
# this one node make in a day? Write your guess and your reason below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-02-1", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %% [markdown]
# <details><summary>What happens</summary>
#
# A day has 86,400 seconds, so 8,640 readings, each with another `uptime`: **8,640 series**, each with one point. A
# hundred such nodes make 26 million series in a month, and the database runs out of memory. As a field, `uptime`
# costs one series.
# </details>

# %% [markdown]
# The next cell holds the imports of your part of the house. A cell that starts with `%%part collector` runs like any
# other, and its text is saved: together these cells become the program `collector`.

# %% nbgrader={"grade": false, "grade_id": "part-02-collector", "locked": true, "schema_version": 3, "solution": false}
# %%part collector
"""From broker to database: line protocol, batches, queries, and the collector that joins them."""

import json
import math
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import paho.mqtt.client as mqtt
import pandas as pd
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str


class Influx(Protocol):
    """Where an InfluxDB is, how to log in, and the bucket to write to: anything with these attributes."""

    url: str
    token: str
    org: str
    bucket: str

# %% [markdown]
# ### Exercise 2.1: `to_line` (4 points)
#
# **Write** `to_line(measurement, tags, fields, time_ns)`, which writes one point as one line, and its helper
# `field_value`. Its other helper, `escape`, is given.
#
# - *Input*: the measurement; `tags` and `fields`, each a `dict`; the time as an `int`, in nanoseconds. A tag whose
#   value is `None` or `""` is left out, and so is a field whose value is `None`.
# - *Output*: the line, as `str`, without a line break at its end. Tags are sorted by name, fields keep their order.
# - *Types*: `22.5` stays `22.5`. `3600` becomes `3600i`. `True` becomes `true`. The text `on` becomes `"on"`, in
#   double quotes.
# - *Escapes*: a backslash goes before each comma and space of the measurement; before each comma, equals sign and
#   space of tag names, tag values and field names; before each double quote and backslash of a text value.
# - *Failure*: `ValueError` for what a line cannot carry: no field left; an empty name; NaN or infinity; an integer of
#   more than 64 bits; a value of any other type; a time that is no `int`; a name or tag value with a line break in it
#   or a backslash at its end.
#
# ```python
# >>> print(to_line("air", {"room": "living room", "node": "n1"}, {"co2": 612, "smell": "fresh"}, 1704844800000))
# air,node=n1,room=living\ room co2=612i,smell="fresh" 1704844800000
# ```

# %% nbgrader={"grade": false, "grade_id": "ex-02-1", "locked": false, "schema_version": 3, "solution": true}
# %%part collector
def to_line(measurement: str, tags: dict, fields: dict, time_ns: int) -> str:
    """Write one point in line protocol.

    Args:
        measurement: what kind of thing this is.
        tags: labels; a tag without a value is left out.
        fields: measured values: float, int, bool or str; a field that is None is left out.
        time_ns: nanoseconds since 1970, UTC.

    Raises:
        ValueError: line protocol cannot carry this point.
    """
    ### BEGIN SOLUTION
    if isinstance(time_ns, bool) or not isinstance(time_ns, int):
        raise ValueError(f"the time must be whole nanoseconds, not {time_ns!r}")
    tag_set = "".join(
        f",{escape(name, ',= ')}={escape(value, ',= ')}"
        for name, value in sorted(tags.items())
        if value not in (None, "")
    )
    field_set = ",".join(
        f"{escape(name, ',= ')}={field_value(value)}"
        for name, value in fields.items()
        if value is not None
    )
    if not field_set:
        raise ValueError(f"a point needs at least one field: {measurement!r} has none")
    return f"{escape(measurement, ', ')}{tag_set} {field_set} {time_ns}"
    ### END SOLUTION


def escape(text: str, special: str) -> str:
    """Put a backslash before each special character of a name or a tag value."""
    if not text or "\n" in text or "\r" in text or text.endswith("\\"):
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return "".join("\\" + character if character in special else character for character in text)


def field_value(value: float | bool | str) -> str:
    """Write a field's value with the suffix of its type."""
    ### BEGIN SOLUTION
    if isinstance(value, bool):  # first, since in Python a bool is an int too
        return "true" if value else "false"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return f"{value}i"
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    raise ValueError(f"line protocol cannot carry the value {value!r}")
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-02-1", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("02.1")

# %% [markdown]
# Stuck? `hint("02.1")` in a cell of your own shows the next level of the hint.

# %% [markdown]
# ## 2. Batches, and failures of two kinds
#
# *Objective B*
#
# Each write is an HTTP request. A request has a fixed cost, however many lines it carries: so lines travel in
# **batches**. The answer has a *status*, a number: 2xx says done, 4xx that the request is wrong (but 429: too many
# requests, come later), 5xx that the server has a problem.

# %%
import time

lines = [f"speed_test,node_id=node_01 value={n}.5 {n}000000000" for n in range(200)]

began = time.perf_counter()
for line in lines:
    writer.write(bucket=influx.bucket, record=line)
one_by_one = time.perf_counter() - began

began = time.perf_counter()
writer.write(bucket=influx.bucket, record=lines)
in_one_batch = time.perf_counter() - began
print(f"one by one {one_by_one:.3f} s, in one batch {in_one_batch:.3f} s")
print(f"{one_by_one / in_one_batch:.0f} times faster")

# %% [markdown]
# Notice that the same 200 points were written twice. Their keys are the same, so the database holds 200 points, not
# 400. Writing a point again is harmless. That makes trying again safe.
#
# But when does it make sense to try again? A failure is of one of two kinds:
#
# ![Two kinds of failure. It may pass: connection refused, time-out, status 429 and 5xx; wait, then send the same batch again. It will not pass: status 400 and 422, a line is at fault; 401 and 403, the token is wrong; stop and say what is wrong.](images/two-kinds-of-failure.svg)
#
# Between two tries a client waits, and each time twice as long: **backoff**. A random factor, **jitter**, keeps a
# hundred clients from all coming back in the same instant. A server that is too busy may say how long to wait, in the
# header `Retry-After`, in seconds.
#
# The client library raises `ApiException` for a status of 400 or more (`.status`, `.message`, `.retry_after`), and an
# `HTTPError` of `urllib3` when there was no answer at all. Here is a refusal:

# %%
from influxdb_client.rest import ApiException

try:
    lines = ["good value=1.5 1", "bad value=", "good value=2.5 3"]
    writer.write(bucket=influx.bucket, record=lines)
except ApiException as error:
    print(error.status, error.message)

# %% [markdown]
# **Predict.** The batch above had two good lines. How many of them are in the database now? Write your guess below.

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-02-2", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
found = ask(f"""
  from(bucket: "{influx.bucket}")
    |> range(start: 0)
    |> filter(fn: (r) => r._measurement == "good")
""")
print(len(found), "good points stored")

# %% [markdown]
# <details><summary>What happened</summary>
#
# None. Status **400** means that the text could not be read, and then *nothing* of the batch is stored. Status
# **422** means that the text was fine, but a point does not fit what is there already (you will see one in *Break
# it*). Then the other points of the batch *are* stored. In both cases one line is at fault, and sending the batch
# again will not help.
# </details>

# %% [markdown]
# ### Exercise 2.2: `write_batch` (3 points)
#
# **Write** what is missing in `write_batch(influx, lines, *, batch_size=500)`, which writes lines to the bucket
# `influx.bucket`, and `send`, which writes one batch: `api.write(bucket=…, org=…, record=batch)`.
#
# - *Input*: `influx` has `url`, `token`, `org` and `bucket`. `lines` is a list of lines.
# - *Output*: how many points the database accepted. Each request carries at most `batch_size` lines.
# - *It may pass* (no connection, no answer, 429, any 5xx): send the same batch again, five tries in all. Wait about
#   0.1 s before the second try, then about twice as long each time, with jitter. With `Retry-After`, wait that long
#   instead.
# - *Failure*: `ConnectionError` with `influx.url` in its message after the fifth try. `ValueError` when a line is at
#   fault (400, 422): its message has the number of the first refused line, counted from 1 in `lines`, and the line
#   itself; all lines before it are in the database. `PermissionError` at once when the token is wrong (401, 403).
#
# ```python
# >>> write_batch(influx, ["demo value=1.5 1", "demo value=2.5 2", "demo value=3.5 3"], batch_size=2)
# 3
# >>> write_batch(influx, ["demo value=1.5 1", "demo value="])
# ValueError: line 2 of 2 was refused: 'demo value=': unable to parse …
# ```
#
# `send` tries again what may pass, and lets every other `ApiException` through; `error.status` and
# `error.retry_after` say which it is. No connection and no answer are an `HTTPError`. The loop in `write_batch` calls
# it, and translates what it lets through. `first_refused` is given: it finds the line at fault by halves, since
# writing a point again is harmless.

# %% nbgrader={"grade": false, "grade_id": "ex-02-2", "locked": false, "schema_version": 3, "solution": true}
# %%part collector
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            ### BEGIN SOLUTION
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
            ### END SOLUTION
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    ### BEGIN SOLUTION
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")
    ### END SOLUTION


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% nbgrader={"grade": true, "grade_id": "check-02-2", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check("02.2")

# %% [markdown]
# ## 3. Ask with Flux
#
# *Objective C*
#
# A Flux query is a pipeline: each `|>` hands a stream of tables to the next step.
#
# ![A pipeline of four steps. from names the bucket. range chooses the time. filter chooses series. last keeps the newest row of each table. Two series go in, two rows come out.](images/flux-pipeline.svg)
#
# `from` names the bucket and `range` the time: both are always needed. `filter` keeps the rows for which its function
# says true. After that there is **one table for each series**, and `last()`, `mean()`, `max()` work on each table by
# itself. `group()` puts all rows into one table.
#
# To have something to ask, the next cell writes two weeks of readings, one an hour, from three nodes in two rooms.

# %%
from datetime import UTC, datetime, timedelta

room_of = {"node_01": "kitchen", "node_02": "kitchen", "node_03": "bedroom"}
midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
without_power = (midnight - timedelta(days=6)).date()  # a day without readings from the bedroom
points = []
past_readings = history(
    days=14, rooms=("window", "fridge", "bed"), every=3600, end=midnight.timestamp()
)
for past in past_readings:
    node_id, when = past["node_id"], datetime.fromtimestamp(past["timestamp"], UTC)
    if node_id == "node_03" and when.date() == without_power:
        continue
    point = Point("iot_telemetry").tag("node_id", node_id).tag("room", room_of[node_id])
    points.append(point.field("temperature", past["sensors"]["temperature"]).time(when))
writer.write(bucket=influx.bucket, record=points)
print(len(points), "points")

# %% [markdown]
# Now a question: what is the newest temperature in the kitchen?

# %%
flux = f"""
  from(bucket: "{influx.bucket}")
    |> range(start: -30d)
    |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
    |> filter(fn: (r) => r.room == "kitchen")
    |> last()
"""

# %% [markdown]
# **Predict.** How many rows will this query return, and why? Write your guess, then run the next cell.

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-02-3", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %%
ask(flux)

# %% [markdown]
# <details><summary>What happened</summary>
#
# **Two rows.** The kitchen has two nodes. `node_id` is a tag, so they are two series, and `last()` works on each by
# itself. "The newest of the room" needs one step more: put all rows into one table, and choose the newest there.
# </details>
#
# ### Text in, text out: a trap
#
# A function gets the room's name from outside: from a web form, from a message. Put it between the quotes of a query,
# and the name becomes part of the *program*. The room `x" or r.room != "` changes the question to `r.room == "x" or
# r.room != ""`: every room. That is an **injection**. Flux has a second door: inside quotes, `${…}` is an expression
# that is evaluated.
#
# Send values beside the query, not inside it. The client does this with `params`: each key is a name that the query
# may use.

# %%
flux = """
  from(bucket: where)
    |> range(start: -30d)
    |> filter(fn: (r) => r.room == asked)
    |> count()
"""
ask(flux, where=influx.bucket, asked="bedroom")

# %% [markdown]
# ### Exercise 2.3: `latest` (3 points)
#
# **Write** `latest(influx, bucket, room)`, which finds the newest temperature of a room.
#
# - *Input*: `influx` has `url`, `token` and `org`; `bucket` is the name of the bucket to ask; `room` is any text.
#   Quotes, backslashes and `${…}` in it are characters of a name, never a part of the query.
# - *Output*: the newest `temperature` (measurement `iot_telemetry`) of all nodes of the room, however old, as
#   `float`.
# - *Failure*: a room that has no temperature, or is not there, gives `None`.
#
# ```python
# >>> latest(influx, "iot-metrics", "bedroom")
# 20.6
# >>> latest(influx, "iot-metrics", 'x" or r.room != "') is None
# True
# ```

# %% nbgrader={"grade": false, "grade_id": "ex-02-3", "locked": false, "schema_version": 3, "solution": true}
# %%part collector
def latest(influx: Influx, bucket: str, room: str) -> float | None:
    """Find the newest temperature of a room.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        room: name of the room, any text.

    Returns:
        degrees Celsius, or None when the room has no temperature.
    """
    ### BEGIN SOLUTION
    flux = """
        from(bucket: asked_bucket)
          |> range(start: 0)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => r.room == asked_room)
          |> last()
          |> group()
          |> sort(columns: ["_time"])
          |> last()
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params={"asked_bucket": bucket, "asked_room": room})
    return tables[0].records[0].get_value() if tables else None
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-02-3", "locked": true, "points": 3, "schema_version": 3, "solution": false}
check("02.3")

# %% [markdown]
# ## 4. From readings to days
#
# *Objective D*
#
# Thousands of readings are too many to look at. **Downsampling** cuts time into **windows** and keeps one value for
# each. `aggregateWindow` does this in Flux:
#
# ![A time axis with three windows of one day each, cut at midnight UTC. The dots in a window become one mean. The mean's time is the end of its window by default, and the start with timeSrc _start. The second window has no dots: its row is there, without a value.](images/windows.svg)
#
# - Windows of `1d` are cut at midnight **UTC**, whatever the wall clock says.
# - The row of a window gets the time of its **end**, unless you ask for `timeSrc: "_start"`.
# - A window without readings gives a row without a value (`createEmpty: true`, the default). It says: nothing was
#   measured.
#
# Here is one room, hour by hour, for the last two weeks:

# %%
import plotly.express as px

hourly = ask(f"""
  from(bucket: "{influx.bucket}")
    |> range(start: begin, stop: end)
    |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
    |> filter(fn: (r) => r.room == "bedroom")
    |> aggregateWindow(every: 1h, fn: mean)
""", begin=midnight - timedelta(days=14), end=midnight)
labels = {"_time": "time (UTC)", "_value": "°C"}
px.line(hourly, x="_time", y="_value", title="Bedroom, hourly means", labels=labels).show()

# %% [markdown]
# Notice the gap: the day without power. An empty window is drawn as nothing. Had the query left out the empty
# windows, the plot would join the two sides by a straight line and nobody would see that data is missing.

# %% [markdown]
# **Predict.** `aggregateWindow(every: 1d, fn: mean)` gives the mean of 15 January. What time stamp does that row
# have? And with `range(start: -7d)`, asked at three in the afternoon: how many hours long is the first window?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-02-4", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %% [markdown]
# <details><summary>What happens</summary>
#
# The row says **16 January, 00:00**: the end of the window. Read without care, every mean moves to the next day. The
# first window is only **9 hours** long, from 15:00 to midnight: a mean of an evening that claims to be the mean of a
# day. So ask from midnight to midnight.
# </details>
#
# To put rooms side by side, a table needs one row for each day and one column for each room. `pivot` turns rows into
# columns:

# %%
flux = f"""
  from(bucket: "{influx.bucket}")
    |> range(start: begin, stop: end)
    |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
    |> group()
    |> pivot(rowKey: ["_time"], columnKey: ["node_id"], valueColumn: "_value")
"""
three_hours = {"begin": midnight - timedelta(hours=3), "end": midnight}
table = database.query_api().query_data_frame(flux, params=three_hours)
table.drop(columns=["result", "table"])

# %% [markdown]
# ### Exercise 2.4: `daily_mean` (4 points)
#
# **Write** `daily_mean(influx, bucket, days)`, which computes the mean `temperature` (measurement `iot_telemetry`) of
# each room on each of the last `days` **complete** days in UTC: yesterday and the days before it, not today.
#
# - *Input*: as in 2.3, and the number of days.
# - *Output*: a `DataFrame`. Its index has the midnight at which each day *begins*, with time zone UTC, oldest first,
#   one row for **every** day. Its columns are the rooms with any reading in these days, sorted by name. Its values
#   are means of **all** readings of the room on that day, from whichever node, or `NaN` without readings.
# - *Failure*: `ValueError` when `days` is less than 1. Without any reading: all the rows, no column.
#
# ```python
# >>> daily_mean(influx, "iot-metrics", 7)
#                            bedroom  kitchen
# 2024-01-09 00:00:00+00:00     17.6     22.6
# 2024-01-10 00:00:00+00:00      NaN     22.5
# ...
# ```

# %% nbgrader={"grade": false, "grade_id": "ex-02-4", "locked": false, "schema_version": 3, "solution": true}
# %%part collector
def daily_mean(influx: Influx, bucket: str, days: int) -> pd.DataFrame:
    """Compute the mean temperature of each room on each of the last complete days.

    Args:
        influx: where the database is: url, token, org.
        bucket: the bucket to ask.
        days: how many days, at least 1.

    Returns:
        one row a day (index: its midnight in UTC), one column a room, NaN where nothing was measured.

    Raises:
        ValueError: `days` is less than 1.
    """
    ### BEGIN SOLUTION
    if days < 1:
        raise ValueError(f"days must be 1 or more, not {days}")
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=days)
    flux = """
        from(bucket: asked_bucket)
          |> range(start: begin, stop: end)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and r._field == "temperature")
          |> filter(fn: (r) => exists r.room)
          |> group(columns: ["room"])
          |> aggregateWindow(every: 1d, fn: mean, createEmpty: false, timeSrc: "_start")
          |> group()
          |> pivot(rowKey: ["_time"], columnKey: ["room"], valueColumn: "_value")
    """
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        params = {"asked_bucket": bucket, "begin": begin, "end": end}
        table = client.query_api().query_data_frame(flux, params=params)
    every_day = pd.date_range(begin, periods=days, freq="D")
    if table.empty:
        return pd.DataFrame(index=every_day)
    rooms = table.drop(columns=["result", "table"]).set_index("_time")
    return rooms.reindex(every_day).sort_index(axis="columns")
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-02-4", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("02.4")

# %% [markdown]
# Your two weeks, as a person would rather see them:

# %%
try:
    means = daily_mean(influx, influx.bucket, 14)
    labels = {"index": "day (UTC)", "value": "°C", "variable": "room"}
    px.line(means, markers=True, title="Daily means", labels=labels).show()
except NotImplementedError:
    print("write exercise 2.4 first")

# %% [markdown]
# ## 5. The collector: who has it now?
#
# *Objective E*
#
# With QoS 1 the broker keeps a message until the receiver **acknowledges** it. paho does that as soon as the message
# has arrived. For a collector this is too early: the reading is then in the memory of one process, and nowhere else.
#
# ![Four steps in time. The broker sends a message. The collector writes it to the database. The database confirms. Only then does the collector acknowledge to the broker, and the broker forgets the message. If the collector dies before the acknowledgement, the broker sends the message again.](images/acknowledge-late.svg)
#
# So acknowledge by hand (`manual_ack=True`, then `client.ack(message.mid, message.qos)`), **after** the database has
# the point. Two things must come with it:
#
# - a **persistent session** (lab 01): a fixed client id and `clean_session=False`, so that the broker keeps what is
#   not acknowledged while the collector is away;
# - **idempotence**: doing it twice is the same as doing it once. A message may now arrive twice. Same measurement,
#   same tags, same time stamp: one point.
#
# This is called *at least once* delivery with idempotent writes. Nearly every data pipeline you will meet works this
# way.
#
# A broker sends only so many messages ahead of your acknowledgements: the *in-flight window*, 20 in Mosquitto. A
# larger batch never fills: then only its age sends it.

# %% [markdown]
# **Predict.** A collector acknowledges on arrival, and gathers 10 readings before it writes. The database is down for
# a minute, and in that minute somebody restarts the collector. Which readings are lost?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-02-5", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %% [markdown]
# <details><summary>What happens</summary>
#
# All those that it had acknowledged and not yet written: up to a minute of readings from every node. The broker has
# forgotten them, because it was told that they are safe.
# </details>
#
# The house's scheme is fixed, so that every program finds the data: measurement `iot_telemetry`; tags `node_id` and
# `room`; each sensor a float field, `wifi_rssi` and `uptime` integer fields. A node does not know in which room it
# hangs. The house knows, so the room comes from a table. This function is given:

# %% nbgrader={"grade": false, "grade_id": "part-02-line-of", "locked": true, "schema_version": 3, "solution": false}
# %%part collector
def line_of(reading: dict, rooms: dict[str, str]) -> str:
    """Write a telemetry reading in line protocol, by the scheme of the house.

    Args:
        reading: the telemetry message: node_id, timestamp (seconds), sensors, wifi_rssi, uptime.
        rooms: the room of each node id.

    Raises:
        ValueError: it is not such a reading.
    """
    try:
        node_id = reading["node_id"]
        if not isinstance(node_id, str) or not node_id:
            raise ValueError(f"the node id is {node_id!r}")
        # Always floats: 22 and 22.5 must have one type.
        fields = {name: float(value) for name, value in reading["sensors"].items()}
        fields |= {"wifi_rssi": int(reading["wifi_rssi"]), "uptime": int(reading["uptime"])}
        time_ns = int(reading["timestamp"]) * 1_000_000_000
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a telemetry reading: {error!r}") from error
    tags = {"node_id": node_id, "room": rooms.get(node_id)}
    return to_line("iot_telemetry", tags, fields, time_ns)

# %%
try:
    print(line_of(reading, room_of))
except NotImplementedError:
    print("line_of needs your to_line: write exercise 2.1 first")

# %% [markdown]
# ### Exercise 2.5: `Collector` (4 points)
#
# **Write** three methods of `Collector`, and one place of a fourth. The other methods are given.
#
# - *Input*: messages of `topic_filter`, QoS 1.
# - *Output*: points in the bucket `influx.bucket`.
# - *Failure*: `ConnectionError` when no broker answers `start()` within 5 s. Everything else it survives.
#
# - `start()` returns when the broker has confirmed the subscription. Tell `self.client` which function to call:
#   `on_connect` and `on_message` of this class, and for `on_subscribe` one that sets the event `subscribed`.
# - `on_message` is called on paho's thread. Make a line of the message with `line_of`, or `None` if it is a *poison
#   message* (no JSON, no reading): it must not stop the collector, and is acknowledged in its turn. Then, with
#   `self.changed` held, count it and append `(line, message.mid, message.qos, self.connection)` to `self.waiting`.
#   `notify_all()` wakes the other thread.
# - `write_batches` runs on a thread of its own. `next_batch`, which is given, waits for a full or an old batch and
#   leaves it in `self.waiting`. Store its lines. If that fails (`OSError`, `ApiException`), nothing is acknowledged:
#   wait a moment, for example with `self.changed.wait_for(lambda: self.stopping, timeout=…)`, and go on, or return if
#   the collector stops. If it works: take the batch out, count, then acknowledge each message with
#   `self.client.ack(mid, qos)` in the order of arrival, if it came on this connection.
# - `store(lines)` calls `write_batch`, and returns how many the database has. A line that the database refuses
#   (`ValueError`) is poison too, and never takes a good reading with it.
# - `stats` is a `dict`: `received` (messages that arrived), `stored` (messages whose line the database has),
#   `rejected` (poison messages), `error` (why the last write failed, or `None`).
#
# ```python
# >>> collector = Collector(broker, influx, rooms={"node_01": "kitchen"})
# >>> collector.start()
# >>> collector.stats          # a few seconds later
# {'received': 5, 'stored': 5, 'rejected': 0, 'error': None}
# >>> collector.stop()
# ```
#
# Do not write to the database on paho's thread: while you wait there, no message is read and no acknowledgement is
# sent. That is why there are two threads. `threading.Condition` joins them: one waits with `wait_for`, the other wakes
# it with `notify_all`.

# %% nbgrader={"grade": false, "grade_id": "ex-02-5", "locked": false, "schema_version": 3, "solution": true}
# %%part collector
class Collector:
    """Move readings from the broker to the database: at least once, and stored once.

    Args:
        broker: where the broker is: host, port, username, password.
        influx: where the database is: url, token, org, bucket.
        topic_filter: what to subscribe to.
        batch_size: write when so many messages wait; not more than the broker's in-flight window.
        max_age: write when the oldest has waited so long, in seconds.
        rooms: the room of each node id.
        client_id: the name under which the broker keeps the session.
    """

    def __init__(
        self, broker: Broker, influx: Influx, *, topic_filter: str = "iot/node/+/telemetry",
        batch_size: int = 20, max_age: float = 1.0,
        rooms: dict[str, str] | None = None, client_id: str = "collector",
    ):
        self.broker, self.influx, self.topic_filter = broker, influx, topic_filter
        self.batch_size, self.max_age = batch_size, max_age
        self.rooms = rooms or {}
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "error": None}
        self.waiting = []  # messages that are not acknowledged yet, oldest first
        self.changed = threading.Condition()  # guards what the two threads share
        self.stopping = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id,
            clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(broker.username or None, broker.password or None)

    def start(self) -> None:
        """Connect, subscribe, and begin to collect.

        Raises:
            ConnectionError: no broker answered within 5 s.
        """
        subscribed = threading.Event()
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        ### BEGIN SOLUTION
        self.client.on_connect = self.on_connect
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.on_message
        ### END SOLUTION
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        self.client.loop_start()
        if not subscribed.wait(timeout=5):
            self.client.loop_stop()
            raise ConnectionError(f"the broker at {place} did not confirm the subscription within 5 s")
        self.writer = threading.Thread(target=self.write_batches, name="collector", daemon=True)
        self.writer.start()

    def stop(self) -> None:
        """Write and acknowledge what is waiting, if the database takes it, and disconnect."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        self.writer.join()
        self.client.disconnect()
        self.client.loop_stop()

    # On paho's thread: take note, and return at once.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also after a lost connection: the broker may have lost the session."""
        if not reason.is_failure:
            self.connection += 1
            client.subscribe(self.topic_filter, qos=1)

    def on_message(self, client, userdata, message):
        """Put a message in the line, poison or not: acknowledgements go out in the order of arrival."""
        ### BEGIN SOLUTION
        try:
            line = line_of(json.loads(message.payload), self.rooms)
        except Exception:  # whatever is wrong with one message, it must not stop the others
            line = None
        with self.changed:
            self.stats["received"] += 1
            self.waiting.append((line, message.mid, message.qos, self.connection))
            self.changed.notify_all()
        ### END SOLUTION

    # On our own thread: wait for a batch, write it, acknowledge it.

    def write_batches(self):
        """Write batch after batch until the collector stops."""
        while batch := self.next_batch():
            ### BEGIN SOLUTION
            try:
                stored = self.store([line for line, *_ in batch if line is not None])
            except (OSError, ApiException) as error:  # the database is away: keep the batch, try again
                with self.changed:
                    self.stats["error"] = str(error)
                    if self.changed.wait_for(lambda: self.stopping, timeout=min(self.max_age, 1)):
                        return
                continue
            with self.changed:
                del self.waiting[: len(batch)]
                self.stats["stored"] += stored
                self.stats["rejected"] += len(batch) - stored
                self.stats["error"] = None
            for _, mid, qos, connection in batch:
                if connection == self.connection:
                    self.client.ack(mid, qos)
            ### END SOLUTION

    def next_batch(self):
        """Wait until a batch is full or old enough. An empty one says that the collector stops."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            self.changed.wait_for(
                lambda: len(self.waiting) >= self.batch_size or self.stopping, timeout=self.max_age
            )
            return self.waiting[: self.batch_size]

    def store(self, lines):
        """Write lines and return how many the database has: all but those that it refuses."""
        ### BEGIN SOLUTION
        try:
            return write_batch(self.influx, lines)
        except ValueError:
            if len(lines) == 1:
                return 0
            return sum(self.store([line]) for line in lines)  # a line is at fault: each goes alone
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-02-5", "locked": true, "points": 4, "schema_version": 3, "solution": false}
check("02.5")

# %% [markdown]
# ## 6. Keep less of what is old
#
# *Objective D*
#
# A reading every ten seconds is 3 million points a year from one node. Next year nobody asks what the temperature was
# at 14:03:20. So a bucket has a **retention** time, after which points are deleted, and a **task** writes means to a
# second bucket that keeps them longer. A task is a Flux text that the database runs on a timetable. Its first
# statement says when:
#
# ![Raw readings flow into the bucket iot-metrics, kept for 30 days. Every hour a task reads the last hour and writes hourly means into the bucket iot-hourly, kept for ever.](images/downsampling.svg)
#
# ```flux
# option task = {name: "count readings", every: 1h}
#
# from(bucket: "iot-metrics")
#   |> range(start: -task.every)
#   |> count()
#   |> to(bucket: "counts")
# ```
#
# When the task runs at 14:00, `now()` is 14:00 exactly, so `-task.every` is the hour from 13:00. `to` writes rows as
# points: measurement, tags, field and time come from their columns. Two traps: `mean` fails on a text field, so
# choose the fields; and a task that runs twice must not store anything twice.

# %%
buckets = database.buckets_api()
if buckets.find_bucket_by_name("iot-hourly") is None:
    buckets.create_bucket(bucket_name="iot-hourly", org=influx.org)
for name in (influx.bucket, "iot-hourly"):
    rules = buckets.find_bucket_by_name(name).retention_rules
    days = sum(rule.every_seconds for rule in rules) / 86_400
    print(name, "keeps points", f"{days:g} days" if days else "for ever")

# %% [markdown]
# **Predict.** A node sends a reading every ten seconds. How many times fewer points does its bucket of hourly means
# have?

# %% [markdown] nbgrader={"grade": false, "grade_id": "predict-02-6", "locked": false, "schema_version": 3, "solution": false}
# *I think that …*

# %% [markdown]
# <details><summary>What happens</summary>
#
# **360 times** fewer: 3,600 s divided by 10 s. Ten years of hourly means take less room than two weeks of readings.
# </details>
#
# ### Exercise 2.6: `downsample_task` (2 points)
#
# **Write** `downsample_task(source, target, *, every="1h")`, which writes the text of a task.
#
# - *Input*: the names of two buckets, and a Flux duration such as `"1h"` or `"15m"`.
# - *Output*: the text. The task runs each `every` and reads the time since its last run from `source`. It writes the
#   mean of `temperature` and of `humidity` (measurement `iot_telemetry`) to `target`: one point for each series and
#   window of length `every`, with measurement, tags and field name unchanged, and the end of the window as its time.
#   Windows without readings write nothing.
# - *Failure*: `ValueError` when `source` and `target` are the same bucket.
#
# ```python
# >>> print(downsample_task("iot-metrics", "iot-hourly"))
# option task = {name: "iot-metrics to iot-hourly", every: 1h}
# ...
# ```

# %% nbgrader={"grade": false, "grade_id": "ex-02-6", "locked": false, "schema_version": 3, "solution": true}
# %%part collector
def downsample_task(source: str, target: str, *, every: str = "1h") -> str:
    """Write the task that keeps means of a bucket in a second one.

    Args:
        source: name of the bucket with the readings.
        target: name of the bucket for the means.
        every: length of a window, and how often the task runs, as a Flux duration.

    Raises:
        ValueError: source and target are the same.
    """
    ### BEGIN SOLUTION
    if source == target:
        raise ValueError(f"means must not go back into their source, {source!r}")
    return f"""option task = {{name: "{source} to {target}", every: {every}}}

from(bucket: "{source}")
  |> range(start: -task.every)
  |> filter(fn: (r) => r._measurement == "iot_telemetry")
  |> filter(fn: (r) => r._field == "temperature" or r._field == "humidity")
  |> aggregateWindow(every: task.every, fn: mean, createEmpty: false)
  |> to(bucket: "{target}")
"""
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-02-6", "locked": true, "points": 2, "schema_version": 3, "solution": false}
check("02.6")

# %% [markdown]
# ## Break it
#
# ### The database is away
#
# A collector starts with the address of a database that is not there. Some readings arrive. Then it is stopped, and a
# second one starts, with the right address and the same client id. **Before you run it:** how many of them will be in
# the database?

# %%
from dataclasses import replace


def watch(count):
    """Wait until so many more readings have passed through the broker."""
    while not messages.empty():
        messages.get()
    for _ in range(count):
        messages.get(timeout=10)


# %%
nowhere = replace(influx, url="http://127.0.0.1:1")
try:
    first = Collector(broker, nowhere, max_age=0.2, rooms=room_of, client_id="break-it")
    first.start()
    watch(2)
    first.stop()
    print("database away:", first.stats)

    second = Collector(broker, influx, max_age=0.2, rooms=room_of, client_id="break-it")
    second.start()
    watch(1)
    second.stop()
    print("database back:", second.stats)
except NotImplementedError:
    print("write exercise 2.5 first")

# %% [markdown]
# <details><summary>What happened, and why</summary>
#
# All of them. The first collector stored none, so it acknowledged none. The broker kept them in the session
# `break-it` and sent them to the second one, with those that came meanwhile. Now imagine that the first one had
# acknowledged on arrival.
# </details>
#
# ### The clock jumps
#
# A small board has no battery for its clock. After a restart it counts from 0 until it has asked the network for the
# time. **Where is this reading now?**

# %%
line = "iot_telemetry,node_id=node_09,room=attic temperature=30.5 37000000000"
writer.write(bucket=influx.bucket, record=line)

flux = """
  from(bucket: where)
    |> range(start: begin)
    |> filter(fn: (r) => r.room == "attic")
"""
lately = ask(flux, where=influx.bucket, begin=timedelta(days=-30))
print("in the last 30 days:", len(lately), "rows")
ask(flux, where=influx.bucket, begin=0)

# %% [markdown]
# <details><summary>What happened, and how to repair it</summary>
#
# It is stored, in January 1970, where no query looks. In a bucket with retention it is refused instead. Two repairs:
# the node sends nothing before its clock is set, or the collector treats a time stamp that is too old or in the
# future as poison. To use the time of arrival instead is *not* a repair: what a node kept while it was offline would
# then be stored as if it had just been measured, and a repeated message would become a second point.
# </details>
#
# ### 22 or 22.5
#
# One node sends `22`, another `22.5`. In JSON both are numbers. In line protocol one is an integer, one a float:

# %%
writer.write(bucket=influx.bucket, record="heating,room=hall target=22.5 1704844800000000000")
try:
    line = "heating,room=hall target=22i 1704844801000000000"
    writer.write(bucket=influx.bucket, record=line)
except ApiException as error:
    print(error.status, error.message)

# %% [markdown]
# <details><summary>What happened, and how to repair it</summary>
#
# The first value decides the type of a field in its measurement. A later value of another type is refused with status
# 422, and always will be: retrying cannot help. So the *collector* decides the type, not the number that happened to
# come: see `float(value)` in `line_of`.
# </details>

# %% [markdown]
# ## In real life
#
# - **A batch larger than the in-flight window** never fills; all writes then wait for `max_age`, and the throughput
#   is one window per `max_age`. Raise the window (`max_inflight_messages` in Mosquitto) together with the batch.
# - **The broker's queue is finite.** A database that is away for a weekend can overflow the session's queue (1,000
#   messages by default in Mosquitto). Size it for the longest outage that you want to survive.
# - **Two collectors with one client id** throw each other out, for ever. One name, one process.
# - **A tag with an endless number of values** (a request id, a time, an uptime) fills the memory weeks later, not
#   today.
# - **A token that may do everything** sits in a program that needs to write to one bucket. Lab 10 takes that away.

# %% [markdown]
# ## Reflection
#
# Your house grows to 200 sensors, each sending every 10 seconds, and the collector runs on a small computer that
# loses its power about once a month. In about ten sentences: what do you choose as tags, which `batch_size` and
# `max_age`, which retention and which means? And what exactly is lost, and what is not, when the power fails in the
# middle of a batch? Give numbers where you can.
#
# A person reads this answer.

# %% [markdown] nbgrader={"grade": true, "grade_id": "reflect-02", "locked": false, "points": 0, "schema_version": 3, "solution": true}
# 200 sensors every 10 s are 20 readings a second. Tags: node id and room, so a few hundred series; signal strength
# and uptime are fields. A batch of 20 fills in a second, which is also the in-flight window of the broker, and
# `max_age` of one second keeps plots fresh. Raw data for 30 days, 52 million readings; hourly means for ever, 1.75
# million points a year for each field. When the power fails in the middle of a batch, nothing of it was acknowledged.
# The broker, on another computer, sends it again when the collector is back, and the points that were already written
# are replaced by themselves. What is lost: nothing, unless the outage is longer than the broker's queue allows: 1,000
# messages are 50 seconds here, so the queue must be larger.
#
# === BEGIN MARK SCHEME ===
# | | 0 | 1 | 2 |
# |---|---|---|---|
# | tags and fields | changing values as tags | few, bounded tags | with the number of series: about 200 for each field |
# | batch, age, retention | missing | named | follow from 20 readings a second, the in-flight window, 1.7 million readings a day |
# | power failure | "some data is lost" | not acknowledged, so sent again | also: stored once, and the limits (the broker's queue, the broker's own power) |
#
# 5 or 6: very good. 3 or 4: sufficient. Fewer: talk with the student.
# === END MARK SCHEME ===

# %% [markdown]
# ## Recap
#
# A collector that takes readings from a broker, writes them in batches, acknowledges what is stored and nothing else,
# and survives a database that goes away. Questions in Flux that no room name can break. Days and hours out of
# seconds.

# %% [markdown]
# ## Glossary
#
# | term | meaning |
# |---|---|
# | point | one line of line protocol: measurement, tags, fields, time stamp |
# | measurement | what kind of thing a point is about |
# | tag | indexed label, always text, with few values |
# | field | a measured value, not indexed |
# | series | all points with the same measurement, tags and field name |
# | cardinality | the number of series |
# | bucket | where points are kept, with one retention time |
# | retention | how long a bucket keeps points |
# | batch | several lines in one request |
# | backoff, jitter | waiting longer after each failure; a random part of the wait |
# | injection | a value that becomes part of the program it is pasted into |
# | window | a piece of time that becomes one value |
# | downsampling | keeping one value for each window |
# | idempotent | doing it twice is the same as doing it once |
# | at least once | delivery that repeats rather than loses |
# | poison message | a message that cannot be used, however often it is sent |
# | in-flight window | how many messages a broker sends ahead of the acknowledgements |

# %% [markdown]
# ## Where to read on
#
# - The text format: [line protocol](https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/).
# - The language: [Flux](https://docs.influxdata.com/flux/v0/get-started/).
# - Tags or fields: [schema design](https://docs.influxdata.com/influxdb/v2/write-data/best-practices/schema-design/).
# - The library: [influxdb-client](https://influxdb-client.readthedocs.io/).
#
# **Next.** In lab 03 you write what sends these readings: the firmware of a node, in C++. Lab 06 gives your collector
# a second store, and lab 10 kills it in the middle of its work.
#
# **Stretch.** The query of your task sees only the hour before it runs. A node was offline for three hours and now
# sends what it kept. Change the task so that the means of those hours become right, without computing the whole day
# every hour. How late may a reading be?

# %% [markdown]
# ## Reset and report
#
# This cell stops what the lab has started, and shows which rooms of the house are yours now.

# %%
node.stop()
listener.disconnect()
listener.loop_stop()
database.close()
services.stop()
house_plan()
