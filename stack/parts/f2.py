# Part 'f2' of the house: the cells `%%part f2` of solutions/08-kafka-decoding.
# Made by `grader release`. Edit it there, not here.

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


@lru_cache(maxsize=10_000)  # the same few topics come again and again
def parse_f2_topic(topic: str) -> F2Address:
    """Read `cmnd/f2-<MAC>/<MODE>/<CONNECTOR>/<COMPONENT>-<ID>`.

    Raises:
        DecodeError: BAD_PREFIX, BAD_LEVELS, BAD_MAC, BAD_MODE, BAD_CONNECTOR or BAD_COMPONENT,
            checked in this order.
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


MAC = re.compile(r"f2-([0-9A-Fa-f]{12})")
MODE = re.compile(r"[a-z0-9_]+")
CONNECTOR = re.compile(r"[0-9]{1,2}")
COMPONENT = re.compile(r"(.+)-([0-9]+)", re.DOTALL)  # greedy: splits at the last hyphen


class Connector(Intake):
    """Move messages from MQTT to Kafka, as they are; acknowledge each when Kafka has it.

    Args: those of Intake. `stats` counts, `start()` and `stop()` are given.
    """

    def take(self, taken: Taken) -> None:
        """Hand a new message to Kafka. Called for one after the other, in the order of arrival.

        Args:
            taken: the message: topic, payload, headers; set `delivered` when Kafka has it.
        """
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

    def acknowledge(self) -> None:
        """Acknowledge what Kafka has, in the order of arrival. It is called again and again."""
        while self.waiting and self.waiting[0].taken.delivered:
            self.ack(self.waiting.popleft())


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


def whole(text: str) -> int:
    """Read digits with an optional sign."""
    digits = text.lstrip("+-").lstrip("0") or "0"
    if len(digits) > 4000:  # Python refuses 4,300 and more; a double ends at 309
        raise DecodeError("NOT_FINITE", f"{len(digits)} digits are too many for a double")
    return -int(digits) if text[0] == "-" else int(digits)


def from_base64(payload: bytes) -> bytes:
    """Undo base64 with padding. DecodeError: BAD_BASE64."""
    if not BASE64.fullmatch(payload):  # Python's own check lets superfluous padding through
        raise DecodeError("BAD_BASE64", "the payload is not base64 with padding, RFC 4648")
    return base64.b64decode(payload)


def arranger(order: str) -> Callable[[bytes], bytes]:
    """Make the function that brings a field into big-endian order.

    It raises DecodeError, BAD_ORDER, for a field with not as many bytes as the order has letters.
    """
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


def sign_and_magnitude(field: bytes) -> int:
    """SMINT16: the highest bit is the sign, the others are the amount."""
    raw = int.from_bytes(field, "big")
    return -(raw & 0x7FFF) if raw & 0x8000 else raw


def bcd(field: bytes) -> int:
    """BCD: two decimal digits a byte. DecodeError: BAD_BCD."""
    digits = field.hex()
    if not digits.isdecimal():
        raise DecodeError("BAD_BCD", f"{digits} has a digit above 9")
    return whole(digits)


def bits(field: bytes, low: int, high: int) -> int:
    """Read bits `low` to `high` of an unsigned number; bit 0 is the lowest.

    DecodeError: BAD_BIT_RANGE.
    """
    if not low <= high < 8 * len(field):
        raise DecodeError("BAD_BIT_RANGE", f"{len(field)} bytes have no bit {max(low, high)}")
    return int.from_bytes(field, "big") >> low & (1 << high - low + 1) - 1


def scaled(raw: int, point: DataPoint) -> float:
    """Set the implied decimal point. DecodeError: NOT_FINITE, WHOLE_NUMBER_OVERFLOW."""
    try:
        value = raw / point.divisor
    except OverflowError:
        raise DecodeError("NOT_FINITE", "the number is too large for a double") from None
    if point.raw_limit and not -point.raw_limit < raw < point.raw_limit:
        reason = f"{value} has more than {point.WholeNumber} whole digits"
        raise DecodeError("WHOLE_NUMBER_OVERFLOW", reason)
    return value


def rounded(number: float, point: DataPoint) -> float:
    """Round to the decimals; -0.0 is 0.0. DecodeError: NOT_FINITE, WHOLE_NUMBER_OVERFLOW."""
    if not math.isfinite(number):
        raise DecodeError("NOT_FINITE", f"the value is {number}")
    value = round(number, point.Decimals) + 0.0  # -0.0 + 0.0 is 0.0
    if point.limit and not -point.limit < value < point.limit:
        reason = f"{value} has more than {point.WholeNumber} whole digits"
        raise DecodeError("WHOLE_NUMBER_OVERFLOW", reason)
    return value


def decode(payload: bytes, point: DataPoint) -> float | str:
    """Read one value out of a payload.

    Returns:
        The number; for STRING and HEXSTR the text with Prepend and Append.

    Raises:
        DecodeError: with the first code that applies, in the order of the table.
    """
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


def display(value: float | str, point: DataPoint) -> str:
    """Write a decoded value for a person: `€12.34`, `21.5 °C`."""
    if isinstance(value, str):
        return value  # has Prepend and Append already
    return f"{point.Prepend}{value:.{point.Decimals}f}{point.Append}"


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
        self.known.clear()
        counts = {"received": len(records), "stored": 0, "rejected": 0}
        for record in records:
            for topic, value in self.outcomes(read_raw(record)):
                self.outbox.send(topic, record.key(), value)
                counts["stored" if topic == self.decoded_topic else "rejected"] += 1
        self.wait_for_delivery()
        self.commit(records)
        return counts

    def outcomes(self, raw: Raw) -> list[tuple[str, bytes]]:
        """What comes of a raw record: for each value a Kafka topic, and what goes there."""
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
