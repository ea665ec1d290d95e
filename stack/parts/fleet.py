# Part 'fleet' of the house. It moves into lab 04 when that lab is written; then `grader release` makes this file.

"""Fleet operations: the broker's health, commands with an answer, Telegraf, the fleet as a table, batches, rollouts."""

import json
import math
import threading
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakKeyDictionary

import paho.mqtt.client as mqtt
import pandas as pd
from influxdb_client import InfluxDBClient


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str


class Influx(Protocol):
    """Where an InfluxDB is, how to log in, and the bucket of the fleet: anything with these attributes."""

    url: str
    token: str
    org: str
    bucket: str


ANSWER_TIMEOUT = 5.0  # seconds that a broker has for CONNACK, SUBACK and PUBACK
SYS_PATIENCE = 2.0  # seconds that a broker that was started a moment ago has for its first numbers


@contextmanager
def connection(broker: Broker) -> Iterator[mqtt.Client]:
    """Connect to a broker for the length of a `with` block.

    Raises:
        ConnectionError: nobody listens, the broker refuses, or it does not answer.
    """
    answer: Future[str] = Future()  # empty text: accepted; else what is wrong

    def on_connect(_client, _userdata, _flags, reason, _properties):
        if not answer.done():
            answer.set_result(str(reason) if reason.is_failure else "")

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.username_pw_set(broker.username or None, broker.password or None)
    client.on_connect = on_connect
    try:
        try:
            client.connect(broker.host, broker.port)
            client.loop_start()
            problem = answer.result(timeout=ANSWER_TIMEOUT)
        except TimeoutError:
            problem = f"no answer within {ANSWER_TIMEOUT:g} s"
        except OSError as error:
            problem = str(error)
        if problem:
            raise ConnectionError(f"cannot connect to {broker.host}:{broker.port}: {problem}")
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


# --- the health of the broker ------------------------------------------------------------------------------------

# Mosquitto's, mosquitto(8); another broker has some of them, or none. Before 2.0.16, Mosquitto forgets after a minute
# those that did not change.
SYS_TOPICS = {
    "version": "$SYS/broker/version",
    "uptime": "$SYS/broker/uptime",
    "clients_connected": "$SYS/broker/clients/connected",
    "clients_maximum": "$SYS/broker/clients/maximum",
    "subscriptions": "$SYS/broker/subscriptions/count",
    "retained": "$SYS/broker/retained messages/count",  # a blank in a topic: it is allowed
    "messages_received": "$SYS/broker/messages/received",
    "messages_sent": "$SYS/broker/messages/sent",
    "messages_dropped": "$SYS/broker/publish/messages/dropped",
    "messages_received_per_minute": "$SYS/broker/load/messages/received/1min",
    "messages_sent_per_minute": "$SYS/broker/load/messages/sent/1min",
    "bytes_received": "$SYS/broker/bytes/received",
    "bytes_sent": "$SYS/broker/bytes/sent",
}


def broker_health(broker: Broker) -> dict:
    """Ask a broker how it is, and publish the answer for everybody.

    `iot/broker/status` gets {"status", "version", "uptime", "round_trip_ms", "timestamp"} and `iot/broker/stats` the
    numbers of `SYS_TOPICS` with the same "timestamp". Both are retained: who subscribes later sees the last ones. What
    the broker does not tell is None.

    Args:
        broker: where it is, and how to log in.

    Returns:
        {"status": ..., "stats": ...}: the two documents.

    Raises:
        ConnectionError: the broker does not answer. There is nobody then who could hear a status.
    """
    heard, round_trip = read_sys(broker)
    numbers = {name: number(heard.get(topic)) for name, topic in SYS_TOPICS.items()}
    now = int(time.time())
    status = {
        "status": "online",
        "version": heard.get(SYS_TOPICS["version"]),
        "uptime": numbers.pop("uptime"),
        "round_trip_ms": round(round_trip * 1000, 3),
        "timestamp": now,
    }
    del numbers["version"]
    health = {"status": status, "stats": {**numbers, "timestamp": now}}
    with connection(broker) as client:
        for kind, document in health.items():
            sent = client.publish(f"iot/broker/{kind}", json.dumps(document), qos=1, retain=True)
            try:
                sent.wait_for_publish(ANSWER_TIMEOUT)
                taken = sent.is_published()
            except RuntimeError:  # the connection is gone
                taken = False
            if not taken:
                raise ConnectionError(f"the broker at {broker.host}:{broker.port} did not take iot/broker/{kind}")
    return health


def read_sys(broker: Broker) -> tuple[dict[str, str], float]:
    """Read the broker's own numbers.

    Returns:
        text by topic, empty when this broker tells nothing, and the seconds that the broker took for one answer.
    """
    heard: dict[str, str] = {}
    changed = threading.Condition()
    answered: set[int] = set()
    closed = False

    def on_message(_client, _userdata, message):
        with changed:
            heard[message.topic] = message.payload.decode("utf-8", "replace")
            changed.notify_all()

    def on_subscribe(_client, _userdata, mid, _reasons, _properties):
        with changed:
            answered.add(mid)
            changed.notify_all()

    def on_disconnect(*_):
        nonlocal closed
        with changed:
            closed = True  # some brokers hang up on a client that asks for $SYS
            changed.notify_all()

    with connection(broker) as client:
        client.on_message, client.on_subscribe, client.on_disconnect = on_message, on_subscribe, on_disconnect
        client.subscribe("$SYS/broker/#")
        # A broker works through the packets of a client in order. When it answers the second request, it has sent all
        # retained messages that the first one asked for: no guess is needed how long they take.
        for _ in range(2):  # the second time with nothing else on the way: that is the round trip
            began = time.monotonic()
            _, fence = client.subscribe("$SYS/broker/uptime")
            with changed:
                changed.wait_for(lambda mid=fence: mid in answered or closed, timeout=ANSWER_TIMEOUT)
                round_trip = time.monotonic() - began
                if not closed and fence not in answered:
                    raise ConnectionError(f"the broker at {broker.host}:{broker.port} does not answer")
        with changed:
            changed.wait_for(lambda: heard or closed, timeout=SYS_PATIENCE)
            return dict(heard), round_trip


def number(text: str | None) -> float | int | None:
    """Read a number of $SYS, which may have its unit behind it: "4 seconds"."""
    try:
        value = float((text or "").split(" ")[0])
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


# --- commands ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ack:
    """What a node answered to a command.

    Args:
        node_id: the node, as it calls itself.
        id: the correlation id of command and answer.
        command: name of the command.
        ok: whether the node did it.
        reason: why not; empty when it did.
        seconds: from the command to the answer.
    """

    node_id: str
    id: str
    command: str
    ok: bool
    reason: str
    seconds: float


# The commands that wait for an answer, by client and correlation id: the topic of the answer, and where it is put.
pending: WeakKeyDictionary[mqtt.Client, dict[str, tuple[str, Future]]] = WeakKeyDictionary()
guard = threading.Lock()  # several threads may send commands with one client


def send_command(client: mqtt.Client, node_id: str, command: str, params: dict, timeout: float) -> Ack:
    """Send a command to a node and wait for its acknowledgement.

    The command goes to `iot/node/{node_id}/command`, the answer comes on `iot/node/{node_id}/status`. Both carry the
    same id: an answer to another command, or to one that was given up, is not taken for this one.

    Args:
        client: connected; its network thread runs.
        node_id: the level of the topic: "01" or "node_01", as the node has it.
        command: name of the command.
        params: its parameters.
        timeout: seconds to wait.

    Raises:
        TimeoutError: no acknowledgement in time. The node may still do it later.
        ConnectionError: the client is not connected.
        ValueError: this cannot be a command.
    """
    if not isinstance(node_id, str) or not node_id or any(character in node_id for character in "+#/\0"):
        raise ValueError(f"not an id of a node: {node_id!r}")
    if not isinstance(command, str) or not command:
        raise ValueError(f"a command is the name of one, not {command!r}")
    if not isinstance(params, dict):
        raise ValueError(f"the parameters are a dict, not {params!r}")
    correlation = f"c-{uuid.uuid4().hex[:12]}"
    try:
        payload = json.dumps({"id": correlation, "command": command, "params": params}, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"JSON cannot carry the parameters {params!r}: {error}") from error
    if not client.is_connected():
        raise ConnectionError("the client is not connected to its broker")

    status_topic = f"iot/node/{node_id}/status"
    answer: Future[dict] = Future()
    with guard:
        pending.setdefault(client, {})[correlation] = status_topic, answer
        client.message_callback_add(status_topic, on_status)
    try:
        began = time.monotonic()
        # In order on one connection: the broker has the subscription before it has the command.
        client.subscribe(status_topic, qos=1)
        client.publish(f"iot/node/{node_id}/command", payload, qos=1)
        found = answer.result(timeout=timeout)
    except TimeoutError:
        raise TimeoutError(f"node {node_id} did not acknowledge {command!r} within {timeout:g} s") from None
    finally:
        with guard:
            del pending[client][correlation]
            if not any(topic == status_topic for topic, _ in pending[client].values()):
                client.message_callback_remove(status_topic)
    ack = found["ack"]
    return Ack(
        str(found.get("node_id", node_id)), correlation, str(ack.get("command", command)),
        ack.get("ok") is True, str(ack.get("reason", "")), time.monotonic() - began,
    )


def on_status(client, userdata, message):
    """Give an acknowledgement to the call that waits for it. The client's own `on_message` sees every message too."""
    if client.on_message:
        client.on_message(client, userdata, message)
    try:
        document = json.loads(message.payload)
        correlation = document["ack"]["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return  # a status, not an acknowledgement
    with guard:
        _, answer = pending.get(client, {}).get(str(correlation), (None, None))
        if answer is not None and not answer.done():  # QoS 1 may bring it twice
            answer.set_result(document)


# --- Telegraf ------------------------------------------------------------------------------------------------------


def telegraf_config(broker: Broker, influx: Influx) -> str:
    """Write the configuration with which Telegraf carries telemetry from the broker to the database.

    Points are as in the contract of telemetry: measurement `iot_telemetry`, tag `node_id` (from the topic; "01" becomes
    "node_01"), sensors as floats, the time of the reading. A message is acknowledged to the broker after the database
    has it: for this Telegraf needs QoS 1, a persistent session and a fixed client id.

    Args:
        broker: where to read.
        influx: where to write: url, token, org, bucket.

    Returns:
        TOML.
    """
    return f"""\
[agent]
  interval = "1s"
  flush_interval = "1s"
  metric_batch_size = 1000
  metric_buffer_limit = 100000
  omit_hostname = true

[[inputs.mqtt_consumer]]
  servers = [{quoted(f"tcp://{broker.host}:{broker.port}")}]
  username = {quoted(broker.username)}
  password = {quoted(broker.password)}
  topics = ["iot/node/+/telemetry"]
  topic_tag = ""
  client_id = "telegraf"
  qos = 1
  persistent_session = true
  startup_error_behavior = "retry"
  max_undelivered_messages = 1000
  data_format = "json_v2"

  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "iot/node/+/telemetry"
    tags = "_/_/node_id/_"

  [[inputs.mqtt_consumer.json_v2]]
    measurement_name = "iot_telemetry"
    timestamp_path = "timestamp"
    timestamp_format = "unix"
    # The types are said: 22 and 22.5 would meet as integer and float, and InfluxDB refuses the second.
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "sensors.temperature"
      type = "float"
      optional = true
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "sensors.humidity"
      type = "float"
      optional = true
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "sensors.battery"
      type = "float"
      optional = true
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "wifi_rssi"
      type = "int"
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "uptime"
      type = "int"

[[processors.regex]]
  [[processors.regex.tags]]
    key = "node_id"
    pattern = "^([0-9]+)$"
    replacement = "node_${{1}}"

[[outputs.influxdb_v2]]
  urls = [{quoted(influx.url)}]
  token = {quoted(influx.token)}
  organization = {quoted(influx.org)}
  bucket = {quoted(influx.bucket)}
"""


def quoted(text: str) -> str:
    """Write a text as a TOML basic string; JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


# --- the fleet as a table ------------------------------------------------------------------------------------------

COLUMNS = {"online": "bool", "last_seen": "datetime64[ns, UTC]", "rssi": "float", "battery": "float", "rate": "float"}


def fleet_table(influx: Influx, window: float) -> pd.DataFrame:
    """Describe every node that was heard in the last seconds.

    Args:
        influx: where the database is: url, token, org, and the bucket with the telemetry.
        window: how far to look back, in seconds, more than 0.

    Returns:
        one row a node, index `node_id` in order; columns `online` (its last message is not older than three of its own
        intervals, or 10 s), `last_seen` (UTC), `rssi` (dBm, the last), `battery` (percent, the last; NaN for a node
        without one), `rate` (messages a minute between its first and its last; NaN when there is only one).

    Raises:
        ValueError: the window is not a time to look back.
    """
    if isinstance(window, bool) or not isinstance(window, int | float) or not 0 < window < 10**9:
        raise ValueError(f"the window is a number of seconds, more than 0, not {window!r}")
    # Three small answers instead of every point: the database does the counting.
    flux = """
        points = from(bucket: asked_bucket)
          |> range(start: begin)
          |> filter(fn: (r) => r._measurement == "iot_telemetry" and exists r.node_id)
        rssi = points |> filter(fn: (r) => r._field == "wifi_rssi")
        rssi |> first() |> yield(name: "first")
        rssi |> last() |> yield(name: "last")
        rssi |> count() |> yield(name: "count")
        points |> filter(fn: (r) => r._field == "battery") |> last() |> yield(name: "battery")
    """
    params = {"asked_bucket": influx.bucket, "begin": pd.Timestamp.now("UTC") - pd.Timedelta(seconds=window)}
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        tables = client.query_api().query(flux, params=params)
    found: dict[str, dict[str, list]] = {}
    for table in tables:  # a node that moved to another room has several series
        for record in table.records:
            kind = record["result"]
            answers = found.setdefault(record["node_id"], {"first": [], "last": [], "count": [], "battery": []})
            answers[kind].append((None if kind == "count" else record.get_time(), record.get_value()))
    now = pd.Timestamp.now("UTC")
    rows = {node_id: row_of(answers, now, window) for node_id, answers in sorted(found.items()) if answers["last"]}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS)).astype(COLUMNS)
    return table.rename_axis("node_id")


def row_of(answers: dict[str, list], now: pd.Timestamp, window: float) -> tuple:
    """Make one row of the table out of what the database told of a node."""
    first = min(time for time, _ in answers["first"])
    last, rssi = max(answers["last"])
    battery = max(answers["battery"])[1] if answers["battery"] else math.nan
    intervals = sum(count for _, count in answers["count"]) - 1
    interval = (last - first).total_seconds() / intervals if intervals else window
    online = (now - last).total_seconds() <= max(3 * interval, 10)
    return online, pd.Timestamp(last), rssi, battery, 60 / interval if intervals and interval else math.nan


# --- many readings in one message ----------------------------------------------------------------------------------

LARGEST_BATCH = 1_000_000  # bytes of an unpacked batch: a few bytes can unpack to gigabytes


def batch(readings: Sequence[dict]) -> bytes:
    """Pack readings of one node into one payload: names once instead of in every reading, columns that compress well.

    Args:
        readings: telemetry of one node, at least one. A sensor may be missing in some of them.

    Raises:
        ValueError: there is none, they are of several nodes, or one is not a reading.
    """
    columns: dict[str, list] = {}
    for position, reading in enumerate(readings):
        try:
            cells = {name: value for name, value in reading.items() if name not in ("node_id", "sensors")}
            cells |= {f"sensors.{name}": value for name, value in reading["sensors"].items()}
            own = reading["node_id"] == readings[0]["node_id"]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"reading {position} is not a telemetry reading: {error!r}") from error
        if not cells:
            raise ValueError(f"reading {position} has no number")
        if not own:
            raise ValueError(f"reading {position} is of {reading['node_id']!r}, not of {readings[0]['node_id']!r}")
        for name, value in cells.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"reading {position}: {name} is {value!r}, not a number")
            columns.setdefault(name, [None] * position).append(value)
        for column in columns.values():
            column.extend([None] * (position + 1 - len(column)))
    if not readings:
        raise ValueError("a batch has at least one reading")
    document = {"node_id": readings[0]["node_id"], "count": len(readings), "columns": columns}
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), level=9)


def unbatch(payload: bytes) -> list[dict]:
    """Unpack what `batch` has packed.

    Returns:
        the readings, in order and equal to those that went in.

    Raises:
        ValueError: it is no batch, or one that unpacks to more than `LARGEST_BATCH` bytes.
    """
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(payload, LARGEST_BATCH)
        if not unpacker.eof:
            raise ValueError(f"cut off, or larger than {LARGEST_BATCH} bytes")
        document = json.loads(text)
        node_id, count, columns = document["node_id"], document["count"], document["columns"]
        # A count without a column to prove it could be as large as it likes.
        if not columns or any(len(column) != count for column in columns.values()):
            raise ValueError("its columns are not as long as it says")
        readings: list[dict] = [{"node_id": node_id, "sensors": {}} for _ in range(count)]
        for name, column in columns.items():
            for reading, value in zip(readings, column, strict=True):
                if value is not None:
                    target = reading["sensors"] if name.startswith("sensors.") else reading
                    target[name.removeprefix("sensors.")] = value
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a batch of readings: {error}") from error
    return readings


def saving(readings: Sequence[dict], topic: str = "iot/node/01/telemetry") -> float:
    """Measure what a batch saves: the share of bytes on the wire that is not sent, 0 to 1.

    Counted as MQTT 3.1.1 sends QoS 1: fixed header, topic, packet id, payload and the 4 bytes of PUBACK. What TCP and
    Wi-Fi add to each packet comes on top, so the true saving is larger.
    """
    def packet(payload: bytes) -> int:
        rest = 2 + len(topic.encode()) + 2 + len(payload)
        return 1 + max(1, math.ceil(rest.bit_length() / 7)) + rest + 4

    one_by_one = sum(packet(json.dumps(reading, separators=(",", ":")).encode()) for reading in readings)
    return 1 - packet(batch(readings)) / one_by_one


# --- a rollout that stops itself -----------------------------------------------------------------------------------


class Updatable(Protocol):
    """A node as a rollout sees it. `install` and `rollback` return when the node runs what it shall run.

    They raise OSError (TimeoutError and ConnectionError are some) or RuntimeError when it does not.
    """

    node_id: str

    def install(self, firmware: str) -> None:
        """Install a version and run it."""

    def rollback(self) -> None:
        """Run the version from before again."""


@dataclass
class Rollout:
    """How a rollout went.

    Args:
        done: every node was tried, and not too many failed.
        updated: ids of the nodes that run the new firmware.
        failed: id and reason of those whose update failed.
        rolled_back: ids of the nodes that were taken back to the old firmware.
        stuck: id and reason of those that could not be taken back: somebody must look at them.
        untouched: ids of those that were not reached.
    """

    done: bool = False
    updated: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    rolled_back: list[str] = field(default_factory=list)
    stuck: dict[str, str] = field(default_factory=dict)
    untouched: list[str] = field(default_factory=list)


def rollout(nodes: Sequence[Updatable], firmware: str, canary: int, max_failures: int) -> Rollout:
    """Bring new firmware to a fleet, a few nodes first, and take it back when it does harm.

    The first `canary` nodes are the canaries: when one of them fails, the rollout stops. Behind them it goes on node by
    node and stops when more than `max_failures` have failed. To stop is to roll back every updated node, the newest
    first. A node that refused the update still runs its old firmware; one that did not answer in time may run either,
    so it is rolled back too.

    Args:
        nodes: the fleet, canaries first.
        firmware: the version to install.
        canary: how many nodes go first, at least 1; all of them when the fleet is smaller.
        max_failures: how many failures behind the canaries are put up with.

    Raises:
        ValueError: a number makes no sense, or a node occurs twice.
    """
    if canary < 1 or max_failures < 0:
        raise ValueError(f"canary must be 1 or more, not {canary}; max_failures 0 or more, not {max_failures}")
    if len({node.node_id for node in nodes}) < len(nodes):
        raise ValueError("a node occurs twice in the fleet")
    result = Rollout(untouched=[node.node_id for node in nodes])
    changed = []  # nodes that run the new firmware, or may run it
    for position, node in enumerate(nodes):
        result.untouched.remove(node.node_id)
        try:
            node.install(firmware)
            changed.append(node)
            result.updated.append(node.node_id)
        except (OSError, RuntimeError) as error:
            result.failed[node.node_id] = str(error) or repr(error)
            if isinstance(error, TimeoutError):
                changed.append(node)
            if position < canary or len(result.failed) > max_failures:
                break
    else:
        result.done = True
        return result
    result.updated.clear()
    for node in reversed(changed):
        try:
            node.rollback()
            result.rolled_back.append(node.node_id)
        except (OSError, RuntimeError) as error:
            result.stuck[node.node_id] = str(error) or repr(error)
    return result
