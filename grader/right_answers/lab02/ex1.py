# Right answers to exercise 2.1 that differ from the reference.

# %% id=regular-expressions
import re


def to_line(measurement, tags, fields, time_ns):
    if type(time_ns) is not int:
        raise ValueError("time_ns takes an int")
    head = [name(measurement, r"([, ])")]
    head += [name(key, r"([,= ])") + "=" + name(tags[key], r"([,= ])") for key in sorted(tags) if tags[key]]
    pairs = [name(key, r"([,= ])") + "=" + mark(value) for key, value in fields.items() if value is not None]
    if not pairs:
        raise ValueError("no field")
    return ",".join(head) + " " + ",".join(pairs) + " " + str(time_ns)


def name(text, special):
    if text == "" or re.search(r"[\r\n]|\\\Z", text):
        raise ValueError(f"not a name: {text!r}")
    return re.sub(special, r"\\\1", text)


def mark(value):
    match value:
        case bool():
            return str(value).lower()
        case int() if value.bit_length() <= 63 or value == -(2**63):
            return f"{value}i"
        case float() if value - value == 0:
            return str(value).removesuffix(".0")
        case str():
            return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
    raise ValueError(f"not a value: {value!r}")

# %% id=by-the-client-library
from influxdb_client import Point


def to_line(measurement, tags, fields, time_ns):
    names = [measurement, *tags, *fields, *(value for value in tags.values() if value)]
    if any(not name or "\n" in name or "\r" in name or name.endswith("\\") for name in names):
        raise ValueError("a name that a line cannot carry")
    if type(time_ns) is not int:
        raise ValueError("not a time")
    kept = {key: value for key, value in fields.items() if value is not None}
    if not kept:
        raise ValueError("no field")
    texts = []
    for key, value in kept.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("not a number")
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError("too large")
        if not isinstance(value, (bool, int, float, str)):
            raise ValueError("not a value")
        texts.append(Point("m").field(key, value).to_line_protocol().removeprefix("m "))
    point = Point(measurement)
    for key, value in tags.items():
        point.tag(key, value)
    head = point.field("x", 1.5).to_line_protocol().removesuffix(" x=1.5")
    return f"{head} {','.join(texts)} {time_ns}"
