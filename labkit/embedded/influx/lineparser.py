"""The careful way to read line protocol: one line, with the errors of InfluxDB 2.7.

A port of the scanners of influxdata/influxdb, `models/points.go`, whose oddities are kept: a backslash escapes the next
character only where that character means something, and two backslashes are two characters outside of quoted strings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.embedded.influx.linevalues import LineError, read_value, scan_boolean, scan_number, to_int
from labkit.embedded.influx.points import FieldValue, SeriesKey

MAX_KEY_LENGTH = 65535
MIN_TIME_NS = -(2**63) + 2
MAX_TIME_NS = 2**63 - 2
_TIME_RANGE = f"time outside range {MIN_TIME_NS} - {MAX_TIME_NS}"

RESERVED_TAGS = ("\x00", "_field", "_measurement", "time")

_BLANK = re.compile("[ \t\x00]*")
_END_OF_MEASUREMENT = re.compile(r"(?<!\\)[, ]")
_END_OF_TAG = re.compile(r"(?<!\\)[ ,=]")
_EQUALS = re.compile(r"(?<!\\)=")
_FIELD_MARK = re.compile(r'[\\",= ]')
_VALUE_MARK = re.compile(r'[\\",]')
_STAMP = re.compile("-?[0-9]*")
_LINE_MARK = re.compile('[\\\\" =,\n]')
_UNESCAPE_FIELD_KEY = re.compile(r'\\([," =])')


@dataclass(slots=True)
class LinePoint:
    """One line that was read.

    Args:
        key: its series, without the field.
        raw_key: measurement and tags as they were written, tags sorted.
        fields: name, type and value of each, in the order of the line.
        time_ns: nanoseconds since the epoch.
    """

    key: SeriesKey
    raw_key: str
    fields: list[tuple[str, str, FieldValue]]
    time_ns: int


def split_lines(text: str) -> list[str]:
    """Split a batch at the newlines that are not inside a quoted string or behind a backslash.

    Args:
        text: the whole batch.
    """
    lines, start, position, end = [], 0, 0, len(text)
    quoted = in_fields = False
    equals = commas = 0
    while found := _LINE_MARK.search(text, position):
        at = found.start()
        mark = text[at]
        position = at + 1
        if mark == "\\":
            position = at + 2 if at + 2 < end else at + 1
        elif mark == " ":
            in_fields = True
        elif mark == "\n":
            if not quoted:
                lines.append(text[start:at])
                start = position
                in_fields, equals, commas = False, 0, 0
        elif mark == '"':
            if in_fields and equals > commas:
                quoted = not quoted
        elif in_fields and not quoted:
            if mark == "=":
                equals += 1
            else:
                commas += 1
    if start < end:
        lines.append(text[start:])
    return lines


def _blank(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _scan_tags(line: str, position: int) -> tuple[int, list[str]]:
    """Read `tag=value,…`; gives where the fields begin, and each tag as it was written."""
    tags = []
    while True:
        start = position
        if position >= len(line) or line[position] in " ,=":
            raise LineError("missing tag key")
        found = _END_OF_TAG.search(line, position + 1)
        if not found or line[found.start()] != "=":
            raise LineError("missing tag value")
        position = found.end()
        if position >= len(line) or line[position] in ", ":
            raise LineError("missing tag value")
        found = _END_OF_TAG.search(line, position + 1)
        if not found:
            raise LineError("missing fields")
        mark = line[found.start()]
        if mark == "=":
            raise LineError("invalid tag format")
        tags.append(line[start:found.start()])
        if mark == " ":
            return found.start(), tags
        position = found.end()


def _tag_name(tag: str) -> str:
    found = _EQUALS.search(tag)
    return tag[:found.start()] if found else tag


def _unescape(text: str, marks: str) -> str:
    if "\\" in text:
        for mark in marks:
            text = text.replace("\\" + mark, mark)
    return text


def scan_key(line: str) -> tuple[int, SeriesKey, str]:
    """Read measurement and tags.

    Args:
        line: a line without blanks in front.

    Returns:
        Where the blank in front of the fields is, the series, and its text with the tags sorted.

    Raises:
        LineError: there is none, or it is malformed.
    """
    if not line or line[0] == ",":
        raise LineError("missing measurement")
    found = _END_OF_MEASUREMENT.search(line, 1)
    if not found:
        raise LineError("missing fields")
    measurement, position = line[:found.start()], found.start()
    tags: list[str] = []
    if line[position] == ",":
        position, tags = _scan_tags(line, position + 1)
    names = [_tag_name(tag) for tag in tags]
    for name in names:
        if name in RESERVED_TAGS:
            quoted = name.replace("\x00", "\\x00")
            raise LineError(f'cannot use reserved tag key "{quoted}"')
    if len(set(names)) < len(names):
        raise LineError("duplicate tags")
    pairs = sorted(zip(names, tags, strict=True), key=lambda pair: pair[0].encode("utf-8", "surrogatepass"))
    raw = ",".join([measurement, *(tag for _, tag in pairs)])
    if (size := _length(raw)) > MAX_KEY_LENGTH:
        raise LineError(f"max key length exceeded: {size} > {MAX_KEY_LENGTH}")
    key = SeriesKey(_unescape(measurement, ", "), tuple(
        (_unescape(name, ", ="), _unescape(tag[len(name) + 1:], ", =")) for name, tag in pairs))
    return position, key, raw


def _scan_fields(line: str, start: int) -> int:
    """Check the fields and give where they end."""
    position, end = start, len(line)
    quoted = False
    equals = commas = 0
    while True:
        found = _FIELD_MARK.search(line, position)
        if not found:
            position = end
            break
        position = found.start()
        mark = line[position]
        if mark == "\\":
            position += 2 if position + 1 < end else 1
            continue
        if mark == '"' and equals > commas:
            quoted = not quoted
        elif mark == "=" and not quoted:
            equals += 1
            if line[position - 1] in " ," and line[position - 2] != "\\":
                raise LineError("missing field key")
            if position + 1 >= end or line[position + 1] in ", ":
                raise LineError("missing field value")
            after = line[position + 1]
            if after in "0123456789.-Nn":
                position = scan_number(line, position + 1)
                continue
            if after != '"':
                position = scan_boolean(line, position + 1)
                continue
        elif mark == "," and not quoted:
            commas += 1
        elif mark == " " and not quoted:
            break
        position += 1
    if quoted:
        raise LineError("unbalanced quotes")
    if equals == 0 or commas != equals - 1:
        raise LineError("invalid field format")
    return min(position, end)


def _end_of_value(fields: str, position: int) -> int:
    quoted = False
    while found := _VALUE_MARK.search(fields, position):
        at = found.start()
        mark = fields[at]
        position = at + 1
        if mark == "\\":
            if fields[at + 1:at + 2] in ('"', "\\"):
                position = at + 2
        elif mark == '"':
            quoted = not quoted
        elif not quoted:
            return at
    return len(fields)


def _read_fields(fields: str, key_size: int) -> list[tuple[str, str, FieldValue]]:
    read, position = [], 0
    while position < len(fields):
        found = _EQUALS.search(fields, position)
        at = found.start() if found else len(fields)
        name = fields[position:at]
        if at > len(fields) - 2:
            raise LineError(f"invalid value: field-key={name}")
        end = _end_of_value(fields, at + 1)
        if (size := key_size + 4 + _length(name)) > MAX_KEY_LENGTH:
            raise LineError(f"max key length exceeded: {size} > {MAX_KEY_LENGTH}")
        text = fields[at + 1:end]
        if not text:
            raise LineError("missing field value")
        if "\\" in name:
            name = _UNESCAPE_FIELD_KEY.sub(r"\1", name)
        try:
            read.append((name, *read_value(text)))
        except ValueError as error:
            raise error if isinstance(error, LineError) else LineError("invalid number") from None
        position = end + 1
    return read


def _time(line: str, position: int, now_ns: int, multiplier: int) -> int:
    position = _blank(line, position)
    found = _STAMP.match(line, position)
    end = found.end() if found else position
    if end < len(line) and line[end] not in " \n":
        raise LineError("bad timestamp")
    stamp = line[position:end]
    if not stamp:
        return now_ns - now_ns % multiplier
    if stamp == "-":
        raise LineError('strconv.ParseInt: parsing "-": invalid syntax')
    value = to_int(stamp)
    if not -(2**63) <= value < 2**63:
        raise LineError(f'strconv.ParseInt: parsing "{stamp}": value out of range')
    value *= multiplier
    if not MIN_TIME_NS <= value <= MAX_TIME_NS:
        raise LineError(_TIME_RANGE)
    if line[end:].strip(" "):
        raise LineError("point is invalid")
    return value


def parse_line(line: str, now_ns: int, multiplier: int) -> LinePoint:
    """Read one line.

    Args:
        line: without blanks in front; neither empty nor a comment.
        now_ns: the time of a line that has none.
        multiplier: nanoseconds of one unit of its time.

    Raises:
        LineError: the line is malformed.
    """
    at, key, raw = scan_key(line)
    start = _blank(line, at)
    end = _scan_fields(line, start)
    if end == start:
        raise LineError("missing fields")
    fields = _read_fields(line[start:end], _length(raw))
    return LinePoint(key, raw, fields, _time(line, end, now_ns, multiplier))
