"""Line protocol: text to points. A batch is read by columns where that is safe, else line by line with exact errors.

The fast way takes a batch only if every line has one of two forms that it knows: plain, or with strings and escapes
but no newline inside a string. It checks the values of a column with one regular expression and converts them together.
All else it leaves to `lineparser`, so there is one place that decides what is right. Source of the format:
`models/points.go` of influxdata/influxdb.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from labkit.embedded.influx.lineparser import (
    MAX_KEY_LENGTH,
    MAX_TIME_NS,
    MIN_TIME_NS,
    LinePoint,
    parse_line,
    scan_key,
    split_lines,
)
from labkit.embedded.influx.linevalues import LineError
from labkit.embedded.influx.points import FieldValue, SeriesKey

PRECISIONS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
"""Nanoseconds of one unit of time, by the names that the write request knows."""

_CACHE_SIZE = 100_000
_MOST_NAMED = 10_000
"""Malformed lines that an error names; InfluxDB names all, however long the answer gets."""

_FLOATS = re.compile(r"(?:-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\n)*+")
_INTEGERS = re.compile(r"(?:-?[0-9]{1,20}+\n)*+")
_LONGS = re.compile(r"(?:-?[0-9]{1,19}+i\n)*+")
_UNSIGNED = re.compile(r"(?:[0-9]{1,20}+u\n)*+")
_BOOLEANS = {
    "t": True, "T": True, "true": True, "True": True, "TRUE": True,
    "f": False, "F": False, "false": False, "False": False, "FALSE": False,
}
_FIELD = r"""[^ ,="\\\t\0\n]++=(?:"(?:[^"\\\n]|\\.)*+"|[^ ,="\\\n]++)"""
_ODD_LINE = re.compile(rf"""([^ ,"\\=\t\0\n](?:[^ "\\\n]|\\[ ,=])*+)[ ]({_FIELD}(?:,{_FIELD})*+)(?:[ ](-?[0-9]++))?""")
"""Measurement and tags, perhaps with escapes; fields, perhaps with strings; time."""
_ODD_FIELD = re.compile(r"""([^ ,="\\]++)=("(?:[^"\\]|\\.)*+"|[^ ,="\\]++)""")
_UNESCAPE = re.compile(r'\\([\\"])')


@dataclass(slots=True)
class Column:
    """New values of one field of one series.

    Args:
        key: the series, without the field.
        field: name of the field.
        type: a type of annotated CSV.
        times: nanoseconds since the epoch, in the order of the batch.
        values: as many, Python values of the type.
    """

    key: SeriesKey
    field: str
    type: str
    times: list[int]
    values: list[FieldValue]


@dataclass(slots=True)
class _Group:
    key: SeriesKey
    size: int
    stamps: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)


class KeyCache:
    """Remembers what the text of a series means: a batch has few series and many lines."""

    def __init__(self) -> None:
        self._known: dict[str, SeriesKey | None] = {}

    def get(self, raw: str) -> SeriesKey | None:
        """Read measurement and tags; None where the fast way must not go on.

        Args:
            raw: the text in front of the fields.
        """
        try:
            return self._known[raw]
        except KeyError:
            pass
        key: SeriesKey | None = None
        if raw and raw[0] not in "\t\x00#" and printable(raw):
            try:
                _, key, _ = scan_key(raw + " ")
            except LineError:
                key = None
        if len(self._known) >= _CACHE_SIZE:
            self._known.clear()
        self._known[raw] = key
        return key


def printable(text: str) -> bool:
    """Say whether a name may be part of a series: valid UTF-8, printable, no replacement character.

    Args:
        text: the name.
    """
    return text.isprintable() and "�" not in text


def parse_columns(text: str, now_ns: int, precision: str, cache: KeyCache) -> list[Column] | None:
    """Read a batch by columns.

    Args:
        text: the batch.
        now_ns: the time of lines that have none.
        precision: a key of `PRECISIONS`.
        cache: the series that were seen before.

    Returns:
        The columns, or None when the batch has something that only `parse_points` can read or refuse.
    """
    odd = '"' in text or "\\" in text
    groups = _odd_groups(text, cache) if odd else _plain_groups(text, cache)
    if groups is None:
        return None
    columns: list[Column] = []
    multiplier = PRECISIONS[precision]
    for group in groups.values():
        times = _times(group.stamps, now_ns, multiplier)
        if times is None or not _read_group(group, times, columns):
            return None
    return columns


def _plain_groups(text: str, cache: KeyCache) -> dict[str, _Group] | None:
    """Sort lines without quotes by their series."""
    groups: dict[str, _Group] = {}
    for line in text.split("\n"):
        parts = line.split(" ")
        if len(parts) == 3:
            raw, fields, stamp = parts
            if not stamp:
                return None
        elif len(parts) == 2:
            raw, fields = parts
            stamp = ""
        elif not line or line[0] == "#":
            continue
        else:
            return None
        group = groups.get(raw)
        if group is None:
            if line[0] == "#":
                continue
            key = cache.get(raw)
            if key is None:
                return None
            group = groups[raw] = _Group(key, len(raw.encode()))
        group.stamps.append(stamp)
        group.fields.append(fields)
    return groups


def _odd_groups(text: str, cache: KeyCache) -> dict[str, _Group] | None:
    """Sort lines with strings or escapes by their series; a newline in a string sends the batch to the careful way."""
    groups: dict[str, _Group] = {}
    for line in text.split("\n"):
        found = _ODD_LINE.fullmatch(line)
        if not found:
            if not line:
                continue
            return None
        raw, fields, stamp = found.groups("")
        group = groups.get(raw)
        if group is None:
            key = cache.get(raw)
            if key is None:
                return None
            group = groups[raw] = _Group(key, len(raw.encode()))
        group.stamps.append(stamp)
        group.fields.append(fields)
    return groups


def _times(stamps: list[str], now_ns: int, multiplier: int) -> list[int] | None:
    if "" in stamps:
        if any(stamps):
            return None
        return [now_ns - now_ns % multiplier] * len(stamps)
    if not _INTEGERS.fullmatch("\n".join(stamps) + "\n"):
        return None
    times = list(map(int, stamps)) if multiplier == 1 else [int(stamp) * multiplier for stamp in stamps]
    return times if min(times) >= MIN_TIME_NS and max(times) <= MAX_TIME_NS else None


def _read_group(group: _Group, times: list[int], columns: list[Column]) -> bool:
    """Read the fields of one series into columns; False where the careful way must decide."""
    texts: dict[str, tuple[list[int], list[str]]] = {}
    for fields, time_ns in zip(group.fields, times, strict=True):
        if '"' in fields:
            pairs = _ODD_FIELD.findall(fields)
        elif "," in fields:
            pairs = [part.split("=") for part in fields.split(",")]
        else:
            pairs = [fields.split("=")]
        for pair in pairs:
            if len(pair) != 2:
                return False
            name, value = pair
            column = texts.get(name)
            if column is None:
                if not name or name == "time" or name[0] in "\t\x00" or group.size + len(name) * 4 > MAX_KEY_LENGTH - 4:
                    return False
                column = texts[name] = ([], [])
            column[0].append(time_ns)
            column[1].append(value)
    for name, (own_times, values) in texts.items():
        converted = _convert(values)
        if converted is None:
            return False
        columns.append(Column(group.key, name, converted[0], own_times, converted[1]))
    return True


def _convert(values: list[str]) -> tuple[str, list[FieldValue]] | None:
    """Convert a column of texts, all of one type; None where they are not."""
    first = values[0]
    if not first:
        return None
    if first[0] == '"':
        if not all(value[:1] == '"' for value in values):
            return None
        return "string", [_UNESCAPE.sub(r"\1", value[1:-1]) if "\\" in value else value[1:-1] for value in values]
    if first in _BOOLEANS:
        booleans = [_BOOLEANS.get(value) for value in values]
        return None if None in booleans else ("boolean", booleans)  # type: ignore[return-value]
    joined = "\n".join(values) + "\n"
    if first[-1] == "i":
        if not _LONGS.fullmatch(joined):
            return None
        longs = list(map(int, joined.replace("i\n", " ").split()))
        return ("long", longs) if min(longs) >= -(2**63) and max(longs) < 2**63 else None  # type: ignore[return-value]
    if first[-1] == "u":
        if not _UNSIGNED.fullmatch(joined):
            return None
        longs = list(map(int, joined.replace("u\n", " ").split()))
        return ("unsignedLong", longs) if max(longs) < 2**64 else None  # type: ignore[return-value]
    if not _FLOATS.fullmatch(joined):
        return None
    floats = list(map(float, values))
    return None if float("inf") in floats or float("-inf") in floats else ("double", floats)  # type: ignore[return-value]


def parse_points(text: str, now_ns: int, precision: str) -> list[LinePoint]:
    """Read a batch line by line.

    Args:
        text: the batch.
        now_ns: the time of lines that have none.
        precision: a key of `PRECISIONS`.

    Raises:
        LineError: at least one line is malformed; the text names each of them, up to `_MOST_NAMED`.
    """
    points: list[LinePoint] = []
    failed: list[str] = []
    unnamed = 0
    multiplier = PRECISIONS[precision]
    for block in split_lines(text):
        line = block.lstrip(" \t\x00")
        if not line or line[0] == "#":
            continue
        try:
            points.append(parse_line(line, now_ns, multiplier))
        except LineError as error:
            if len(failed) < _MOST_NAMED:
                failed.append(f"unable to parse '{line}': {error}")
            else:
                unnamed += 1
    if unnamed:
        failed.append(f"unable to parse {unnamed} more lines")
    if failed:
        raise LineError("\n".join(failed))
    return points
