# Part 'f2' of the house. It moves into lab 08 when that lab is written; then `grader release` makes this file.

"""From an F2 controller to the hypertable: address, decoder, parameters, connector, processor, sink."""

import base64
import binascii
import json
import re
import select
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import NamedTuple, Protocol
from weakref import WeakKeyDictionary

import paho.mqtt.client as mqtt
import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from psycopg.rows import dict_row


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


# --- address ---------------------------------------------------------------------------------------------------------


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
        """The controller's name; also the key of its records in Kafka."""
        return f"f2-{self.mac}"

    @property
    def pin_position(self) -> str:
        """Connector and pin: two connectors may each have a `temperature-3`."""
        return f"{self.connector}:{self.id}"


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen


@lru_cache(maxsize=10_000)
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT, checked in this order.
    """
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


# --- decoder ---------------------------------------------------------------------------------------------------------


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

    @cached_property
    def decoder(self) -> Callable[[bytes], float | str]:
        """The function that decodes this point's payloads: a row is read once, payloads come by the thousand."""
        return make_decoder(self)


def decode(payload: bytes, point: DataPoint) -> float | str:
    """Read one value out of a payload.

    Returns:
        The number; for STRING and HEXSTR the text with Prepend and Append.

    Raises:
        DecodeError: with the first code that applies, in the order of the table in stack/contracts/f2.md.
    """
    return point.decoder(payload)


def display(value: float | str, point: DataPoint) -> str:
    """Write a decoded value for a person: `€12.34`, `21.5 °C`."""
    if isinstance(value, str):
        return value  # has Prepend and Append already
    return f"{point.Prepend}{value:.{point.Decimals}f}{point.Append}"


def make_decoder(point: DataPoint) -> Callable[[bytes], float | str]:
    """Read a row once, and make the function that decodes its payloads."""
    undo = FORMATS.get(point.DataFormat)
    try:
        check_point(point)
    except DecodeError as error:
        return refuser(error, undo)
    name, _, order = point.DataEncoding.partition("/")
    offset, length = point.Offset, point.Length or WIDTHS.get(name, 0)
    end = offset + length if length else None
    arrange = arranger(order)
    letters = 0 if order in ("", "BE", "LE") else len(order)
    read = reader(name, point)

    def decoder(payload):
        if not payload:
            raise DecodeError("EMPTY_PAYLOAD", "the payload has no bytes")
        data = undo(payload)
        field = data[offset:end]
        if letters and not length and len(field) != letters:
            raise DecodeError("BAD_ORDER", f"{order} is no order of the {len(field)} bytes from {offset} on")
        if len(field) < (length or 1):
            needed = f"{offset}..{offset + length - 1}" if length else f"{offset} on"
            raise DecodeError("OUT_OF_RANGE", f"needs bytes {needed} of {len(data)}")
        return read(arrange(field))

    return decoder


def refuser(error: DecodeError, undo) -> Callable[[bytes], float | str]:
    """The decoder of a row that is wrong: it tells of what is checked before the row's own error first."""

    def decoder(payload):
        if error.code not in ("BAD_DECIMALS", "BAD_OFFSET"):
            if not payload:
                raise DecodeError("EMPTY_PAYLOAD", "the payload has no bytes")
            if undo:
                undo(payload)
        raise DecodeError(error.code, error.reason)

    return decoder


TYPE = re.compile(
    r"U?INT(?:8|16|24|32|64)|SMINT16|FLOAT(?:16|32|64)|BCD|BIT[0-9]{1,9}|BITS[0-9]{1,9}-[0-9]{1,9}|STRING|HEXSTR|DEC"
)
WIDTHS = {f"{sign}INT{8 * width}": width for sign in ("U", "") for width in (1, 2, 3, 4, 8)}
WIDTHS |= {"SMINT16": 2, "FLOAT16": 2, "FLOAT32": 4, "FLOAT64": 8}
ORDERS = {  # which byte of the big-endian number comes first, second, ... on the wire, by width
    2: ("AB", "BA"),
    3: ("ABC", "CBA"),
    4: ("ABCD", "CDAB", "BADC", "DCBA"),
    8: ("ABCDEFGH", "HGFEDCBA", "GHEFCDAB", "BADCFEHG"),
}


def check_point(point: DataPoint) -> None:
    """Find what is wrong with a row before any payload is seen.

    Raises:
        DecodeError: BAD_DECIMALS, BAD_OFFSET, UNKNOWN_FORMAT, UNKNOWN_ENCODING, LENGTH_MISMATCH or BAD_ORDER.
    """
    if not 0 <= point.Decimals <= 9:
        raise DecodeError("BAD_DECIMALS", f"Decimals is {point.Decimals}, not 0 to 9")
    if point.Offset < 0:
        raise DecodeError("BAD_OFFSET", f"Offset is {point.Offset}, less than 0")
    if point.DataFormat not in FORMATS:
        raise DecodeError("UNKNOWN_FORMAT", f"DataFormat is {point.DataFormat!r}, not one of {', '.join(FORMATS)}")
    name, slash, order = point.DataEncoding.partition("/")
    if not TYPE.fullmatch(name):
        raise DecodeError("UNKNOWN_ENCODING", f"DataEncoding is {point.DataEncoding!r}: there is no type {name!r}")
    width = WIDTHS.get(name, 0)
    if point.Length < 0 or (width and point.Length not in (0, width)):
        raise DecodeError("LENGTH_MISMATCH", f"Length is {point.Length}, {name} has {width or '0 or more'} bytes")
    width = width or point.Length
    orders = ORDERS.get(width, ()) if width else sum(ORDERS.values(), ())
    if slash and order not in ("BE", "LE", *orders):
        raise DecodeError("BAD_ORDER", f"{order!r} is no order of {width or 'any number of'} bytes")


# The format: from what was published to bytes.

SEPARATORS = b" :-"
HEX = re.compile(rb"[0-9A-Fa-f]*")
BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")  # RFC 4648, section 4


def from_hex(payload: bytes) -> bytes:
    """Undo hexadecimal digits in pairs, with an optional 0x in front and separators."""
    try:
        return binascii.unhexlify(payload)  # plain digits: most payloads
    except binascii.Error:
        digits = payload.strip()
        if digits[:2] in (b"0x", b"0X"):
            digits = digits[2:]
        digits = digits.translate(None, SEPARATORS)
        if len(digits) % 2 or not HEX.fullmatch(digits):
            raise DecodeError("BAD_HEX", "the payload is not hexadecimal digits in pairs") from None
        return binascii.unhexlify(digits)


def from_base64(payload: bytes) -> bytes:
    """Undo base64 with padding. Python's own check lets superfluous padding through."""
    if not BASE64.fullmatch(payload):
        raise DecodeError("BAD_BASE64", "the payload is not base64 with padding, RFC 4648")
    return base64.b64decode(payload)


FORMATS = {"BINARY": bytes, "HEX": from_hex, "BASE64": from_base64, "ASCII": bytes}


# The order: from the wire to big-endian.


def arranger(order: str) -> Callable[[bytes], bytes]:
    """The function that brings bytes into big-endian order."""
    if order in ("", "BE"):
        return bytes
    if order == "LE":
        return itemgetter(slice(None, None, -1))
    pick = itemgetter(*(order.index(letter) for letter in sorted(order)))
    return lambda field: bytes(pick(field))


# The type: from bytes to a number or a text.


def reader(name: str, point: DataPoint) -> Callable[[bytes], float | str]:
    """The function that reads the bytes of a field, in big-endian order."""
    if name in ("STRING", "HEXSTR"):
        return text_reader(name, point)
    if name == "DEC":
        return decimal_reader(point)
    if name.startswith("FLOAT"):
        return float_reader(name, point)
    scaled = scaler(point)
    if name == "BCD":
        return lambda field: scaled(bcd(field))
    if name.startswith("BIT"):
        bounds = [int(number) for number in re.findall("[0-9]+", name)]
        return lambda field: scaled(bits(field, bounds[0], bounds[-1]))
    if name == "SMINT16":
        return lambda field: scaled(sign_and_magnitude(field))
    signed = name.startswith("INT")
    return lambda field: scaled(int.from_bytes(field, "big", signed=signed))


def scaler(point: DataPoint) -> Callable[[int], float]:
    """The function that sets the implied decimal point of an integer."""
    divisor = 10**point.Decimals
    limit = 10 ** (point.WholeNumber + point.Decimals) if point.WholeNumber > 0 else 0

    def scaled(raw):
        try:
            value = raw / divisor
        except OverflowError:
            raise DecodeError("NOT_FINITE", "the number is too large for a double") from None
        if limit and not -limit < raw < limit:
            raise DecodeError("WHOLE_NUMBER_OVERFLOW", f"{value} has more than {point.WholeNumber} whole digits")
        return value

    return scaled


def rounder(point: DataPoint) -> Callable[[float], float]:
    """The function that rounds a number that has its own decimal point."""
    decimals = point.Decimals
    limit = 10**point.WholeNumber if point.WholeNumber > 0 else float("inf")

    def rounded(number):
        if number - number != 0:  # infinity and NaN
            raise DecodeError("NOT_FINITE", f"the value is {number}")
        value = round(number, decimals) + 0.0  # -0.0 + 0.0 is 0.0
        if not -limit < value < limit:
            raise DecodeError("WHOLE_NUMBER_OVERFLOW", f"{value} has more than {point.WholeNumber} whole digits")
        return value

    return rounded


def float_reader(name: str, point: DataPoint) -> Callable[[bytes], float]:
    """FLOAT16, FLOAT32, FLOAT64: IEEE 754."""
    unpack = struct.Struct({"FLOAT16": ">e", "FLOAT32": ">f", "FLOAT64": ">d"}[name]).unpack
    rounded = rounder(point)
    return lambda field: rounded(unpack(field)[0])


def sign_and_magnitude(field: bytes) -> int:
    """SMINT16: the highest bit is the sign, the others are the amount."""
    raw = int.from_bytes(field, "big")
    return -(raw & 0x7FFF) if raw & 0x8000 else raw


def bits(field: bytes, low: int, high: int) -> int:
    """BIT and BITS: the bits `low` to `high` of an unsigned number; bit 0 is the lowest."""
    if not low <= high < 8 * len(field):
        raise DecodeError("BAD_BIT_RANGE", f"{len(field)} bytes have the bits 0 to {8 * len(field) - 1}")
    return int.from_bytes(field, "big") >> low & (1 << high - low + 1) - 1


def bcd(field: bytes) -> int:
    """BCD: two decimal digits a byte."""
    digits = field.hex()
    if not digits.isdecimal():
        raise DecodeError("BAD_BCD", f"{digits} has a digit above 9")
    return whole(digits)


NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")  # Python's float() would take 1_0, 1e5 and nan too


def decimal_reader(point: DataPoint) -> Callable[[bytes], float]:
    """DEC: a number in ASCII; without a point it has an implied one."""
    scaled, rounded = scaler(point), rounder(point)

    def read(field):
        text = field.decode("latin-1").strip(" \t\r\n")
        if not NUMBER.fullmatch(text):
            raise DecodeError("BAD_TEXT", f"{text!r} is no decimal number")
        return rounded(float(text)) if "." in text else scaled(whole(text))

    return read


def whole(text: str) -> int:
    """Read digits with an optional sign."""
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > 4000:  # Python refuses 4,300 and more; a double ends at 309
        raise DecodeError("NOT_FINITE", f"{len(digits)} digits are too many for a double")
    return -int(digits) if text[0] == "-" else int(digits)


def text_reader(name: str, point: DataPoint) -> Callable[[bytes], str]:
    """STRING: characters, without NULs at the end. HEXSTR: each byte as two digits."""
    before, after = point.Prepend, point.Append
    if name == "HEXSTR":
        return lambda field: f"{before}{field.hex()}{after}"
    charset = "ascii" if point.DataFormat == "ASCII" else "utf-8"

    def read(field):
        try:
            return f"{before}{field.rstrip(bytes(1)).decode(charset)}{after}"
        except UnicodeDecodeError as error:
            raise DecodeError("BAD_TEXT", f"byte {error.start} of the text is not {charset.upper()}") from None

    return read


# --- parameters ------------------------------------------------------------------------------------------------------


class Parameter(NamedTuple):
    """One value that a message of a pin holds."""

    id: int  # DataPointId
    component_type: str
    point: DataPoint


Parameters = dict[tuple[int, str, str], list[Parameter]]  # by connector, component and pin's position

QUERY = """
    SELECT connector_number, component, position, component_type, "DataPointId", "DataFormat", "DataEncoding",
           "Offset", "Length", "Prepend", "Append", "WholeNumber", "Decimals"
    FROM device_parameters WHERE mac_address = %s ORDER BY "DataPointId"
"""
loaded: WeakKeyDictionary[psycopg.Connection, dict[str, Parameters]] = WeakKeyDictionary()  # the cache


def load_parameters(conn: psycopg.Connection, mac: str) -> Parameters:
    """Read how the payloads of a controller are decoded. Asked again, it answers from memory until a table changes.

    Args:
        conn: a connection to `device_params` in autocommit mode; the cache lives as long as the connection.
        mac: 12 hexadecimal digits, lower case.

    Returns:
        For each connector number, component and position the values in a payload; empty for an unknown controller.

    Raises:
        ValueError: the connection is not in autocommit mode: a transaction would never be told of a change.
        psycopg.OperationalError: the database cannot be reached.
    """
    if not conn.autocommit:
        raise ValueError("load_parameters needs a connection with autocommit=True")
    if conn not in loaded:
        conn.execute("LISTEN device_parameters")  # before the first query: no change is missed
        loaded[conn] = {}
    if any(conn.notifies(timeout=0)):  # triggers notify when a table changes
        loaded[conn].clear()
    if mac not in loaded[conn]:
        if len(loaded[conn]) >= MOST_CONTROLLERS:
            loaded[conn].clear()
        loaded[conn][mac] = parameters = {}
        for row in conn.cursor(row_factory=dict_row).execute(QUERY, [mac]):
            pin = row.pop("connector_number"), row.pop("component"), str(row.pop("position"))
            value = Parameter(row.pop("DataPointId"), row.pop("component_type"), DataPoint(**row))
            parameters.setdefault(pin, []).append(value)
    return loaded[conn][mac]


# --- connector -------------------------------------------------------------------------------------------------------


class Broker(Protocol):
    """Where a broker is, and how to log in: anything with these attributes."""

    host: str
    port: int
    username: str
    password: str


PARTITIONS = 4  # as many copies of a stage share the work
LONGEST_PAYLOAD = 65_536  # bytes of a payload that a dead letter keeps
LONGEST_MEASUREMENT = 900_000  # bytes; a record of Kafka holds 1,000,000 with its key and headers
MOST_CONTROLLERS = 10_000  # whose parameters are remembered; anybody can invent another MAC


def make_topics(bootstrap: str, *names: str) -> None:
    """Make the Kafka topics that are missing.

    Raises:
        ConnectionError: Kafka does not answer within 5 s.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        there = admin.list_topics(timeout=5).topics
        new = [NewTopic(name, num_partitions=PARTITIONS, replication_factor=1) for name in names if name not in there]
        for made in admin.create_topics(new).values() if new else ():
            try:
                made.result(timeout=5)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another stage was quicker
                    raise
    except KafkaException as error:
        raise ConnectionError(f"no Kafka at {bootstrap}: {error.args[0].str()}") from error


class Outbox:
    """A Kafka producer that tries until Kafka has a record. One that it sends twice is harmless: see the sink's key.

    After a lost connection it holds all records back until it has seen that Kafka has their topics: a Kafka without a
    disk forgets them. Tansu then acknowledges records of topics that it does not have, and shows them to nobody, not
    even when the topics are made later.
    """

    def __init__(self, bootstrap: str, *topics: str):
        self.bootstrap, self.topics = bootstrap, topics
        self.mended = 0.0
        self.problem = ""  # why the topics could not be made
        self.lost = False
        self.held = deque()  # calls that send again what is held back
        self.producer = Producer({
            "bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 5, "message.timeout.ms": 0, "log_level": 0,
            "allow.auto.create.topics": False, "reconnect.backoff.ms": 500, "error_cb": self.on_error,
            "enable.sparse.connections": False,  # an idle producer, too, shall hear of a lost connection
        })

    def on_error(self, error: KafkaError) -> None:
        """Note that the connection is lost. The producer calls it, from `serve` and `empty`."""
        if error.code() in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN):
            self.lost = True

    def send(
        self, topic: str, key: str | None, value: bytes, headers: list | None = None, *,
        delivered: Callable[[], None] | None = None, too_large: Callable[[], None] | None = None,
    ) -> None:
        """Hand over a record.

        Args:
            delivered: called when Kafka has it, from `serve` or `empty`.
            too_large: called instead when Kafka never takes a record of this size.
        """

        def again() -> None:
            self.send(topic, key, value, headers, delivered=delivered, too_large=too_large)

        def report(error: KafkaError | None, _record) -> None:
            if error is None:
                if delivered:
                    delivered()
            elif error.code() == KafkaError.MSG_SIZE_TOO_LARGE and too_large:
                too_large()
            else:
                again()

        while not self.lost:
            try:
                self.producer.produce(topic, value, key, headers=headers, on_delivery=report)
                return
            except BufferError:  # the producer's memory is full
                self.producer.poll(0.1)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.MSG_SIZE_TOO_LARGE or not too_large:
                    raise
                too_large()
                return
        self.held.append(again)

    def serve(self, timeout: float = 0) -> None:
        """Call what waits for a delivery."""
        self.producer.poll(timeout)
        if self.lost:
            self.resume()

    def empty(self, stopping: threading.Event) -> bool:
        """Wait until Kafka has all that was sent. False: it has not, and the stage must stop."""
        while self.producer.flush(0.5) or self.held:
            if stopping.is_set():
                return False
            self.resume() if self.lost else self.mend()
        return True

    def resume(self) -> None:
        """Send again what is held back, if Kafka answers and has the topics. At most once a second: it may be away."""
        self.producer.purge()  # `report` hears of it, and holds those records, too
        self.producer.poll(0)
        if time.monotonic() - self.mended < 1:
            return
        self.mended = 0.0
        if self.mend():
            return
        self.lost, held, self.held = False, self.held, deque()
        for again in held:
            again()

    def mend(self) -> str:
        """See, at most every 5 s, whether the topics are there, since a Kafka without a disk forgets them.

        Returns:
            What is wrong; empty when they are there now.
        """
        if time.monotonic() - self.mended > 5:
            try:
                make_topics(self.bootstrap, *self.topics)
                self.problem = ""
            except ConnectionError as error:
                self.problem = str(error)
            self.mended = time.monotonic()
        return self.problem


def dead_letter(
    code: str, reason: str, topic: str, payload: bytes, timestamp: str, *, point: int | None = None, source: str = ""
) -> bytes:
    """Write down a message that cannot be read.

    Args:
        topic: the MQTT topic.
        timestamp: when it arrived.
        point: the DataPointId, if the message got so far.
        source: Kafka's place of it, `topic/partition/offset`: the same in every repeat of this dead letter.
    """
    return json.dumps({
        "code": code, "reason": reason, "topic": topic, "DataPointId": point, "timestamp": timestamp, "source": source,
        "payload_hex": payload[:LONGEST_PAYLOAD].hex(), "payload_bytes": len(payload),
    }).encode()


def to_iso(microseconds: int) -> str:
    """Write a moment, microseconds since 1970: `2026-11-21T11:00:00.000042Z`."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{to_second(seconds)}.{rest:06d}Z"


@lru_cache(maxsize=64)
def to_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@dataclass(slots=True)
class Taken:
    """An MQTT message that the connector has taken."""

    topic: str
    payload: bytes
    time: int  # of its first arrival, microseconds since 1970: with the topic, its identity from here on
    number: int = 0  # counts arrivals
    delivered: bool = False  # Kafka has it


class Connector:
    """Move messages from MQTT to Kafka, as they are; acknowledge each when Kafka has it.

    One thread does all of it. MQTT gives a message at least once; how a repeat is found is in stack/contracts/f2.md.

    Args:
        broker: where the broker is: host, port, username, password.
        bootstrap: where Kafka is: host:port.
        topic_filter: what to subscribe to. Several connectors share `$share/f2/cmnd/#`.
        client_id: the name under which the broker keeps the session; each connector has its own.
        window: most messages that may be unacknowledged; with so many, no more are read.
        repeat_window: seconds; 0: never take a message for a controller's repeat.
    """

    def __init__(
        self, broker: Broker, bootstrap: str, *, topic_filter: str = "cmnd/#", client_id: str = "f2-connector",
        raw_topic: str = "raw_iot_data", dead_letter_topic: str = "dead_letter_iot_data",
        window: int = 5000, repeat_window: float = 2.0,
    ):
        self.broker, self.bootstrap, self.topic_filter, self.client_id = broker, bootstrap, topic_filter, client_id
        self.raw_topic, self.dead_letter_topic = raw_topic, dead_letter_topic
        self.window, self.repeat_window = window, repeat_window
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "duplicates": 0, "error": None}
        self.stopping = threading.Event()

    def start(self) -> None:
        """Connect, subscribe, and begin to move messages.

        Raises:
            ConnectionError: the broker or Kafka does not answer within 5 s, or the broker refuses.
        """
        make_topics(self.bootstrap, self.raw_topic, self.dead_letter_topic)
        self.outbox = Outbox(self.bootstrap, self.raw_topic, self.dead_letter_topic)
        self.taken = self.last_taken()  # by packet id
        self.last_time = max((taken.time for taken in self.taken.values()), default=0)
        self.waiting = deque()  # messages that are not acknowledged yet, oldest first
        self.suspects = {}  # after a lost connection, by topic: what a controller may send again
        self.connection = 0  # counts connections: a message is acknowledged on the one that brought it
        self.since, self.pause = time.monotonic(), 0.0  # when the last connection was made; seconds before the next
        self.refusal = ""
        self.subscribed = False
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=self.client_id, clean_session=False, manual_ack=True,
        )
        self.client.username_pw_set(self.broker.username or None, self.broker.password or None)
        self.client.on_connect, self.client.on_subscribe = self.on_connect, self.on_subscribe
        self.client.on_message = self.on_message
        place = f"{self.broker.host}:{self.broker.port}"
        try:
            self.client.connect(self.broker.host, self.broker.port, keepalive=20)
        except OSError as error:
            raise ConnectionError(f"no broker at {place}: {error}") from error
        deadline = time.monotonic() + 5
        while not self.subscribed:
            lost = self.read(0.1)
            if self.refusal or lost or time.monotonic() > deadline:
                self.client.disconnect()
                why = self.refusal or (mqtt.error_string(lost) if lost else "no subscription within 5 s")
                raise ConnectionError(f"the broker at {place}: {why}")
        self.stopping.clear()
        self.thread = threading.Thread(target=self.run, name="f2-connector", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Let Kafka have what was read, acknowledge it, and disconnect."""
        self.stopping.set()
        self.thread.join()

    def run(self) -> None:
        """Read, and acknowledge what Kafka has, until the connector stops."""
        while not self.stopping.is_set():
            try:
                if lost := self.step():
                    self.reconnect(mqtt.error_string(lost))
            except Exception as error:  # ours: what is not acknowledged comes again on a new connection
                self.client.disconnect()
                self.stopping.wait(0.5)
                self.reconnect(str(error) or type(error).__name__)
        self.outbox.producer.flush(5)
        self.acknowledge()
        self.client.disconnect()

    def step(self) -> int:
        """Read some messages and acknowledge some; paho's number of what is wrong with the connection, or 0."""
        if len(self.waiting) < self.window:
            lost = self.read(0.002 if self.waiting else 0.1)
        else:  # Kafka is slow or away: what is not read, the broker keeps
            lost = self.client.loop_misc()
            self.outbox.serve(0.05)
        self.acknowledge()
        if self.waiting and time.time() - self.waiting[0][0].time / 1e6 > 3:
            self.stats["error"] = self.outbox.mend() or self.stats["error"]
        return lost

    def read(self, timeout: float) -> int:
        """Wait for packets, and handle some; paho's `loop` would wait again before each.

        Returns:
            0, or paho's number of what is wrong with the connection.
        """
        try:
            select.select([self.client.socket()], [], [], timeout)
        except (TypeError, ValueError, OSError):  # there is no connection
            return mqtt.MQTT_ERR_NO_CONN
        for _ in range(50):
            before = self.stats["received"]
            if lost := self.client.loop_read():
                return lost
            if self.stats["received"] == before:
                break
        return self.client.loop_write() if self.client.want_write() else self.client.loop_misc()

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival as MQTT asks."""
        self.outbox.serve()
        while self.waiting and self.waiting[0][0].delivered:
            _, mid, qos, connection = self.waiting.popleft()
            if connection == self.connection:
                self.client.ack(mid, qos)
                self.stats["error"] = None

    def reconnect(self, reason: str) -> None:
        """Connect again, as long as it takes: at once when the connection had held for a while, else ever later.

        A broker that lets us in and closes at once (wrong password, another client with our name) is not stormed.
        """
        self.suspect()
        if time.monotonic() - self.since > 10:
            self.pause = 0.0
        while not self.stopping.is_set():
            self.stats["error"] = f"no broker at {self.broker.host}:{self.broker.port}: {reason}"
            self.outbox.serve()
            if self.stopping.wait(self.pause):
                return
            self.pause = min(2.0, 2 * self.pause or 0.1)
            try:
                self.client.reconnect()
                self.since = time.monotonic()
                return
            except OSError as error:
                reason = str(error)

    # What paho calls, from `loop`.

    def on_connect(self, client, userdata, flags, reason, properties):
        """Subscribe, also to a session that is still there: Mosquitto 2.0 forgets shared subscriptions when it ends."""
        if reason.is_failure:
            self.refusal = self.stats["error"] = str(reason)
            return
        self.connection += 1
        if not flags.session_present:
            self.taken.clear()  # a new session numbers its packets anew
        client.subscribe(self.topic_filter, qos=1)
        self.stats["error"] = None

    def on_subscribe(self, client, userdata, mid, reasons, properties):
        """Note whether the broker grants the subscription."""
        if reasons[0].is_failure:
            self.refusal = f"refused the subscription to {self.topic_filter}: {reasons[0]}"
        self.subscribed = not reasons[0].is_failure

    def on_message(self, client, userdata, message):
        """Send a message to Kafka, unless it is a repeat of one that was taken before."""
        self.stats["received"] += 1
        payload = message.payload
        try:
            topic = message.topic
        except UnicodeDecodeError:  # a broker should not let it through
            topic = ""
        if message.retain:  # the broker's copy of an old message: it comes again with every subscription
            taken = Taken(topic, payload, self.last_time, delivered=True)
        else:
            taken = self.redelivered(message.mid, topic, payload) if message.dup else None
            taken = taken or self.sent_again(topic, payload)
        if taken:
            self.stats["duplicates"] += 1
        else:
            self.last_time = max(time.time_ns() // 1000, self.last_time + 1)
            taken = Taken(topic, payload, self.last_time, self.stats["received"])
            self.forward(taken, message.mid)
        if message.qos:
            self.taken[message.mid] = taken
        self.waiting.append((taken, message.mid, message.qos, self.connection))

    def forward(self, taken: Taken, mid: int) -> None:
        """Hand a message to Kafka, also one whose topic cannot be read: the processor says what is wrong with it."""
        try:
            key = parse_f2_topic(taken.topic).device_id
        except DecodeError:
            key = None
        headers = [("topic", taken.topic), ("time", str(taken.time)), ("packet", f"{mid} {self.client_id}")]

        def delivered():
            taken.delivered = True
            self.stats["stored"] += 1

        def too_large():
            reason = f"Kafka takes no record of {len(taken.payload)} bytes"
            letter = dead_letter("TOO_LARGE", reason, taken.topic, taken.payload, to_iso(taken.time))
            self.outbox.send(self.dead_letter_topic, key, letter, delivered=rejected)

        def rejected():
            taken.delivered = True
            self.stats["rejected"] += 1

        self.outbox.send(self.raw_topic, key, taken.payload, headers, delivered=delivered, too_large=too_large)

    # Repeats. The broker marks its own and keeps their packet ids; a controller that did not see the acknowledgement
    # of a broker that died sends a message that looks like a new one.

    def redelivered(self, mid: int, topic: str, payload: bytes) -> Taken | None:
        """Find the message that the broker delivers again. Packet ids are used again after 65,535 messages."""
        before = self.taken.get(mid)
        if before and before.topic == topic and before.payload == payload:
            return before if self.stats["received"] - before.number < 60_000 else None
        return None

    def last_taken(self) -> dict[int, Taken]:
        """Read the end of the raw topic: what this connector had taken before it was killed, by packet id."""
        taken: dict[int, Taken] = {}
        for record in tail(self.bootstrap, self.raw_topic, 4 * self.window):
            headers = dict(record.headers() or ())
            mid, _, client_id = (headers.get("packet") or b"").decode("utf-8", "replace").partition(" ")
            if client_id == self.client_id:
                message = Taken(headers["topic"].decode(), record.value() or b"", int(headers["time"]), delivered=True)
                if int(mid) not in taken or taken[int(mid)].time < message.time:
                    taken[int(mid)] = message
        return taken

    def suspect(self) -> None:
        """The connection is lost: remember what came last; its controllers may not have been told that it arrived."""
        since = self.last_time - self.repeat_window * 1_000_000
        self.suspects = {}
        self.suspects_until = time.monotonic() + 60
        for taken in sorted(self.taken.values(), key=lambda taken: taken.time):
            if taken.time > since:
                self.suspects.setdefault(taken.topic, deque()).append(taken)

    def sent_again(self, topic: str, payload: bytes) -> Taken | None:
        """Find the message that a controller sends again. It repeats in order, and before anything new on a topic."""
        if not self.suspects:
            return None
        if time.monotonic() > self.suspects_until:
            self.suspects = {}
        before = self.suspects.get(topic, ())
        while before:
            if (taken := before.popleft()).payload == payload:
                return taken
        self.suspects.pop(topic, None)
        return None


def tail(bootstrap: str, topic: str, count: int) -> Iterable[Message]:
    """Read the last `count` records of each partition.

    Raises:
        ConnectionError: Kafka stops to answer.
    """
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": "tail", "enable.auto.commit": False, "enable.partition.eof": True,
        "log_level": 0,
    })
    try:
        places = []
        for partition in consumer.list_topics(topic, timeout=5).topics[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=5)
            if high > low:
                places.append(TopicPartition(topic, partition, max(low, high - count)))
        consumer.assign(places)
        unread, patience = len(places), time.monotonic() + 10
        while unread:
            records = consumer.consume(1000, timeout=0.05)  # it waits so long for the thousandth
            if records:
                patience = time.monotonic() + 10
            elif time.monotonic() > patience:
                raise ConnectionError(f"Kafka at {bootstrap} does not give the end of {topic}")
            for record in records:
                if record.error() is None:
                    yield record
                elif record.error().code() == KafkaError._PARTITION_EOF:
                    unread -= 1
    except KafkaException as error:
        raise ConnectionError(f"no Kafka at {bootstrap}: {error.args[0].str()}") from error
    finally:
        consumer.close()


# --- processor -------------------------------------------------------------------------------------------------------


class KafkaStage:
    """Take records in a consumer group, do something with each batch, then commit: the frame of processor and sink.

    A stage that dies in between does the batch again. Whatever fails because something is away is tried again.
    """

    name = ""

    def __init__(self, bootstrap: str, dsn: str, *topics: str, group: str, batch: int, max_wait: float):
        self.bootstrap, self.dsn, self.topics, self.source = bootstrap, dsn, topics, topics[0]
        self.group, self.batch, self.max_wait = group, batch, max_wait
        self.stats = {"received": 0, "stored": 0, "rejected": 0, "duplicates": 0, "lag": None, "error": None}
        self.stopping = threading.Event()
        self.conn: psycopg.Connection | None = None

    def start(self) -> None:
        """Join the group and begin to work.

        Raises:
            ConnectionError: Kafka does not answer within 5 s.
        """
        make_topics(self.bootstrap, *self.topics[1:])  # the stage before makes the source
        self.outbox = Outbox(self.bootstrap, *self.topics[1:])
        self.consumer = Consumer({
            "bootstrap.servers": self.bootstrap, "group.id": self.group, "enable.auto.commit": False,
            "auto.offset.reset": "earliest", "session.timeout.ms": 6000, "topic.metadata.refresh.interval.ms": 1000,
            "log_level": 0,
        })
        self.consumer.subscribe([self.source])
        self.places: dict[int, int] = {}  # by partition: the first record that is not done
        self.stopping.clear()
        self.thread = threading.Thread(target=self.run, name=self.name, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Finish the batch in hand, if what it needs is there, and leave the group."""
        self.stopping.set()
        self.thread.join()

    def run(self) -> None:
        """Do batch after batch until the stage stops."""
        while not self.stopping.is_set():
            try:
                records = self.consumer.consume(self.batch, self.max_wait)
            except KafkaException as error:
                self.fail(error)
                continue
            self.outbox.serve()  # it hears of a lost connection before the next record is sent
            if not self.consumer.assignment() or any(record.error() for record in records):
                self.stats["error"] = self.outbox.mend() or self.stats["error"]
            if records := [record for record in records if record.error() is None]:
                self.places |= {record.partition(): record.offset() for record in reversed(records)}
                while not self.done(records) and not self.stopping.is_set():
                    pass
            self.measure_lag()
        self.consumer.close()
        self.disconnect()

    def done(self, records: list[Message]) -> bool:
        """Handle a batch and commit it. False: try again."""
        try:
            counts = self.handle(records)
            if not self.outbox.empty(self.stopping):
                return False
        except Exception as error:  # a database that is away, or an error of ours: nothing is lost, the lag tells
            self.disconnect()
            self.fail(error)
            return False
        for name, count in counts.items():
            self.stats[name] += count
        self.stats["error"] = None
        after = {record.partition(): record.offset() + 1 for record in records}  # the last of each partition counts
        self.places |= after
        places = [TopicPartition(self.source, partition, offset) for partition, offset in after.items()]
        try:
            self.consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:  # the group gave the partition to another member: it does the batch again
            self.fail(error)
        return True

    def handle(self, records: list[Message]) -> dict[str, int]:
        """Do the work of a stage.

        Returns:
            What to add to `stats`.
        """
        raise NotImplementedError

    def connected(self) -> psycopg.Connection:
        """The connection to the database; a new one after a failure."""
        if self.conn is None:
            self.conn = psycopg.connect(self.dsn, autocommit=True)
        return self.conn

    def disconnect(self) -> None:
        """Give up the connection: it may be broken."""
        if self.conn is not None:
            self.conn.close()
            self.conn = None

    def fail(self, error: Exception) -> None:
        """Say what is wrong, and wait a little."""
        self.stats["error"] = str(error).strip() or type(error).__name__
        self.measure_lag()
        self.stopping.wait(0.5)

    def measure_lag(self) -> None:
        """Count the records that wait for this stage, as far as Kafka has told of them."""
        lag = 0
        for place in self.consumer.assignment():
            _, high = self.consumer.get_watermark_offsets(place, cached=True)
            lag += max(0, high - self.places.get(place.partition, high))
        self.stats["lag"] = lag


class Processor(KafkaStage):
    """Decode raw records: measurements go on, what cannot be read goes to the dead letters.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `device_params`.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
    """

    name = "f2-processor"

    def __init__(
        self, bootstrap: str, dsn: str, *, raw_topic: str = "raw_iot_data", decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-processor",
        batch: int = 2000, max_wait: float = 0.05,
    ):
        topics = raw_topic, decoded_topic, dead_letter_topic
        super().__init__(bootstrap, dsn, *topics, group=group, batch=batch, max_wait=max_wait)

    def handle(self, records):
        """Decode a batch and send what comes of it."""
        stored = rejected = 0
        known: dict[str, Parameters] = {}  # for one batch: a change of the tables counts from the next one on
        for record in records:
            for code, value in self.outcomes(record, known):
                if code:
                    rejected += 1
                    self.outbox.send(self.topics[2], record.key(), value)
                else:
                    stored += 1
                    self.outbox.send(self.topics[1], record.key(), value)
        return {"received": len(records), "stored": stored, "rejected": rejected}

    def outcomes(self, record: Message, known: dict[str, Parameters]) -> list[tuple[str, bytes]]:
        """Each value of a message, as ("", measurement) or (error code, dead letter)."""
        payload = record.value() or b""
        headers = dict(record.headers() or ())
        topic = (headers.get("topic") or b"").decode("utf-8", "replace")  # a header may be null
        source = f"{record.topic()}/{record.partition()}/{record.offset()}"
        moment = arrival(record, headers)

        def letter(error: DecodeError, point: int | None = None) -> tuple[str, bytes]:
            when = to_iso(moment)
            return error.code, dead_letter(error.code, error.reason, topic, payload, when, point=point, source=source)

        try:
            address = parse_f2_topic(topic)
        except DecodeError as error:
            return [letter(error)]
        if address.mac not in known:
            known[address.mac] = load_parameters(self.connected(), address.mac)
        parameters = known[address.mac]
        values = parameters.get((address.connector, address.component, address.id.lstrip("0") or "0"))
        if not values:
            what, code = ("controller", "UNKNOWN_DEVICE") if not parameters else ("pin", "UNKNOWN_PIN")
            return [letter(DecodeError(code, f"the database has no such {what}"))]
        outcomes = []
        for parameter in values:
            try:
                value = decode(payload, parameter.point)
            except DecodeError as error:
                outcomes.append(letter(error, parameter.id))
                continue
            measurement = json.dumps({
                "timestamp": to_iso(moment), "device_id": address.device_id, "connector_mode": address.mode,
                "component_type": parameter.component_type, "pin_position": address.pin_position,
                "value": value, "unit": parameter.point.unit, "topic": topic,
            }).encode()
            if len(measurement) > LONGEST_MEASUREMENT:
                reason = f"the measurement would have {len(measurement)} bytes, more than {LONGEST_MEASUREMENT}"
                outcomes.append(letter(DecodeError("TOO_LARGE", reason), parameter.id))
                continue
            outcomes.append(("", measurement))
        return outcomes


def arrival(record: Message, headers: dict[str, bytes]) -> int:
    """When a message came to the connector, microseconds since 1970: the same in every repeat of its record."""
    try:
        moment = int(headers["time"])
        to_iso(moment)
        return moment
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        # Somebody else's record: Kafka's time, in milliseconds, and the offset keeps two of one apart.
        return record.timestamp()[1] * 1000 + record.offset() % 1000


# --- sink ------------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A row of the table `iot_measurements`. The first five are its key: a record that comes again changes nothing."""

    timestamp: str
    device_id: str
    connector_mode: str
    component_type: str
    pin_position: str
    value: float | str
    unit: str
    topic: str


def parse_measurement(value: bytes) -> tuple[Row, float]:
    """Read a decoded record.

    Returns:
        The row, and its time in seconds since 1970.

    Raises:
        DecodeError: BAD_RECORD: it is none.
    """
    try:
        record = json.loads(value)
        row = Row(*(record[name] for name in Row._fields))
        moment = datetime.fromisoformat(row.timestamp)
        if moment.tzinfo is None:
            raise ValueError("the timestamp has no time zone")
        if isinstance(row.value, bool) or not isinstance(row.value, int | float | str):
            raise ValueError(f"the value is {row.value!r}")
        if not isinstance(row.value, str) and not abs(row.value) < float("inf"):
            raise ValueError(f"the value is {row.value!r}")
        texts = "".join(row[1:5] + row[6:] + (row[5:6] if isinstance(row.value, str) else ()))
        if b"\0" in texts.encode():
            raise ValueError("a text has a NUL, which the database does not take")
        return row, moment.timestamp()
    except KeyError as error:
        raise DecodeError("BAD_RECORD", f"{error} is missing") from None
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DecodeError("BAD_RECORD", str(error)) from None


class Sink(KafkaStage):
    """Write measurements into the hypertable: in batches, each once.

    Args:
        bootstrap: where Kafka is: host:port.
        dsn: connection string of the database `timeseries`.
        group: the consumer group; its members share the partitions.
        batch: most records of a batch.
        max_wait: longest wait for a batch to fill, in seconds.
        observe: is told each measurement's way from arrival to the database, in seconds.
    """

    name = "f2-sink"

    def __init__(
        self, bootstrap: str, dsn: str, *, decoded_topic: str = "decoded_iot_data",
        dead_letter_topic: str = "dead_letter_iot_data", group: str = "f2-sink",
        batch: int = 5000, max_wait: float = 0.1, observe: Callable[[float], None] = lambda seconds: None,
    ):
        super().__init__(bootstrap, dsn, decoded_topic, dead_letter_topic, group=group, batch=batch, max_wait=max_wait)
        self.observe = observe

    def connected(self):
        """The connection, with a table for each batch."""
        new = self.conn is None
        conn = super().connected()
        if new:
            for table in ("iot_measurements", "iot_texts"):
                conn.execute(f"CREATE TEMPORARY TABLE new_{table} (LIKE {table}) ON COMMIT DELETE ROWS")
        return conn

    def handle(self, records):
        """Write a batch. Kafka's offsets are committed after the database has it."""
        tables: dict[str, list[tuple[Row, Message]]] = {"iot_measurements": [], "iot_texts": []}
        moments, refused, stored = [], [], 0
        for record in records:
            try:
                row, moment = parse_measurement(record.value() or b"")
            except DecodeError as error:
                refused.append((error, record))
                continue
            moments.append(moment)
            tables["iot_texts" if isinstance(row.value, str) else "iot_measurements"].append((row, record))
        for table, rows in tables.items():
            if rows:
                stored += self.write(table, rows, refused)
        for error, record in refused:
            source = f"{record.topic()}/{record.partition()}/{record.offset()}"
            when = to_iso(record.timestamp()[1] * 1000)
            letter = dead_letter(error.code, error.reason, "", record.value() or b"", when, source=source)
            self.outbox.send(self.topics[1], record.key(), letter)
        now = time.time()
        for moment in moments:
            self.observe(now - moment)
        rejected = len(refused)
        duplicates = len(records) - rejected - stored
        return {"received": len(records), "stored": stored, "rejected": rejected, "duplicates": duplicates}

    def write(self, table: str, rows: list[tuple[Row, Message]], refused: list) -> int:
        """Write rows and return how many are new. What the database refuses is found by halving, and put aside."""
        conn = self.connected()
        try:
            with conn.transaction(), conn.cursor() as cursor:
                with cursor.copy(f"COPY new_{table} FROM STDIN") as copy:
                    for row, _ in rows:
                        copy.write_row(row)
                cursor.execute(f"INSERT INTO {table} SELECT * FROM new_{table} ON CONFLICT DO NOTHING")
                return cursor.rowcount
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            if len(rows) == 1:
                refused.append((DecodeError("REFUSED", str(error).strip()), rows[0][1]))
                return 0
            middle = len(rows) // 2
            return self.write(table, rows[:middle], refused) + self.write(table, rows[middle:], refused)
